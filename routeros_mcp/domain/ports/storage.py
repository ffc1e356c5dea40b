"""What keeps our records: repositories and the unit of work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from routeros_mcp.domain.models import (
    AuditEventDomain,
    CredentialDomain,
    CredentialKind,
    DeviceDomain,
    Environment,
    HealthBucket,
    HealthCheckDomain,
    JobDomain,
    JobStatus,
    PlanApprovalDomain,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    PlanStepDomain,
    Selector,
    SnapshotDomain,
    UserDomain,
)
from routeros_mcp.domain.pagination import Page

E = TypeVar("E")


class Repository(Protocol[E]):
    """What every table offers. `save` inserts or replaces; where the record has a version it compares it."""

    async def get_by_id(self, key: str) -> E | None: ...

    async def get(self, key: str) -> E:
        """Raise NotFound when there is no such row."""
        ...

    async def add(self, entity: E) -> E: ...

    async def save(self, entity: E) -> E:
        """Raise Conflict when the stored row is newer than the one this was read from."""
        ...

    async def delete(self, key: str) -> bool: ...


class Devices(Repository[DeviceDomain], Protocol):
    async def get_by_name(self, name: str) -> DeviceDomain | None: ...

    async def list_by_environment(self, environment: Environment | str) -> Sequence[DeviceDomain]: ...

    async def list_paginated(
        self, page: int = 1, page_size: int = 20, environment: Environment | str | None = None
    ) -> tuple[Sequence[DeviceDomain], int]: ...

    async def select(
        self, wanted: Selector, within: Selector, *, limit: int, after: str | None = None
    ) -> Sequence[DeviceDomain]:
        """Devices that both selectors match, ordered by name, from the one after the name `after`.

        Retired devices are left out unless `wanted` names them by id or name, or by their status.
        """
        ...

    async def count_by_status(self, within: Selector) -> Mapping[str, int]: ...

    async def record_health(
        self, results: Sequence[HealthCheckDomain], devices: Sequence[DeviceDomain]
    ) -> None:
        """Insert the results and update their devices: status, counters, facts, `last_*`.

        One statement each; versions are not touched, since health is no edit.
        """
        ...

    async def pin_certificate(self, device_id: str, fingerprint: str) -> bool:
        """Store the fingerprint if none is stored yet; False when one is (the caller compares)."""
        ...

    async def pin_host_key(self, device_id: str, fingerprint: str) -> bool:
        """As `pin_certificate`, for the host key of SSH."""
        ...


class Credentials(Repository[CredentialDomain], Protocol):
    async def active(self, device_id: str, kind: CredentialKind) -> CredentialDomain | None: ...

    async def active_many(
        self, device_ids: Sequence[str], kind: CredentialKind
    ) -> Mapping[str, CredentialDomain]:
        """The active logins of many devices by device id, in one statement."""
        ...

    async def held(self, device_id: str, kind: CredentialKind) -> Sequence[CredentialDomain]:
        """All logins of the kind that the device has had, the newest first."""
        ...

    async def deactivate(self, device_id: str, kind: CredentialKind | None = None) -> int:
        """Void the device's active logins; returns how many."""
        ...


