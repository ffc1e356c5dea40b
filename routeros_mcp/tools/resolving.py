"""What a person at a terminal says of routers whose outcome nobody knows. Never offered over MCP."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from routeros_mcp.domain.models import Effect, Scope, StepState
from routeros_mcp.domain.planning.render import visible
from routeros_mcp.domain.plans.resolving import Sighting
from routeros_mcp.toolkit.spec import READS, Call, DeviceParams, Result, Toolset, Traits

RESOLVING = Toolset(name="resolving", description="Say what became of routers.", terminal_only=True)
_RESOLVES = Traits(scope=Scope.APPROVE, effect=Effect.RECORD, idempotent=False)


class CompareParams(DeviceParams):
    plan_id: str = Field(min_length=1, max_length=64)
    claim: Literal["confirmed", "not_applied", "rolled_back", "abandoned"]
    """What became of the router: the plan, nothing of it, what was before it; abandoned: nobody can say."""


class ResolveParams(CompareParams):
    typed: str = Field(default="", max_length=255)
    """The router's name, from a person who insists although its rows speak against the claim."""


class Resolution(Result):
    plan_id: str
    plan_status: str
    device: str
    state: str
    unlike_before: list[str] = []
    """How its rows differ from before the plan."""
    unlike_planned: list[str] = []
    """What of the plan its rows do not show."""
    hidden: list[str] = []
    armed: list[str] = []
    """A dead-man switch of the plan that may still act."""
    unread: str | None = None
    against: list[str] = []
    """What speaks against the claim."""

    def headline(self) -> str:
        return f"{self.device} is {self.state}; plan {self.plan_id} is {self.plan_status}."


@RESOLVING.tool("Compare a router with a plan", READS, timeout_s=120)
async def plan_compare(call: Call, params: CompareParams) -> Resolution:
    """Read a router whose outcome is open, and say how it differs from before and from after the plan."""
    seen = await call.services.resolutions.look(call.principal, params.plan_id, call.device)
    return _told(call, seen, StepState(params.claim))


@RESOLVING.tool("Resolve a router", _RESOLVES, timeout_s=120)
async def plan_resolve(call: Call, params: ResolveParams) -> Resolution:
    """Say what became of a router whose outcome is open; it may be changed again afterwards."""
    claim = StepState(params.claim)
    seen = await call.services.resolutions.resolve(
        call.principal, params.plan_id, call.device, claim, params.typed
    )
    return _told(call, seen, claim)


def _told(call: Call, seen: Sighting, claim: StepState) -> Resolution:
    evidence = seen.evidence
    return Resolution(
        plan_id=seen.plan.id,
        plan_status=str(seen.plan.status),
        device=call.device.name,
        state=str(seen.row.state),
        unlike_before=[visible(word) for word in evidence.from_before],
        unlike_planned=[visible(word) for word in evidence.from_planned],
        hidden=[visible(word) for word in evidence.hidden],
        armed=[visible(word) for word in evidence.armed],
        unread=visible(evidence.unread) or None,
        against=[visible(word) for word in evidence.against(claim)],
    )
