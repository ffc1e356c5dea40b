"""The audit trail: chained lines, written before the caller hears of the outcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from routeros_mcp.domain.errors import DatabaseUnavailable, RouterosMcpError
from routeros_mcp.domain.models import AuditEventDomain, AuditResult, Principal
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.ports import Anchors, AuditFilter, Clock, Ids, Transaction, UnitOfWork, Vault

_UNSIGNED = {"mac", "created_at", "updated_at"}
_LONGEST_MESSAGE = 2_000
_ANCHOR_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What a caller of `record` knows; time, id and chain are the service's."""

    principal: Principal
    action: str
    tool_name: str
    tool_tier: str
    result: AuditResult
    device_id: str | None = None
    environment: str | None = None
    plan_id: str | None = None
    job_id: str | None = None
    request_id: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The verdict on the chain: how many lines, and the first place where it does not hold."""

    lines: int
    head: str
    broken_at: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class Gap:
    """The database's trail ends at line `head`, or goes on otherwise; line `known` was kept outside of it."""

    head: int
    known: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    events: Sequence[AuditEventDomain]
    stored: asyncio.Future[RouterosMcpError | None]


class AuditService:
    """Appends entries in the order of their arrival; those that arrive together share a transaction."""

    def __init__(self, uow: UnitOfWork, vault: Vault, anchors: Anchors, clock: Clock, ids: Ids) -> None:
        self._uow = uow
        self._anchors = anchors
        self._anchored = 0
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._waiting: list[_Waiting] = []
        self._writing = asyncio.Lock()

    async def record(self, *entries: AuditEntry) -> None:
        """Store the entries; on return they are committed.

        Raises:
            DatabaseUnavailable: they could not be stored; the caller must not go on with a change.
        """
        stored: asyncio.Future[RouterosMcpError | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting([self._event(entry) for entry in entries], stored))
        async with self._writing:
            if not stored.done():
                await asyncio.shield(self._flush())
        failure = await stored
        if failure is not None:
            raise failure

    async def record_in(self, tx: Transaction, *entries: AuditEntry) -> None:
        """Append the entries in the caller's transaction: stored with what they tell of, or neither."""
        await self._chain(tx, [self._event(entry) for entry in entries])

    async def page(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> Page[AuditEventDomain]:
        async with self._uow.read() as tx:
            return await tx.audit.page(wanted, limit=limit, cursor=cursor)

    async def anchor(self) -> None:
        """Keep a mark of the chain's head outside the database; done every hundred lines and at the end."""
        async with self._uow.read() as tx:
            sequence, head = await tx.audit.head()
        if sequence > self._anchored:
            self._anchors.keep(sequence, head, self._clock.now())
            self._anchored = sequence

    async def gap(self) -> Gap | None:
        """What the database lacks of its own past, as after an older copy of it was restored."""
        marks = self._anchors.all()
        known = max(marks, default=0)
        if not known:
            return None
        async with self._uow.read() as tx:
            head, _ = await tx.audit.head()
            async for event in tx.audit.chain(after=known - 1):
                return None if event.mac == marks[known] else Gap(head=head, known=known)
        return Gap(head=head, known=known)

    async def go_on(self, gap: Gap, *entries: AuditEntry) -> None:
        """Record the entries after the gap, and let the marks of the lines that are lost count no more."""
        self._anchors.restart(gap.head, self._clock.now())
        await self.record(*entries)
        await self.anchor()

    async def verify(self) -> Verification:
        """Walk the whole chain and hold it against the marks outside the database.

        A line altered, removed, inserted or moved breaks the chain where it stood; a cut tail shows against
        a mark.
        """
        expected = self._anchors.all()
        sequence, head = 0, ""
        async with self._uow.read() as tx:
            async for event in tx.audit.chain():
                reason = self._fault(event, sequence, head, expected)
                if reason:
                    return Verification(lines=sequence, head=head, broken_at=sequence + 1, reason=reason)
                sequence, head = event.sequence, event.mac
        missing = [number for number in expected if number > sequence]
        if missing:
            reason = f"lines after {sequence} are gone: a checkpoint knows line {max(missing)}"
            return Verification(lines=sequence, head=head, broken_at=sequence + 1, reason=reason)
        return Verification(lines=sequence, head=head)

    def _fault(
        self, event: AuditEventDomain, sequence: int, head: str, anchors: Mapping[int, str]
    ) -> str | None:
        if event.sequence != sequence + 1:
            return f"line {sequence + 1} is missing"
        if event.previous_mac != head:
            return "the line does not follow the one before it"
        if event.mac != self._mac(event):
            return "the line was altered"
        if anchors.get(event.sequence, event.mac) != event.mac:
            return "the line differs from the checkpoint outside the database"
        return None

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        failure: RouterosMcpError | None = DatabaseUnavailable(
            "The audit trail could not be written.", fix="See the log; nothing is changed without it."
        )
        try:
            await self._append([event for waiting in batch for event in waiting.events])
            failure = None
        except RouterosMcpError as error:
            failure = error
        finally:
            for waiting in batch:
                waiting.stored.set_result(failure)

    async def _append(self, events: Sequence[AuditEventDomain]) -> None:
        async with self._uow() as tx:
            sequence, head = await self._chain(tx, events)
        if sequence - self._anchored >= _ANCHOR_EVERY:
            self._anchors.keep(sequence, head, self._clock.now())
            self._anchored = sequence

    async def _chain(self, tx: Transaction, events: Sequence[AuditEventDomain]) -> tuple[int, str]:
        """Append the lines after the newest one; sequence and mac of the last."""
        sequence, head = await tx.audit.head()
        chained: list[AuditEventDomain] = []
        for event in events:
            sequence += 1
            linked = replace(event, sequence=sequence, previous_mac=head)
            head = self._mac(linked)
            chained.append(replace(linked, mac=head))
        await tx.audit.append(chained)
        return sequence, head

    def _event(self, entry: AuditEntry) -> AuditEventDomain:
        error = entry.error_message
        return AuditEventDomain(
            id=self._ids.new(),
            timestamp=self._clock.now(),
            user_sub=entry.principal.subject,
            user_email=entry.principal.email,
            user_role=str(entry.principal.role),
            action=entry.action,
            tool_name=_storable(entry.tool_name),
            tool_tier=entry.tool_tier,
            result=entry.result,
            device_id=entry.device_id,
            environment=entry.environment,
            plan_id=_storable(entry.plan_id) if entry.plan_id else None,
            job_id=_storable(entry.job_id) if entry.job_id else None,
            request_id=entry.request_id,
            metadata=_storable_mapping(_with_device(entry)),
            error_message=_storable(error[:_LONGEST_MESSAGE]) if error else None,
        )

    def _mac(self, event: AuditEventDomain) -> str:
        return self._vault.mac("audit", canonical_line(event))


def canonical_line(event: AuditEventDomain) -> bytes:
    """The bytes that a line's mac covers: every field but the mac and what the database fills.

    The column device_id is left out too: deleting a device sets it to null, while metadata keeps the id.
    """
    held = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in _UNSIGNED | {"device_id"}}
    return json.dumps(held, default=_plain, sort_keys=True, separators=(",", ":")).encode()


def _with_device(entry: AuditEntry) -> Mapping[str, object]:
    return {**entry.metadata, "device_id": entry.device_id} if entry.device_id else entry.metadata


def _storable(text: str) -> str:
    """The text without what no database takes: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _storable_mapping(held: Mapping[str, object]) -> dict[str, object]:
    return {_storable(name): _storable_value(value) for name, value in held.items()}


def _storable_value(value: object) -> object:
    match value:
        case str():
            return _storable(value)
        case Mapping():
            return _storable_mapping(value)
        case list() | tuple():
            return [_storable_value(item) for item in value]
        case _:
            return value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"cannot chain a {type(value).__name__}")
