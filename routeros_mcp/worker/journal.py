"""The journal of writes: the intent is stored before the first byte, the outcome before the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import (
    Conflict,
    DeviceError,
    DeviceUnreachable,
    OutcomeUnknown,
    RouterosMcpError,
    RouterRefused,
)
from routeros_mcp.domain.models import (
    AuditResult,
    Change,
    ChangeOp,
    PlanStepDomain,
    StepDirection,
    StepState,
)
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.footprint import Finding, Whereabouts
from routeros_mcp.domain.planning.lifecycle import is_in_flight
from routeros_mcp.domain.planning.operations import COMMAND
from routeros_mcp.domain.planning.scope import Scope, scope_of_change
from routeros_mcp.domain.planning.twins import Twin
from routeros_mcp.worker.commanding import Commanding, untold_command
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.logins import Logins
from routeros_mcp.worker.mending import Mending
from routeros_mcp.worker.resending import Resending
from routeros_mcp.worker.settling import Settling, accept, conflict_words, state_of
from routeros_mcp.worker.trail import audit_entry


class StepFailed(Exception):
    """A step did not happen, or nobody knows; the journal has the state and the router's words."""

    def __init__(self, step: PlanStepDomain, error: RouterosMcpError) -> None:
        super().__init__(str(error))
        self.step = step
        self.error = error


