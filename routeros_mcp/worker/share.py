"""One device's share of a job: begun, or taken up where a process left it that has died."""

from __future__ import annotations

from collections.abc import Sequence

from routeros_mcp.domain.errors import Conflict, Drifted, OutcomeUnknown, RouterosMcpError
from routeros_mcp.domain.models import (
    Change,
    ChangeOp,
    PlanDeviceDomain,
    PlanStepDomain,
    StepDirection,
    StepState,
)
from routeros_mcp.domain.planning.footprint import Footprint
from routeros_mcp.domain.planning.safeguards import is_guarded
from routeros_mcp.domain.planning.standing import Standing
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.device import DeviceWorker
from routeros_mcp.worker.guard import Guard
from routeros_mcp.worker.settling import Settling

_UNDER_WAY = frozenset(
    {StepState.ARMED, StepState.INTENT, StepState.SENT, StepState.ACKED, StepState.UNKNOWN}
)
_UNDONE = frozenset({StepState.ROLLED_BACK, StepState.ROLLBACK_FAILED, StepState.NEEDS_HUMAN})
_ENDED = _UNDONE | {StepState.CONFIRMED, StepState.NOT_APPLIED, StepState.DRIFTED, StepState.CONFLICT}


class Share:
    """What a job does with one device; each may be called again for a device that the same job has left."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._devices = DeviceWorker(ports)
        self._settling = Settling(ports)
        self._guard = Guard(ports)

    def footprint(self, plan_id: str, row: PlanDeviceDomain) -> Footprint:
        """The device's rows as they were when the plan was made."""
        return self._settling.footprint(plan_id, row)

    async def apply(self, run: DeviceRun) -> PlanDeviceDomain:
        """Bring the device's changes about, or leave it as it was; the row says which.

        A device on which this job has ended is left alone. One that it was at work on is reconciled by
        reading before anything is sent, and nothing that the router has accepted is sent again.
        """
        if _is_of(run, _ENDED):
            return run.row
        self._ports.crash_point("leased")
        changes = [self._ports.secrets.open_change(run.plan.id, change) for change in run.changes]
        if _is_of(run, _UNDER_WAY) and await self._settling.steps(run):
            ended = await self._take_up(run, changes)
        elif _is_of(run, _UNDER_WAY):
            ended = await self._begin_anew(run, changes)
        else:
            ended = await self._devices.apply(run, changes)
        self._ports.crash_point("released")
        return ended

    async def roll_back(self, run: DeviceRun) -> PlanDeviceDomain:
        """Undo what the router has accepted of the plan, or what is left of it to undo."""
        if _is_of(run, _UNDONE):
            return run.row
        self._ports.crash_point("leased")
        is_switched = is_guarded(run.plan, run.device.name)
        if is_switched:
            await self._guard.account(run)
        if is_switched and await self._guard.is_armed(run):
            late = OutcomeUnknown(f"{run.device.name} was still under its dead-man switch.")
            ended = await self._reverted(run, late)
        else:
            ended = await self._roll_back(run)
        self._ports.crash_point("released")
        return ended

    async def read_back(self, run: DeviceRun) -> PlanDeviceDomain:
        """Find out by reading how far a device has got whose job has failed; nothing is sent to it."""
        if is_guarded(run.plan, run.device.name) and await self._guard.is_armed(run):
            if not await self._settling.steps(run):
                return await self._withdrawn(run)
            return await self._reverted(run, _cut_off(run))
        steps = await self._settling.reconcile(run)
        await self._devices.load(run)
        state, words = self._found(run, steps)
        error = Drifted(f"{run.device.name}: {words}.", fix="Look at the rows.") if words else None
        return await self._devices.finish(run, state, error)

    def _found(self, run: DeviceRun, steps: Sequence[PlanStepDomain]) -> tuple[StepState, str]:
        """What a device cut off in the middle is, by its rows: all of the plan, nothing of it, or a part."""
        rolling, total = _is_rolling(steps), len(run.changes)
        part = StepState.ROLLBACK_FAILED if rolling else StepState.NEEDS_HUMAN
        words = _conflicts(steps) or run.expected.differences(run.model.tables)
        if run.done and len(run.done) < total:
            return part, f"{len(run.done)} of {total} changes are in place"
        if words:
            return part, "; ".join(words)
        if run.done:
            return StepState.CONFIRMED, ""
        return (StepState.ROLLED_BACK if rolling else StepState.NOT_APPLIED), ""

    # -- taking up ---------------------------------------------------------------------------------------

    async def _take_up(self, run: DeviceRun, changes: Sequence[Change]) -> PlanDeviceDomain:
        try:
            if is_guarded(run.plan, run.device.name):
                await self._guard.account(run)
            held = await self._still_held(run)
            steps = await self._settling.reconcile(run)
            if held is not None:
                held = await self._still_held(run)
            await self._devices.load(run)
        except _Reverting as found:
            return await self._reverted(run, found.cause)
        except RouterosMcpError as error:
            if is_guarded(run.plan, run.device.name):
                return await self._reverted(run, error)
            return await self._devices.finish(run, StepState.UNKNOWN, error)
        changed = _conflicts(steps) or run.expected.differences(run.model.tables)
        if changed:
            return await self._changed_meanwhile(run, changed, held)
        switch, rest = (held.switch if held else None), changes[len(run.done) :]
        if cause := self._reason_to_undo(run, steps, rest, held):
            return await self._devices.give_up(run, switch, cause)
        return await self._devices.carry_on(run, rest, switch)

    async def _reverted(self, run: DeviceRun, cause: RouterosMcpError) -> PlanDeviceDomain:
        await self._settling.recall(run)
        return await self._devices.reverted(run, cause)

    async def _begin_anew(self, run: DeviceRun, changes: Sequence[Change]) -> PlanDeviceDomain:
        """Nothing was sent: a switch that was armed for it, or half armed, goes first."""
        if is_guarded(run.plan, run.device.name):
            try:
                await self._guard.account(run)
                await self._guard.withdraw(run)
            except RouterosMcpError as error:
                return await self._devices.finish(run, StepState.NOT_APPLIED, error)
        return await self._devices.apply(run, changes)

    async def _still_held(self, run: DeviceRun) -> Standing | None:
        """The switch under which the device still is.

        Raises:
            _Reverting: the router has undone the change, or will soon: it is not to be raced.
        """
        if not is_guarded(run.plan, run.device.name):
            return None
        held = await self._guard.standing(run)
        if held is None and await self._guard.is_armed(run):
            raise _Reverting(OutcomeUnknown(f"{run.device.name} has undone the change by itself."))
        if held is not None and not await self._guard.has_time(run, held):
            raise _Reverting(_cut_off(run))
        return held

    async def _changed_meanwhile(
        self, run: DeviceRun, words: Sequence[str], held: Standing | None
    ) -> PlanDeviceDomain:
        """What was accepted is not as it was written: undone by the router, or changed by somebody."""
        if self._devices.is_restored(run) and held is None:
            return await self._devices.finish(run, StepState.ROLLED_BACK, _cut_off(run))
        changed = Drifted(
            f"{run.device.name} was changed while the server was away: {'; '.join(words)}.",
            fix="Look at the rows; a person has to decide.",
        )
        if held is not None:
            return await self._reverted(run, changed)
        return await self._devices.finish(run, StepState.NEEDS_HUMAN, changed)

    def _reason_to_undo(
        self,
        run: DeviceRun,
        steps: Sequence[PlanStepDomain],
        rest: Sequence[Change],
        held: Standing | None,
    ) -> RouterosMcpError | None:
        """Why the rest is not to be sent: it was being undone, was refused, or is no longer as planned."""
        if _is_rolling(steps):
            return _cut_off(run)
        if refused := _refused(steps):
            return Conflict(refused.error_message or f"{run.device.name} did not take a change twice.")
        if not rest:
            return None
        if is_guarded(run.plan, run.device.name) and (held is None or not held.is_whole):
            return OutcomeUnknown(f"{run.device.name} has lost its dead-man switch.")
        return None

    async def _roll_back(self, run: DeviceRun) -> PlanDeviceDomain:
        if words := _conflicts(await self._settling.reconcile(run)):
            conflict = Drifted(f"{run.device.name}: {'; '.join(words)}.", fix="Look at the rows.")
            return await self._devices.finish(run, StepState.NEEDS_HUMAN, conflict)
        return await self._devices.roll_back(run)

    async def _withdrawn(self, run: DeviceRun) -> PlanDeviceDomain:
        await self._guard.withdraw(run)
        return await self._devices.finish(run, StepState.NOT_APPLIED)


