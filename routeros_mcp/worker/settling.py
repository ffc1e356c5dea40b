"""What became of writes whose outcome nobody knows: found out by reading, never by sending again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import DeviceError, OutcomeUnknown
from routeros_mcp.domain.models import (
    AuditResult,
    Change,
    ChangeOp,
    PlanDeviceDomain,
    PlanStepDomain,
    StepDirection,
    StepState,
)
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.footprint import Done, Finding, Footprint
from routeros_mcp.domain.planning.lifecycle import is_in_flight
from routeros_mcp.domain.planning.safeguards import is_guarded
from routeros_mcp.domain.planning.twins import is_twin, judge
from routeros_mcp.worker.commanding import Commanding, untold_command
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.guard import Guard
from routeros_mcp.worker.trail import audit_entry


class Settling:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._commanding = Commanding(ports)
        self._guard = Guard(ports)

    async def reconcile(self, run: DeviceRun) -> Sequence[PlanStepDomain]:
        """Go through the journal: what was accepted, and what became of the step that was in flight.

        Afterwards `run.expected` and `run.done` say how the device has to be.

        Raises:
            OutcomeUnknown: the router does not tell.
            DeviceError: it cannot be asked.
        """
        run.expected, run.done = self.footprint(run.plan.id, run.row), []
        steps = [await self._settled(run, step) for step in await self.steps(run)]
        run.sequence = max((step.sequence for step in steps), default=0)
        return steps

    async def recall(self, run: DeviceRun) -> None:
        """Go through the journal without asking the router: what it has accepted for certain."""
        run.expected, run.done = self.footprint(run.plan.id, run.row), []
        for step in await self.steps(run):
            if step.state is StepState.ACKED:
                accept(run, self._ports.secrets.open_change(run.plan.id, step.change), step.direction)

    def footprint(self, plan_id: str, row: PlanDeviceDomain) -> Footprint:
        """The device's rows as they were when the plan was made."""
        images = self._ports.secrets.open_images(plan_id, row.pre_image)
        return Footprint.of(images, self._ports.computer.menus_of([str(image["path"]) for image in images]))

    async def steps(self, run: DeviceRun) -> Sequence[PlanStepDomain]:
        async with self._ports.uow.read() as tx:
            return await tx.plans.steps_of(run.plan.id, run.device.id)

    async def outcome(
        self, run: DeviceRun, step: PlanStepDomain, change: Change, may_land_s: float
    ) -> Finding:
        """What the rows tell, at last when a write can no longer land: until then the old rows prove nothing.

        Nor do they once the dead-man switch has fired: the router may have taken the change and undone it.

        Raises:
            DeviceError: the router cannot be asked at the end.
        """
        finding = await self._seen(run, change, may_land_s)
        is_guarded_step = step.direction is StepDirection.APPLY and is_guarded(run.plan, run.device.name)
        if finding is Finding.BEFORE and is_guarded_step and await self._guard.standing(run) is None:
            return Finding.UNTOLD
        return finding

    async def _seen(self, run: DeviceRun, change: Change, may_land_s: float) -> Finding:
        deadline = self._ports.clock.monotonic() + may_land_s
        while True:
            left_s = deadline - self._ports.clock.monotonic()
            try:
                finding = judge(run.expected, change, await self._read(run, change))
            except DeviceError:
                if left_s <= 0:
                    raise
            else:
                if finding is Finding.AFTER or left_s <= 0:
                    return finding
            await self._ports.clock.sleep(min(left_s, self._ports.settle_poll_s))

    async def _settled(self, run: DeviceRun, step: PlanStepDomain) -> PlanStepDomain:
        change = self._ports.secrets.open_change(run.plan.id, step.change)
        if is_in_flight(step.state):
            step = await self._settle(run, step, change)
        if step.state is StepState.ACKED:
            accept(run, change, step.direction)
        return step

    async def _settle(self, run: DeviceRun, step: PlanStepDomain, change: Change) -> PlanStepDomain:
        if change.op is ChangeOp.COMMAND:
            finding = await self._commanding.outcome(run, step, change, is_answered=False)
        else:
            finding = await self.outcome(run, step, change, self._may_land_s(step))
        if finding is Finding.UNTOLD:
            raise untold(run, change)
        settled = replace(step, settled_at=self._ports.clock.now(), state=state_of(finding), item_id=None)
        if finding is Finding.NEITHER:
            settled = replace(settled, error_message=conflict_words(change))
        result = AuditResult.SUCCESS if settled.state is StepState.ACKED else AuditResult.FAILURE
        async with self._ports.uow() as tx:
            await tx.plans.save_step(settled)
            await self._ports.audit.record_in(tx, audit_entry(run, settled, result))
        return settled

    async def _read(self, run: DeviceRun, change: Change) -> Mapping[str, Sequence[Row]]:
        """The whole footprint in the change's menu, on a new connection."""
        await self._ports.reader.forget(run.device.id)
        return await self._ports.computer.read_tables(run.target, [change.path], run.scope)

    def _may_land_s(self, step: PlanStepDomain) -> float:
        """Counted from the stored intent: counted from each start, it might never be over."""
        if step.intent_at is None:
            return 0.0
        age_s = (self._ports.clock.now() - step.intent_at).total_seconds()
        return min(self._ports.settle_s, self._ports.settle_s - age_s)


def accept(run: DeviceRun, change: Change, direction: StepDirection) -> None:
    """The router has accepted the change: from now on it has to show it."""
    if is_twin(change):
        return
    if change.op is ChangeOp.COMMAND:
        run.done.append(Done(change, change))
        return
    inverse = run.expected.apply(change)
    if direction is StepDirection.APPLY:
        run.done.append(Done(change, inverse))
    elif run.done:
        run.done.pop()


def state_of(finding: Finding) -> StepState:
    match finding:
        case Finding.AFTER:
            return StepState.ACKED
        case Finding.BEFORE:
            return StepState.NOT_APPLIED
        case Finding.NEITHER:
            return StepState.CONFLICT
        case Finding.UNTOLD:
            return StepState.UNKNOWN


def conflict_words(change: Change) -> str:
    return f"{change.path}: the rows are neither as before the {change.op} nor as after it"


def untold(run: DeviceRun, change: Change) -> OutcomeUnknown:
    if change.op is ChangeOp.COMMAND:
        return untold_command(run, change)
    return OutcomeUnknown(
        f"{run.device.name} does not show whether {change.path} was changed: its login may not read secrets, "
        "or its dead-man switch may have undone it.",
        fix="Let a person look at the router.",
    )
