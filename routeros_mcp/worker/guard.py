"""The dead-man switch at work: armed before the first write, disarmed after the last proof."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import Conflict, DeviceError, NoSuchItem, OutcomeUnknown, RouterosMcpError
from routeros_mcp.domain.models import AuditResult, Change
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning import deadman
from routeros_mcp.domain.planning.standing import Standing, standing
from routeros_mcp.domain.ports import Query
from routeros_mcp.domain.values import parse_duration
from routeros_mcp.worker.context import DeviceRun, WorkerPorts

_DEVICE_MODE = "/system/device-mode"
_REVERT_SLACK_S = 30.0


class Guard:
    """Arms and disarms the dead-man switch of one plan on one device."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._policy = ports.guard

    async def arm(self, run: DeviceRun, changes: Sequence[Change]) -> deadman.DeadMan:
        """Put both entries on the router and see the first one run.

        Raises:
            Conflict: somebody else's switch is there, the scheduler may not run, or no script can undo the
                changes. Other RouterosMcpErrors as the router gives them; nothing is left behind then.
        """
        nonce = nonce_of(run)
        rows = await self._entries(run)
        self._refuse_others(run, nonce, rows)
        await self._refuse_switched_off(run)
        switch = deadman.build(
            nonce,
            deadman.inverses(changes, run.model),
            uptime=await self._uptime(run),
            timeout=timedelta(seconds=self._policy.timeout_s),
            tick_s=self._policy.tick_s,
        )
        try:
            for entry in switch.entries:
                await self._add(run, entry)
            await self._proven(run, switch)
        except RouterosMcpError:
            await self.withdraw(run)
            raise
        return switch

    async def disarm(self, run: DeviceRun, switch: deadman.DeadMan) -> None:
        """Take both entries away and read back that they are gone, the one for a restart first.

        Raises:
            OutcomeUnknown: too late, or nobody can say: the router may be undoing the change.
        """
        left = switch.deadline - await self._uptime(run)
        if left.total_seconds() < self._policy.margin_s:
            raise OutcomeUnknown(f"The dead-man switch of {run.device.name} was not disarmed in time.")
        held = {row.get("name"): row.get(".id", "") for row in await self._entries(run)}
        for entry in (switch.boot, switch.tick):
            if entry.name not in held:
                raise OutcomeUnknown(f"The dead-man switch of {run.device.name} has fired or was removed.")
            await self._remove(run, held[entry.name])
        if any(row.get("name") in held for row in await self._own(run)):
            raise OutcomeUnknown(f"The dead-man switch of {run.device.name} is still there.")

    async def withdraw(self, run: DeviceRun) -> None:
        """Take away what is there of a switch under which nothing was written yet.

        Raises:
            OutcomeUnknown: it may still be there. It has nothing to undo, and goes by itself.
        """
        try:
            for row in await self._own(run):
                await self._remove(run, row.get(".id", ""))
        except RouterosMcpError as error:
            raise OutcomeUnknown(
                f"Nothing was written to {run.device.name}, but its dead-man switch may still be there.",
                fix="It has nothing to undo and removes itself; or remove its entries rmcp-dm-* yourself.",
            ) from error

    async def await_revert(self, run: DeviceRun) -> bool:
        """Wait until the router has undone the change by itself; whether the switch is gone.

        Gives up half a minute after the deadline: then nobody knows.
        """
        deadline = self._ports.clock.monotonic() + self._policy.timeout_s + _REVERT_SLACK_S
        while self._ports.clock.monotonic() < deadline:
            try:
                rows = await self._own(run)
            except DeviceError:
                rows = None
            if rows is not None and not any(row["name"].startswith(deadman.PREFIX) for row in rows):
                await self._take_mark(run, rows)
                return True
            await self._ports.clock.sleep(self._policy.poll_s)
        return False

    async def is_armed(self, run: DeviceRun) -> bool:
        """Whether an entry of this plan is on the device, or the mark of one that has fired."""
        return bool(await self._own(run))

    async def standing(self, run: DeviceRun) -> Standing | None:
        """The switch that an interrupted run has left on the device, if it still ticks."""
        return standing(nonce_of(run), await self._own(run))

    async def has_time(self, run: DeviceRun, held: Standing) -> bool:
        return held.has_time(await self._uptime(run))

    # -- parts -------------------------------------------------------------------------------------------

    def _refuse_others(self, run: DeviceRun, nonce: str, rows: Sequence[Row]) -> None:
        others = deadman.foreign(rows, nonce)
        if others:
            raise Conflict(
                f"{run.device.name} already runs a dead-man switch: {', '.join(others)}.",
                fix="Wait until its change is confirmed or undone; remove the entry if nobody knows it.",
            )

    async def _refuse_switched_off(self, run: DeviceRun) -> None:
        """Device mode may forbid the scheduler; versions without the menu, or that fail on it, may not."""
        try:
            rows = await self._ports.reader.read(run.target, Query(path=_DEVICE_MODE))
        except DeviceError:
            return
        if any(row.get("scheduler") in {"false", "no"} for row in rows):
            raise Conflict(
                f"The device mode of {run.device.name} switches its scheduler off: no dead-man switch works.",
                fix="Allow the scheduler in /system/device-mode, or change the router by hand.",
            )

    async def _proven(self, run: DeviceRun, switch: deadman.DeadMan) -> None:
        """The entries stand as written, and the first one has run: clock, policy and scheduler work."""
        patience = self._ports.clock.monotonic() + 3 * self._policy.tick_s + 5
        while True:
            rows = await self._entries(run)
            words = deadman.disagreements(switch, rows)
            if words:
                raise Conflict(
                    f"The dead-man switch of {run.device.name} is not as meant: {'; '.join(words)}."
                )
            if deadman.has_run(switch, rows):
                return
            if self._ports.clock.monotonic() > patience:
                raise Conflict(
                    f"The dead-man switch of {run.device.name} does not run.",
                    fix="See the router's log: its policy, its clock or its device mode may keep it.",
                )
            await self._ports.clock.sleep(self._policy.poll_s)

    async def _take_mark(self, run: DeviceRun, rows: Sequence[Row]) -> None:
        for row in rows:
            if row["name"].startswith(deadman.MARK):
                await self._remove(run, row.get(".id", ""))

    async def _uptime(self, run: DeviceRun) -> timedelta:
        rows = await self._ports.reader.read(run.target, Query(path="/system/resource", fields=("uptime",)))
        return parse_duration(rows[0]["uptime"])

    async def _entries(self, run: DeviceRun) -> Sequence[Row]:
        return await self._ports.reader.read(run.target, Query(path=deadman.MENU))

    async def _own(self, run: DeviceRun) -> list[Row]:
        nonce = nonce_of(run)
        own = (deadman.PREFIX + nonce, deadman.MARK + nonce)
        return [row for row in await self._entries(run) if row.get("name", "").startswith(own)]

    async def _add(self, run: DeviceRun, entry: deadman.Entry) -> None:
        """Each entry has a name of its own: a lost answer is settled by looking for it."""
        await self._record(run, "add", entry.name, AuditResult.ATTEMPT)
        try:
            await self._ports.writer.add(run.target, deadman.MENU, entry.values())
        except OutcomeUnknown:
            if all(row.get("name") != entry.name for row in await self._entries(run)):
                raise
        await self._record(run, "add", entry.name, AuditResult.SUCCESS)

    async def _remove(self, run: DeviceRun, item_id: str) -> None:
        await self._record(run, "remove", item_id, AuditResult.ATTEMPT)
        try:
            await self._ports.writer.remove(run.target, deadman.MENU, item_id)
        except NoSuchItem:
            pass
        except OutcomeUnknown:
            if any(row.get(".id") == item_id for row in await self._entries(run)):
                raise
        await self._record(run, "remove", item_id, AuditResult.SUCCESS)

    async def _record(self, run: DeviceRun, op: str, name: str, result: AuditResult) -> None:
        await self._ports.audit.record(
            AuditEntry(
                principal=run.principal,
                action="WRITE",
                tool_name="plan_apply",
                tool_tier="professional",
                result=result,
                device_id=run.device.id,
                environment=str(run.device.environment),
                plan_id=run.plan.id,
                job_id=run.job.id,
                metadata={"device": run.device.name, "op": op, "path": deadman.MENU, "entry": name},
            )
        )


def nonce_of(run: DeviceRun) -> str:
    """The same for each run of a plan on a device, so that a crash leaves nothing unknown behind."""
    return hashlib.sha256(f"{run.plan.id}/{run.device.id}".encode()).hexdigest()[:12]