class _Reverting(Exception):
    """The router undoes the change by itself."""

    def __init__(self, cause: RouterosMcpError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _is_of(run: DeviceRun, states: frozenset[StepState]) -> bool:
    """Whether this job has left the device in one of the states."""
    return run.row.job_id == run.job.id and run.row.state in states


def _cut_off(run: DeviceRun) -> OutcomeUnknown:
    return OutcomeUnknown(f"{run.device.name} was under way when the server ended.")


def _is_rolling(steps: Sequence[PlanStepDomain]) -> bool:
    return any(step.direction is StepDirection.ROLLBACK for step in steps)


def _conflicts(steps: Sequence[PlanStepDomain]) -> tuple[str, ...]:
    return tuple(step.error_message or "" for step in steps if step.state is StepState.CONFLICT)


def _refused(steps: Sequence[PlanStepDomain]) -> PlanStepDomain | None:
    """The step at which a device gives up: the router refused it, or it has got lost too often."""
    failed: list[PlanStepDomain] = []
    for step in steps:
        failed = [*failed, step] if step.state is StepState.NOT_APPLIED else []
    told = [step for step in failed if step.error_code]
    if told:
        return told[-1]
    is_over = len(failed) > 1 or (failed and failed[-1].change.op is ChangeOp.COMMAND)
    return failed[-1] if is_over else None
