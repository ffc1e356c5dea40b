"""One installation: its tables and routers, which last, and its processes, which come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from ipaddress import ip_network
from typing import Any

from fakes.chance import Chance
from fakes.clock import SequentialIds
from fakes.storage import MemoryTransaction, MemoryUnitOfWork, Tables
from simulation.history import History, Kind
from simulation.network import FINGERPRINT, Life, Network, VirtualDialer
from simulation.virtual_time import VirtualClock

from routeros_mcp.domain.audit_service import AuditService
from routeros_mcp.domain.capabilities import Capabilities
from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.device_schemas import DeviceSchemas
from routeros_mcp.domain.job_service import JobService
from routeros_mcp.domain.models import (
    DeviceDomain,
    Environment,
    JobDomain,
    JobStatus,
    JobType,
    Login,
    Secret,
    StepState,
)
from routeros_mcp.domain.planning.rollout import Rollout
from routeros_mcp.domain.plans.computation import PlanComputer
from routeros_mcp.domain.plans.deciding import Approvals
from routeros_mcp.domain.plans.grounds import PlanPolicy, PlanPorts
from routeros_mcp.domain.plans.making import PlanService
from routeros_mcp.domain.plans.running import Rollouts
from routeros_mcp.domain.plans.secrets import PlanSecrets
from routeros_mcp.domain.ports import Target, Transaction
from routeros_mcp.emulator.spec import RouterSpec
from routeros_mcp.infra.crypto import AesGcmVault, MasterKey
from routeros_mcp.infra.jobs.execution import JobBodies, JobExecution, Pulse
from routeros_mcp.infra.passwords import RandomPasswords
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.routeros.facade import RouterFacade
from routeros_mcp.infra.routeros.guard import TableGuard
from routeros_mcp.infra.routeros.lane import Lane
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.schema import FileMenuSchema
from routeros_mcp.infra.routeros.session import Session
from routeros_mcp.infra.routeros.ssh import SshClient
from routeros_mcp.worker.context import GuardPolicy, WorkerPorts
from routeros_mcp.worker.leases import DeviceLeases, FencedUnitOfWork, LeasedWriter, fenced
from routeros_mcp.worker.plan_worker import PlanWorker

_NETWORKS = (ip_network("127.0.0.0/8"),)
PARALLEL = 3
POLICY = PlanPolicy(environment=Environment.LAB, rollout=Rollout(parallel=PARALLEL))


@cache
def schema() -> FileMenuSchema:
    return FileMenuSchema()


@cache
def _vault() -> AesGcmVault:
    return AesGcmVault([MasterKey(bytes(32))])


class _Anchors:
    """Keeps no marks: the chain itself is checked."""

    def keep(self, sequence: int, mac: str, moment: datetime) -> None: ...

    def all(self) -> Mapping[int, str]:
        return {}


class _Pins:
    async def pin(self, device_id: str, fingerprint: str) -> None: ...

    async def pin_host_key(self, device_id: str, fingerprint: str) -> None: ...


@dataclass(slots=True)
class MortalUnitOfWork:
    """The installation's tables as one process uses them: before and after a commit it may die."""

    real: MemoryUnitOfWork
    life: Life

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[MemoryTransaction]:
        self.life.check()
        async with self.real() as tx:
            yield tx
            self.life.next()
        self.life.next()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[MemoryTransaction]:
        self.life.check()
        async with self.real.read() as tx:
            yield tx


