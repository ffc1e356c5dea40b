"""Runs stored jobs inside this process, tells the truth about those that a dead process left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import JobDomain, JobStatus, JobType
from routeros_mcp.domain.ports import Clock, JobBody, JobOutcome, UnitOfWork
from routeros_mcp.infra.jobs.ownership import HEARTBEAT_S, RELEASED, is_abandoned, this_process

log = logging.getLogger(__name__)

_Run = Callable[[JobDomain], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBodies:
    """What to do for each type of job, and how to find out about one that was cut off."""

    run: Mapping[JobType, JobBody]
    recover: Mapping[JobType, JobBody]


class InProcessRunner:
    """Implements `JobRunner`; `bodies` are set once by the composition root, before the first start."""

    def __init__(self, uow: UnitOfWork, clock: Clock, *, drain_s: float = 30.0) -> None:
        self._uow = uow
        self._clock = clock
        self._drain_s = drain_s
        self.owner = this_process()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self.bodies = JobBodies(run={}, recover={})

    @asynccontextmanager
    async def running(self, *, takes_over: bool = True) -> AsyncIterator[None]:
        """Own the tasks; on the way out, jobs under way get `drain_s` seconds to end.

        One that takes longer is cut off as a crash would: the next start reads its devices back.
        """
        abandoned = await self._abandoned() if takes_over else ()
        group = asyncio.TaskGroup()
        await group.__aenter__()
        self._group = group
        for job in abandoned:
            self._launch(group, job, self._run)
        try:
            yield
        finally:
            self._group = None
            await self._drain()
            cut = [job_id for job_id, task in self._tasks.items() if task.cancel()]
            # without the body's exception: it must neither cut jobs off nor come out in a group
            await group.__aexit__(None, None, None)
            await self._release(cut)

    async def start(self, job: JobDomain) -> None:
        if self._group is None:
            raise RuntimeError("the runner is not running: enter `running()` first")
        self._launch(self._group, job, self._run)

    def _launch(self, group: asyncio.TaskGroup, job: JobDomain, run: _Run) -> None:
        ended = self._ended[job.id] = asyncio.Event()
        task = self._tasks[job.id] = group.create_task(self._recorded(job, run))

        def over(ending: asyncio.Task[None]) -> None:
            # A job that paused may have been started again before its first task is over.
            if self._tasks.get(job.id) is ending:
                del self._ended[job.id], self._tasks[job.id]
            ended.set()

        task.add_done_callback(over)

    async def wait(self, job_id: str, timeout_s: float) -> None:
        ended = self._ended.get(job_id)
        if ended is None:
            await self._wait_for_another(job_id, timeout_s)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await ended.wait()

    async def _wait_for_another(self, job_id: str, timeout_s: float) -> None:
        """A job of another process says nothing by itself."""
        async with self._uow.read() as tx:
            job = await tx.jobs.get_by_id(job_id)
        if job is not None and not job.status.is_at_rest:
            await self._clock.sleep(timeout_s)

    async def _recorded(self, job: JobDomain, run: _Run) -> None:
        """A database that fails leaves this job as it stands, for the next start; the others go on."""
        try:
            await run(job)
        except RouterosMcpError:
            log.exception("job_not_recorded", extra={"job_id": job.id})

    async def _run(self, job: JobDomain) -> None:
        held = await self._started(job.id)
        ended, outcome = await self._attempt(self.bodies.run[held.job_type], held)
        if not ended:
            _, found = await self._attempt(self.bodies.recover[held.job_type], held)
            outcome = JobOutcome(JobStatus.FAILED, f"{outcome.summary} {found.summary}")
        await self._end(job.id, outcome)

    async def _started(self, job_id: str) -> JobDomain:
        async with self._uow() as tx:
            held = await tx.jobs.lock(job_id)
            return await tx.jobs.save(
                replace(
                    held,
                    status=JobStatus.RUNNING,
                    owner=self.owner,
                    attempts=held.attempts + 1,
                    started_at=self._clock.now(),
                )
            )

    async def _attempt(self, body: JobBody, job: JobDomain) -> tuple[bool, JobOutcome]:
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(self._beat(job.id))
            outcome = await _guarded(body, job)
            beating.cancel()
        return outcome

    async def _end(self, job_id: str, outcome: JobOutcome) -> None:
        async with self._uow() as tx:
            held = await tx.jobs.lock(job_id)
            failed = outcome.status not in {JobStatus.SUCCESS, JobStatus.PAUSED}
            await tx.jobs.save(
                replace(
                    held,
                    status=outcome.status,
                    result_summary=outcome.summary,
                    error_message=outcome.summary if failed else None,
                    finished_at=self._clock.now() if outcome.status.is_final else None,
                    next_run_at=None,
                )
            )

    async def _recover(self, job: JobDomain) -> None:
        """A job found running at start: read its devices back, send nothing, then mark it.

        It counts as running until then, so that a crash meanwhile leaves it to the next start.
        """
        held = await self._started(job.id)
        _, found = await self._attempt(self.bodies.recover[held.job_type], held)
        await self._end(job.id, JobOutcome(JobStatus.INTERRUPTED, f"interrupted; {found.summary}"))

    async def _abandoned(self) -> list[JobDomain]:
        async with self._uow.read() as tx:
            unfinished = await tx.jobs.unfinished()
        return [job for job in unfinished if is_abandoned(job, self._clock.now())]

    async def _beat(self, job_id: str) -> None:
        while True:
            await self._clock.sleep(HEARTBEAT_S)
            try:
                await self._own(job_id, self.owner)
            except RouterosMcpError:
                log.exception("heartbeat_failed", extra={"job_id": job_id})

    async def _own(self, job_id: str, owner: str) -> None:
        async with self._uow() as tx:
            await tx.jobs.save(replace(await tx.jobs.lock(job_id), owner=owner))

    async def _drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_s):
                for ended in list(self._ended.values()):
                    await ended.wait()

    async def _release(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            log.warning("job_cut_off", extra={"job_id": job_id})
            with suppress(RouterosMcpError):
                await self._own(job_id, RELEASED)


async def _guarded(body: JobBody, job: JobDomain) -> tuple[bool, JobOutcome]:
    """The worker edge: whatever goes wrong in one job stays with it. Whether the body came to its end."""
    try:
        return True, await body(job)
    except RouterosMcpError as error:
        return False, JobOutcome(JobStatus.FAILED, str(error))
    except Exception:
        log.exception("job_failed", extra={"job_id": job.id})
        return False, JobOutcome(JobStatus.FAILED, "The server hit a bug; it was logged.")
