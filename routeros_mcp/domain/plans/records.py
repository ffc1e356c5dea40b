"""The records of approvals: signed when they are given, believed only as far as their signature goes."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.models import PlanApprovalDomain, PlanDomain, Principal
from routeros_mcp.domain.planning.digest import approval_message
from routeros_mcp.domain.planning.policies import Requirement, person_of
from routeros_mcp.domain.plans.grounds import POLICY_APPROVER, POLICY_ROLE, PlanPolicy, PlanPorts


class ApprovalRecords:
    def __init__(self, ports: PlanPorts, policy: PlanPolicy) -> None:
        self._ports = ports
        self._policy = policy

    def given_by(
        self, principal: Principal, plan: PlanDomain, overrides: Sequence[str] = ()
    ) -> PlanApprovalDomain:
        return self._signed(plan, principal.subject, str(principal.role), overrides)

    def given_by_policy(self, plan: PlanDomain) -> PlanApprovalDomain:
        return self._signed(plan, POLICY_APPROVER, POLICY_ROLE, ())

    def is_genuine(self, plan: PlanDomain, record: PlanApprovalDomain) -> bool:
        """Whether we wrote all of it, for this plan as it stands."""
        return record.plan_id == plan.id and hmac.compare_digest(self._mac(plan, record), record.mac)

    def is_unspent(self, record: PlanApprovalDomain) -> bool:
        return record.consumed_at is None and record.expires_at > self._ports.clock.now()

    def counted(
        self, plan: PlanDomain, records: Sequence[PlanApprovalDomain], requirement: Requirement
    ) -> tuple[PlanApprovalDomain, ...]:
        """Those that count towards what the plan needs: one a person, the newest of each."""
        persons = {
            person_of(record.approver): record
            for record in records
            if self.is_genuine(plan, record)
            and self.is_unspent(record)
            and record.digest == plan.digest
            and record.policy_digest == self._policy.approval.digest
            and self._is_acceptable(plan, record, requirement)
        }
        return tuple(sorted(persons.values(), key=lambda record: (record.approved_at, record.id)))

    def _is_acceptable(self, plan: PlanDomain, record: PlanApprovalDomain, requirement: Requirement) -> bool:
        if record.role == POLICY_ROLE:
            return requirement.at_once
        person = person_of(record.approver)
        return person != person_of(plan.created_by) and requirement.admits(person, record.role)

    def _signed(
        self, plan: PlanDomain, approver: str, role: str, overrides: Sequence[str]
    ) -> PlanApprovalDomain:
        now = self._ports.clock.now()
        record = PlanApprovalDomain(
            id=self._ports.ids.new(),
            plan_id=plan.id,
            approver=approver,
            role=role,
            digest=plan.digest,
            policy_digest=self._policy.approval.digest,
            approved_at=now,
            expires_at=now + self._policy.approval_ttl,
            overrides=tuple(sorted(overrides)),
        )
        return replace(record, mac=self._mac(plan, record))

    def _mac(self, plan: PlanDomain, record: PlanApprovalDomain) -> str:
        return self._ports.vault.mac("plan approval", approval_message(plan, record))


def summed_up(plan: PlanDomain, records: Sequence[PlanApprovalDomain]) -> PlanDomain:
    """The plan with what stands in it of its approvals: who, since when, until when."""
    return replace(
        plan,
        approved_by=", ".join(record.approver for record in records)[:255],
        approved_at=max(record.approved_at for record in records),
        approval_expires_at=min(record.expires_at for record in records),
    )


def without_approval(plan: PlanDomain) -> PlanDomain:
    return replace(plan, approved_by=None, approved_at=None, approval_expires_at=None)
