"""Carries plans out: what the job engine calls to apply a plan and to roll it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import NotFound, RouterosMcpError
from routeros_mcp.domain.models import (
    JobDomain,
    JobStatus,
    JobType,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    Principal,
    Role,
    StepState,
)
from routeros_mcp.domain.planning.gates import is_worse_off
from routeros_mcp.domain.planning.lifecycle import derive, is_untouched
from routeros_mcp.domain.planning.progress import has_ended, is_pending
from routeros_mcp.domain.planning.rollout import Stop, StopKind, stored_stop
from routeros_mcp.domain.planning.rows import RowModel
from routeros_mcp.domain.ports import JobOutcome
from routeros_mcp.worker.carrying import Carrier, Errand
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.gate import Gate
from routeros_mcp.worker.logins import Logins
from routeros_mcp.worker.reporting import Reporter
from routeros_mcp.worker.share import Share
from routeros_mcp.worker.waves import WavePlanner

_DeviceAction = Callable[[DeviceRun], Awaitable[PlanDeviceDomain]]

_READING = "READING_BACK"
"""Error code of a device while it is read back after its job has failed."""
_STATUS_OF = {JobType.APPLY_PLAN: PlanStatus.APPLYING, JobType.ROLLBACK_PLAN: PlanStatus.ROLLING_BACK}
"""What a plan is while a job of the type is at work on it."""


class PlanWorker:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._share = Share(ports)
        self._gate = Gate(ports)
        self._logins = Logins(ports)
        self._reporter = Reporter(ports)
        self._planner = WavePlanner(ports)
        self._carrier = Carrier(ports, self._gate, self._reporter)

    async def apply(self, job: JobDomain) -> JobOutcome:
        """Apply the job's plan, or what an earlier run of the job has left of it."""
        plan, rows = await self._load(job)
        self._ports.crash_point("claimed")
        # Before the first write: an older copy of the database is told by what it lacks of this.
        await self._ports.audit.anchor()
        if plan.status is not PlanStatus.APPLYING:
            return await self._conclude(job, plan, stored_stop(job.report.get("stopped")))
        rows = await self._planner.assigned(job, plan, rows)
        await self._reporter.begin(job, rows)
        stop = stored_stop(job.report.get("stopped"))
        if stop is None:
            stop = await self._carrier.carry(self._errand(job, plan, self._measured_and_applied))
        if stop is not None and stop.kind is StopKind.PAUSE:
            return JobOutcome(JobStatus.PAUSED, stop.reason)
        if stop is not None:
            await self._reporter.note(job, stopped=stop.plain())
            await self._undo_for(job, plan, stop)
        return await self._conclude(job, plan, stop)

    async def roll_back(self, job: JobDomain) -> JobOutcome:
        """Restore what was there before the job's plan on the job's devices, last wave first."""
        plan, rows = await self._load(job)
        await self._ports.audit.anchor()
        if plan.status is not PlanStatus.ROLLING_BACK:
            return await self._conclude(job, plan, None)
        await self._reporter.begin(job, rows)
        concerned = set(job.device_ids)
        chosen = [row for row in rows if row.device_id in concerned]
        left = [
            row.device_id
            for row in chosen
            if not is_untouched(row.state) and (is_pending(row, job) or not has_ended(row, job))
        ]
        stop = await self._carrier.undo(self._errand(job, plan, self._share.roll_back), left, may_stop=True)
        if stop is not None and stop.kind is StopKind.PAUSE:
            return JobOutcome(JobStatus.PAUSED, stop.reason)
        return await self._conclude(job, plan, stop)

    async def recover(self, job: JobDomain) -> JobOutcome:
        """After a bug: find out by reading how far each device got. Nothing is sent again.

        A device whose reading ends the process is not read once more: it stays unknown.
        """
        plan, rows = await self._load(job)
        for row in rows:
            if row.job_id == job.id and row.state in {StepState.ARMED, StepState.INTENT, StepState.UNKNOWN}:
                await self._read_back(job, plan, row)
        return await self._conclude(job, plan, stored_stop(job.report.get("stopped")))

    # -- devices -----------------------------------------------------------------------------------------

    def _errand(self, job: JobDomain, plan: PlanDomain, action: _DeviceAction) -> Errand:
        return Errand(job=job, plan=plan, action=lambda row: self._run_device(job, plan, row, action))

    async def _undo_for(self, job: JobDomain, plan: PlanDomain, stop: Stop) -> None:
        """Roll back what the stop takes along; an undo once begun is not stopped half way."""
        async with self._ports.uow.read() as tx:
            rows = await tx.plans.devices_of(plan.id)
        settled = {StepState.ROLLED_BACK, StepState.ROLLBACK_FAILED}
        left = [row.device_id for row in rows if row.device_id in stop.undo and row.state not in settled]
        await self._carrier.undo(self._errand(job, plan, self._share.roll_back), left, may_stop=False)

    async def _run_device(
        self, job: JobDomain, plan: PlanDomain, row: PlanDeviceDomain, action: _DeviceAction
    ) -> PlanDeviceDomain:
        run: DeviceRun | None = None
        try:
            async with self._ports.leases.hold(row.device_id):
                run = await self._run_of(job, plan, row)
                ended = await action(run)
        except RouterosMcpError as error:
            held = run.row if run else row
            state = StepState.NOT_APPLIED if is_untouched(held.state) else held.state
            ended = replace(held, state=state, error_code=error.code, error_message=str(error), job_id=job.id)
            await self._save_row(ended)
        await self._reporter.one_more(job, run.device.name if run else row.device_id)
        return ended

    async def _measured_and_applied(self, run: DeviceRun) -> PlanDeviceDomain:
        if run.row.state is StepState.PLANNED:
            await self._gate.take_baseline(run)
        return await self._share.apply(run)

    async def _read_back(self, job: JobDomain, plan: PlanDomain, row: PlanDeviceDomain) -> None:
        if row.error_code == _READING:
            words = "The process that read the device back has died. A person has to look at it."
            await self._save_row(replace(row, state=StepState.UNKNOWN, error_message=words))
            return
        try:
            async with self._ports.leases.hold(row.device_id):
                row = replace(row, error_code=_READING)
                await self._save_row(row)
                await self._share.read_back(await self._run_of(job, plan, row))
        except RouterosMcpError as error:
            await self._save_row(
                replace(row, state=StepState.UNKNOWN, error_code=error.code, error_message=str(error))
            )

    # -- job and plan ------------------------------------------------------------------------------------

    async def _load(self, job: JobDomain) -> tuple[PlanDomain, Sequence[PlanDeviceDomain]]:
        if job.plan_id is None:
            raise NotFound(f"Job {job.id} belongs to no plan.")
        async with self._ports.uow.read() as tx:
            return await tx.plans.get(job.plan_id), await tx.plans.devices_of(job.plan_id)

    async def _run_of(self, job: JobDomain, plan: PlanDomain, row: PlanDeviceDomain) -> DeviceRun:
        async with self._ports.uow.read() as tx:
            device = await tx.devices.get(row.device_id)
        run = DeviceRun(
            plan=plan,
            row=row,
            device=device,
            changes=[change for change in plan.changes if change.device_id == device.id],
            target=await self._ports.connections.target(device),
            job=job,
            principal=_requester(job),
            model=RowModel.of({}, {}),
            expected=self._share.footprint(plan.id, row),
        )
        await self._logins.recall(run)
        return run

    async def _save_row(self, row: PlanDeviceDomain) -> None:
        async with self._ports.uow() as tx:
            await tx.plans.save_device(row)

    async def _conclude(self, job: JobDomain, plan: PlanDomain, stop: Stop | None) -> JobOutcome:
        """Derive the plan's state from its devices and store it; the devices are the truth."""
        async with self._ports.uow() as tx:
            held = await tx.plans.get(plan.id)
            rows = await tx.plans.devices_of(plan.id)
            status = _concluded(held, rows, job)
            if status is not held.status:
                first = next((row.error_message for row in rows if row.error_message), None)
                words = first or (stop.reason if stop else None)
                await tx.plans.transition(replace(held, status=status, error_message=words), held.status)
            told = await self._reporter.conclude(tx, job, replace(held, status=status), rows)
        outcome = JobOutcome(_verdict(job, status, rows, stop), _summary(status, rows, stop))
        await self._reporter.audit(told, plan, outcome.status, _requester(job))
        return outcome


