"""What the domain needs from outside. Implementations live in `infra`, fakes in `tests/fakes`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from routeros_mcp.domain.models import (
    AuditEventDomain,
    CredentialDomain,
    CredentialKind,
    DeviceDomain,
    Environment,
    ExportText,
    HealthBucket,
    HealthCheckDomain,
    JobDomain,
    JobStatus,
    Login,
    MenuSpec,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    PlanStepDomain,
    ProbeStage,
    Selector,
    SnapshotDomain,
    SshAccess,
    UserDomain,
)
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.pagination import Page

E = TypeVar("E")


# -- time, ids, secrets ----------------------------------------------------------------------------------


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring durations; the zero point means nothing."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    def new(self) -> str:
        """A fresh id; later ids sort after earlier ones."""
        ...


class Vault(Protocol):
    """Seals secrets at rest. `context` binds the sealed text to its place: elsewhere it does not open."""

    def seal(self, text: str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> str:
        """Open a sealed text.

        Raises:
            WrongKey: sealed by another key, for another context, or altered.
        """
        ...

    def mac(self, purpose: str, message: bytes) -> str:
        """HMAC-SHA256 in hex under a key derived for the purpose."""
        ...


class Anchors(Protocol):
    """Marks of the audit chain kept outside the database."""

    def keep(self, sequence: int, mac: str, moment: datetime) -> None: ...

    def all(self) -> Mapping[int, str]:
        """The kept macs by sequence."""
        ...


class Passphrases(Protocol):
    def hash(self, passphrase: str) -> str: ...

    def verify(self, hashed: str, passphrase: str) -> bool: ...


# -- storage ---------------------------------------------------------------------------------------------


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

    async def devices_of(self, plan_id: str) -> Sequence[PlanDeviceDomain]: ...

    async def save_device(self, device: PlanDeviceDomain) -> None: ...

    async def steps_of(self, plan_id: str, device_id: str | None = None) -> Sequence[PlanStepDomain]: ...

    async def save_step(self, step: PlanStepDomain) -> None: ...

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
    def audit(self) -> AuditEvents: ...
    @property
    def users(self) -> Users: ...


class UnitOfWork(Protocol):
    """`async with uow() as tx` commits on success and rolls back on error; `uow.read()` never writes."""

    def __call__(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...


# -- routers ---------------------------------------------------------------------------------------------

Values = Mapping[str, str | None]
"""Properties to write; None unsets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Everything needed to talk to one router. `fingerprint` is None until the first use pins it.

    `ssh` is None for a router that is not to be talked to over SSH.
    """

    device_id: str
    name: str
    address: str
    login: Login
    fingerprint: str | None = None
    ssh: SshAccess | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to read of one menu: exact matches (AND) and the properties wanted (empty: all).

    An exact match on `false` also takes rows that lack the property, since RouterOS leaves out what was never
    set. `item` reads the one row with that id or name. `insist` asks even a router that has been failing
    and is left alone for a while: for those who want to know whether it is back.
    """

    path: str
    where: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    item: str | None = None
    insist: bool = False


class RouterReader(Protocol):
    """Reads; repeated once after a transport failure, never after an answer."""

    async def read(self, target: Target, query: Query) -> Sequence[Row]:
        """Rows in the router's order; a singleton is a list of one.

        Raises:
            UnknownMenu, NoSuchItem, RouterRefused, LoginFailed, PolicyDenied, DeviceUnreachable, SessionCut,
            BadAnswer, PinMismatch, AddressNotAllowed: see each.
        """
        ...

    async def count(self, target: Target, query: Query) -> int: ...

    async def export(self, target: Target) -> ExportText:
        """The configuration, secrets hidden by the router; over SSH where the target has it.

        Raises:
            BadAnswer: the router could not export everything (`#error exporting`).
        """
        ...

    async def probe(self, target: Target) -> Sequence[ProbeStage]:
        """Try each way to the router stage by stage, REST first; never raises for a failing stage."""
        ...

    async def forget(self, device_id: str) -> None:
        """Close what is kept open to the device; its address, login or pin has changed."""
        ...


class RouterCommands(Protocol):
    """Runs the diagnostic commands: a closed list, none of which changes a router."""

    async def run(
        self, target: Target, path: str, command: str, arguments: Mapping[str, str], *, timeout_s: float
    ) -> Sequence[Row]:
        """Run one command to its end; rows as its last frames left them.

        One row for each echo of ping, each hop of traceroute, each interface of the monitors; one for a
        bandwidth test. RouterOS cuts a request after 60 s: longer work is for the caller to divide.

        Raises:
            Forbidden: not a command of the list, an argument it does not take, or none that makes it end.
            RouterRefused, DeviceUnreachable, SessionCut and the others of `RouterReader`.
        """
        ...


class RouterWriter(Protocol):
    """Writes; each is sent once, on a fresh connection.

    Raises:
        OutcomeUnknown: sent, and the answer was lost. Any other DeviceError means that nothing was changed.
    """

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        """Add a row, before the row with id `before` where the menu is ordered; returns the new id."""
        ...

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None: ...

    async def remove(self, target: Target, path: str, item_id: str) -> None: ...


class Pins(Protocol):
    """Where fingerprints live. The router client calls it between the handshake and the login."""

    async def pin(self, device_id: str, fingerprint: str) -> None:
        """Store the fingerprint of a certificate at its first use.

        Raises:
            PinMismatch: another one has been stored meanwhile.
        """
        ...

    async def pin_host_key(self, device_id: str, fingerprint: str) -> None:
        """As `pin`, for the host key of SSH; raises HostKeyChanged."""
        ...


class MenuSchema(Protocol):
    """What is known of RouterOS menus. Never complete: an unknown path is a warning, not an error."""

    def menu(self, path: str) -> MenuSpec | None: ...

    def near(self, path: str, limit: int = 5) -> Sequence[str]:
        """Known paths that look like this one, nearest first."""
        ...

    def search(self, text: str, limit: int = 20) -> Sequence[MenuSpec]:
        """Menus whose path, properties or values hold all the words, best first."""
        ...

    def secrets_of(self, path: str) -> frozenset[str]:
        """Names of secret properties of the menu, by the vendor's list and by name patterns."""
        ...

    def children(self, path: str) -> Sequence[str]: ...


class AddressGate(Protocol):
    """Says whether a device address may be connected to at all."""

    async def check(self, address: str) -> None:
        """Resolve the address and judge every answer.

        Raises:
            AddressNotAllowed: an answer lies outside the management networks.
            DeviceUnreachable: the name does not resolve.
        """
        ...


class LoginProfiles(Protocol):
    """Logins that the operator provides by environment or file, named so that secrets are never arguments."""

    def names(self) -> Sequence[str]: ...

    def get(self, name: str) -> Login | None: ...


# -- jobs ------------------------------------------------------------------------------------------------

ReportProgress = Callable[[int, int, str], Awaitable[None]]
"""Called with done, total and a short message; done only grows."""

JobBody = Callable[[JobDomain], Awaitable[str]]
"""Does one job and returns its summary."""


class JobRunner(Protocol):
    """Runs stored jobs outside the request that asked. The row exists before `start` is called."""

    @property
    def owner(self) -> str:
        """Who runs the jobs started here; stored with each, so that a dead owner's jobs are found."""
        ...

    async def start(self, job: JobDomain) -> None: ...

    async def wait(self, job_id: str, timeout_s: float) -> None:
        """Return when the job is final or the time is over, whichever comes first."""
        ...
