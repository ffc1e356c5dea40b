"""The journal of writes: the intent is stored before the first byte, the outcome before the next step."""

from __future__ import annotations

from dataclasses import replace

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import DeviceError, OutcomeUnknown, RouterosMcpError
from routeros_mcp.domain.models import (
    AuditResult,
    Change,
    ChangeOp,
    PlanStepDomain,
    StepDirection,
    StepState,
)
from routeros_mcp.domain.planning.footprint import Done, is_invisible, shows
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.logins import Logins

_OPEN = frozenset({StepState.INTENT, StepState.SENT, StepState.UNKNOWN})


class StepFailed(Exception):
    """A step did not happen, or nobody knows; the journal has the state and the router's words."""

    def __init__(self, step: PlanStepDomain, error: RouterosMcpError) -> None:
        super().__init__(str(error))
        self.step = step
        self.error = error


class Journal:
    """Sends changes one by one, each exactly once."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._logins = Logins(ports)

    async def perform(self, run: DeviceRun, change: Change, direction: StepDirection) -> None:
        """Send one change and record what became of it.

        Raises:
            StepFailed: refused by the router, or the outcome stays unknown.
        """
        await self._logins.before(run, change)
        step = await self._intend(run, change, direction)
        self._ports.crash_point("intent")
        try:
            item_id = await self._send(run, change)
        except OutcomeUnknown as error:
            step, item_id = await self._settle(run, step, change, error)
        except RouterosMcpError as error:
            raise await self._failed(run, step, StepState.NOT_APPLIED, error) from error
        await self._acked(run, step, change, item_id)
        self._ports.crash_point("recorded")
        await self._logins.after(run, change)

    async def give_up(self, run: DeviceRun) -> None:
        """Close the steps that nobody will ever know about: the router has undone the change by itself."""
        async with self._ports.uow.read() as tx:
            steps = await tx.plans.steps_of(run.plan.id, run.device.id)
        for step in steps:
            if step.state in _OPEN and step.error_code is None:
                words = f"{run.device.name} has undone the change by itself before anybody saw it."
                await self._failed(run, step, StepState.UNKNOWN, OutcomeUnknown(words))

    async def _intend(self, run: DeviceRun, change: Change, direction: StepDirection) -> PlanStepDomain:
        (sealed,) = self._ports.secrets.seal_changes(run.plan.id, [change])
        step = PlanStepDomain(
            id=self._ports.ids.new(),
            plan_id=run.plan.id,
            device_id=run.device.id,
            sequence=run.next_sequence(),
            direction=direction,
            change=sealed,
            state=StepState.INTENT,
            item_id=change.item_id,
            intent_at=self._ports.clock.now(),
        )
        return await self._store(step, *_told(change, audit_entry(run, step, AuditResult.ATTEMPT)))

    async def _send(self, run: DeviceRun, change: Change) -> str | None:
        self._ports.crash_point("sending")
        item_id = await self._write(run, change)
        self._ports.crash_point("sent")
        return item_id

    async def _write(self, run: DeviceRun, change: Change) -> str | None:
        writer, target = self._ports.writer, run.target
        if change.op is ChangeOp.ADD:
            return await writer.add(
                target, change.path, change.after or {}, before=run.model.place_of(change)
            )
        item_id = run.model.find(change).get(".id")
        if change.op is ChangeOp.MOVE:
            await writer.move(target, change.path, item_id or "", run.model.place_of(change))
            return item_id
        if change.op is ChangeOp.REMOVE:
            await writer.remove(target, change.path, item_id or "")
        elif not _sends_nothing(change):
            await writer.set(target, change.path, item_id, change.after or {})
        return item_id

    async def _settle(
        self, run: DeviceRun, step: PlanStepDomain, change: Change, error: OutcomeUnknown
    ) -> tuple[PlanStepDomain, str | None]:
        """Find out by reading. Until the router's own limit has passed, an unchanged row proves nothing."""
        step = await self._store(replace(step, state=StepState.UNKNOWN, error_message=error.message))
        deadline = self._ports.clock.monotonic() + self._ports.settle_s
        while True:
            left_s = deadline - self._ports.clock.monotonic()
            found, told = await self._look(run, change)
            if found is not None:
                return step, found or None
            if left_s <= 0:
                break
            await self._ports.clock.sleep(min(left_s, self._ports.settle_poll_s))
        state = StepState.NOT_APPLIED if told else StepState.UNKNOWN
        raise await self._failed(run, step, state, error) from error

    async def _look(self, run: DeviceRun, change: Change) -> tuple[str | None, bool]:
        """The row's id if the change is there, and whether the router can tell at all."""
        try:
            await self._ports.reader.forget(run.device.id)
            tables = await self._ports.computer.read_tables(
                run.target, [change.path], run.scope_in(run.model.schema)
            )
        except DeviceError:
            return None, False
        located = replace(change, item_id=run.model.id_now(change.path, change.item_id))
        # a row that looks the same and was there before is another row
        others = {row.get(".id") for row in run.model.tables[change.path]} - {located.item_id, None}
        rows = [row for row in tables[change.path] if row.get(".id") not in others]
        told = not is_invisible(located, rows, run.model.schema)
        return shows(located, rows, run.model.schema), told

    async def _acked(self, run: DeviceRun, step: PlanStepDomain, change: Change, item_id: str | None) -> None:
        # first what the router has done: should the database fail now, it is known what to undo
        run.model.apply(change, item_id)
        run.done.append(Done(change, item_id))
        acked = replace(
            step,
            state=StepState.ACKED,
            item_id=item_id,
            settled_at=self._ports.clock.now(),
            error_message=None,
        )
        await self._store(acked, *_told(change, audit_entry(run, acked, AuditResult.SUCCESS)))

    async def _failed(
        self, run: DeviceRun, step: PlanStepDomain, state: StepState, error: RouterosMcpError
    ) -> StepFailed:
        failed = replace(
            step,
            state=state,
            settled_at=self._ports.clock.now(),
            error_code=error.code,
            error_message=str(error),
        )
        await self._store(failed, audit_entry(run, failed, AuditResult.FAILURE, error))
        return StepFailed(failed, error)

    async def _store(self, step: PlanStepDomain, *told: AuditEntry) -> PlanStepDomain:
        """Store the step with what the trail says of it: a crash leaves both or neither."""
        async with self._ports.uow() as tx:
            await tx.plans.save_step(step)
            await self._ports.audit.record_in(tx, *told)
        return step


def _sends_nothing(change: Change) -> bool:
    """Nothing is left of the inverse of what could not be read."""
    return change.op is ChangeOp.SET and not change.after


def _told(change: Change, entry: AuditEntry) -> tuple[AuditEntry, ...]:
    """The trail is silent about what is not sent."""
    return () if _sends_nothing(change) else (entry,)


def audit_entry(
    run: DeviceRun, step: PlanStepDomain, result: AuditResult, error: RouterosMcpError | None = None
) -> AuditEntry:
    """What the audit trail says of a step: its intent, or what became of it."""
    return AuditEntry(
        principal=run.principal,
        action="WRITE",
        tool_name="plan_apply" if step.direction is StepDirection.APPLY else "plan_rollback",
        tool_tier="professional",
        result=result,
        device_id=run.device.id,
        environment=str(run.device.environment),
        plan_id=run.plan.id,
        job_id=run.job.id,
        metadata={
            "device": run.device.name,
            "step": step.sequence,
            "op": str(step.change.op),
            "path": step.change.path,
            "state": str(step.state),
        },
        error_message=str(error) if error else None,
    )
