"""The only policy: may this principal run this tool on this device of this service?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from routeros_mcp.domain.errors import Forbidden, RouterosMcpError
from routeros_mcp.domain.models import DeviceDomain, Effect, Environment, Principal, Scope, Tier


class Guarded(Protocol):
    """What the policy needs to know of a tool."""

    @property
    def name(self) -> str: ...
    @property
    def tier(self) -> Tier: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def effect(self) -> Effect: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed, or refused with the error to answer with."""

    refusal: RouterosMcpError | None = None

    @property
    def allowed(self) -> bool:
        return self.refusal is None


ALLOWED = Decision()


def decide(
    principal: Principal, tool: Guarded, device: DeviceDomain | None, environment: Environment
) -> Decision:
    """Judge one call; `device` is None for calls that touch none. Sight is judged before, by selection."""
    if principal.devices.is_empty:
        return _no(f"{principal.subject} has no devices in scope.", "Ask an admin for a device scope.")
    if tool.scope not in principal.scopes:
        return _no(
            f"{tool.name} needs the scope {tool.scope}; {principal.subject} ({principal.role}) lacks it.",
            "Ask an admin, or use a tool that your role allows.",
        )
    return ALLOWED if device is None else _decide_device(tool, device, environment)


def _decide_device(tool: Guarded, device: DeviceDomain, environment: Environment) -> Decision:
    if device.is_retired():
        return _no(f"device {device.name} is decommissioned.", "Register it again to use it.")
    try:
        device.validate_environment_match(environment)
    except Forbidden as refusal:
        return Decision(refusal)
    if device.can_execute_tier(tool.tier):
        return ALLOWED
    flag = "allow_advanced_writes" if tool.tier is Tier.ADVANCED else "allow_professional_workflows"
    return _no(
        f"device {device.name} does not allow {tool.tier} tools ({flag} is off).",
        f"An admin can allow it: routeros-mcp device update {device.name} --{flag.replace('_', '-')}.",
    )


def _no(message: str, fix: str) -> Decision:
    return Decision(Forbidden(message, fix=fix))
