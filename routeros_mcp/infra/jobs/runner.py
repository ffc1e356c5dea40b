"""Runs stored jobs inside this process, tells the truth about those that a dead process left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import JobDomain, JobStatus, JobType
from routeros_mcp.domain.ports import Clock, JobBody, UnitOfWork
from routeros_mcp.infra.jobs.ownership import HEARTBEAT_S, is_abandoned, this_process

log = logging.getLogger(__name__)


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
        self._owner = this_process()
        self._group: asyncio.TaskGroup | None = None
        self._ended: dict[str, asyncio.Event] = {}
        self.bodies = JobBodies(run={}, recover={})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Own the tasks; on the way out, jobs under way get `drain_s` seconds to end."""
        abandoned = await self._abandoned()
        group = asyncio.TaskGroup()
        await group.__aenter__()
        self._group = group
        for job in abandoned:
            group.create_task(self._recover(job))
        try:
            yield
        finally:
            await self._drain()
            self._group = None
            # without the body's exception: it must neither cut jobs off nor come out in a group
            await group.__aexit__(None, None, None)

    async def start(self, job: JobDomain) -> None:
        if self._group is None:
            raise RuntimeError("the runner is not running: enter `running()` first")
        self._ended[job.id] = asyncio.Event()
        self._group.create_task(self._run(job))

    async def wait(self, job_id: str, timeout_s: float) -> None:
        ended = self._ended.get(job_id)
        if ended is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await ended.wait()

    async def _run(self, job: JobDomain) -> None:
        held = replace(
            job,
            status=JobStatus.RUNNING,
            owner=self._owner,
            attempts=job.attempts + 1,
            started_at=self._clock.now(),
        )
        await self._save(held)
        try:
            async with asyncio.TaskGroup() as group:
                beating = group.create_task(self._beat(job.id))
                succeeded, text = await _guarded(self.bodies.run[held.job_type], held)
                beating.cancel()
            status = await self._verdict(job) if succeeded else JobStatus.FAILED
            await self._end(job.id, status, text)
        finally:
            self._ended.pop(job.id).set()

    async def _verdict(self, job: JobDomain) -> JobStatus:
        async with self._uow.read() as tx:
            held = await tx.jobs.get(job.id)
            plan = await tx.plans.get(job.plan_id) if job.plan_id else None
        if plan is not None and plan.status not in {"applied", "rolled_back"}:
            return JobStatus.CANCELLED if held.cancel_requested else JobStatus.FAILED
        if plan is not None and plan.status == "rolled_back" and job.job_type is JobType.APPLY_PLAN:
            return JobStatus.FAILED
        return JobStatus.SUCCESS

    async def _end(self, job_id: str, status: JobStatus, text: str) -> None:
        async with self._uow() as tx:
            held = await tx.jobs.get(job_id)
            failed = status is not JobStatus.SUCCESS
            await tx.jobs.save(
                replace(
                    held,
                    status=status,
                    result_summary=text,
                    error_message=text if failed else None,
                    finished_at=self._clock.now(),
                    next_run_at=None,
                )
            )

    async def _recover(self, job: JobDomain) -> None:
        """A job found running at start: mark it, read its devices back, send nothing."""
        self._ended[job.id] = asyncio.Event()
        try:
            await self._save(replace(job, status=JobStatus.INTERRUPTED, owner=self._owner))
            _, text = await _guarded(self.bodies.recover[job.job_type], job)
            await self._end(job.id, JobStatus.INTERRUPTED, f"interrupted; {text}")
        finally:
            self._ended.pop(job.id).set()

    async def _abandoned(self) -> list[JobDomain]:
        async with self._uow.read() as tx:
            unfinished = await tx.jobs.unfinished()
        return [job for job in unfinished if is_abandoned(job, self._clock.now())]

    async def _beat(self, job_id: str) -> None:
        while True:
            await self._clock.sleep(HEARTBEAT_S)
            async with self._uow() as tx:
                await tx.jobs.save(replace(await tx.jobs.get(job_id), owner=self._owner))

    async def _save(self, job: JobDomain) -> None:
        async with self._uow() as tx:
            await tx.jobs.save(job)

    async def _drain(self) -> None:
        for job_id in list(self._ended):
            await self.wait(job_id, self._drain_s)


async def _guarded(body: JobBody, job: JobDomain) -> tuple[bool, str]:
    """The worker edge: whatever goes wrong in one job stays with it."""
    try:
        return True, await body(job)
    except RouterosMcpError as error:
        return False, str(error)
    except Exception:
        log.exception("job_failed", extra={"job_id": job.id})
        return False, "The server hit a bug; it was logged."
