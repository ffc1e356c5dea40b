"""Tables in memory with transactions: for simulations that run thousands of times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

from routeros_mcp.domain.errors import Conflict, DatabaseUnavailable, NotFound
from routeros_mcp.domain.models import (
    AuditEventDomain,
    CredentialDomain,
    CredentialKind,
    DeviceDomain,
    DeviceStatus,
    JobDomain,
    JobStatus,
    PlanApprovalDomain,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    PlanStepDomain,
    Selector,
    UserDomain,
)
from routeros_mcp.domain.pagination import Page, Position, decode_position, encode_position
from routeros_mcp.domain.planning.lifecycle import is_open
from routeros_mcp.domain.ports import AuditFilter, Clock
from routeros_mcp.infra.transactions import marked_transaction

E = TypeVar("E")
_UNDER_WAY = {PlanStatus.APPLYING, PlanStatus.ROLLING_BACK}
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """Which run of a job may write to a device, and until when."""

    job_id: str
    fence: int
    until: datetime


@dataclass(slots=True)
class Tables:
    """What is stored; a commit puts another one in its place."""

    devices: dict[str, DeviceDomain] = field(default_factory=dict)
    credentials: dict[str, CredentialDomain] = field(default_factory=dict)
    plans: dict[str, PlanDomain] = field(default_factory=dict)
    plan_devices: dict[str, PlanDeviceDomain] = field(default_factory=dict)
    plan_steps: dict[str, PlanStepDomain] = field(default_factory=dict)
    plan_approvals: dict[str, PlanApprovalDomain] = field(default_factory=dict)
    jobs: dict[str, JobDomain] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    users: dict[str, UserDomain] = field(default_factory=dict)
    audit: dict[str, AuditEventDomain] = field(default_factory=dict)

    def copy(self) -> Tables:
        return Tables(**{each.name: dict(getattr(self, each.name)) for each in fields(self)})


@dataclass(slots=True)
class Book:
    """One open transaction: its tables, its moment, and whether it may write."""

    tables: Tables
    now: datetime
    may_write: bool

    def check(self) -> None:
        if not self.may_write:
            raise DatabaseUnavailable("attempt to write a readonly database")


class MemoryTable(Generic[E]):
    """Implements `ports.Repository` over one table of the transaction."""

    noun = ""
    table = ""
    is_versioned = False

    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def _rows(self) -> dict[str, Any]:
        rows: dict[str, Any] = getattr(self._book.tables, self.table)
        return rows

    async def get_by_id(self, key: str) -> E | None:
        return self._rows.get(key)

    async def get(self, key: str) -> E:
        found = self._rows.get(key)
        if found is None:
            raise NotFound(f"There is no {self.noun} {key}.")
        return found

    async def add(self, entity: Any) -> E:
        self._book.check()
        if entity.id in self._rows:
            raise Conflict(f"The {self.noun} {entity.id} exists already.", fix="Use a new id.")
        now = self._book.now
        return self._put(
            replace(entity, created_at=entity.created_at or now, updated_at=entity.updated_at or now)
        )

    async def save(self, entity: Any) -> E:
        self._book.check()
        held = self._rows.get(entity.id)
        if held is None and (not self.is_versioned or entity.version == 1):
            return await self.add(entity)
        if self.is_versioned:
            self._refuse_stale(held, entity)
            entity = replace(entity, version=entity.version + 1)
        return self._put(replace(entity, created_at=held.created_at, updated_at=self._later(held)))

    async def delete(self, key: str) -> bool:
        self._book.check()
        return self._rows.pop(key, None) is not None

    def _put(self, entity: Any) -> E:
        self._refuse_taken(entity)
        self._rows[entity.id] = entity
        return entity

    def _refuse_taken(self, entity: Any) -> None:
        """Raise Conflict where another record has what must be unique."""

    def _refuse_stale(self, held: Any, entity: Any) -> None:
        if held is None or held.version != entity.version:
            raise Conflict(
                f"Somebody else changed {self.noun} {entity.id} meanwhile.",
                fix="Read it again and repeat the change.",
            )

    def _later(self, held: Any) -> datetime:
        return max(self._book.now, held.updated_at + _TICK)

    def _page(self, found: Iterable[Any], *, limit: int, cursor: str | None, moment: str) -> Page[Any]:
        def key(row: Any) -> tuple[datetime, str]:
            return getattr(row, moment), row.id

        after = decode_position(cursor) if cursor else None
        rows = sorted(found, key=key, reverse=True)
        rows = [row for row in rows if after is None or key(row) < (after.moment, after.id)]
        more = encode_position(Position(*key(rows[limit - 1]))) if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next_cursor=more)


class MemoryDevices(MemoryTable[DeviceDomain]):
    """Implements what plans need of `ports.Devices`."""

    noun, table, is_versioned = "device", "devices", True

    async def get_by_name(self, name: str) -> DeviceDomain | None:
        return next((row for row in self._rows.values() if row.name == name), None)

    async def select(
        self, wanted: Selector, within: Selector, *, limit: int, after: str | None = None
    ) -> Sequence[DeviceDomain]:
        found = [row for row in self._rows.values() if wanted.matches(row) and within.matches(row)]
        found = [row for row in found if not row.is_retired() or _asks_for(wanted, row)]
        found = [row for row in found if after is None or row.name > after]
        return tuple(sorted(found, key=lambda row: row.name)[:limit])

    async def count_by_status(self, within: Selector) -> Mapping[str, int]:
        counted: dict[str, int] = {}
        for row in self._rows.values():
            if within.matches(row):
                counted[str(row.status)] = counted.get(str(row.status), 0) + 1
        return counted

    async def pin_certificate(self, device_id: str, fingerprint: str) -> bool:
        self._book.check()
        held = self._rows.get(device_id)
        if held is None or held.tls_fingerprint is not None:
            return False
        self._rows[device_id] = replace(held, tls_fingerprint=fingerprint, version=held.version + 1)
        return True

    def _refuse_taken(self, entity: DeviceDomain) -> None:
        if any(row.name == entity.name and row.id != entity.id for row in self._rows.values()):
            raise Conflict(f"A device named {entity.name} exists already.", fix="Use another one.")


def _asks_for(wanted: Selector, row: DeviceDomain) -> bool:
    return bool({row.id, row.name} & wanted.names) or DeviceStatus.DECOMMISSIONED in wanted.statuses


class MemoryCredentials(MemoryTable[CredentialDomain]):
    """Implements `ports.Credentials`."""

    noun, table = "credential", "credentials"

    async def active(self, device_id: str, kind: CredentialKind) -> CredentialDomain | None:
        return (await self.active_many([device_id], kind)).get(device_id)

    async def active_many(
        self, device_ids: Sequence[str], kind: CredentialKind
    ) -> Mapping[str, CredentialDomain]:
        rows = self._rows.values()
        return {r.device_id: r for r in rows if r.device_id in device_ids and r.kind == kind and r.active}

    async def held(self, device_id: str, kind: CredentialKind) -> Sequence[CredentialDomain]:
        found = [row for row in self._rows.values() if (row.device_id, row.kind) == (device_id, kind)]
        return tuple(sorted(found, key=lambda row: row.id, reverse=True))

    async def deactivate(self, device_id: str, kind: CredentialKind | None = None) -> int:
        self._book.check()
        found = [
            row
            for row in self._rows.values()
            if row.device_id == device_id and row.active and kind in (None, row.kind)
        ]
        for row in found:
            self._rows[row.id] = replace(row, active=False)
        return len(found)


class MemoryPlans(MemoryTable[PlanDomain]):
    """Implements `ports.Plans`."""

    noun, table, is_versioned = "plan", "plans", True

    async def page(
        self, *, status: PlanStatus | None, created_by: str | None, limit: int, cursor: str | None = None
    ) -> Page[PlanDomain]:
        found = (r for r in self._rows.values() if status in (None, r.status))
        found = (r for r in found if created_by in (None, r.created_by))
        return self._page(found, limit=limit, cursor=cursor, moment="created_at")

    async def busy(self, device_ids: Sequence[str]) -> Mapping[str, str]:
        return {
            row.device_id: row.plan_id
            for row in self._book.tables.plan_devices.values()
            if row.device_id in device_ids
            and (self._rows[row.plan_id].status in _UNDER_WAY or is_open(row.state))
        }

    async def devices_of(
        self, plan_id: str, waves: Collection[int] | None = None
    ) -> Sequence[PlanDeviceDomain]:
        rows = [row for row in self._book.tables.plan_devices.values() if row.plan_id == plan_id]
        rows = [row for row in rows if waves is None or row.wave in waves]
        return tuple(sorted(rows, key=lambda row: (row.position, row.id)))

    async def save_device(self, device: PlanDeviceDomain) -> None:
        await _PlanDevices(self._book).save(device)

    async def steps_of(self, plan_id: str, device_id: str | None = None) -> Sequence[PlanStepDomain]:
        rows = [row for row in self._book.tables.plan_steps.values() if row.plan_id == plan_id]
        rows = [row for row in rows if device_id in (None, row.device_id)]
        return tuple(sorted(rows, key=lambda row: (row.device_id, row.sequence, row.id)))

    async def save_step(self, step: PlanStepDomain) -> None:
        await _PlanSteps(self._book).save(step)

    async def shares_of(self, device_id: str) -> Sequence[PlanDeviceDomain]:
        rows = [row for row in self._book.tables.plan_devices.values() if row.device_id == device_id]
        return tuple(sorted(rows, key=lambda row: row.id, reverse=True))

    async def approvals_of(self, plan_ids: Sequence[str]) -> Sequence[PlanApprovalDomain]:
        rows = [row for row in self._book.tables.plan_approvals.values() if row.plan_id in plan_ids]
        return tuple(sorted(rows, key=lambda row: (row.approved_at, row.id)))

    async def save_approval(self, approval: PlanApprovalDomain) -> None:
        await _PlanApprovals(self._book).save(approval)

    async def stale(self, now: datetime, *, limit: int) -> Sequence[PlanDomain]:
        rows = [row for row in self._rows.values() if _is_stale(row, now)]
        return tuple(sorted(rows, key=lambda row: (row.created_at, row.id))[:limit])

    async def touched_since(self, moment: datetime) -> frozenset[str]:
        rows = (row for row in self._rows.values() if row.approval_consumed_at is not None)
        return frozenset(d for row in rows if row.approval_consumed_at > moment for d in row.device_ids)

    async def transition(self, plan: PlanDomain, expected: PlanStatus) -> PlanDomain:
        self._book.check()
        held = self._rows.get(plan.id)
        if held is not None and held.status is not expected:
            raise Conflict(
                f"Plan {plan.id} is {held.status}, not {expected}.", fix="Read the plan again.",
                status=held.status,
            )  # fmt: skip
        self._refuse_stale(held, plan)
        return await self.save(plan)

    async def delete(self, key: str) -> bool:
        tables = self._book.tables
        for rows in (tables.plan_devices, tables.plan_steps, tables.plan_approvals, tables.jobs):
            for row_id in [row_id for row_id, row in rows.items() if row.plan_id == key]:
                del rows[row_id]
        return await super().delete(key)


def _is_stale(plan: PlanDomain, now: datetime) -> bool:
    if plan.status not in {PlanStatus.SUBMITTED, PlanStatus.APPROVED}:
        return False
    ends = [plan.expires_at] + [plan.approval_expires_at] * (plan.status is PlanStatus.APPROVED)
    return any(end is not None and end <= now for end in ends)


class _PlanApprovals(MemoryTable[PlanApprovalDomain]):
    noun, table = "approval", "plan_approvals"


class _PlanDevices(MemoryTable[PlanDeviceDomain]):
    noun, table = "plan device", "plan_devices"

    def _refuse_taken(self, entity: PlanDeviceDomain) -> None:
        place = (entity.plan_id, entity.device_id)
        if any((r.plan_id, r.device_id) == place and r.id != entity.id for r in self._rows.values()):
            raise Conflict(f"The plan device {entity.id} exists already.", fix="Use a new id.")


class _PlanSteps(MemoryTable[PlanStepDomain]):
    noun, table = "plan step", "plan_steps"


class MemoryJobs(MemoryTable[JobDomain]):
    """Implements `ports.Jobs`; writers wait for each other from their beginning."""

    noun, table = "job", "jobs"

    async def page(
        self, *, status: JobStatus | None, plan_id: str | None, limit: int, cursor: str | None = None
    ) -> Page[JobDomain]:
        found = (r for r in self._rows.values() if status in (None, r.status))
        found = (r for r in found if plan_id in (None, r.plan_id))
        return self._page(found, limit=limit, cursor=cursor, moment="created_at")

    async def lock(self, key: str) -> JobDomain:
        return await self.get(key)

    async def fence(self, key: str) -> int | None:
        return self._rows[key].fence if key in self._rows else None

    async def unfinished(self) -> Sequence[JobDomain]:
        rows = [row for row in self._rows.values() if not row.status.is_at_rest]
        return tuple(sorted(rows, key=lambda row: (row.created_at, row.id)))


class MemoryLeases:
    """Implements `ports.Leases` by the clock of the transaction."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def take(self, device_id: str, job: JobDomain, lease_s: float) -> bool:
        self._book.check()
        held = self._rows.get(device_id)
        if held is not None and held.until > self._book.now and not _is_earlier_run(held, job):
            return False
        self._rows[device_id] = Lease(job.id, job.fence, self._until(lease_s))
        return True

    async def left_s(self, device_id: str, job_id: str, fence: int) -> float:
        held, job = self._rows.get(device_id), self._book.tables.jobs.get(job_id)
        if held is None or job is None or (held.job_id, held.fence, job.fence) != (job_id, fence, fence):
            return 0.0
        return max(0.0, (held.until - self._book.now).total_seconds())

    async def renew(self, job_id: str, fence: int, lease_s: float) -> None:
        self._book.check()
        for device_id, held in self._rows.items():
            if (held.job_id, held.fence) == (job_id, fence) and held.until > self._book.now:
                self._rows[device_id] = replace(held, until=self._until(lease_s))

    async def release(self, job_id: str, fence: int, device_id: str | None = None) -> None:
        self._book.check()
        for key, held in list(self._rows.items()):
            if held.job_id == job_id and held.fence <= fence and device_id in (None, key):
                del self._rows[key]

    async def clear(self) -> None:
        self._book.check()
        self._rows.clear()

    @property
    def _rows(self) -> dict[str, Lease]:
        return self._book.tables.leases

    def _until(self, lease_s: float) -> datetime:
        return self._book.now + timedelta(seconds=lease_s)


