"""Runs stored jobs within this process alone; what a dead process left behind is taken up at the start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from routeros_mcp.domain.models import JobDomain, JobStatus
from routeros_mcp.domain.ports import Clock, Transaction, UnitOfWork
from routeros_mcp.infra.jobs.execution import RUNNABLE, JobBodies, JobExecution, Pulse
from routeros_mcp.infra.jobs.ownership import is_abandoned, this_process
from routeros_mcp.infra.jobs.tasks import JobTasks


class InProcessRunner:
    """Implements `JobRunner` without an engine: light, and blind to other processes."""

    def __init__(
        self, uow: UnitOfWork, clock: Clock, *, drain_s: float = 30.0, pulse: Pulse | None = None
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._execution = JobExecution(uow, clock, this_process(), pulse or Pulse())
        self._tasks = JobTasks(self._execution, drain_s)

    @property
    def owner(self) -> str:
        return self._execution.owner

    def set_bodies(self, bodies: JobBodies) -> None:
        self._execution.bodies = bodies

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._tasks.running():
            for job in await self._abandoned():
                self._launch(job)
            yield

    async def enqueue(self, tx: Transaction, job: JobDomain) -> JobDomain:
        waiting = replace(job, status=JobStatus.PENDING, owner=self.owner, fence=job.fence + 1)
        return await tx.jobs.save(waiting)

    async def start(self, job: JobDomain) -> None:
        self._launch(job)

    async def wait(self, job_id: str, timeout_s: float) -> None:
        if job_id in self._tasks:
            await self._tasks.wait(job_id, timeout_s)
            return
        async with self._uow.read() as tx:
            job = await tx.jobs.get_by_id(job_id)
        if job is not None and job.status in RUNNABLE:
            await self._clock.sleep(timeout_s)

    def _launch(self, job: JobDomain) -> None:
        self._tasks.launch(job.id, self._execution.run(job.id, _may_take))

    async def _abandoned(self) -> list[JobDomain]:
        async with self._uow.read() as tx:
            unfinished = await tx.jobs.unfinished()
        return [job for job in unfinished if job.status in RUNNABLE and is_abandoned(job)]


async def _may_take(tx: Transaction, job: JobDomain) -> bool:
    del tx
    return job.status is JobStatus.PENDING or is_abandoned(job)