class HealthChecks(Repository[HealthCheckDomain], Protocol):
    async def page(
        self, device_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[HealthCheckDomain]: ...

    async def buckets(
        self, device_id: str, *, since: datetime, until: datetime, span_s: int
    ) -> Sequence[HealthBucket]: ...


class Snapshots(Repository[SnapshotDomain], Protocol):
    async def latest(self, device_id: str, kind: str, *, count: int = 1) -> Sequence[SnapshotDomain]: ...

    async def page(
        self, device_ids: Sequence[str] | None, *, kind: str | None, limit: int, cursor: str | None = None
    ) -> Page[SnapshotDomain]:
        """Newest first, without `data` (empty bytes): lists never load the texts."""
        ...

    async def index(self, snapshot: SnapshotDomain, words: Collection[str]) -> None:
        """Make this snapshot the one of its device that `search` finds, by these words."""
        ...

    async def search(
        self, words: Collection[str], device_ids: Sequence[str], *, limit: int, after: str | None = None
    ) -> Sequence[SnapshotDomain]:
        """Indexed snapshots, with `data`, that have all the words, by device id, from the one after `after`.

        `x*` stands for any word that begins with x.
        """
        ...

    async def unindexed(self, device_ids: Sequence[str]) -> Sequence[str]:
        """Of these devices, those without a snapshot that `search` could find."""
        ...


class Plans(Repository[PlanDomain], Protocol):
    async def page(
        self, *, status: PlanStatus | None, created_by: str | None, limit: int, cursor: str | None = None
    ) -> Page[PlanDomain]: ...

    async def busy(self, device_ids: Sequence[str]) -> Mapping[str, str]:
        """Of these devices, those that a plan is at work on or left in an unknown state, with its id."""
        ...

    async def devices_of(
        self, plan_id: str, waves: Collection[int] | None = None
    ) -> Sequence[PlanDeviceDomain]:
        """The plan's routers in the order of the rollout, or those of these waves."""
        ...

    async def shares_of(self, device_id: str) -> Sequence[PlanDeviceDomain]:
        """What every plan has meant for the device, the newest first."""
        ...

    async def save_device(self, device: PlanDeviceDomain) -> None: ...

    async def steps_of(self, plan_id: str, device_id: str | None = None) -> Sequence[PlanStepDomain]: ...

    async def save_step(self, step: PlanStepDomain) -> None: ...

    async def approvals_of(self, plan_ids: Sequence[str]) -> Sequence[PlanApprovalDomain]:
        """All approvals ever given to these plans, oldest first."""
        ...

    async def save_approval(self, approval: PlanApprovalDomain) -> None: ...

    async def stale(self, now: datetime, *, limit: int) -> Sequence[PlanDomain]:
        """Plans that wait although they, or the approvals they had, have run out; oldest first."""
        ...

    async def touched_since(self, moment: datetime) -> frozenset[str]:
        """Ids of the devices of all plans whose applying began after the moment; other askers wait."""
        ...

    async def transition(self, plan: PlanDomain, expected: PlanStatus) -> PlanDomain:
        """Store the plan if its stored status and version are still the expected ones.

        Raises:
            Conflict: they are not.
        """
        ...


class Jobs(Repository[JobDomain], Protocol):
    async def page(
        self, *, status: JobStatus | None, plan_id: str | None, limit: int, cursor: str | None = None
    ) -> Page[JobDomain]: ...

    async def unfinished(self) -> Sequence[JobDomain]: ...

    async def lock(self, key: str) -> JobDomain:
        """`get` for a change: whoever else wants to change the job waits for this transaction's end.

        Progress, heartbeat, cancellation and the end of a job come from different tasks and processes.
        """
        ...

    async def fence(self, key: str) -> int | None:
        """The number of the job's present run, locked as `lock` does; None for no such job."""
        ...


class Workers(Protocol):
    """The processes that run jobs; all times are the database's."""

    async def beat(self, worker_id: str, host: str) -> None:
        """Say that the worker lives; the first time, that it has begun."""
        ...

    async def living(self, silent_s: float) -> Sequence[str]:
        """Workers that were heard of within this time."""
        ...

    async def forget(self, *worker_ids: str, silent_s: float | None = None) -> None:
        """Delete these workers, and those that were silent for so long."""
        ...


class Leases(Protocol):
    """Which run of a job, told by its fence, may write to a device; all times are the database's."""

    async def take(self, device_id: str, job: JobDomain, lease_s: float) -> bool:
        """Give the device to this run of the job; False while somebody else holds it."""
        ...

    async def left_s(self, device_id: str, job_id: str, fence: int) -> float:
        """How long this run may still write to the device; 0 when it may not."""
        ...

    async def renew(self, job_id: str, fence: int, lease_s: float) -> None:
        """Prolong what this run holds; what has run out stays so."""
        ...

    async def release(self, job_id: str, fence: int, device_id: str | None = None) -> None:
        """Give up one device, or all that this run of the job and earlier ones hold."""
        ...

    async def clear(self) -> None:
        """Void all leases: for a process that knows itself to be alone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Exact matches that narrow each other; `text` is looked for in messages, actions and tool names."""

    user_sub: str | None = None
    device_id: str | None = None
    tool_name: str | None = None
    action: str | None = None
    result: str | None = None
    plan_id: str | None = None
    job_id: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


class AuditEvents(Protocol):
    async def head(self) -> tuple[int, str]:
        """Sequence and mac of the newest line, (0, "") when there is none.

        Holds off other writers until the end of the transaction.
        """
        ...

    async def append(self, events: Sequence[AuditEventDomain]) -> None: ...

    async def page(
        self, wanted: AuditFilter, *, limit: int, cursor: str | None = None
    ) -> Page[AuditEventDomain]: ...

    def chain(self, *, after: int = 0) -> AsyncIterator[AuditEventDomain]:
        """Every line in order of sequence, streamed."""
        ...


class Users(Repository[UserDomain], Protocol):
    async def get_by_name(self, name: str) -> UserDomain | None: ...

    async def all(self) -> Sequence[UserDomain]: ...


class Transaction(Protocol):
    """One short database transaction. Never open while a router is talked to."""

    @property
    def devices(self) -> Devices: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def health_checks(self) -> HealthChecks: ...
    @property
    def snapshots(self) -> Snapshots: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def workers(self) -> Workers: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def audit(self) -> AuditEvents: ...
    @property
    def users(self) -> Users: ...


class UnitOfWork(Protocol):
    """`async with uow() as tx` commits on success and rolls back on error; `uow.read()` never writes."""

    def __call__(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...
