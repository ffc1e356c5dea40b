"""The file of a checkpoint: saved before its switch is armed, taken away once nobody needs it."""

from __future__ import annotations

from datetime import timedelta

from routeros_mcp.domain.errors import Conflict, RouterosMcpError
from routeros_mcp.domain.planning import checkpoint
from routeros_mcp.domain.plans.traces import Traces
from routeros_mcp.domain.ports import Query
from routeros_mcp.worker.context import DeviceRun, WorkerPorts


class Checkpoint:
    def __init__(self, ports: WorkerPorts, traces: Traces) -> None:
        self._ports = ports
        self._traces = traces

    async def save(self, run: DeviceRun, nonce: str) -> tuple[str, str]:
        """Save the backup and see it there; its name and its password.

        Raises:
            Conflict: no room for it, or it is not there afterwards. Other RouterosMcpErrors as the router
                gives them.
        """
        resource = await self._ports.reader.read(run.target, Query(path="/system/resource"))
        checkpoint.refuse_full(run.device.name, resource)
        name = checkpoint.file_of(nonce, await self._traces.files(run.target))
        password = self._ports.secrets.checkpoint_password(run.plan.id, run.device.id)
        await self._traces.save(run.site(), name, password)
        held = checkpoint.leftovers(await self._traces.files(run.target), nonce)
        if not any(row.get("size", "0") != "0" for row in held):
            raise Conflict(
                f"{run.device.name} took the backup and shows no file of it.",
                fix="See the router's log and its storage; nothing was changed.",
            )
        return name, password

    async def discard(self, run: DeviceRun, nonce: str) -> None:
        """Take the file away. One that stays is on record, opens for nobody, and goes with the next sweep."""
        site, held = run.site(), ""
        try:
            for row in checkpoint.leftovers(await self._traces.files(run.target), nonce):
                held = row.get("name", "")
                await self._traces.remove(site, checkpoint.FILES, row)
            left = checkpoint.leftovers(await self._traces.files(run.target), nonce)
            why = "it is still there" if left else ""
        except RouterosMcpError as error:
            why = str(error)
        if held and why:
            await self._traces.failed(site, checkpoint.FILES, held, why)

    async def is_there(self, run: DeviceRun, nonce: str) -> bool:
        return bool(checkpoint.leftovers(await self._traces.files(run.target), nonce))

    def has_restarted(self, run: DeviceRun, uptime: timedelta) -> bool:
        """Whether the router was started again since the switch was armed, as a loaded backup does."""
        if run.armed is not None and uptime < run.armed:
            return True
        began = run.row.started_at
        return began is not None and self._ports.clock.now() - uptime > began