@dataclass(slots=True)
class Installation:
    """What survives a crash."""

    chance: Chance
    settle_s: float
    history: History = field(default_factory=History)
    clock: VirtualClock = field(default_factory=VirtualClock)
    ids: SequentialIds = field(default_factory=SequentialIds)
    network: Network = field(init=False)
    tables: MemoryUnitOfWork = field(init=False)
    lives: list[Life] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.network = Network(self.history, self.chance, step_of=self._step_of, owner=self._owner)
        self.tables = MemoryUnitOfWork(self.clock, self._committed)

    async def install(self, specs: list[RouterSpec]) -> None:
        """Start the routers and register them with their logins."""
        connections = Connections(self.tables, _vault(), self.ids)
        for number, spec in enumerate(specs):
            device = DeviceDomain(
                id=f"device-{number}",
                name=spec.name,
                management_address=f"127.0.0.1:{1000 + number}",
                environment=Environment.LAB,
                allow_advanced_writes=True,
                allow_professional_workflows=True,
                routeros_version=spec.version,
                tls_fingerprint=FINGERPRINT,
            )
            router = self.network.add(device.id, spec)
            await router.start()
            login = Login(username=router.username, password=Secret(router.password))
            async with self.tables() as tx:
                await tx.devices.add(device)
                await connections.store_login(tx, device.id, login)

    async def stop(self) -> None:
        for router in self.network.routers.values():
            await router.stop()

    @asynccontextmanager
    async def process(self, dies_at: int = 0) -> AsyncIterator[Process]:
        """A process of ours that dies at the given moment, never when that is 0."""
        life = Life(len(self.lives) + 1, dies_at)
        self.lives.append(life)
        self.network.tell(Kind.PROCESS, process=life.number, what="started")
        process = Process(self, life)
        try:
            async with process.running():
                yield process
        finally:
            ended = "died" if life.is_over else "ended"
            life.is_over = True
            self.network.tell(Kind.PROCESS, process=life.number, what=ended)

    def _owner(self) -> str | None:
        """Which process the job under way belongs to."""
        running = [job for job in self.tables.tables.jobs.values() if job.status is JobStatus.RUNNING]
        return running[-1].owner if running else None

    def _step_of(self, device_id: str, path: str) -> str | None:
        """The stored step whose intent stands behind a request that is about to go out."""
        menu, _, verb = path.rpartition("/")
        op = "set" if verb == "unset" else verb
        for step in self.tables.tables.plan_steps.values():
            is_same = (step.device_id, step.change.path, str(step.change.op)) == (device_id, menu, op)
            if is_same and step.state is StepState.INTENT:
                return step.id
        return None

    def _committed(self, before: Tables, after: Tables) -> None:
        tell = self.network.tell
        for plan in _changed(before.plans, after.plans):
            expires = plan.approval_expires_at
            tell(Kind.PLAN, id=plan.id, status=str(plan.status), digest=plan.digest,
                 late=bool(expires and expires <= self.clock.now()))  # fmt: skip
        for job in _changed(before.jobs, after.jobs):
            tell(Kind.JOB, id=job.id, status=str(job.status), type=str(job.job_type))
        for row in _changed(before.plan_devices, after.plan_devices):
            tell(Kind.DEVICE, device=row.device_id, state=str(row.state), job=row.job_id, code=row.error_code)
        for step in _changed(before.plan_steps, after.plan_steps):
            tell(Kind.STEP, device=step.device_id, id=step.id, sequence=step.sequence,
                 direction=str(step.direction), state=str(step.state), op=str(step.change.op),
                 path=step.change.path)  # fmt: skip
        for event in _changed(before.audit, after.audit):
            tell(Kind.AUDIT, device=event.device_id, result=str(event.result),
                 op=event.metadata.get("op"), path=event.metadata.get("path"))  # fmt: skip


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[object]:
    return [row for key, row in after.items() if before.get(key) is not row]


