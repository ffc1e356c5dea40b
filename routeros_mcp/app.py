"""Composition root: the only module that knows every concrete class."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from routeros_mcp.config import Settings
from routeros_mcp.domain.audit_service import AuditService
from routeros_mcp.domain.capabilities import Capabilities
from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.device_schemas import DeviceSchemas
from routeros_mcp.domain.device_service import DeviceService, RegistryPorts
from routeros_mcp.domain.diagnostics_service import DiagnosticsService
from routeros_mcp.domain.health_service import HealthPolicy, HealthService
from routeros_mcp.domain.job_service import JobService
from routeros_mcp.domain.log_service import LogService
from routeros_mcp.domain.menu_service import MenuService, ReadPolicy
from routeros_mcp.domain.models import Environment, HealthThresholds, JobType, Login, Secret
from routeros_mcp.domain.planning.policies import ApprovalPolicy
from routeros_mcp.domain.planning.rollout import OnFailure, Rollout
from routeros_mcp.domain.plans.computation import PlanComputer
from routeros_mcp.domain.plans.deciding import Approvals
from routeros_mcp.domain.plans.grounds import PlanPolicy, PlanPorts
from routeros_mcp.domain.plans.making import PlanService
from routeros_mcp.domain.plans.resolving import Resolutions
from routeros_mcp.domain.plans.restoring import Restoration
from routeros_mcp.domain.plans.running import Rollouts
from routeros_mcp.domain.plans.secrets import PlanSecrets
from routeros_mcp.domain.plans.sweeping import GuardSweep, SweepPolicy
from routeros_mcp.domain.plans.sweeps import Sweeps
from routeros_mcp.domain.plans.traces import TracePorts, Traces
from routeros_mcp.domain.ports import (
    AddressGate,
    Anchors,
    Clock,
    Ids,
    JobRunner,
    LoginProfiles,
    MenuInspector,
    MenuSchema,
    Passphrases,
    Passwords,
    Pins,
    RouterBackups,
    RouterCommands,
    RouterReader,
    RouterWriter,
    UnitOfWork,
    Vault,
)
from routeros_mcp.domain.rate_service import RateService
from routeros_mcp.domain.services import Services
from routeros_mcp.domain.snapshot_service import SnapshotPorts, SnapshotService
from routeros_mcp.domain.user_service import UserService
from routeros_mcp.domain.watch_service import WatchService
from routeros_mcp.domain.wireless_service import WirelessService
from routeros_mcp.infra.checkpoints import FileAnchors
from routeros_mcp.infra.clock import SystemClock
from routeros_mcp.infra.crypto import AesGcmVault, load_or_create_master_key
from routeros_mcp.infra.db import migrations
from routeros_mcp.infra.db.engine import open_synchronous_engine, synchronous_url
from routeros_mcp.infra.db.session import DatabaseSessionManager
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork
from routeros_mcp.infra.ids import Uuid7Ids
from routeros_mcp.infra.jobs.durable import DurableRunner, Role, RunnerPolicy
from routeros_mcp.infra.jobs.engine import DurableEngine, EngineDatabase
from routeros_mcp.infra.jobs.execution import JobBodies, Pulse
from routeros_mcp.infra.jobs.ownership import FileLock, new_owner
from routeros_mcp.infra.jobs.runner import InProcessRunner
from routeros_mcp.infra.jobs.takeovers import Patience
from routeros_mcp.infra.logins import ConfiguredLogins
from routeros_mcp.infra.passphrases import Argon2Passphrases
from routeros_mcp.infra.passwords import RandomPasswords
from routeros_mcp.infra.policy_file import load_policy
from routeros_mcp.infra.routeros.conformance import RouterProof
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.routeros.facade import RouterFacade
from routeros_mcp.infra.routeros.gate import NetworkGate
from routeros_mcp.infra.routeros.guard import TableGuard
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.schema import FileMenuSchema
from routeros_mcp.infra.routeros.ssh import SshClient
from routeros_mcp.toolkit.limits import RateLimiter
from routeros_mcp.toolkit.pipeline import Pipeline
from routeros_mcp.tools import TOOLSETS
from routeros_mcp.worker.context import CrashPoint, GatePolicy, GuardPolicy, WorkerPorts, no_crash
from routeros_mcp.worker.leases import DeviceLeases, FencedUnitOfWork, LeasedWriter, fenced
from routeros_mcp.worker.plan_worker import PlanWorker
from routeros_mcp.worker.sweeper import Sweeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Every port, implemented: by the real things in `open_app`, by fakes in tests."""

    uow: UnitOfWork
    vault: Vault
    anchors: Anchors
    clock: Clock
    ids: Ids
    passphrases: Passphrases
    reader: RouterReader
    writer: RouterWriter
    backups: RouterBackups
    commands: RouterCommands
    inspector: MenuInspector
    connections: Connections
    gate: AddressGate
    schema: MenuSchema
    profiles: LoginProfiles
    passwords: Passwords
    proof: RouterProof
    policy: ApprovalPolicy
    crash_point: CrashPoint = no_crash


