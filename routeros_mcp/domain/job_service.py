"""Jobs: stored before they start, followed by id, told the truth about after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from routeros_mcp.domain.errors import Conflict, InvalidParams, NotFound
from routeros_mcp.domain.models import JobDomain, JobStatus, JobType, PlanDomain, Principal, Selector
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.planning.gates import GateVerdict
from routeros_mcp.domain.planning.progress import WaveProgress, gates_of, waves_of
from routeros_mcp.domain.ports import Clock, Ids, JobRunner, ReportProgress, Transaction, UnitOfWork
from routeros_mcp.domain.sight import only_visible

_LOOK_EVERY_S = 0.5
_DOES = {JobType.APPLY_PLAN: "job that applies it", JobType.ROLLBACK_PLAN: "job that rolls it back"}


class StopMode(StrEnum):
    """How a job stops: for now, for good with what was done left in place, or undoing what it did."""

    PAUSE = "pause"
    LEAVE = "leave"
    ROLL_BACK = "roll_back"


class JobService:
    def __init__(self, uow: UnitOfWork, runner: JobRunner, clock: Clock, ids: Ids) -> None:
        self._uow = uow
        self._runner = runner
        self._clock = clock
        self._ids = ids

    async def create(
        self,
        tx: Transaction,
        plan: PlanDomain,
        kind: JobType,
        requested_by: str,
        device_ids: Sequence[str] | None = None,
    ) -> JobDomain:
        """Store and queue a job within the caller's transaction: plan, job and queue change together.

        It is about all of the plan's devices unless some are named.
        """
        concerned = plan.device_ids if device_ids is None else tuple(device_ids)
        job = JobDomain(
            id=self._ids.new(),
            job_type=kind,
            plan_id=plan.id,
            device_ids=concerned,
            requested_by=requested_by,
            progress_total=len(concerned),
            max_attempts=1,
            next_run_at=self._clock.now(),
        )
        return await self._runner.enqueue(tx, await tx.jobs.add(job))

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
        if job is None or not (principal.devices.sees_all or (seen and len(seen) == limit)):
            raise NotFound(f"No job {job_id}.", fix="Ask job_list for the ids.")
        return job

    async def wait(
        self,
        principal: Principal,
        job_id: str,
        timeout_s: float,
        report: ReportProgress | None = None,
    ) -> JobDomain:
        """The job once it has ended or paused, or as it stands when the time is over.

        `report` is called whenever another device is done.
        """
        job = await self.get(principal, job_id)
        until = self._clock.monotonic() + timeout_s
        while not job.status.is_at_rest and (left_s := until - self._clock.monotonic()) > 0:
            if report is not None:
                await report(job.progress_done, job.progress_total, progress_words(job))
            await self._runner.wait(job_id, min(left_s, _LOOK_EVERY_S))
            async with self._uow.read() as tx:
                job = await tx.jobs.get(job_id)
        if report is not None:
            await report(job.progress_done, job.progress_total, progress_words(job))
        return job

    async def waves(self, job: JobDomain) -> Sequence[WaveProgress]:
        """How far each wave of the job has got; none until they are known."""
        if job.plan_id is None:
            return ()
        async with self._uow.read() as tx:
            return waves_of(job, await tx.plans.devices_of(job.plan_id))

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

    async def stop(self, principal: Principal, job_id: str, mode: StopMode) -> JobDomain:
        """Ask a job to stop before its next device; a device under way is always finished.

        A paused job that is to stop for good is started once more, to conclude its plan and, if asked, to
        undo what it did.

        Raises:
            Conflict: the job has ended. InvalidParams: it rolls back already.
        """
        job = await self.get(principal, job_id)
        _refuse_stop(job, mode)
        is_paused = False
        async with self._uow() as tx:
            held = await tx.jobs.lock(job_id)
            _refuse_stop(held, mode)
            is_paused = held.status is JobStatus.PAUSED
            if mode is StopMode.PAUSE:
                return held if is_paused else await tx.jobs.save(replace(held, pause_requested=True))
            asked = replace(
                held,
                cancel_requested=True,
                undo_requested=held.undo_requested or mode is StopMode.ROLL_BACK,
            )
            stopped = await (self._runner.enqueue(tx, asked) if is_paused else tx.jobs.save(asked))
        if is_paused:
            await self.start(stopped)
        return stopped

    async def resume(self, tx: Transaction, plan_id: str, kind: JobType, by: str) -> JobDomain:
        """Let the plan's paused job wait for a process again; whoever asks accepts what it paused for.

        Raises:
            Conflict: no such job of the plan is paused.
        """
        paused = await tx.jobs.page(status=JobStatus.PAUSED, plan_id=plan_id, limit=1)
        job = await tx.jobs.lock(paused.items[0].id) if paused.items else None
        if job is None or job.job_type is not kind or job.status is not JobStatus.PAUSED:
            raise Conflict(
                f"Plan {plan_id} has no paused {_DOES[kind]}.",
                fix="Ask job_list what its jobs do; leave out resume.",
            )
        gates = {
            wave: {**gate, "accepted_by": by} if gate["verdict"] == GateVerdict.INCONCLUSIVE else gate
            for wave, gate in gates_of(job).items()
        }
        report = {**job.report, "gates": gates} if gates else job.report
        return await self._runner.enqueue(tx, replace(job, pause_requested=False, report=report))


def progress_words(job: JobDomain) -> str:
    """How far it has got in one line."""
    told = f": {job.result_summary}" if job.result_summary else ""
    return f"{job.status}, {job.progress_done} of {job.progress_total} devices{told}"


def _refuse_stop(job: JobDomain, mode: StopMode) -> None:
    if job.status.is_final:
        raise Conflict(f"Job {job.id} has ended: {job.status}.", fix="Nothing is left to stop.")
    if job.job_type is JobType.SWEEP and mode is not StopMode.LEAVE:
        raise InvalidParams(f"Job {job.id} is a sweep: it only stops.", fix="Stop it with mode leave.")
    if mode is StopMode.ROLL_BACK and job.job_type is not JobType.APPLY_PLAN:
        raise InvalidParams(
            f"Job {job.id} rolls back already.", fix="Stop it with mode leave, or let it end."
        )
