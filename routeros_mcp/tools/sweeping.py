"""What an admin at a terminal has removed from routers: leftovers of dead-man switches."""

from __future__ import annotations

from typing import Any

from routeros_mcp.domain.models import Effect, Scope
from routeros_mcp.domain.planning.orphans import Fate
from routeros_mcp.domain.planning.render import visible
from routeros_mcp.domain.plans.sweeping import Swept
from routeros_mcp.toolkit.spec import Call, DevicesParams, Result, Toolset, Traits
from routeros_mcp.tools.shapes import counted

SWEEPING = Toolset(name="sweeping", description="Tidy up after dead-man switches.", terminal_only=True)
_SWEEPS = Traits(scope=Scope.ADMIN, effect=Effect.CHANGE)


class SweepParams(DevicesParams):
    dry_run: bool = False
    """Only report; remove nothing."""


class Sweep(Result):
    looked_at: int
    found: list[dict[str, Any]] = []
    """Entries and files of dead-man switches: device, path, name, fate, why."""
    unread: list[dict[str, str]] = []
    """Devices that could not be looked at, and why."""

    def headline(self) -> str:
        gone = sum(1 for find in self.found if find["fate"] == Fate.REMOVED)
        left = len(self.found) - gone
        return f"{counted(self.looked_at, 'device')} looked at: {gone} removed, {left} left as they are."


@SWEEPING.tool("Sweep devices", _SWEEPS, timeout_s=900)
async def device_sweep(call: Call, params: SweepParams) -> Sweep:
    """Look for what dead-man switches have left on routers; remove what belongs to ended plans of ours."""
    swept = await call.services.sweep.sweep(call.principal, call.devices, is_dry=params.dry_run)
    return Sweep(
        looked_at=sum(1 for each in swept if each.error is None),
        found=[find for each in swept for find in _finds(each)],
        unread=[{"device": each.device.name, "why": visible(each.error)} for each in swept if each.error],
    )


def _finds(swept: Swept) -> list[dict[str, Any]]:
    return [
        {
            "device": swept.device.name,
            "path": find.path,
            "name": visible(find.name),
            "fate": str(find.fate),
            "why": visible(find.why),
        }
        for find in swept.finds
    ]