def _concluded(plan: PlanDomain, rows: Sequence[PlanDeviceDomain], job: JobDomain) -> PlanStatus:
    """What the devices add up to; a plan that the job has concluded before stays what it is."""
    if plan.status is not _STATUS_OF[job.job_type]:
        return plan.status
    return derive(plan.status, [row.state for row in rows], is_unwell=any(map(is_worse_off, rows)))


def _summary(status: PlanStatus, rows: Sequence[PlanDeviceDomain], stop: Stop | None) -> str:
    states = [row.state for row in rows]
    counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return f"{status}: {counted}" + (f"; {stop.reason}" if stop else "")


def _verdict(
    job: JobDomain, status: PlanStatus, rows: Sequence[PlanDeviceDomain], stop: Stop | None
) -> JobStatus:
    """Whether the job has done what it was asked for."""
    if stop is not None:
        return JobStatus.CANCELLED if stop.kind is StopKind.CANCEL else JobStatus.FAILED
    if job.job_type is JobType.APPLY_PLAN:
        return JobStatus.SUCCESS if status is PlanStatus.APPLIED else JobStatus.FAILED
    concerned = set(job.device_ids)
    touched = [row.state for row in rows if row.device_id in concerned and not is_untouched(row.state)]
    undone = all(state is StepState.ROLLED_BACK for state in touched)
    return JobStatus.SUCCESS if undone else JobStatus.FAILED


def _requester(job: JobDomain) -> Principal:
    return Principal(subject=job.requested_by, role=Role.OPS_RW, scopes=frozenset())
