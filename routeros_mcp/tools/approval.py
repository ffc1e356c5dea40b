"""What only a person at a terminal does: approve and reject. Never offered over MCP."""

from __future__ import annotations

from pydantic import Field

from routeros_mcp.domain.models import Effect, Scope
from routeros_mcp.toolkit.spec import Call, Params, Toolset, Traits
from routeros_mcp.tools.change import Plan, plan_view

APPROVAL = Toolset(name="approval", description="Decide on plans, in a terminal.", terminal_only=True)
_APPROVES = Traits(scope=Scope.APPROVE, effect=Effect.RECORD, idempotent=False)


class ApproveParams(Params):
    plan_id: str = Field(min_length=1, max_length=64)
    digest: str = Field(min_length=64, max_length=64)
    """Digest of the plan as it was shown to the approver."""
    overrides: list[str] = Field(default_factory=list, max_length=500)
    """Devices that the approver agrees to cut the manager off from: exactly those that the plan does."""


@APPROVAL.tool("Approve a plan", _APPROVES)
async def plan_approve(call: Call, params: ApproveParams) -> Plan:
    """Approve exactly the plan that was reviewed; it is approved once enough others have done so."""
    await call.services.approvals.approve(call.principal, params.plan_id, params.digest, params.overrides)
    return plan_view(await call.services.plans.get(call.principal, params.plan_id))


class RejectParams(Params):
    plan_id: str = Field(min_length=1, max_length=64)
    reason: str = Field(default="", max_length=500)


@APPROVAL.tool("Reject a plan", _APPROVES)
async def plan_reject(call: Call, params: RejectParams) -> Plan:
    """Reject a plan; it cannot be applied any more."""
    await call.services.approvals.reject(call.principal, params.plan_id, params.reason)
    return plan_view(await call.services.plans.get(call.principal, params.plan_id))
