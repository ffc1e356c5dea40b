"""What the worker works with, and one device's share of a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from routeros_mcp.domain.audit_service import AuditService
from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.models import (
    Change,
    DeviceDomain,
    JobDomain,
    PlanDeviceDomain,
    PlanDomain,
    Principal,
)
from routeros_mcp.domain.planning.footprint import Done, Footprint
from routeros_mcp.domain.planning.rows import RowModel
from routeros_mcp.domain.planning.scope import Scope, scope_of_changes
from routeros_mcp.domain.plans.computation import PlanComputer
from routeros_mcp.domain.plans.secrets import PlanSecrets
from routeros_mcp.domain.plans.traces import Site
from routeros_mcp.domain.ports import (
    Clock,
    Ids,
    RouterBackups,
    RouterReader,
    RouterWriter,
    Target,
    UnitOfWork,
)
from routeros_mcp.worker.leases import DeviceLeases

CRASH_POINTS = (
    "claimed",
    "leased",
    "connected",
    "compared",
    "arming",
    "armed",
    "intent",
    "sending",
    "sent",
    "recorded",
    "read_back",
    "proven",
    "disarmed",
    "confirmed",
    "released",
)
"""What a device's share of a job has just reached, in order; a test may end the process at each."""
CrashPoint = Callable[[str], None]


def no_crash(point: str) -> None:
    """What production does at a crash point: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """How long a router waits for the confirmation, and how often it looks; seconds."""

    timeout_s: float = 300.0
    tick_s: int = 10

    @property
    def poll_s(self) -> float:
        """How often the manager looks whether an entry has run or is gone."""
        return min(1.0, self.tick_s / 10)

    @property
    def margin_s(self) -> float:
        """So long before the deadline nothing is disarmed any more: it counts as fired."""
        return min(15.0, self.timeout_s / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """How often a router that looks worse is looked at, and how long is waited in between; seconds."""

    looks: int = 4
    wait_s: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPorts:
    """The worker's ports. `settle_s` is how long a lost write may still land: the router's 60 s and some."""

    uow: UnitOfWork
    reader: RouterReader
    writer: RouterWriter
    leases: DeviceLeases
    backups: RouterBackups
    connections: Connections
    computer: PlanComputer
    secrets: PlanSecrets
    audit: AuditService
    clock: Clock
    ids: Ids
    settle_s: float = 65.0
    settle_poll_s: float = 2.0
    guard: GuardPolicy = GuardPolicy()
    crash_point: CrashPoint = no_crash
    gate: GatePolicy = GatePolicy()


@dataclass(slots=True, kw_only=True)
class DeviceRun:
    """One device of a job on its way: what it is to become, and what it has accepted so far."""

    plan: PlanDomain
    row: PlanDeviceDomain
    device: DeviceDomain
    changes: Sequence[Change]
    """The plan's changes of this device, secrets sealed."""
    target: Target
    job: JobDomain
    principal: Principal
    model: RowModel
    """The rows as they were read last."""
    expected: Footprint
    """The rows as they have to be after what the router has accepted."""
    done: list[Done] = field(default_factory=list)
    """What the router has accepted and what has not been undone, in order."""
    sequence: int = 0
    armed: timedelta | None = None
    """The router's uptime when this run armed its dead-man switch."""
    _scope: Scope | None = field(default=None, init=False)

    @property
    def scope(self) -> Scope:
        """The rows that the plan concerns on this device, of menus that may be huge."""
        if self._scope is None:
            self._scope = scope_of_changes(self.changes, self.expected.model.schema)
        return self._scope

    def site(self) -> Site:
        """Where and on whose behalf the dead-man switch is put and taken away; the login may change."""
        return Site(
            device=self.device,
            target=self.target,
            principal=self.principal,
            plan_id=self.plan.id,
            job_id=self.job.id,
        )

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence
