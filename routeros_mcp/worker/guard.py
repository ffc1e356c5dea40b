"""The dead-man switch at work: armed before the first write, disarmed after the last proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from routeros_mcp.domain.errors import Conflict, DeviceError, LoginFailed, OutcomeUnknown, RouterosMcpError
from routeros_mcp.domain.models import Change
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning import checkpoint, deadman
from routeros_mcp.domain.planning.footprint import is_invisible
from routeros_mcp.domain.planning.inverse import undo
from routeros_mcp.domain.planning.safeguards import is_checkpointed
from routeros_mcp.domain.planning.standing import Standing, standing
from routeros_mcp.domain.plans.traces import TracePorts, Traces
from routeros_mcp.domain.ports import Query
from routeros_mcp.domain.values import parse_duration
from routeros_mcp.worker.checkpoint import Checkpoint
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.logins import Logins
from routeros_mcp.worker.probes import Probes

_REVERT_SLACK_S = 30.0
_RESTART_SLACK_S = 300.0
"""How long a router may take to restore a backup and to be back."""


class Guard:
    """Arms and disarms the dead-man switch of one plan on one device."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._policy = ports.guard
        self._traces = Traces(
            TracePorts(reader=ports.reader, writer=ports.writer, backups=ports.backups, clock=ports.clock),
            ports.audit,
            settle_s=ports.settle_s,
        )
        self._checkpoint = Checkpoint(ports, self._traces)
        self._probes = Probes(ports.reader)
        self._logins = Logins(ports)

    async def arm(self, run: DeviceRun, changes: Sequence[Change]) -> deadman.DeadMan:
        """Put both entries on the router and see their script run; under a checkpoint after its backup.

        What an earlier start of the same plan has left there is taken away first: nothing was written under
        it, or the rows would not be those that the plan was made against.

        Raises:
            Conflict: somebody else's switch is there, the router or our login cannot run one, or no script
                can undo the changes. Other RouterosMcpErrors as the router gives them; nothing is left then.
        """
        nonce = nonce_of(run)
        self._refuse_others(run, nonce, await self._traces.entries(run.target))
        policy = checkpoint.POLICY if is_checkpointed(run.plan) else deadman.POLICY
        await self._probes.refuse_unable(run, policy)
        if await self._own(run):
            await self.withdraw(run)
        try:
            switch = await self._built(run, nonce, changes)
            run.armed = switch.armed
            for entry in switch.entries:
                await self._traces.add(run.site(), entry)
            await self._proven(run, switch)
        except OutcomeUnknown:
            # what was sent may still land: left there, it would undo what somebody does after us
            await self._ports.clock.sleep(self._ports.settle_s)
            await self.withdraw(run)
            raise
        except RouterosMcpError:
            await self.withdraw(run)
            raise
        return switch

    async def disarm(self, run: DeviceRun, switch: deadman.DeadMan) -> None:
        """Take both entries away and read back that they are gone, the one for a restart first.

        Raises:
            OutcomeUnknown: too late, or nobody can say: the router may be undoing the change.
        """
        time_left = switch.deadline - await self._uptime(run)
        if time_left.total_seconds() < self._policy.margin_s:
            raise OutcomeUnknown(f"The dead-man switch of {run.device.name} was not disarmed in time.")
        held = {row.get("name"): row for row in await self._traces.entries(run.target)}
        for entry in (switch.boot, switch.tick):
            if entry.name not in held:
                raise OutcomeUnknown(f"The dead-man switch of {run.device.name} has fired or was removed.")
            await self._traces.remove(run.site(), deadman.MENU, held[entry.name])
        left = await self._own(run)
        if any(row.get("name") in held for row in left):
            raise OutcomeUnknown(f"The dead-man switch of {run.device.name} is still there.")
        if left:
            raise OutcomeUnknown(f"The dead-man switch of {run.device.name} has fired meanwhile.")
        await self._discard(run)

    async def withdraw(self, run: DeviceRun) -> None:
        """Take away what is there of a switch under which nothing was written yet.

        Raises:
            OutcomeUnknown: it may still be there. It has nothing to undo, and goes by itself.
        """
        try:
            for _ in ("the entries", "the mark of a switch that has fired meanwhile"):
                for row in reversed(await self._own(run)):
                    await self._traces.remove(run.site(), deadman.MENU, row)
        except RouterosMcpError as error:
            raise OutcomeUnknown(
                f"Nothing was written to {run.device.name}, but its dead-man switch may still be there.",
                fix="It has nothing to undo and removes itself; or remove its entries rmcp-dm-* yourself.",
            ) from error
        await self._discard(run)

    async def await_revert(self, run: DeviceRun) -> bool:
        """Wait until the router has undone the change by itself; whether the switch is gone.

        Gives up some time after the deadline, more where the router has to restart: then nobody knows.
        """
        slack_s = _RESTART_SLACK_S if is_checkpointed(run.plan) else _REVERT_SLACK_S
        deadline = self._ports.clock.monotonic() + self._policy.timeout_s + slack_s
        while self._ports.clock.monotonic() < deadline:
            try:
                rows = await self._own(run)
            except LoginFailed:
                await self._logins.recall(run)
                rows = None
            except DeviceError:
                rows = None
            if rows is not None and not any(row["name"].startswith(deadman.PREFIX) for row in rows):
                await self._clear(run, rows)
                return True
            await self._ports.clock.sleep(self._policy.poll_s)
        return False

    async def has_acted(self, run: DeviceRun) -> bool:
        """Whether rows that look as before are the router's doing, and not a change that nobody can see.

        Secrets that a router does not show look the same before and after. Only a checkpoint may guard them,
        and it cannot act without a restart.
        """
        if not is_checkpointed(run.plan) or not self._is_invisible(run):
            return True
        return self._checkpoint.has_restarted(run, await self._uptime(run))

    async def is_armed(self, run: DeviceRun) -> bool:
        """Whether an entry of this plan is on the device, or what one leaves that has fired.

        That is a mark, or the file of a checkpoint: a backup brings no mark back, and takes no file away.
        """
        if await self._own(run):
            return True
        return is_checkpointed(run.plan) and await self._checkpoint.is_there(run, nonce_of(run))

    async def account(self, run: DeviceRun) -> None:
        """Complete the trail where an interrupted run has left it open, by what is on the device now."""
        await self._traces.account(run.site())

    async def standing(self, run: DeviceRun) -> Standing | None:
        """The switch that an interrupted run has left on the device, if it still ticks."""
        return standing(nonce_of(run), await self._own(run))

    async def has_time(self, run: DeviceRun, held: Standing) -> bool:
        return held.has_time(await self._uptime(run))

    # -- parts -------------------------------------------------------------------------------------------

    async def _built(self, run: DeviceRun, nonce: str, changes: Sequence[Change]) -> deadman.DeadMan:
        timeout = timedelta(seconds=self._policy.timeout_s)
        if is_checkpointed(run.plan):
            file, password = await self._checkpoint.save(run, nonce)
            uptime = await self._uptime(run)
            return checkpoint.build(
                nonce, file, password, uptime=uptime, timeout=timeout, tick_s=self._policy.tick_s
            )
        inverses = deadman.inverses(changes, undo(changes, run.model), run.model)
        uptime = await self._uptime(run)
        return deadman.build(nonce, inverses, uptime=uptime, timeout=timeout, tick_s=self._policy.tick_s)

    def _refuse_others(self, run: DeviceRun, nonce: str, rows: Sequence[Row]) -> None:
        others = deadman.foreign(rows, nonce)
        if others:
            raise Conflict(
                f"{run.device.name} already runs a dead-man switch: {', '.join(others)}.",
                fix="Wait until its change is confirmed or undone; see `routeros-mcp device sweep`.",
            )

    async def _proven(self, run: DeviceRun, switch: deadman.DeadMan) -> None:
        """The entries stand as written, and the router itself shows that their script runs to its end."""
        patience = self._ports.clock.monotonic() + 3 * self._policy.tick_s + 5
        while True:
            rows = await self._traces.entries(run.target)
            words = deadman.disagreements(switch, rows)
            if words:
                raise Conflict(
                    f"The dead-man switch of {run.device.name} is not as meant: {'; '.join(words)}."
                )
            if deadman.is_signed(switch, rows):
                return
            if self._ports.clock.monotonic() > patience:
                raise _unproven(run, has_run=deadman.has_run(switch, rows))
            await self._ports.clock.sleep(self._policy.poll_s)

    async def _clear(self, run: DeviceRun, rows: Sequence[Row]) -> None:
        """Take the mark of a switch that has fired, and the file that it has loaded."""
        for row in rows:
            await self._traces.remove(run.site(), deadman.MENU, row)
        await self._discard(run)

    async def _discard(self, run: DeviceRun) -> None:
        if is_checkpointed(run.plan):
            await self._checkpoint.discard(run, nonce_of(run))

    def _is_invisible(self, run: DeviceRun) -> bool:
        """Whether no row tells if the changes are there."""
        model = run.model
        return all(
            is_invisible(each, model.tables.get(each.path, ()), model.schema.get(each.path))
            for each in run.changes
        )

    async def _uptime(self, run: DeviceRun) -> timedelta:
        query = Query(path="/system/resource", fields=("uptime",))
        rows = await self._ports.reader.read(run.target, query)
        return parse_duration(rows[0]["uptime"])

    async def _own(self, run: DeviceRun) -> list[Row]:
        nonce = nonce_of(run)
        own = (deadman.PREFIX + nonce, deadman.MARK + nonce)
        rows = await self._traces.entries(run.target)
        return [row for row in rows if row.get("name", "").startswith(own)]


def _unproven(run: DeviceRun, *, has_run: bool) -> Conflict:
    if has_run:
        return Conflict(
            f"{run.device.name} runs its dead-man switch, but not to its end: the script would undo nothing.",
            fix="See the router's log for what it cannot read or may not do; or plan under a checkpoint.",
        )
    return Conflict(
        f"The dead-man switch of {run.device.name} does not run.",
        fix="See the router's log: its policy, its clock or its device mode may keep it.",
    )


def nonce_of(run: DeviceRun) -> str:
    return deadman.nonce_for(run.plan.id, run.device.id)