def _is_earlier_run(held: Lease, job: JobDomain) -> bool:
    return held.job_id == job.id and held.fence <= job.fence


class MemoryUsers(MemoryTable[UserDomain]):
    """Implements `ports.Users`."""

    noun, table = "user", "users"

    async def get_by_name(self, name: str) -> UserDomain | None:
        return next((row for row in self._rows.values() if row.name == name), None)

    async def all(self) -> Sequence[UserDomain]:
        return tuple(sorted(self._rows.values(), key=lambda row: row.name))


class MemoryAudit(MemoryTable[AuditEventDomain]):
    """Implements `ports.AuditEvents`."""

    noun, table = "audit event", "audit"

    async def head(self) -> tuple[int, str]:
        last = next(reversed(self._rows.values()), None)
        return (last.sequence, last.mac) if last else (0, "")

    async def append(self, events: Sequence[AuditEventDomain]) -> None:
        for event in events:
            await self.add(event)

    async def page(
        self, wanted: AuditFilter, *, limit: int, cursor: str | None = None
    ) -> Page[AuditEventDomain]:
        exact = ("device_id", "tool_name", "action", "result", "plan_id", "job_id")
        asked = {name: value for name in exact if (value := getattr(wanted, name)) is not None}
        found = (r for r in self._rows.values() if all(getattr(r, n) == v for n, v in asked.items()))
        return self._page(found, limit=limit, cursor=cursor, moment="timestamp")

    async def chain(self, *, after: int = 0) -> AsyncIterator[AuditEventDomain]:
        for row in list(self._rows.values()):
            if row.sequence > after:
                yield row