class Journal:
    """Sends changes one by one; each takes effect at most once."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._settling = Settling(ports)
        self._resending = Resending(ports, self._settling)
        self._mending = Mending(ports, self._settling)
        self._commanding = Commanding(ports)
        self._logins = Logins(ports)

    async def perform(self, run: DeviceRun, change: Change, direction: StepDirection) -> None:
        """Find the change's row, send the change and record what became of it.

        A write that provably did not happen is sent once more, as a step of its own.

        Raises:
            StepFailed: refused by the router, lost twice, or the outcome stays unknown.
            RouterosMcpError: the row is not there or not as it has to be; nothing was sent.
        """
        if change.op is ChangeOp.COMMAND:
            await self._command(run, change)
            return
        await self._logins.before(run, change)
        is_there = await self._has_arrived(run, change, direction)
        if not is_there and not await self._has_arrived(run, change, direction):
            raise RuntimeError("A change was to be sent for a third time.")
        await self._logins.after(run, change)

    async def _has_arrived(self, run: DeviceRun, change: Change, direction: StepDirection) -> bool:
        """Try once; False when the write did not happen and may be sent once more."""
        where = await self._located(run, change)
        step = await self._intend(run, change, direction)
        self._ports.crash_point("intent")
        try:
            item_id = await self._send(run, change, where)
        except OutcomeUnknown as error:
            finding = await self._settled(run, step, change, error)
            if finding is Finding.BEFORE:
                return await self._lost(run, step, error)
            item_id = None
        except DeviceUnreachable as error:
            await self._ports.clock.sleep(self._ports.settle_poll_s)
            return await self._lost(run, step, error)
        except RouterosMcpError as error:
            if not await self._is_there(run, step, change, error):
                raise await self._failed(run, step, StepState.NOT_APPLIED, error) from error
            item_id = None
        await self._acked(run, replace(step, item_id=item_id), change)
        self._ports.crash_point("recorded")
        return True

    async def _command(self, run: DeviceRun, change: Change) -> None:
        """Send a command once, whatever becomes of it."""
        where, lost = await self._located(run, change), None
        change = await self._commanding.prepared(run, change)
        step = await self._intend(run, change, StepDirection.APPLY)
        self._ports.crash_point("intent")
        try:
            await self._send(run, change, where)
        except OutcomeUnknown as error:
            lost = error
            step = await self._store(replace(step, state=StepState.UNKNOWN, error_message=error.message))
        except RouterosMcpError as error:
            raise await self._failed(run, step, StepState.NOT_APPLIED, error) from error
        finding = await self._commanding.outcome(run, step, change, is_answered=lost is None)
        if finding is not Finding.AFTER:
            untold = untold_command(run, change)
            raise await self._failed(run, step, state_of(finding), untold) from lost
        await self._acked(run, step, change)
        self._ports.crash_point("recorded")

    async def _is_there(
        self, run: DeviceRun, step: PlanStepDomain, change: Change, refused: RouterosMcpError
    ) -> bool:
        """Whether a refused add is there all the same: carried out twice, the second time says `already`."""
        if change.op is not ChangeOp.ADD or not isinstance(refused, RouterRefused):
            return False
        try:
            return await self._settling.outcome(run, step, change, 0.0) is Finding.AFTER
        except DeviceError:
            return False

    async def mend(self, run: DeviceRun, direction: StepDirection) -> bool:
        """Take away what the router has added twice for one add; whether there was such a row.

        Raises:
            RouterosMcpError: the row was not taken away, or nobody knows.
        """
        twin = await self._mending.twin(run)
        if twin is None:
            return False
        try:
            await self._take_away(run, twin, direction)
        except StepFailed as failure:
            raise failure.error from failure
        return True

    async def give_up(self, run: DeviceRun) -> None:
        """Close the steps that nobody will ever know about: the router has undone the change by itself."""
        for step in await self._settling.steps(run):
            if is_in_flight(step.state) and step.error_code is None:
                words = f"{run.device.name} has undone the change by itself before anybody saw it."
                await self._failed(run, step, StepState.UNKNOWN, OutcomeUnknown(words))

    async def _take_away(self, run: DeviceRun, twin: Twin, direction: StepDirection) -> None:
        step = await self._intend(run, twin.removal, direction)
        try:
            await self._send(run, twin.removal, Whereabouts(twin.item_id))
        except OutcomeUnknown as error:
            if await self._settled(run, step, twin.removal, error) is Finding.BEFORE:
                raise await self._failed(run, step, StepState.NOT_APPLIED, error) from error
        except RouterosMcpError as error:
            raise await self._failed(run, step, StepState.NOT_APPLIED, error) from error
        await self._acked(run, replace(step, item_id=twin.item_id), twin.removal)

    async def _located(self, run: DeviceRun, change: Change) -> Whereabouts:
        """Where the row is right now; of a menu that may be huge its key alone is asked for first."""
        schema = run.expected.model.schema
        scope = run.scope
        narrow = scope_of_change(change, schema)
        try:
            return run.expected.locate(change, await self._rows(run, change, narrow))
        except Conflict:
            if narrow == scope:
                raise
        return run.expected.locate(change, await self._rows(run, change, scope))

    async def _rows(self, run: DeviceRun, change: Change, scope: Scope) -> Sequence[Row]:
        return (await self._ports.computer.read_tables(run.target, [change.path], scope))[change.path]

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
            intent_at=self._ports.clock.now(),
        )
        return await self._store(step, *_told(change, audit_entry(run, step, AuditResult.ATTEMPT)))

    async def _send(self, run: DeviceRun, change: Change, where: Whereabouts) -> str | None:
        self._ports.crash_point("sending")
        item_id = await self._write(run, change, where)
        self._ports.crash_point("sent")
        return item_id

    async def _write(self, run: DeviceRun, change: Change, where: Whereabouts) -> str | None:
        writer, target, item_id = self._ports.writer, run.target, where.item_id
        match change.op:
            case ChangeOp.ADD:
                return await writer.add(target, change.path, change.after or {}, before=where.before_id)
            case ChangeOp.COMMAND:
                await writer.command(target, (change.after or {}).get(COMMAND) or "", item_id)
            case ChangeOp.MOVE:
                await writer.move(target, change.path, item_id or "", where.before_id)
            case ChangeOp.REMOVE:
                await writer.remove(target, change.path, item_id or "")
            case _ if not _sends_nothing(change):
                await writer.set(target, change.path, item_id, change.after or {})
        return item_id

    async def _settled(
        self, run: DeviceRun, step: PlanStepDomain, change: Change, error: OutcomeUnknown
    ) -> Finding:
        """Find out by reading. Until the router's own limit has passed, an unchanged row proves nothing."""
        step = await self._store(replace(step, state=StepState.UNKNOWN, error_message=error.message))
        try:
            finding = await self._settling.outcome(run, step, change, self._ports.settle_s)
            if finding is Finding.NEITHER and await self._mending.is_doubled(run, change):
                finding = Finding.AFTER
        except DeviceError:
            finding = Finding.UNTOLD
        if finding in {Finding.AFTER, Finding.BEFORE}:
            return finding
        if finding is Finding.NEITHER:
            error = OutcomeUnknown(f"{conflict_words(change)}.", fix="Look at the rows.")
        raise await self._failed(run, step, state_of(finding), error) from error

    async def _lost(self, run: DeviceRun, step: PlanStepDomain, error: DeviceError) -> bool:
        """Record that the write did not happen; returns False when it may be sent once more."""
        try:
            is_allowed = await self._resending.is_allowed(run, step)
        except DeviceError:
            is_allowed = False
        failed = await self._failed(run, step, StepState.NOT_APPLIED, error, is_final=not is_allowed)
        if not is_allowed:
            raise failed from error
        return False

    async def _acked(self, run: DeviceRun, step: PlanStepDomain, change: Change) -> None:
        # first what the router has done: should the database fail now, it is known what to undo
        accept(run, change, step.direction)
        acked = replace(step, state=StepState.ACKED, settled_at=self._ports.clock.now(), error_message=None)
        await self._store(acked, *_told(change, audit_entry(run, acked, AuditResult.SUCCESS)))

    async def _failed(
        self,
        run: DeviceRun,
        step: PlanStepDomain,
        state: StepState,
        error: RouterosMcpError,
        *,
        is_final: bool = True,
    ) -> StepFailed:
        """Store how the step failed; with an error code where its device is given up for that."""
        failed = replace(
            step,
            state=state,
            settled_at=self._ports.clock.now(),
            error_code=error.code if is_final else None,
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
