"""The audit trail: appended to, read, and pruned by the retention job alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, func, insert, or_, select

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import AuditEventDomain
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.ports import AuditFilter
from routeros_mcp.infra.db.mapping import to_values
from routeros_mcp.infra.db.models import AuditEvent, AuditRetention
from routeros_mcp.infra.db.repositories.base import ReadRepository

_CHAIN_LOCK = 7_305_011_221
_CHAIN_BATCH = 1000
_EXACT = ("user_sub", "tool_name", "action", "result", "plan_id", "job_id", "request_id")


class AuditEventRepository(ReadRepository[AuditEventDomain]):
    """Implements `ports.AuditEvents`. Nothing here changes a line."""

    row, record, noun, moment, order = AuditEvent, AuditEventDomain, "audit event", "timestamp", "sequence"

    async def head(self) -> tuple[int, str]:
        """Sequence and mac of the newest line, (0, "") when there is none.

        Other writers wait until the transaction ends. SQLite's writers do so from their beginning.
        """
        if self._on_postgresql:
            await self._session.execute(select(func.pg_advisory_xact_lock(_CHAIN_LOCK)))
        newest = select(AuditEvent.sequence, AuditEvent.mac).order_by(AuditEvent.sequence.desc()).limit(1)
        row = (await self._session.execute(newest)).first()
        return (row.sequence, row.mac) if row else (0, "")

    async def append(self, events: Sequence[AuditEventDomain]) -> None:
        """Add lines at the end, in one statement."""
        if events:
            await self._session.execute(insert(AuditEvent), [_line(event) for event in events])

    async def add(self, entity: AuditEventDomain) -> AuditEventDomain:
        """Append one line and read it back."""
        await self.append([entity])
        return await self.get(entity.id)

    async def save(self, entity: AuditEventDomain) -> AuditEventDomain:
        """Append a line.

        Raises:
            Conflict: the line exists; it stays as it is.
        """
        if await self.get_by_id(entity.id) is not None:
            raise Conflict(f"Audit event {entity.id} exists, and the trail is append only.")
        return await self.add(entity)

    async def page(
        self, wanted: AuditFilter, *, limit: int, cursor: str | None = None
    ) -> Page[AuditEventDomain]:
        return await self._page(self._select().where(*_conditions(wanted)), limit=limit, cursor=cursor)

    async def chain(self, *, after: int = 0) -> AsyncIterator[AuditEventDomain]:
        """Every line in order of sequence, read in batches."""
        while True:
            statement = self._select().where(AuditEvent.sequence > after).order_by(AuditEvent.sequence)
            lines = await self._all(statement.limit(_CHAIN_BATCH))
            for line in lines:
                yield line
            if len(lines) < _CHAIN_BATCH:
                return
            after = lines[-1].sequence

    async def prune(self, before: datetime, *, limit: int) -> int:
        """Delete the oldest lines from before a moment, at most `limit`; for the retention job alone.

        The triggers let a line go while `audit_retention` says so, which no other transaction gets to see.
        """
        permit = AuditRetention(prune_before=before)
        self._session.add(permit)
        await self._session.flush()
        oldest = select(AuditEvent.id).where(AuditEvent.timestamp < before).order_by(AuditEvent.sequence)
        pruned = await self._session.scalars(
            delete(AuditEvent).where(AuditEvent.id.in_(oldest.limit(limit))).returning(AuditEvent.id)
        )
        count = len(pruned.all())
        await self._session.delete(permit)
        await self._session.flush()
        return count

    def _in_environment(self, environment: str) -> ColumnElement[bool]:
        return AuditEvent.environment == environment


def _concerns(device_id: str) -> ColumnElement[bool]:
    """A line names its one device in a column, several in its metadata."""
    listed = cast(AuditEvent.metadata_, String).contains(f'"{device_id}"', autoescape=True)
    return or_(AuditEvent.device_id == device_id, listed)


def _line(event: AuditEventDomain) -> dict[str, Any]:
    values = to_values(event)
    del values["created_at"], values["updated_at"]
    return values


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    exact = {name: getattr(wanted, name) for name in _EXACT}
    conditions = [getattr(AuditEvent, name) == value for name, value in exact.items() if value is not None]
    if wanted.device_id is not None:
        conditions.append(_concerns(wanted.device_id))
    if wanted.since is not None:
        conditions.append(AuditEvent.timestamp >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEvent.timestamp < wanted.until)
    if wanted.text:
        searched = AuditEvent.error_message, AuditEvent.action, AuditEvent.tool_name
        conditions.append(or_(*(column.icontains(wanted.text, autoescape=True) for column in searched)))
    return conditions
