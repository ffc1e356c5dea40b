"""How a plan's approval stands: who has given one, who may, and what else has to be so before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from routeros_mcp.domain.models import DeviceDomain, PlanApprovalDomain, PlanDomain, PlanStatus, Selector
from routeros_mcp.domain.planning.policies import Requirement, excesses, is_open, next_opening
from routeros_mcp.domain.planning.safeguards import cut_off_by
from routeros_mcp.domain.plans.grounds import PlanPolicy, PlanPorts
from routeros_mcp.domain.plans.judging import requirement_of
from routeros_mcp.domain.plans.records import ApprovalRecords
from routeros_mcp.domain.ports import Transaction

_PENDING = frozenset({PlanStatus.SUBMITTED, PlanStatus.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`cut_off` are the devices that each approver has to name, `refused` what forbids the plan as it is."""

    needed: int
    given: tuple[PlanApprovalDomain, ...]
    who_may: str
    window: str
    reasons: tuple[str, ...]
    refused: tuple[str, ...] = ()
    cut_off: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{min(len(self.given), self.needed)} of {self.needed}"


class Standings:
    def __init__(self, ports: PlanPorts, policy: PlanPolicy) -> None:
        self._ports = ports
        self._policy = policy
        self._records = ApprovalRecords(ports, policy)

    async def of(self, tx: Transaction, plan: PlanDomain, devices: Sequence[DeviceDomain]) -> Standing | None:
        """None once the plan has begun or ended: then nothing is waited for."""
        if plan.status not in _PENDING:
            return None
        return self._standing(plan, devices, await tx.plans.approvals_of([plan.id]))

    async def of_all(self, tx: Transaction, plans: Sequence[PlanDomain]) -> Mapping[str, Standing]:
        """By plan id, of those that wait; two statements for any number of plans."""
        waiting = [plan for plan in plans if plan.status in _PENDING]
        if not waiting:
            return {}
        concerned = frozenset(device_id for plan in waiting for device_id in plan.device_ids)
        seen = await tx.devices.select(
            Selector(names=concerned), Selector.everything(), limit=len(concerned) or 1
        )
        records = await tx.plans.approvals_of([plan.id for plan in waiting])
        return {
            plan.id: self._standing(
                plan,
                [device for device in seen if device.id in plan.device_ids],
                [record for record in records if record.plan_id == plan.id],
            )
            for plan in waiting
        }

    def _standing(
        self, plan: PlanDomain, devices: Sequence[DeviceDomain], records: Sequence[PlanApprovalDomain]
    ) -> Standing:
        requirement = requirement_of(self._policy.approval, plan, devices)
        return Standing(
            needed=requirement.approvers,
            given=self._records.counted(plan, records, requirement),
            who_may=who_may(requirement, plan),
            window=window_text(requirement, self._ports.clock.now()),
            reasons=requirement.reasons,
            refused=tuple(excesses(requirement, devices)),
            cut_off=cut_off_by(plan),
        )


def who_may(requirement: Requirement, plan: PlanDomain) -> str:
    if requirement.among is not None:
        named = ", ".join(sorted(requirement.among)) or "nobody: the rules name no person in common"
        return f"only {named}"
    return f"any approver but {plan.created_by}"


def window_text(requirement: Requirement, now: datetime) -> str:
    """When the plan may be applied, for people; empty where it may always be."""
    if not requirement.windows and not requirement.freezes:
        return ""
    if is_open(now, requirement.windows, requirement.freezes):
        return "open now"
    opening = next_opening(now, requirement.windows, requirement.freezes)
    return f"closed; opens {opening:%Y-%m-%d %H:%M} UTC" if opening else "closed; no opening within a year"
