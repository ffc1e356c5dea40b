"""Carries plans out: a canary first, then in waves; stops at the first device that fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import NotFound, RouterosMcpError
from routeros_mcp.domain.fanout import fan_out
from routeros_mcp.domain.models import (
    Change,
    JobDomain,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    PlanStepDomain,
    Principal,
    Role,
    StepDirection,
    StepState,
)
from routeros_mcp.domain.planning.footprint import Done, shows
from routeros_mcp.domain.planning.lifecycle import after_apply, after_rollback, is_untouched
from routeros_mcp.domain.planning.rollout import waves
from routeros_mcp.domain.planning.rows import RowModel
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.device import DeviceWorker

_DeviceAction = Callable[[DeviceRun], Awaitable[PlanDeviceDomain]]

_DEVICE_LIMIT_S = 3_600.0
"""No device is ever cut off in the middle of its writes: the sockets have deadlines of their own."""


class PlanWorker:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._devices = DeviceWorker(ports)

    async def apply(self, job: JobDomain) -> str:
        """Apply the job's plan; returns a summary of what became of each device."""
        plan, rows = await self._load(job)
        for wave in waves(rows):
            ended = await self._run_wave(job, plan, wave, self._apply_one)
            if any(row.state is not StepState.CONFIRMED for row in ended) or await self._is_cancelled(job):
                break
        return await self._conclude(plan)

    async def roll_back(self, job: JobDomain) -> str:
        """Restore what was there before the job's plan, last device first."""
        plan, rows = await self._load(job)
        touched = [row for row in reversed(rows) if not is_untouched(row.state)]
        for wave in waves(touched):
            await self._run_wave(job, plan, wave, self._roll_back_one)
            if await self._is_cancelled(job):
                break
        return await self._conclude(plan)

    async def recover(self, job: JobDomain) -> str:
        """After a crash: find out by reading how far each device got. Nothing is sent again."""
        plan, rows = await self._load(job)
        for row in rows:
            if row.job_id == job.id and row.state in {StepState.INTENT, StepState.UNKNOWN}:
                await self._read_back(job, plan, row)
        return await self._conclude(plan)

    # -- devices -----------------------------------------------------------------------------------------

    async def _run_wave(
        self, job: JobDomain, plan: PlanDomain, wave: Sequence[PlanDeviceDomain], action: _DeviceAction
    ) -> list[PlanDeviceDomain]:
        async def one(row: PlanDeviceDomain) -> PlanDeviceDomain:
            try:
                run = await self._run_of(job, plan, row)
            except RouterosMcpError as error:
                failed = replace(row, error_code=error.code, error_message=str(error), job_id=job.id)
                if is_untouched(row.state):
                    failed = replace(failed, state=StepState.NOT_APPLIED)
                await self._save_row(failed)
                return failed
            ended = await action(run)
            await self._report(job, run.device.name)
            return ended

        outcomes = await fan_out(wave, one, workers=self._ports.parallel, timeout_s=_DEVICE_LIMIT_S)
        return [outcome.value or outcome.item for outcome in outcomes]

    async def _apply_one(self, run: DeviceRun) -> PlanDeviceDomain:
        changes = [self._ports.secrets.open_change(run.plan.id, change) for change in _changes_of(run)]
        return await self._devices.apply(run, changes)

    async def _roll_back_one(self, run: DeviceRun) -> PlanDeviceDomain:
        return await self._devices.roll_back(run, await self._accepted(run))

    async def _read_back(self, job: JobDomain, plan: PlanDomain, row: PlanDeviceDomain) -> None:
        try:
            run = await self._run_of(job, plan, row)
            await self._settle_steps(run)
        except RouterosMcpError as error:
            await self._save_row(replace(row, state=StepState.UNKNOWN, error_message=str(error)))

    async def _settle_steps(self, run: DeviceRun) -> None:
        """Decide open steps by reading, then what the device is: all of it, none of it, or a part."""
        for step in await self._steps(run):
            if step.state in {StepState.INTENT, StepState.UNKNOWN}:
                await self._settle_step(run, step)
        steps = await self._steps(run)
        accepted = await self._accepted(run)
        if any(step.direction is StepDirection.ROLLBACK for step in steps):
            state = StepState.ROLLBACK_FAILED if accepted else StepState.ROLLED_BACK
        elif len(accepted) == len(_changes_of(run)):
            state = StepState.CONFIRMED
        else:
            state = StepState.NEEDS_HUMAN if accepted else StepState.NOT_APPLIED
        await self._devices.finish(run, state)

    async def _settle_step(self, run: DeviceRun, step: PlanStepDomain) -> None:
        change = self._ports.secrets.open_change(run.plan.id, step.change)
        menus = self._ports.computer.menus_of([change.path])
        tables = await self._ports.computer.read_tables(run.target, [change.path])
        item_id = shows(change, tables[change.path], menus)
        state = StepState.NOT_APPLIED if item_id is None else StepState.ACKED
        settled = replace(step, state=state, item_id=item_id or None, settled_at=self._ports.clock.now())
        async with self._ports.uow() as tx:
            await tx.plans.save_step(settled)

    async def _accepted(self, run: DeviceRun) -> list[Done]:
        """What the router accepted and what has not been undone yet, in order."""
        steps = await self._steps(run)
        run.sequence = max((step.sequence for step in steps), default=0)
        acked = [step for step in steps if step.state is StepState.ACKED]
        undone = sum(1 for step in acked if step.direction is StepDirection.ROLLBACK)
        forward = [step for step in acked if step.direction is StepDirection.APPLY]
        return [
            Done(self._ports.secrets.open_change(run.plan.id, step.change), step.item_id)
            for step in forward[: len(forward) - undone]
        ]

    async def _steps(self, run: DeviceRun) -> Sequence[PlanStepDomain]:
        async with self._ports.uow.read() as tx:
            return await tx.plans.steps_of(run.plan.id, run.device.id)

    # -- job and plan ------------------------------------------------------------------------------------

    async def _load(self, job: JobDomain) -> tuple[PlanDomain, Sequence[PlanDeviceDomain]]:
        if job.plan_id is None:
            raise NotFound(f"Job {job.id} belongs to no plan.")
        async with self._ports.uow.read() as tx:
            return await tx.plans.get(job.plan_id), await tx.plans.devices_of(job.plan_id)

    async def _run_of(self, job: JobDomain, plan: PlanDomain, row: PlanDeviceDomain) -> DeviceRun:
        async with self._ports.uow.read() as tx:
            device = await tx.devices.get(row.device_id)
        return DeviceRun(
            plan=plan,
            row=row,
            device=device,
            target=await self._ports.connections.target(device),
            job=job,
            principal=_requester(job),
            model=RowModel.of({}, {}),
        )

    async def _is_cancelled(self, job: JobDomain) -> bool:
        async with self._ports.uow.read() as tx:
            return (await tx.jobs.get(job.id)).cancel_requested

    async def _report(self, job: JobDomain, name: str) -> None:
        async with self._ports.uow() as tx:
            held = await tx.jobs.get(job.id)
            await tx.jobs.save(
                replace(held, progress_done=held.progress_done + 1, result_summary=f"last: {name}")
            )

    async def _save_row(self, row: PlanDeviceDomain) -> None:
        async with self._ports.uow() as tx:
            await tx.plans.save_device(row)

    async def _conclude(self, plan: PlanDomain) -> str:
        """Derive the plan's state from its devices and store it; the devices are the truth."""
        async with self._ports.uow() as tx:
            held = await tx.plans.get(plan.id)
            rows = await tx.plans.devices_of(plan.id)
            states = [row.state for row in rows]
            applying = held.status is PlanStatus.APPLYING
            status = after_apply(states) if applying else after_rollback(states)
            first = next((row.error_message for row in rows if row.error_message), None)
            await tx.plans.transition(replace(held, status=status, error_message=first), held.status)
        counted = {state: states.count(state) for state in dict.fromkeys(states)}
        return f"{status}: " + ", ".join(f"{count} {state}" for state, count in counted.items())


def _requester(job: JobDomain) -> Principal:
    return Principal(subject=job.requested_by, role=Role.OPS_RW, scopes=frozenset())


def _changes_of(run: DeviceRun) -> list[Change]:
    return [change for change in run.plan.changes if change.device_id == run.device.id]
