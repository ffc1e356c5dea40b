"""What the makers, approvers and runners of plans share: the ports, the policy, and who sees a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from routeros_mcp.domain.errors import NotFound
from routeros_mcp.domain.models import DeviceDomain, Environment, PlanDomain, Principal, Selector
from routeros_mcp.domain.planning.policies import BUILT_IN, ApprovalPolicy
from routeros_mcp.domain.planning.rollout import Rollout
from routeros_mcp.domain.ports import Clock, Ids, MenuSchema, Transaction, UnitOfWork, Vault

POLICY_APPROVER = "policy:low-risk"
POLICY_ROLE = "policy"
"""The role in an approval that no person gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPolicy:
    environment: Environment
    approval: ApprovalPolicy = BUILT_IN
    plan_ttl: timedelta = timedelta(hours=24)
    approval_ttl: timedelta = timedelta(minutes=15)
    rollout: Rollout = field(default_factory=Rollout)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPorts:
    uow: UnitOfWork
    vault: Vault
    schema: MenuSchema
    clock: Clock
    ids: Ids


async def visible_plan(
    tx: Transaction, principal: Principal, plan_id: str
) -> tuple[PlanDomain, Sequence[DeviceDomain]]:
    """The plan and its devices, for somebody in whose sight all of them are.

    Raises:
        NotFound: no such plan within sight.
    """
    plan = await tx.plans.get_by_id(plan_id)
    wanted = Selector(names=frozenset(plan.device_ids if plan else ()))
    limit = len(plan.device_ids) if plan else 1
    seen = await tx.devices.select(wanted, principal.devices, limit=limit) if plan else ()
    # A deleted device is out of everybody's sight; whoever sees the whole fleet still sees its plans.
    if plan is None or (len(seen) < len(plan.device_ids) and not principal.devices.sees_all):
        raise NotFound(f"No plan {plan_id}.", fix="Ask plan_list for the ids.")
    return plan, seen
