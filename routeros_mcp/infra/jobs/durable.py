"""Runs stored jobs by the durable queue: in one process on SQLite, in any number of them on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import JobDomain, JobStatus
from routeros_mcp.domain.ports import Clock, Transaction, UnitOfWork
from routeros_mcp.infra.jobs.engine import DurableEngine, Queued
from routeros_mcp.infra.jobs.execution import RUNNABLE, JobBodies, JobExecution, Pulse
from routeros_mcp.infra.jobs.ownership import RELEASED, FileLock, host_name
from routeros_mcp.infra.jobs.tasks import JobTasks
from routeros_mcp.infra.tasks import lasting_group

log = logging.getLogger(__name__)

EMBEDDED = "embedded"
"""The engine's name of whoever runs the jobs of an SQLite database: the next one takes up what it left."""

_KEPT = timedelta(days=1)
_SWEEP_EVERY_S = 3600.0
_LOOK_EVERY_S = 0.25


class Role(StrEnum):
    """What a process has to do with the jobs."""

    WORKER = "worker"
    """Runs them, and does not begin before it can."""
    SERVER = "server"
    """Runs them as soon as it can: a server answers before."""
    COMMAND = "command"
    """Runs the one that it has queued if nobody else is there to do so."""
    CLIENT = "client"
    """Queues them only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerPolicy:
    """How this process takes part. `owner` is unique to it; seconds."""

    owner: str
    role: Role = Role.SERVER
    pulse: Pulse = field(default_factory=Pulse)
    drain_s: float = 30.0


@runtime_checkable
class _InSession(Protocol):
    async def in_session(self, work: Callable[[Any], Any]) -> Any: ...


class DurableRunner:
    """Implements `JobRunner`. `lock` is there on SQLite: whoever holds it runs the jobs, and is alone."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        engine: DurableEngine,
        policy: RunnerPolicy,
        lock: FileLock | None,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._engine = engine
        self._policy = policy
        self._lock = lock
        self._execution = JobExecution(uow, clock, policy.owner, policy.pulse)
        self._tasks = JobTasks(self._execution, policy.drain_s)
        self._is_wanted = policy.role in {Role.WORKER, Role.SERVER}
        self._stepping = asyncio.Lock()
        self._swept_at: float | None = None

    @property
    def owner(self) -> str:
        return self._policy.owner

    @property
    def runs_jobs(self) -> bool:
        """Whether this process runs jobs now."""
        return self._engine.is_running

    def set_bodies(self, bodies: JobBodies) -> None:
        self._execution.bodies = bodies

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take part; on the way out jobs under way are waited for, and what is left goes to others."""
        await self._engine.prepare()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._step_down)
            await stack.enter_async_context(_in_background(self._keep_beating))
            await stack.enter_async_context(self._tasks.running())
            if self._policy.role is Role.WORKER:
                await self._step_up()
            await stack.enter_async_context(_in_background(self._keep_tending))
            yield

    # -- the port ----------------------------------------------------------------------------------------

    async def enqueue(self, tx: Transaction, job: JobDomain) -> JobDomain:
        if not isinstance(tx, _InSession):
            raise TypeError("The durable queue is a table beside ours: it needs our database's transaction.")
        waiting = await tx.jobs.save(replace(job, status=JobStatus.PENDING, owner=None, fence=job.fence + 1))
        await tx.in_session(lambda session: self._engine.enqueue(session, job.id, waiting.fence))
        return waiting

    async def start(self, job: JobDomain) -> None:
        del job  # any worker will find it in the queue
        if self._policy.role is Role.COMMAND:
            self._is_wanted = True
            await self._step_up()

    async def wait(self, job_id: str, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while (left_s := until - loop.time()) > 0:
            async with self._uow.read() as tx:
                held = await tx.jobs.get_by_id(job_id)
            if held is None or held.status not in RUNNABLE:
                return
            look_s = min(left_s, _LOOK_EVERY_S)
            if job_id in self._tasks:
                await self._tasks.wait(job_id, look_s)
            else:
                await asyncio.sleep(look_s)

    # -- taking part -------------------------------------------------------------------------------------

    async def _step_up(self) -> bool:
        """Become one that runs jobs, if there is need and nobody forbids it; whether it is one now."""
        async with self._stepping:
            if self._engine.is_running or not self._is_wanted:
                return self._engine.is_running
            if not await self._is_free():
                return False
            try:
                await self._register()
                await self._engine.launch(EMBEDDED if self._lock else self.owner, self._work)
            finally:
                if self._lock is not None and not self._engine.is_running:
                    self._lock.release()
            return True

    async def _is_free(self) -> bool:
        if self._lock is not None:
            return self._lock.take()
        return self._policy.role is not Role.COMMAND or not await self._living()

    async def _register(self) -> None:
        """Be known before the first job is taken; whoever is alone voids what the dead have left."""
        async with self._uow() as tx:
            if self._lock is not None:
                await tx.workers.forget(silent_s=0)
                await tx.leases.clear()
            await tx.workers.beat(self.owner, host_name())

    async def _step_down(self) -> None:
        ran = self._engine.is_running
        await self._engine.close()
        if ran:
            with suppress(RouterosMcpError):
                async with self._uow() as tx:
                    await tx.workers.forget(self.owner)
        if self._lock is not None:
            self._lock.release()

    async def _work(self, job_id: str) -> None:
        """What the engine calls. Nothing is begun on the way out: another finds the job still to be done."""
        if self._tasks.is_open and job_id not in self._tasks:
            ended = self._tasks.launch(job_id, self._execution.run(job_id, self._may_take))
            await ended.wait()

    async def _may_take(self, tx: Transaction, job: JobDomain) -> bool:
        if job.status is JobStatus.PENDING or job.owner in {None, RELEASED, self.owner} or self._lock:
            return True
        return job.owner not in await tx.workers.living(self._policy.pulse.dead_s)

    async def _living(self) -> Sequence[str]:
        async with self._uow.read() as tx:
            return await tx.workers.living(self._policy.pulse.dead_s)

    # -- keeping -----------------------------------------------------------------------------------------

    async def _keep_beating(self) -> None:
        """The heartbeat, in a task of its own: nothing else may hold it up. Who is alone needs none."""
        while self._lock is None:
            await self._clock.sleep(self._policy.pulse.beat_s)
            if self._engine.is_running:
                with _logged("heartbeat_failed"):
                    async with self._uow() as tx:
                        await tx.workers.beat(self.owner, host_name())

    async def _keep_tending(self) -> None:
        """Each round looks at everything anew, so that nothing depends on a round that failed."""
        while True:
            with _logged("jobs_not_tended"):
                if await self._step_up():
                    await self._tend()
            await self._clock.sleep(self._policy.pulse.beat_s)

    async def _tend(self) -> None:
        async with self._uow.read() as tx:
            unfinished = [job for job in await tx.jobs.unfinished() if job.status in RUNNABLE]
        if unfinished:
            queued = await self._engine.queued()
            await self._reap(queued)
            known = {each.job_id for each in queued}
            for job in unfinished:
                if job.id not in known and job.id not in self._tasks:
                    await self._requeue(job)
        await self._sweep()
        queue_due = self._execution.bodies.queue_due
        if queue_due is not None and self._policy.role is not Role.COMMAND:
            await queue_due()

    async def _reap(self, queued: Sequence[Queued]) -> None:
        """Take from the dead what they had taken."""
        holders = {each.executor for each in queued if each.executor}
        if self._lock is not None or not holders:
            return
        dead = holders - set(await self._living())
        if dead:
            log.warning("workers_died", extra={"workers": sorted(dead)})
            await self._engine.recover(dead)

    async def _requeue(self, job: JobDomain) -> None:
        """Our tables say that it is to be done, and the engine knows nothing of it."""
        async with self._uow() as tx:
            held = await tx.jobs.lock(job.id)
            if held.fence == job.fence and held.status in RUNNABLE and await self._may_take(tx, held):
                await self.enqueue(tx, held)
                log.warning("job_queued_again", extra={"job_id": job.id})

    async def _sweep(self) -> None:
        now = self._clock.monotonic()
        if self._swept_at is not None and now - self._swept_at < _SWEEP_EVERY_S:
            return
        self._swept_at = now
        await self._engine.sweep(self._clock.now() - _KEPT)
        await self._reap(await self._engine.queued())
        if self._lock is None:
            async with self._uow() as tx:
                await tx.workers.forget(silent_s=_KEPT.total_seconds())


@asynccontextmanager
async def _in_background(loop: Callable[[], Coroutine[None, None, None]]) -> AsyncIterator[None]:
    async with lasting_group() as group:
        task = group.create_task(loop())
        try:
            yield
        finally:
            task.cancel()


@contextmanager
def _logged(event: str) -> Iterator[None]:
    """One round: the next one looks at everything anew, so none may end the process that answers calls."""
    try:
        yield
    except Exception:
        log.exception(event)
