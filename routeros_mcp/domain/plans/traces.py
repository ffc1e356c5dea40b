"""What a dead-man switch is on a router, entries and a file: read, put there, taken away, all on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.audit_service import AuditEntry, AuditService
from routeros_mcp.domain.errors import NoSuchItem, OutcomeUnknown
from routeros_mcp.domain.models import AuditEventDomain, AuditResult, DeviceDomain, Principal
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning import checkpoint, deadman
from routeros_mcp.domain.ports import (
    AuditFilter,
    Clock,
    Query,
    RouterBackups,
    RouterReader,
    RouterWriter,
    Target,
)

_HELD_IN: Mapping[str, str] = {checkpoint.BACKUPS: checkpoint.FILES}
_FIELDS: Mapping[str, tuple[str, ...]] = {checkpoint.FILES: ("name", "size", "type")}
_MOST_LINES = 1_000
_POLL_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A router, and on whose behalf it is written to."""

    device: DeviceDomain
    target: Target
    principal: Principal
    tool_name: str = "plan_apply"
    plan_id: str | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePorts:
    reader: RouterReader
    writer: RouterWriter
    backups: RouterBackups
    clock: Clock


class Traces:
    """`settle_s` is how long a write whose answer was lost may still land."""

    def __init__(self, ports: TracePorts, audit: AuditService, *, settle_s: float) -> None:
        self._ports = ports
        self._audit = audit
        self._settle_s = settle_s

    async def entries(self, target: Target) -> Sequence[Row]:
        return await self._rows(target, deadman.MENU)

    async def files(self, target: Target) -> Sequence[Row]:
        """All files with name and size, without their contents."""
        return await self._rows(target, checkpoint.FILES)

    async def add(self, site: Site, entry: deadman.Entry) -> None:
        """Each entry has a name of its own: a lost answer is settled by looking for it."""
        await self._record(site, "add", deadman.MENU, entry.name, AuditResult.ATTEMPT)
        try:
            await self._ports.writer.add(site.target, deadman.MENU, entry.values())
        except OutcomeUnknown as error:
            if not await self._appears(site, deadman.MENU, entry.name, self._settle_s):
                await self._record(site, "add", deadman.MENU, entry.name, AuditResult.FAILURE, str(error))
                raise
        await self._record(site, "add", deadman.MENU, entry.name, AuditResult.SUCCESS)

    async def save(self, site: Site, file: str, password: str) -> None:
        """Save a backup; a lost answer is no matter, since whether the file is there is read afterwards."""
        await self._record(site, "save", checkpoint.BACKUPS, file, AuditResult.ATTEMPT)
        try:
            await self._ports.backups.save_backup(site.target, file, password)
        except OutcomeUnknown:
            if not any(row.get("name", "").startswith(file) for row in await self.files(site.target)):
                raise
        await self._record(site, "save", checkpoint.BACKUPS, file, AuditResult.SUCCESS)

    async def remove(self, site: Site, path: str, row: Row) -> None:
        """Take an entry or a file away.

        Raises:
            OutcomeUnknown: the answer was lost and it is still there.
        """
        item_id, name = row.get(".id", ""), row.get("name", "")
        await self._record(site, "remove", path, name, AuditResult.ATTEMPT)
        try:
            await self._ports.writer.remove(site.target, path, item_id)
        except NoSuchItem:
            pass
        except OutcomeUnknown as error:
            if any(held.get("name") == name for held in await self._rows(site.target, path)):
                await self._record(site, "remove", path, name, AuditResult.FAILURE, str(error))
                raise
        await self._record(site, "remove", path, name, AuditResult.SUCCESS)

    async def failed(self, site: Site, path: str, name: str, why: str) -> None:
        """Put on record what was not taken away."""
        await self._record(site, "remove", path, name, AuditResult.FAILURE, why)

    async def account(self, site: Site) -> None:
        """Say by reading what became of the writes whose outcome a process that died has not recorded."""
        wanted = AuditFilter(plan_id=site.plan_id, device_id=site.device.id, action="WRITE")
        lines = (await self._audit.page(wanted, limit=_MOST_LINES, cursor=None)).items
        last = {_trace(line): line for line in sorted(lines, key=lambda line: line.sequence)}
        for (op, path, name), line in last.items():
            if name and line.result is AuditResult.ATTEMPT:
                age_s = (self._ports.clock.now() - line.timestamp).total_seconds()
                left_s = min(self._settle_s, self._settle_s - age_s) if op != "remove" else 0
                is_there = await self._appears(site, _HELD_IN.get(path, path), name, left_s)
                if is_there is (op != "remove"):
                    await self._record(site, op, path, name, AuditResult.SUCCESS)
                else:
                    words = "It is still there." if is_there else "It was not there afterwards."
                    await self._record(site, op, path, name, AuditResult.FAILURE, words)

    async def _appears(self, site: Site, path: str, name: str, within_s: float) -> bool:
        """Whether the row is there, at last when a lost write can no longer land."""
        deadline = self._ports.clock.monotonic() + within_s
        while True:
            left_s = deadline - self._ports.clock.monotonic()
            if any(_is_named(row, name) for row in await self._rows(site.target, path)):
                return True
            if left_s <= 0:
                return False
            await self._ports.clock.sleep(min(left_s, _POLL_S))

    async def _rows(self, target: Target, path: str) -> Sequence[Row]:
        query = Query(path=path, fields=_FIELDS.get(path, ()), insist=True)
        return await self._ports.reader.read(target, query)

    async def _record(
        self, site: Site, op: str, path: str, name: str, result: AuditResult, error: str | None = None
    ) -> None:
        what = {"device": site.device.name, "op": op, "path": path, "entry": name}
        await self._audit.record(
            AuditEntry(
                principal=site.principal,
                action="WRITE",
                tool_name=site.tool_name,
                tool_tier="professional",
                result=result,
                device_id=site.device.id,
                environment=str(site.device.environment),
                plan_id=site.plan_id,
                job_id=site.job_id,
                metadata=what,
                error_message=error,
            )
        )


def _trace(line: AuditEventDomain) -> tuple[str, str, str]:
    """Which write a line of the trail is about; without a name when it is about a step of a plan."""
    told = line.metadata
    return str(told.get("op", "")), str(told.get("path", "")), str(told.get("entry", ""))


def _is_named(row: Row, name: str) -> bool:
    """Whether it is this entry, or this file: a router gives a backup its ending."""
    return row.get("name", "").removesuffix(".backup") == name.removesuffix(".backup")
