"""What became of writes whose outcome nobody has recorded: found out by reading, never by sending again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import OutcomeUnknown
from routeros_mcp.domain.models import AuditResult, Change, ChangeOp, PlanStepDomain, StepDirection, StepState
from routeros_mcp.domain.planning.footprint import Done, changed_since, drift, is_invisible, shows, stands
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.device import DeviceWorker
from routeros_mcp.worker.journal import audit_entry


class Settling:
    def __init__(self, ports: WorkerPorts, devices: DeviceWorker) -> None:
        self._ports = ports
        self._devices = devices

    async def found(self, run: DeviceRun) -> tuple[StepState, str]:
        """What a device cut off in the middle is, by its rows: all of the plan, nothing of it, or a part."""
        accepted, total = await self.accepted(run), len(run.changes())
        rolling = any(step.direction is StepDirection.ROLLBACK for step in await self.steps(run))
        part = StepState.ROLLBACK_FAILED if rolling else StepState.NEEDS_HUMAN
        images = self._ports.secrets.open_images(run.plan.id, run.row.pre_image)
        await self._devices.load(run, self._devices.paths_of(run))
        if accepted and len(accepted) < total:
            return part, f"{len(accepted)} of {total} changes are in place"
        if accepted:
            changed = changed_since(accepted, run.model)
            return (part if changed else StepState.CONFIRMED), "; ".join(changed)
        if not rolling:
            return StepState.NOT_APPLIED, ""
        words = drift(images, run.model.tables, run.model.schema)
        return (part if words else StepState.ROLLED_BACK), "; ".join(words)

    async def settle_steps(self, run: DeviceRun) -> None:
        """Decide by reading what became of the steps whose outcome nobody has recorded."""
        for step in await self.steps(run):
            if step.state in {StepState.INTENT, StepState.UNKNOWN}:
                await self._settle_step(run, step)

    async def accepted(self, run: DeviceRun) -> list[Done]:
        """What the router accepted and what has not been undone yet, in order."""
        steps = await self.steps(run)
        run.sequence = max((step.sequence for step in steps), default=0)
        acked = [step for step in steps if step.state is StepState.ACKED]
        run.moved = {
            (step.change.path, step.change.item_id): step.item_id
            for step in acked
            if step.change.op is ChangeOp.ADD and step.change.item_id and step.item_id
        }
        undone = sum(1 for step in acked if step.direction is StepDirection.ROLLBACK)
        forward = [step for step in acked if step.direction is StepDirection.APPLY]
        return [
            Done(self._ports.secrets.open_change(run.plan.id, step.change), step.item_id)
            for step in forward[: len(forward) - undone]
        ]

    async def steps(self, run: DeviceRun) -> Sequence[PlanStepDomain]:
        async with self._ports.uow.read() as tx:
            return await tx.plans.steps_of(run.plan.id, run.device.id)

    async def _settle_step(self, run: DeviceRun, step: PlanStepDomain) -> None:
        change = self._ports.secrets.open_change(run.plan.id, step.change)
        item_id = await self._awaited(run, step, change)
        settled = replace(step, settled_at=self._ports.clock.now())
        if item_id is not None:
            await self._record(run, replace(settled, state=StepState.ACKED, item_id=item_id or None))
        elif stands(change, run.model.tables[change.path], run.model.schema):
            await self._record(run, replace(settled, state=StepState.NOT_APPLIED, item_id=None))
        else:
            words = f"{change.path}: the row is neither as before the {change.op} nor as after it"
            await self._record(run, replace(settled, state=StepState.CONFLICT, error_message=words))

    async def _record(self, run: DeviceRun, step: PlanStepDomain) -> None:
        async with self._ports.uow() as tx:
            await tx.plans.save_step(step)
        result = AuditResult.SUCCESS if step.state is StepState.ACKED else AuditResult.FAILURE
        await self._ports.audit.record(audit_entry(run, step, result))

    async def _awaited(self, run: DeviceRun, step: PlanStepDomain, change: Change) -> str | None:
        """What `shows` says, at last when a write sent at the step's intent can no longer land."""
        while True:
            left_s = self._may_land_s(step)
            await self._devices.load(run, [change.path])
            item_id = shows(change, run.model.tables[change.path], run.model.schema)
            if item_id is not None:
                return item_id
            if left_s <= 0:
                _refuse_invisible(run, change)
                return None
            await self._ports.clock.sleep(min(left_s, self._ports.settle_poll_s))

    def _may_land_s(self, step: PlanStepDomain) -> float:
        """Counted from the stored intent: counted from each start, it might never be over."""
        if step.intent_at is None:
            return 0.0
        age_s = (self._ports.clock.now() - step.intent_at).total_seconds()
        return min(self._ports.settle_s, self._ports.settle_s - age_s)


def _refuse_invisible(run: DeviceRun, change: Change) -> None:
    if is_invisible(change, run.model.tables[change.path], run.model.schema):
        raise OutcomeUnknown(
            f"{run.device.name} does not show whether {change.path} was set: its login may not read secrets.",
            fix="Let a person look at the router.",
        )