class MemoryTransaction:
    """Implements what plans need of `ports.Transaction`."""

    def __init__(self, book: Book) -> None:
        self._book = book

    @cached_property
    def devices(self) -> MemoryDevices:
        return MemoryDevices(self._book)

    @cached_property
    def credentials(self) -> MemoryCredentials:
        return MemoryCredentials(self._book)

    @cached_property
    def plans(self) -> MemoryPlans:
        return MemoryPlans(self._book)

    @cached_property
    def jobs(self) -> MemoryJobs:
        return MemoryJobs(self._book)

    @cached_property
    def leases(self) -> MemoryLeases:
        return MemoryLeases(self._book)

    @cached_property
    def users(self) -> MemoryUsers:
        return MemoryUsers(self._book)

    @cached_property
    def audit(self) -> MemoryAudit:
        return MemoryAudit(self._book)


class MemoryUnitOfWork:
    """Implements `ports.UnitOfWork`: one writer at a time; readers see what was committed when they began.

    `committed` is called with the tables before and after each commit.
    """

    def __init__(self, clock: Clock, committed: Callable[[Tables, Tables], None] | None = None) -> None:
        self.tables = Tables()
        self._clock = clock
        self._committed = committed
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[MemoryTransaction]:
        with marked_transaction():
            async with self._writing:
                before = self.tables
                book = Book(before.copy(), self._clock.now(), may_write=True)
                yield MemoryTransaction(book)
                self.tables = book.tables
                if self._committed is not None:
                    self._committed(before, book.tables)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[MemoryTransaction]:
        with marked_transaction():
            yield MemoryTransaction(Book(self.tables, self._clock.now(), may_write=False))