class Runner(JobRunner, Protocol):
    """A job runner that is told once what jobs are, and is entered to run them."""

    @property
    def owner(self) -> str: ...

    def set_bodies(self, bodies: JobBodies) -> None: ...

    def running(self) -> AbstractAsyncContextManager[None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The wired program. `pipeline` is for models, `terminal` also holds what only a person may do."""

    services: Services
    pipeline: Pipeline
    terminal: Pipeline
    runner: Runner
    proof: RouterProof


@dataclass(frozen=True, slots=True)
class _Shared:
    """What several services work with together."""

    runner: JobRunner
    capabilities: Capabilities
    schemas: DeviceSchemas
    computer: PlanComputer


@dataclass(frozen=True, slots=True)
class _PlanServices:
    making: PlanService
    approvals: Approvals
    rollouts: Rollouts
    resolutions: Resolutions


def wire(ports: Ports, settings: Settings, runner: Runner | None = None) -> App:
    """Build the services from ports; opens nothing. Without a runner, jobs run in this process alone."""
    runner = runner or InProcessRunner(
        ports.uow, ports.clock, drain_s=settings.shutdown_drain_s, pulse=_pulse(settings)
    )
    capabilities = Capabilities(ports.reader, ports.clock)
    schemas = DeviceSchemas(ports.schema, ports.inspector, capabilities, ports.clock)
    computer = _computer(ports, settings, schemas)
    services = _services(ports, settings, _Shared(runner, capabilities, schemas, computer))
    runner.set_bodies(_job_bodies(ports, settings, services, computer))
    limiter = RateLimiter(
        ports.clock,
        calls_per_minute=settings.calls_per_minute,
        changes_per_minute=settings.writes_per_minute,
    )
    environment = Environment(settings.environment)

    def pipeline(*, for_terminal: bool) -> Pipeline:
        offered = [toolset for toolset in TOOLSETS if for_terminal or not toolset.terminal_only]
        return Pipeline(offered, services, environment=environment, limiter=limiter, ids=ports.ids)

    return App(
        services=services,
        pipeline=pipeline(for_terminal=False),
        terminal=pipeline(for_terminal=True),
        runner=runner,
        proof=ports.proof,
    )


@asynccontextmanager
async def open_app(
    settings: Settings, *, role: Role = Role.SERVER, may_be_restored: bool = False
) -> AsyncIterator[App]:
    """Open the database, the vault, the router client and the job queue; close them in turn.

    A database that lacks what was kept of its audit trail elsewhere is opened only if it `may_be_restored`.

    Raises:
        SchemaBehind, DatabaseRestored, DatabaseUnavailable, WrongKey, SetupError: what is so, and the command
            that mends it.
    """
    async with AsyncExitStack() as stack:
        manager = DatabaseSessionManager(settings)
        await manager.init()
        stack.push_async_callback(manager.close)
        await migrations.require_current(settings.async_database_url)
        ports = await _open_ports(settings, manager, stack)
        app = wire(ports, settings, _open_runner(settings, ports, role, stack))
        if not may_be_restored:
            await app.services.restoration.refuse()
        stack.push_async_callback(app.services.audit.anchor)
        await app.services.approvals.sweep()
        await stack.enter_async_context(app.runner.running())
        yield app


async def _open_ports(settings: Settings, manager: DatabaseSessionManager, stack: AsyncExitStack) -> Ports:
    uow, ids, clock = SqlUnitOfWork(manager), Uuid7Ids(), SystemClock()
    vault = open_vault(settings)
    connections = Connections(uow, vault, ids)
    rest, ssh = _routers(settings, connections)
    schema = FileMenuSchema()
    client = RouterFacade(rest, ssh, TableGuard(schema, settings.router_most_rows))
    await stack.enter_async_context(client.running())
    return Ports(
        uow=uow,
        vault=vault,
        anchors=FileAnchors(settings.data_dir / "audit-checkpoints.jsonl"),
        clock=clock,
        ids=ids,
        passphrases=Argon2Passphrases(),
        reader=client,
        writer=client,
        backups=client,
        commands=client,
        inspector=client,
        connections=connections,
        gate=NetworkGate(settings.management_networks),
        schema=schema,
        profiles=ConfiguredLogins(
            {
                name: Login(username=held.username, password=Secret(held.password.get_secret_value()))
                for name, held in settings.logins.items()
            }
        ),
        passwords=RandomPasswords(),
        proof=RouterProof(rest, ssh, connections, clock),
        policy=load_policy(settings.policy_file),
    )


def _routers(settings: Settings, pins: Pins) -> tuple[RestClient, SshClient]:
    limits = Limits(
        connect_s=settings.router_connect_timeout_s,
        answer_s=settings.router_read_timeout_s,
        answer_bytes=settings.router_max_answer_bytes,
        export_bytes=settings.export_max_bytes,
        backoff_s=settings.router_backoff_s,
        backoff_max_s=settings.router_backoff_max_s,
    )
    networks = settings.management_networks
    return (
        RestClient(pins=pins, networks=networks, limits=limits),
        SshClient(pins=pins, networks=networks, limits=limits),
    )


def open_vault(settings: Settings) -> AesGcmVault:
    """The vault under the installation's key; only the embedded lab default makes a key by itself.

    Raises:
        WrongKey: there is no key, or its file is readable by others.
    """
    key = load_or_create_master_key(
        path=settings.master_key_file,
        text=settings.master_key.get_secret_value() if settings.master_key else None,
        may_create=settings.environment == "lab",
    )
    return AesGcmVault([key])


def _services(ports: Ports, settings: Settings, shared: _Shared) -> Services:
    environment = Environment(settings.environment)
    timeout_s = settings.router_read_timeout_s + settings.router_connect_timeout_s
    jobs = JobService(ports.uow, shared.runner, ports.clock, ports.ids)
    reading = ReadPolicy(workers=settings.fanout_workers, timeout_s=timeout_s)
    audit = AuditService(ports.uow, ports.vault, ports.anchors, ports.clock, ports.ids)
    plans = _plan_services(ports, settings, shared.computer, jobs, audit)
    return Services(
        audit=audit,
        devices=DeviceService(
            RegistryPorts(
                uow=ports.uow,
                router=ports.reader,
                gate=ports.gate,
                profiles=ports.profiles,
                clock=ports.clock,
                ids=ports.ids,
                capabilities=shared.capabilities,
            ),
            ports.connections,
            environment=environment,
            most_devices=settings.max_devices_per_call,
        ),
        menus=MenuService(
            ports.reader,
            ports.connections,
            ports.schema,
            shared.schemas,
            ports.clock,
            reading,
        ),
        capabilities=shared.capabilities,
        wireless=WirelessService(ports.reader, ports.connections, shared.capabilities, reading),
        diagnostics=DiagnosticsService(ports.commands, ports.connections),
        logs=LogService(ports.reader, ports.connections, reading),
        rates=RateService(ports.reader, ports.commands, ports.connections, reading),
        health=HealthService(
            ports.uow,
            ports.reader,
            ports.connections,
            _health_policy(settings, timeout_s),
            ports.clock,
            ports.ids,
        ),
        snapshots=_snapshots(ports, workers=settings.fanout_workers, timeout_s=2 * timeout_s),
        plans=plans.making,
        approvals=plans.approvals,
        rollouts=plans.rollouts,
        resolutions=plans.resolutions,
        restoration=Restoration(ports.uow, audit, ports.clock),
        sweep=_sweep(ports, settings, audit, _leases(ports, settings)),
        sweeps=_sweeps(ports, settings, shared.runner),
        jobs=jobs,
        watches=WatchService(ports.uow, ports.clock),
        users=UserService(ports.uow, ports.passphrases, ports.clock, ports.ids),
    )


def _snapshots(ports: Ports, *, workers: int, timeout_s: float) -> SnapshotService:
    shared = SnapshotPorts(
        uow=ports.uow, router=ports.reader, schema=ports.schema, clock=ports.clock, ids=ports.ids
    )
    return SnapshotService(shared, ports.connections, workers=workers, timeout_s=timeout_s)


def _leases(ports: Ports, settings: Settings) -> DeviceLeases:
    return DeviceLeases(uow=FencedUnitOfWork(ports.uow), clock=ports.clock, lease_s=_pulse(settings).lease_s)


def _plan_services(
    ports: Ports, settings: Settings, computer: PlanComputer, jobs: JobService, audit: AuditService
) -> _PlanServices:
    shared = PlanPorts(
        uow=ports.uow, vault=ports.vault, schema=ports.schema, clock=ports.clock, ids=ports.ids
    )
    policy = PlanPolicy(
        environment=Environment(settings.environment),
        approval=ports.policy,
        plan_ttl=timedelta(hours=settings.plan_ttl_h),
        approval_ttl=timedelta(minutes=settings.approval_ttl_min),
        rollout=_rollout(settings),
    )
    secrets = PlanSecrets(ports.vault, ports.schema)
    making = PlanService(shared, computer, secrets, policy)
    approvals = Approvals(shared, policy)
    return _PlanServices(
        making,
        approvals,
        Rollouts(shared, policy, making, approvals, jobs),
        Resolutions(shared, ports.reader, ports.connections, computer, secrets, audit),
    )


def _sweep(ports: Ports, settings: Settings, audit: AuditService, leases: DeviceLeases) -> GuardSweep:
    """What it removes it removes under a lease, as all that jobs write."""
    routers = TracePorts(
        reader=ports.reader,
        writer=LeasedWriter(ports.writer, leases),
        backups=ports.backups,
        clock=ports.clock,
    )
    policy = SweepPolicy(
        environment=Environment(settings.environment),
        workers=settings.fanout_workers,
        timeout_s=4 * (settings.router_read_timeout_s + settings.router_connect_timeout_s),
    )
    traces = Traces(routers, audit, settle_s=settings.settle_s)
    return GuardSweep(ports.uow, ports.connections, traces, policy, leases)


def _sweeps(ports: Ports, settings: Settings, runner: JobRunner) -> Sweeps:
    every = timedelta(hours=settings.sweep_interval_h) if settings.sweep_interval_h else None
    return Sweeps(ports.uow, runner, ports.clock, ports.ids, every=every)


def _rollout(settings: Settings) -> Rollout:
    return Rollout(
        waves=settings.rollout_waves,
        parallel=settings.rollout_parallel,
        on_failure=OnFailure(settings.rollout_on_failure),
        gates=settings.rollout_gates,
        soak_s=settings.rollout_soak_s,
    )


def _computer(ports: Ports, settings: Settings, schemas: DeviceSchemas) -> PlanComputer:
    return PlanComputer(
        ports.reader,
        ports.connections,
        ports.schema,
        schemas,
        passwords=ports.passwords,
        workers=settings.fanout_workers,
        timeout_s=settings.router_read_timeout_s + settings.router_connect_timeout_s,
    )


def _health_policy(settings: Settings, timeout_s: float) -> HealthPolicy:
    return HealthPolicy(
        thresholds=HealthThresholds(**settings.health_thresholds),
        reuse_s=settings.health_reuse_s,
        unreachable_after=settings.unreachable_after,
        workers=settings.fanout_workers,
        timeout_s=timeout_s,
    )


def _open_runner(settings: Settings, ports: Ports, role: Role, stack: AsyncExitStack) -> Runner:
    """The durable runner, which queues in the database that our records are in.

    A database in memory has no other process and survives none: there jobs run in this process alone.
    """
    file = settings.database_file
    if settings.is_sqlite and file is None:
        return InProcessRunner(
            ports.uow, ports.clock, drain_s=settings.shutdown_drain_s, pulse=_pulse(settings)
        )
    engine = open_synchronous_engine(settings.async_database_url)
    if engine is not None:
        stack.callback(engine.dispose)
    place = EngineDatabase(url=synchronous_url(settings.async_database_url), engine=engine)
    policy = RunnerPolicy(
        owner=new_owner(ports.ids),
        role=Role.CLIENT if role is Role.SERVER and not settings.run_jobs else role,
        pulse=_pulse(settings),
        drain_s=settings.shutdown_drain_s,
    )
    lock = FileLock(file.with_name(f"{file.name}.jobs-lock")) if file else None
    return DurableRunner(
        ports.uow, ports.clock, DurableEngine(place, poll_s=settings.job_poll_s), policy, lock
    )


def _pulse(settings: Settings) -> Pulse:
    waited_s = settings.settle_s + settings.deadman_timeout_s
    return Pulse(
        beat_s=settings.worker_heartbeat_s,
        dead_s=settings.worker_dead_s,
        is_alone=settings.is_sqlite,
        patience=Patience(deaths=settings.job_deaths, stalled_s=waited_s),
    )


def _job_bodies(ports: Ports, settings: Settings, services: Services, computer: PlanComputer) -> JobBodies:
    leases = _leases(ports, settings)
    worker = PlanWorker(
        WorkerPorts(
            uow=leases.uow,
            reader=ports.reader,
            writer=LeasedWriter(ports.writer, leases),
            leases=leases,
            backups=ports.backups,
            connections=ports.connections,
            computer=computer,
            secrets=PlanSecrets(ports.vault, ports.schema),
            audit=services.audit,
            clock=ports.clock,
            ids=ports.ids,
            settle_s=settings.settle_s,
            guard=GuardPolicy(timeout_s=settings.deadman_timeout_s, tick_s=settings.deadman_tick_s),
            crash_point=ports.crash_point,
            gate=GatePolicy(looks=settings.gate_looks, wait_s=settings.gate_wait_s),
        )
    )
    found_out = dict.fromkeys((JobType.APPLY_PLAN, JobType.ROLLBACK_PLAN), fenced(worker.recover))
    sweeper = Sweeper(leases.uow, services.sweep, services.audit)
    return JobBodies(
        run={
            JobType.APPLY_PLAN: fenced(worker.apply),
            JobType.ROLLBACK_PLAN: fenced(worker.roll_back),
            JobType.SWEEP: fenced(sweeper.run),
        },
        recover={**found_out, JobType.SWEEP: fenced(sweeper.recover)},
        queue_due=services.sweeps.queue_due,
    )
