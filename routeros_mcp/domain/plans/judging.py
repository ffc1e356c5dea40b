"""What the approval policy makes of a plan: its risk, and what it needs before it may run."""

from __future__ import annotations

from collections.abc import Sequence

from routeros_mcp.domain.models import Change, DeviceDomain, PlanDomain, Risk
from routeros_mcp.domain.planning.commands import shown_path
from routeros_mcp.domain.planning.management import Reach
from routeros_mcp.domain.planning.policies import (
    ApprovalPolicy,
    PlanFacts,
    Requirement,
    raised_risk,
    required,
)
from routeros_mcp.domain.planning.risk import judge_plan
from routeros_mcp.domain.planning.safeguards import ways_in_of


def judged(
    policy: ApprovalPolicy,
    changes: Sequence[Change],
    devices: Sequence[DeviceDomain],
    ways_in: Sequence[Reach],
    *,
    irreversible: bool,
    may_restart: bool = False,
) -> tuple[Risk, tuple[str, ...]]:
    """The risk by the built-in rules or the higher one of the policy, with the reasons, worst first."""
    risk, reasons = judge_plan(changes, devices, ways_in, may_restart=may_restart)
    raised = raised_risk(policy, _facts(changes, devices, risk, irreversible=irreversible))
    return raised, reasons if raised is risk else (f"{raised}: the approval policy says so", *reasons)


def requirement_of(policy: ApprovalPolicy, plan: PlanDomain, devices: Sequence[DeviceDomain]) -> Requirement:
    """What the plan needs, by its devices as they are registered now.

    The risk is judged anew: the stored one may only add to it.
    """
    known = {device.id for device in devices}
    changes = [change for change in plan.changes if change.device_id in known]
    risk, _ = judge_plan(changes, devices, [way.reach for way in ways_in_of(plan)])
    worst = max(risk, plan.risk, key=lambda one: one.rank)
    return required(policy, _facts(changes, devices, worst, irreversible=bool(plan.options.get("gaps"))))


def _facts(
    changes: Sequence[Change], devices: Sequence[DeviceDomain], risk: Risk, *, irreversible: bool
) -> PlanFacts:
    return PlanFacts(
        devices=tuple(devices),
        paths=frozenset(shown_path(change) for change in changes),
        changes=len(changes),
        risk=risk,
        irreversible=irreversible,
    )