class Process:
    """The program over the installation: real from the plans down to the requests on the wire."""

    def __init__(self, place: Installation, life: Life) -> None:
        self.life = life
        self._place = place
        self.uow = MortalUnitOfWork(place.tables, life)
        self._routers = _routers(place, life)
        ports = PlanPorts(uow=self.uow, vault=_vault(), schema=schema(), clock=place.clock, ids=place.ids)
        self.runner = SimulatedRunner(self.uow, place.clock, life)
        connections = Connections(self.uow, _vault(), place.ids)
        computer = self.computer = _computer(self._routers, connections, place.clock)
        secrets = PlanSecrets(_vault(), schema())
        self.plans = PlanService(ports, computer, secrets, POLICY)
        self.approvals = Approvals(ports, POLICY)
        self.jobs = JobService(self.uow, self.runner, place.clock, place.ids)
        self.rollouts = Rollouts(ports, POLICY, self.plans, self.approvals, self.jobs)
        self.runner.set_bodies(self._bodies(connections, secrets))

    def _bodies(self, connections: Connections, secrets: PlanSecrets) -> JobBodies:
        place, uow = self._place, FencedUnitOfWork(self.uow)
        leases = DeviceLeases(uow=uow, clock=place.clock, lease_s=Pulse().dead_s)
        worker = PlanWorker(
            WorkerPorts(
                uow=uow,
                reader=self._routers,
                writer=LeasedWriter(self._routers, leases),
                leases=leases,
                backups=self._routers,
                connections=connections,
                computer=self.computer,
                secrets=secrets,
                audit=AuditService(self.uow, _vault(), _Anchors(), place.clock, place.ids),
                clock=place.clock,
                ids=place.ids,
                guard=GuardPolicy(),
                settle_s=place.settle_s,
            )
        )
        kinds = (JobType.APPLY_PLAN, JobType.ROLLBACK_PLAN)
        return JobBodies(
            run=dict(zip(kinds, map(fenced, (worker.apply, worker.roll_back)), strict=True)),
            recover=dict.fromkeys(kinds, fenced(worker.recover)),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._routers.running():
            yield


def _routers(place: Installation, life: Life) -> RouterFacade:
    clock, limits = place.clock, Limits()
    rest = RestClient(
        pins=_Pins(), networks=_NETWORKS, limits=limits, monotonic=clock.monotonic,
        chance=Chance(life.number).random,
    )  # fmt: skip
    dialer = VirtualDialer(place.network, life)

    def begin(lane: Lane, target: Target) -> Session:
        return Session(lane, target, dialer=dialer, limits=limits, monotonic=clock.monotonic)

    rest._lanes._begin = begin
    return RouterFacade(rest, SshClient(pins=_Pins(), networks=_NETWORKS), TableGuard(schema()))


def _computer(routers: RouterFacade, connections: Connections, clock: VirtualClock) -> PlanComputer:
    schemas = DeviceSchemas(schema(), routers, Capabilities(routers, clock), clock)
    return PlanComputer(
        routers, connections, schema(), schemas, passwords=RandomPasswords(), workers=8, timeout_s=300
    )


class SimulatedRunner:
    """Implements `ports.JobRunner` for one process: what it starts ends with it.

    Claims, fences, heartbeats and endings are the real ones; that a process is dead is known at once.
    """

    def __init__(self, uow: MortalUnitOfWork, clock: VirtualClock, life: Life) -> None:
        self.owner = f"process-{life.number}"
        self._execution = JobExecution(uow, clock, self.owner, Pulse())
        self._uow = uow
        self._started: list[str] = []

    def set_bodies(self, bodies: JobBodies) -> None:
        self._execution.bodies = bodies

    async def enqueue(self, tx: Transaction, job: JobDomain) -> JobDomain:
        waiting = replace(job, status=JobStatus.PENDING, owner=self.owner, fence=job.fence + 1)
        return await tx.jobs.save(waiting)

    async def start(self, job: JobDomain) -> None:
        self._started.append(job.id)

    async def wait(self, job_id: str, timeout_s: float) -> None: ...

    async def work(self) -> None:
        """Do what has been started here, to its end."""
        while self._started:
            await self._execution.run(self._started.pop(0), _may_take)

    async def take_over(self) -> None:
        """Go on with what another process has left."""
        async with self._uow.read() as tx:
            left = await tx.jobs.unfinished()
        for job in left:
            await self._execution.run(job.id, _may_take)


async def _may_take(tx: Transaction, job: JobDomain) -> bool:
    return True


async def live(process: Process, work: Coroutine[Any, Any, None]) -> bool:
    """Let the process do the work, until it is done or the process dies; whether it is done."""
    async with asyncio.TaskGroup() as group:
        process.life.task = group.create_task(work)
    return not process.life.is_over
