"""A place to run jobs in: a database, a body that the test steers, and runners that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from routeros_mcp.config import Settings
from routeros_mcp.domain.models import JobDomain, JobStatus, JobType
from routeros_mcp.domain.ports import JobBody, JobOutcome
from routeros_mcp.infra.clock import SystemClock
from routeros_mcp.infra.db.engine import open_synchronous_engine, synchronous_url
from routeros_mcp.infra.db.session import DatabaseSessionManager
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork
from routeros_mcp.infra.ids import Uuid7Ids
from routeros_mcp.infra.jobs.durable import DurableRunner, Role, RunnerPolicy
from routeros_mcp.infra.jobs.engine import DurableEngine, EngineDatabase
from routeros_mcp.infra.jobs.execution import JobBodies, Pulse
from routeros_mcp.infra.jobs.ownership import FileLock, new_owner
from routeros_mcp.infra.jobs.runner import InProcessRunner

IN_PROCESS, DURABLE = "in-process", "durable"
PULSE = Pulse(beat_s=0.1, dead_s=5)
Runner = InProcessRunner | DurableRunner


@dataclass(slots=True)
class Script:
    """The body of every job: notes that it ran, and does what the test has put into `act`."""

    runs: list[tuple[str, str, int]] = field(default_factory=list)
    act: JobBody | None = None

    def bodies(self) -> JobBodies:
        def each(kind: str) -> dict[JobType, JobBody]:
            return dict.fromkeys(JobType, self._noting(kind))

        return JobBodies(run=each("run"), recover=each("recover"))

    def _noting(self, kind: str) -> JobBody:
        async def body(job: JobDomain) -> JobOutcome:
            self.runs.append((kind, job.id, job.fence))
            if self.act is not None and kind != "recover":
                return await self.act(job)
            return JobOutcome(JobStatus.SUCCESS, f"{kind}: done")

        return body

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.runs]


@dataclass(slots=True, kw_only=True)
class Bench:
    """`runner` makes a new process's runner over the same database."""

    kind: str
    url: str
    manager: DatabaseSessionManager
    script: Script = field(default_factory=Script)
    drain_s: float = 5.0

    @property
    def uow(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.manager)

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[DurableEngine]:
        beside = open_synchronous_engine(self.url)
        engine = DurableEngine(EngineDatabase(url=synchronous_url(self.url), engine=beside), poll_s=0.05)
        try:
            yield engine
        finally:
            await engine.close()
            if beside is not None:
                beside.dispose()

    @asynccontextmanager
    async def runner(self, role: Role = Role.WORKER) -> AsyncIterator[Runner]:
        if self.kind == IN_PROCESS:
            light = InProcessRunner(self.uow, SystemClock(), drain_s=self.drain_s, pulse=PULSE)
            async with self._running(light):
                yield light
            return
        async with self.engine() as engine:
            policy = RunnerPolicy(owner=new_owner(Uuid7Ids()), role=role, pulse=PULSE, drain_s=self.drain_s)
            durable = DurableRunner(self.uow, SystemClock(), engine, policy, self._lock())
            async with self._running(durable):
                yield durable

    @asynccontextmanager
    async def _running(self, runner: Runner) -> AsyncIterator[None]:
        runner.set_bodies(self.script.bodies())
        async with runner.running():
            yield

    def _lock(self) -> FileLock | None:
        _, found, path = self.url.partition(":///")
        return FileLock(Path(f"{path}.jobs-lock")) if self.url.startswith("sqlite") and found else None

    async def add(self, runner: Runner, key: str = "j1") -> JobDomain:
        """Store and queue a job."""
        async with self.uow() as tx:
            job = await runner.enqueue(tx, await tx.jobs.add(JobDomain(id=key, job_type=JobType.APPLY_PLAN)))
        await runner.start(job)
        return job

    async def job(self, key: str = "j1") -> JobDomain:
        async with self.uow.read() as tx:
            return await tx.jobs.get(key)

    async def change(self, key: str, **values: object) -> None:
        async with self.uow() as tx:
            await tx.jobs.save(replace(await tx.jobs.lock(key), **values))

    async def ended(self, runner: Runner, key: str = "j1") -> JobDomain:
        """The job at rest."""
        async with asyncio.timeout(20):
            while not (held := await self.job(key)).status.is_final:
                await runner.wait(key, 1)
                await asyncio.sleep(0)
        return held

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once something that runs in this process has made it so."""
        async with asyncio.timeout(20):
            while not holds():
                await self.job_or_none()

    async def job_or_none(self) -> None:
        async with self.uow.read() as tx:
            await tx.jobs.get_by_id("j1")


@asynccontextmanager
async def bench(kind: str, url: str, directory: Path) -> AsyncIterator[Bench]:
    manager = DatabaseSessionManager(Settings(database_url=url, data_dir=directory))
    await manager.init()
    try:
        yield Bench(kind=kind, url=url, manager=manager)
    finally:
        await manager.close()
