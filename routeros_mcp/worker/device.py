"""One device: compare, write in order, read back on a new connection, and undo what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import Conflict, Drifted, Forbidden, RouterosMcpError
from routeros_mcp.domain.models import Change, PlanDeviceDomain, StepDirection, StepState
from routeros_mcp.domain.planning.commands import lost_by
from routeros_mcp.domain.planning.deadman import DeadMan
from routeros_mcp.domain.planning.footprint import Image, drift
from routeros_mcp.domain.planning.inverse import not_brought_back
from routeros_mcp.domain.planning.management import Reach
from routeros_mcp.domain.planning.rows import RowModel
from routeros_mcp.domain.planning.safeguards import is_guarded, ways_in_of
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.guard import Guard
from routeros_mcp.worker.journal import Journal, StepFailed

_Ending = tuple[StepState, RouterosMcpError | None]


class DeviceWorker:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._journal = Journal(ports)
        self._guard = Guard(ports)

    async def apply(self, run: DeviceRun, changes: Sequence[Change]) -> PlanDeviceDomain:
        """Carry the device's changes out, or leave it as it was; the stored row says which."""
        switch: DeadMan | None = None
        try:
            await self._refuse_drift(run)
            await self._refuse_lock_out(run, changes)
            self._ports.crash_point("compared")
            if is_guarded(run.plan, run.device.name):
                await self._mark(run, StepState.ARMED)
                self._ports.crash_point("arming")
                switch = await self._guard.arm(run, changes)
                self._ports.crash_point("armed")
        except RouterosMcpError as error:
            state = StepState.DRIFTED if isinstance(error, Drifted) else StepState.NOT_APPLIED
            return await self.finish(run, state, error)
        return await self.carry_on(run, changes, switch)

    async def carry_on(
        self, run: DeviceRun, changes: Sequence[Change], switch: DeadMan | None
    ) -> PlanDeviceDomain:
        """Write these changes, prove all that the device has accepted, and disarm."""
        await self._mark(run, StepState.INTENT)
        try:
            for change in changes:
                await self._journal.perform(run, change, StepDirection.APPLY)
            await self._verify(run)
        except StepFailed as failure:
            return await self._given_up(run, switch, failure.step.state, failure.error)
        except RouterosMcpError as error:
            return await self._given_up(run, switch, StepState.ACKED, error)
        return await self._confirm(run, switch)

    async def give_up(
        self, run: DeviceRun, switch: DeadMan | None, cause: RouterosMcpError
    ) -> PlanDeviceDomain:
        """Undo what the device has accepted, and disarm."""
        return await self._given_up(run, switch, StepState.ACKED, cause)

    async def roll_back(self, run: DeviceRun) -> PlanDeviceDomain:
        """Undo what was done, if the router still is as the plan left it; never over somebody else's edit."""
        if lost := lost_by([each.change for each in run.done]):
            return await self.finish(run, run.row.state, Conflict(f"It is not undone: {'; '.join(lost)}."))
        try:
            await self.load(run)
        except RouterosMcpError as error:
            return await self.finish(run, run.row.state, error)
        changed = run.expected.differences(run.model.tables)
        if changed and not self.is_restored(run):
            drifted = Drifted(
                f"{run.device.name} was changed since: {'; '.join(changed)}.",
                fix="Nothing was rolled back on it; look at the rows and plan the change you want.",
            )
            return await self.finish(run, run.row.state, drifted)
        if changed:
            return await self.finish(run, StepState.ROLLED_BACK)
        return await self.finish(run, *await self._undo(run, None))

    async def load(self, run: DeviceRun) -> None:
        """Read the touched menus on a new connection."""
        await self._ports.reader.forget(run.device.id)
        menus = run.expected.model.schema
        tables = await self._ports.computer.read_tables(run.target, list(menus), run.scope)
        run.model = RowModel.of(menus, tables)

    async def finish(
        self, run: DeviceRun, state: StepState, error: RouterosMcpError | None = None
    ) -> PlanDeviceDomain:
        run.row = replace(
            run.row,
            state=state,
            job_id=run.job.id,
            error_code=error.code if error else None,
            error_message=str(error) if error else None,
            finished_at=self._ports.clock.now(),
        )
        await self._store(run.row)
        self._ports.crash_point("confirmed")
        return run.row

    async def reverted(self, run: DeviceRun, cause: RouterosMcpError) -> PlanDeviceDomain:
        """Wait for the router to undo the change by itself, and believe it only when it is read."""
        try:
            is_gone = await self._guard.await_revert(run)
            await self.load(run)
            await self._journal.give_up(run)
        except RouterosMcpError as error:
            return await self.finish(run, StepState.UNKNOWN, error)
        if self.is_restored(run) and await self._guard.has_acted(run):
            return await self.finish(run, StepState.ROLLED_BACK, cause)
        complete = len(run.done) == len(run.changes)
        if is_gone and complete and not run.expected.differences(run.model.tables):
            return await self.finish(run, StepState.CONFIRMED)
        return await self.finish(run, StepState.UNKNOWN, cause)

    def images(self, run: DeviceRun) -> Sequence[Image]:
        """The rows as they were before the plan, secrets opened."""
        return self._ports.secrets.open_images(run.plan.id, run.row.pre_image)

    def is_restored(self, run: DeviceRun) -> bool:
        """Whether the rows read last are those from before the plan."""
        return not drift(self.images(run), run.model.tables, run.model.schema)

    # -- parts -------------------------------------------------------------------------------------------

    async def _confirm(self, run: DeviceRun, switch: DeadMan | None) -> PlanDeviceDomain:
        """Disarm, and read once more what the router shows: it may have begun to undo the change."""
        if switch is None:
            return await self.finish(run, StepState.CONFIRMED)
        try:
            await self._guard.disarm(run, switch)
            self._ports.crash_point("disarmed")
            await self._verify(run)
        except RouterosMcpError as error:
            return await self.reverted(run, error)
        return await self.finish(run, StepState.CONFIRMED)

    async def _given_up(
        self, run: DeviceRun, switch: DeadMan | None, state: StepState, error: RouterosMcpError
    ) -> PlanDeviceDomain:
        """Undo what was written; what cannot be undone from here the router undoes by itself."""
        ended, words = await self._recover(run, state, error)
        if switch is None:
            return await self.finish(run, ended, words)
        if ended in {StepState.UNKNOWN, StepState.ROLLBACK_FAILED, StepState.NEEDS_HUMAN}:
            return await self.reverted(run, error)
        try:
            await self._guard.disarm(run, switch)
        except RouterosMcpError as failure:
            return await self.reverted(run, failure)
        return await self.finish(run, ended, words)

    async def _refuse_drift(self, run: DeviceRun) -> None:
        await self.load(run)
        self._ports.crash_point("connected")
        words = run.expected.differences(run.model.tables)
        if words:
            raise Drifted(
                f"{run.device.name} is not as it was planned against: {'; '.join(words)}.",
                fix="Nothing was written. Make a new plan.",
            )

    async def _refuse_lock_out(self, run: DeviceRun, changes: Sequence[Change]) -> None:
        """The way in may have changed since the plan was made, by rows that the plan does not touch."""
        judged = await self._ports.computer.judge_way_in(run.target, changes)
        foreseen = {way.device: way.reach for way in ways_in_of(run.plan)}.get(run.device.name, Reach.SAFE)
        if judged.reach.rank > foreseen.rank:
            raise Drifted(
                f"{run.device.name} would lock its manager out now: {'; '.join(judged.reasons)}.",
                fix="Nothing was written. Make a new plan.",
            )
        if judged.reach is Reach.CUT and not is_guarded(run.plan, run.device.name):
            raise Forbidden(
                f"{run.device.name} would lock its manager out: {'; '.join(judged.reasons)}.",
                fix="Nothing was written: this is only ever done under a dead-man switch.",
            )

    async def _verify(self, run: DeviceRun, direction: StepDirection = StepDirection.APPLY) -> None:
        """Read back on a new connection with a new login: an old one may outlive a lock-out."""
        await self.load(run)
        self._ports.crash_point("read_back")
        words = run.expected.differences(run.model.tables)
        while words and await self._journal.mend(run, direction):
            await self.load(run)
            words = run.expected.differences(run.model.tables)
        if words:
            raise Drifted(f"{run.device.name} does not show what it accepted: {'; '.join(words)}.")
        self._ports.crash_point("proven")

    async def _recover(self, run: DeviceRun, state: StepState, error: RouterosMcpError) -> _Ending:
        """A device that failed on the way goes back to where it was, unless nobody knows where it is."""
        if state is StepState.UNKNOWN:
            return StepState.UNKNOWN, error
        if state is StepState.CONFLICT:
            return StepState.NEEDS_HUMAN, error
        if not run.done:
            return StepState.NOT_APPLIED, error
        if lost_by([each.change for each in run.done]):
            return StepState.NEEDS_HUMAN, error
        return await self._undo(run, error)

    async def _undo(self, run: DeviceRun, cause: RouterosMcpError | None) -> _Ending:
        await self._mark(run, StepState.INTENT)
        done = tuple(run.done)
        try:
            for each in reversed(done):
                await self._journal.perform(run, each.inverse, StepDirection.ROLLBACK)
            await self._prove_restored(run)
        except StepFailed as failure:
            return StepState.ROLLBACK_FAILED, failure.error
        except RouterosMcpError as error:
            return StepState.ROLLBACK_FAILED, error
        lost = [word for each in done for word in not_brought_back(each.change)]
        if lost:
            return StepState.ROLLBACK_FAILED, Drifted(
                f"{run.device.name} is not as before: {'; '.join(lost)}.", fix="Set it anew."
            )
        return StepState.ROLLED_BACK, cause

    async def _prove_restored(self, run: DeviceRun) -> None:
        await self._verify(run, StepDirection.ROLLBACK)
        words = drift(self.images(run), run.model.tables, run.model.schema)
        if words:
            raise Drifted(f"{run.device.name} is not as before: {'; '.join(words)}.", fix="Look at the rows.")

    async def _mark(self, run: DeviceRun, state: StepState) -> None:
        run.row = replace(run.row, state=state, job_id=run.job.id, started_at=self._ports.clock.now())
        await self._store(run.row)

    async def _store(self, row: PlanDeviceDomain) -> None:
        async with self._ports.uow() as tx:
            await tx.plans.save_device(row)
