"""Jobs: stored before they start, followed by id, told the truth about after a crash."""

from __future__ import annotations

from dataclasses import replace

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import JobDomain, JobStatus, JobType, PlanDomain, Principal, Selector
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.ports import Clock, Ids, JobRunner, Transaction, UnitOfWork
from routeros_mcp.domain.sight import only_visible


class JobService:
    def __init__(self, uow: UnitOfWork, runner: JobRunner, clock: Clock, ids: Ids) -> None:
        self._uow = uow
        self._runner = runner
        self._clock = clock
        self._ids = ids

    async def create(self, tx: Transaction, plan: PlanDomain, kind: JobType, requested_by: str) -> JobDomain:
        """Store and queue a job within the caller's transaction: plan, job and queue change together."""
        job = JobDomain(
            id=self._ids.new(),
            job_type=kind,
            plan_id=plan.id,
            device_ids=plan.device_ids,
            requested_by=requested_by,
            progress_total=len(plan.device_ids),
            max_attempts=1,
            next_run_at=self._clock.now(),
        )
        return await self._runner.enqueue(tx, await tx.jobs.add(job))

    async def enqueue(self, tx: Transaction, job: JobDomain) -> JobDomain:
        """Queue a job again that no process runs; the caller has locked it. `start` it after the commit."""
        return await self._runner.enqueue(tx, job)

    async def start(self, job: JobDomain) -> None:
        await self._runner.start(job)

    async def get(self, principal: Principal, job_id: str) -> JobDomain:
        """The job, if all of its devices are within sight.

        Raises:
            NotFound: no such job within sight.
        """
        async with self._uow.read() as tx:
            job = await tx.jobs.get_by_id(job_id)
            wanted = Selector(names=frozenset(job.device_ids if job else ()))
            limit = len(job.device_ids) if job else 0
            seen = await tx.devices.select(wanted, principal.devices, limit=limit or 1) if job else ()
        if job is None or not seen or len(seen) < limit:
            raise NotFound(f"No job {job_id}.", fix="Ask job_list for the ids.")
        return job

    async def wait(self, principal: Principal, job_id: str, timeout_s: float) -> JobDomain:
        """The job once it is final, or as it stands when the time is over."""
        job = await self.get(principal, job_id)
        if not job.status.is_final and timeout_s > 0:
            await self._runner.wait(job_id, timeout_s)
        return await self.get(principal, job_id)

    async def page(
        self,
        principal: Principal,
        *,
        status: JobStatus | None,
        plan_id: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[JobDomain]:
        """Jobs whose devices are all within sight, newest first."""
        async with self._uow.read() as tx:
            page = await tx.jobs.page(status=status, plan_id=plan_id, limit=limit, cursor=cursor)
            return await only_visible(tx, principal, page)

    async def cancel(self, principal: Principal, job_id: str) -> JobDomain:
        """Ask a job to stop before its next device; a device under way is always finished.

        Raises:
            Conflict: the job has ended.
        """
        job = await self.get(principal, job_id)
        if job.status.is_final:
            raise Conflict(f"Job {job_id} has ended: {job.status}.", fix="Nothing is left to cancel.")
        async with self._uow() as tx:
            return await tx.jobs.save(replace(await tx.jobs.lock(job_id), cancel_requested=True))
