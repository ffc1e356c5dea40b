"""Whether a router can run a dead-man switch at all: its device mode, and what our login may do."""

from __future__ import annotations

from collections.abc import Sequence

from routeros_mcp.domain.errors import Conflict, DeviceError
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.deadman import lacking
from routeros_mcp.domain.ports import Query, RouterReader
from routeros_mcp.worker.context import DeviceRun

_DEVICE_MODE = "/system/device-mode"


class Probes:
    def __init__(self, reader: RouterReader) -> None:
        self._reader = reader

    async def refuse_unable(self, run: DeviceRun, policy: str) -> None:
        """Raises Conflict where no entry of the scheduler would run, or none with the policies it needs."""
        await self._refuse_switched_off(run)
        await self._refuse_weak_login(run, policy)

    async def _refuse_switched_off(self, run: DeviceRun) -> None:
        """Device mode may forbid the scheduler; versions without the menu, or that fail on it, may not."""
        if any(row.get("scheduler") in {"false", "no"} for row in await self._rows(run, _DEVICE_MODE)):
            raise Conflict(
                f"The device mode of {run.device.name} switches its scheduler off: no dead-man switch works.",
                fix="Allow the scheduler in /system/device-mode, or change the router by hand.",
            )

    async def _refuse_weak_login(self, run: DeviceRun, policy: str) -> None:
        """An entry gets no policy that its maker lacks. Of logins kept elsewhere the read-back tells."""
        name = run.target.login.username
        users = await self._rows(run, "/user")
        group = next((row.get("group", "") for row in users if row.get("name") == name), None)
        held = next((r for r in await self._rows(run, "/user/group") if r.get("name") == group), None)
        missing = lacking(held.get("policy", ""), policy) if held is not None else ()
        if missing:
            raise Conflict(
                f"The login {name} of {run.device.name} lacks {', '.join(missing)}: its dead-man switch "
                "would not act.",
                fix=f"Give the group {group} these policies, or the device a login that has them.",
            )

    async def _rows(self, run: DeviceRun, path: str) -> Sequence[Row]:
        try:
            return await self._reader.read(run.target, Query(path=path))
        except DeviceError:
            return ()
