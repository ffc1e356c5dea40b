"""Carries plans out: a canary first, then in waves; stops at the first device that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import Drifted, NotFound, OutcomeUnknown, RouterosMcpError
from routeros_mcp.domain.fanout import fan_out
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
from routeros_mcp.domain.planning.lifecycle import after_apply, after_rollback, is_untouched
from routeros_mcp.domain.planning.rollout import waves
from routeros_mcp.domain.planning.rows import RowModel
from routeros_mcp.domain.ports import JobOutcome
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.device import DeviceWorker
from routeros_mcp.worker.logins import Logins
from routeros_mcp.worker.settling import Settling

_DeviceAction = Callable[[DeviceRun], Awaitable[PlanDeviceDomain]]

_DEVICE_LIMIT_S = 3_600.0
"""No device is ever cut off in the middle of its writes: the sockets have deadlines of their own."""


class PlanWorker:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._devices = DeviceWorker(ports)
        self._settling = Settling(ports, self._devices)
        self._logins = Logins(ports)

    async def apply(self, job: JobDomain) -> JobOutcome:
        """Apply the job's plan; the summary says what became of each device."""
        plan, rows = await self._load(job)
        for wave in waves(rows):
            ended = await self._run_wave(job, plan, wave, self._apply_one, halting=True)
            if any(row.state is not StepState.CONFIRMED for row in ended):
                break
        return await self._conclude(job, plan)

    async def roll_back(self, job: JobDomain) -> JobOutcome:
        """Restore what was there before the job's plan, last device first."""
        plan, rows = await self._load(job)
        touched = [row for row in reversed(rows) if not is_untouched(row.state)]
        for wave in waves(touched):
            await self._run_wave(job, plan, wave, self._roll_back_one, halting=False)
        return await self._conclude(job, plan)

    async def recover(self, job: JobDomain) -> JobOutcome:
        """After a crash: find out by reading how far each device got. Nothing is sent again."""
        plan, rows = await self._load(job)
        for row in rows:
            if row.job_id == job.id and row.state in {StepState.ARMED, StepState.INTENT, StepState.UNKNOWN}:
                await self._read_back(job, plan, row)
        return await self._conclude(job, plan)

    # -- devices -----------------------------------------------------------------------------------------

    async def _run_wave(
        self,
        job: JobDomain,
        plan: PlanDomain,
        wave: Sequence[PlanDeviceDomain],
        action: _DeviceAction,
        *,
        halting: bool,
    ) -> list[PlanDeviceDomain]:
        """Devices side by side; none is begun after a cancellation or, when `halting`, after a failure."""
        failed = asyncio.Event()

        async def one(row: PlanDeviceDomain) -> PlanDeviceDomain:
            if (halting and failed.is_set()) or await self._is_cancelled(job):
                return row
            ended = await self._run_device(job, plan, row, action)
            if ended.state is not StepState.CONFIRMED:
                failed.set()
            return ended

        outcomes = await fan_out(wave, one, workers=self._ports.parallel, timeout_s=_DEVICE_LIMIT_S)
        return [outcome.value or outcome.item for outcome in outcomes]

    async def _run_device(
        self, job: JobDomain, plan: PlanDomain, row: PlanDeviceDomain, action: _DeviceAction
    ) -> PlanDeviceDomain:
        run: DeviceRun | None = None
        try:
            run = await self._run_of(job, plan, row)
            ended = await action(run)
        except RouterosMcpError as error:
            held = run.row if run else row
            state = StepState.NOT_APPLIED if is_untouched(held.state) else held.state
            ended = replace(held, state=state, error_code=error.code, error_message=str(error), job_id=job.id)
            await self._save_row(ended)
        await self._report(job, run.device.name if run else row.device_id)
        return ended

    async def _apply_one(self, run: DeviceRun) -> PlanDeviceDomain:
        changes = [self._ports.secrets.open_change(run.plan.id, change) for change in run.changes()]
        return await self._devices.apply(run, changes)

    async def _roll_back_one(self, run: DeviceRun) -> PlanDeviceDomain:
        if await self._devices.is_armed(run):
            late = OutcomeUnknown(f"{run.device.name} was still under its dead-man switch.")
            return await self._devices.reverted(run, late)
        await self._settling.settle_steps(run)
        return await self._devices.roll_back(run, await self._settling.accepted(run))

    async def _read_back(self, job: JobDomain, plan: PlanDomain, row: PlanDeviceDomain) -> None:
        try:
            run = await self._run_of(job, plan, row)
            if await self._devices.is_armed(run):
                if not await self._settling.steps(run):
                    await self._devices.withdraw(run)
                    return
                cut = OutcomeUnknown(f"{run.device.name} was under way when the server ended.")
                accepted = await self._settling.accepted(run)
                run.done = accepted if len(accepted) == len(run.changes()) else []
                await self._devices.reverted(run, cut)
                return
            await self._settling.settle_steps(run)
            state, words = await self._settling.found(run)
            error = Drifted(f"{run.device.name}: {words}.", fix="Look at the rows.") if words else None
            await self._devices.finish(run, state, error)
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
            target=await self._ports.connections.target(device),
            job=job,
            principal=_requester(job),
            model=RowModel.of({}, {}),
        )
        await self._logins.recall(run)
        return run

    async def _is_cancelled(self, job: JobDomain) -> bool:
        async with self._ports.uow.read() as tx:
            return (await tx.jobs.get(job.id)).cancel_requested

    async def _report(self, job: JobDomain, name: str) -> None:
        async with self._ports.uow() as tx:
            held = await tx.jobs.lock(job.id)
            await tx.jobs.save(
                replace(held, progress_done=held.progress_done + 1, result_summary=f"last: {name}")
            )

    async def _save_row(self, row: PlanDeviceDomain) -> None:
        async with self._ports.uow() as tx:
            await tx.plans.save_device(row)

    async def _conclude(self, job: JobDomain, plan: PlanDomain) -> JobOutcome:
        """Derive the plan's state from its devices and store it; the devices are the truth."""
        async with self._ports.uow() as tx:
            held = await tx.plans.get(plan.id)
            rows = await tx.plans.devices_of(plan.id)
            states = [row.state for row in rows]
            status = _concluded(held.status, states)
            if status is not held.status:
                first = next((row.error_message for row in rows if row.error_message), None)
                await tx.plans.transition(replace(held, status=status, error_message=first), held.status)
            asked = await tx.jobs.get(job.id)
        counted = {state: states.count(state) for state in dict.fromkeys(states)}
        summary = f"{status}: " + ", ".join(f"{count} {state}" for state, count in counted.items())
        return JobOutcome(_verdict(asked, status), summary)


def _concluded(status: PlanStatus, states: Sequence[StepState]) -> PlanStatus:
    """What the devices add up to; a plan that has been concluded stays what it is."""
    match status:
        case PlanStatus.APPLYING:
            return after_apply(states)
        case PlanStatus.ROLLING_BACK:
            return after_rollback(states)
        case _:
            return status


def _verdict(job: JobDomain, status: PlanStatus) -> JobStatus:
    """Whether the job has done what it was asked for."""
    if status not in {PlanStatus.APPLIED, PlanStatus.ROLLED_BACK}:
        return JobStatus.CANCELLED if job.cancel_requested else JobStatus.FAILED
    if status is PlanStatus.ROLLED_BACK and job.job_type is JobType.APPLY_PLAN:
        return JobStatus.FAILED
    return JobStatus.SUCCESS


def _requester(job: JobDomain) -> Principal:
    return Principal(subject=job.requested_by, role=Role.OPS_RW, scopes=frozenset())
