"""Deciding on plans: approved by as many others as policy asks for, rejected, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from routeros_mcp.domain.errors import Conflict, Expired, Forbidden
from routeros_mcp.domain.models import (
    DeviceDomain,
    PlanApprovalDomain,
    PlanDomain,
    PlanStatus,
    Principal,
    Scope,
)
from routeros_mcp.domain.planning.lifecycle import check_transition
from routeros_mcp.domain.planning.policies import Requirement, excesses, next_opening, person_of
from routeros_mcp.domain.planning.safeguards import refuse_lock_out
from routeros_mcp.domain.plans.consuming import Consumption, refuse_altered
from routeros_mcp.domain.plans.expiry import Expiry
from routeros_mcp.domain.plans.grounds import PlanPolicy, PlanPorts, visible_plan
from routeros_mcp.domain.plans.judging import requirement_of
from routeros_mcp.domain.plans.records import ApprovalRecords, summed_up, without_approval
from routeros_mcp.domain.plans.standing import who_may
from routeros_mcp.domain.ports import Transaction


class Approvals:
    def __init__(self, ports: PlanPorts, policy: PlanPolicy) -> None:
        self._ports = ports
        self._policy = policy
        self._records = ApprovalRecords(ports, policy)
        self._expiry = Expiry(ports)
        self._consumption = Consumption(ports, policy)

    async def approve(
        self, principal: Principal, plan_id: str, digest: str, overrides: Sequence[str] = ()
    ) -> PlanDomain:
        """Approve exactly what was shown: `digest` is that of the reviewed plan.

        The plan is approved once as many persons as policy asks for have done so. `overrides` are the devices
        that the approver agrees to cut the manager off from: all that the plan does cut off.

        Raises:
            Forbidden: the approver made the plan, or policy does not allow it. Conflict: it changed, is not
            waiting, or this person has approved it. Expired. NotApproved: it was altered in the database.
        """
        await self._expiry.sweep()
        async with self._ports.uow() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            self._refuse_expired(plan)
            if digest != plan.digest:
                raise Conflict(f"Plan {plan_id} is not what was reviewed.", fix="Review it again.")
            requirement = requirement_of(self._policy.approval, plan, devices)
            held = self._records.counted(plan, await tx.plans.approvals_of([plan_id]), requirement)
            lacks = plan.status is PlanStatus.APPROVED and not requirement.is_met_by(len(held))
            check_transition(plan_id, PlanStatus.SUBMITTED if lacks else plan.status, PlanStatus.APPROVED)
            refuse_altered(plan, await tx.plans.devices_of(plan_id))
            self._refuse_approver(principal, plan, requirement)
            refuse_lock_out(plan, overrides)
            self._refuse_by_policy(plan, devices, requirement)
            self._refuse_twice(principal, plan, held, requirement)
            record = self._records.given_by(principal, plan, overrides)
            await tx.plans.save_approval(record)
            return await tx.plans.transition(_with(plan, [*held, record], requirement), plan.status)

    async def reject(self, principal: Principal, plan_id: str, reason: str) -> PlanDomain:
        """One rejection is final, whoever has approved."""
        return await self._end(principal, plan_id, PlanStatus.REJECTED, reason)

    async def cancel(self, principal: Principal, plan_id: str, reason: str = "") -> PlanDomain:
        """Withdraw a plan that has not started; only its maker or an admin may."""
        async with self._ports.uow.read() as tx:
            plan, _ = await visible_plan(tx, principal, plan_id)
        if plan.created_by != principal.subject and Scope.ADMIN not in principal.scopes:
            raise Forbidden(
                f"Plan {plan_id} was made by {plan.created_by}.", fix="Ask its maker or an admin."
            )
        return await self._end(principal, plan_id, PlanStatus.CANCELLED, reason)

    async def approve_by_policy(self, principal: Principal, plan_id: str) -> PlanDomain:
        """Policy stands in for the second person: for one low-risk change on one device at most.

        Raises:
            Forbidden: it is more than that, or policy wants a person here.
        """
        async with self._ports.uow() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            requirement = requirement_of(self._policy.approval, plan, devices)
            if not requirement.at_once:
                raise Forbidden(
                    f"Policy does not approve this {requirement.risk}-risk plan by itself: "
                    f"{'; '.join((*plan.risk_reasons, *requirement.reasons))}.",
                    fix="Use plan_create; a second person approves it.",
                )
            refuse_lock_out(plan)
            record = self._records.given_by_policy(plan)
            await tx.plans.save_approval(record)
            approved = replace(summed_up(plan, [record]), status=PlanStatus.APPROVED)
            return await tx.plans.transition(approved, PlanStatus.SUBMITTED)

    async def use_up(self, tx: Transaction, plan: PlanDomain, devices: Sequence[DeviceDomain]) -> PlanDomain:
        """Spend the approvals: the plan is applying afterwards, and they are good for nothing more.

        Raises:
            NotApproved, Expired, Forbidden, Conflict: see each; the approvals are as they were then.
        """
        return await self._consumption.use_up(tx, plan, devices)

    async def sweep(self) -> int:
        """Expire what waited too long; how many plans moved. For the start, and for whoever schedules."""
        return await self._expiry.sweep()

    async def _end(self, principal: Principal, plan_id: str, status: PlanStatus, reason: str) -> PlanDomain:
        await self._expiry.sweep()
        async with self._ports.uow() as tx:
            plan, _ = await visible_plan(tx, principal, plan_id)
            check_transition(plan_id, plan.status, status)
            ended = replace(plan, status=status, decision_reason=f"{principal.subject}: {reason}"[:1_000])
            return await tx.plans.transition(ended, plan.status)

    def _refuse_expired(self, plan: PlanDomain) -> None:
        over = plan.expires_at is not None and plan.expires_at <= self._ports.clock.now()
        if plan.status is PlanStatus.EXPIRED or over:
            raise Expired(f"Plan {plan.id} expired at {plan.expires_at:%H:%M} UTC.", fix="Make a new plan.")

    def _refuse_approver(self, principal: Principal, plan: PlanDomain, requirement: Requirement) -> None:
        person = person_of(principal.subject)
        if person == person_of(plan.created_by):
            raise Forbidden(f"{plan.created_by} made plan {plan.id}.", fix="Another person approves it.")
        if not requirement.admits(person, str(principal.role)):
            raise Forbidden(
                f"{principal.subject} may not approve plan {plan.id}: {'; '.join(requirement.reasons)}.",
                fix=f"Who may: {who_may(requirement, plan)}.",
            )

    def _refuse_twice(
        self,
        principal: Principal,
        plan: PlanDomain,
        held: Sequence[PlanApprovalDomain],
        requirement: Requirement,
    ) -> None:
        if person_of(principal.subject) in {person_of(record.approver) for record in held}:
            raise Conflict(
                f"{principal.subject} has approved plan {plan.id} already: "
                f"{len(held)} of {requirement.approvers}.",
                fix="Another person approves it.",
            )

    def _refuse_by_policy(
        self, plan: PlanDomain, devices: Sequence[DeviceDomain], requirement: Requirement
    ) -> None:
        """What forbids the plan whoever approves it, or leaves the approval no time to be used."""
        over = list(excesses(requirement, devices))
        if over:
            raise Forbidden(f"Plan {plan.id} is too large: {'; '.join(over)}.", fix="Plan fewer devices.")
        now = self._ports.clock.now()
        end = min(now + self._policy.approval_ttl, plan.expires_at or datetime.max.replace(tzinfo=now.tzinfo))
        if next_opening(now, requirement.windows, requirement.freezes, end) is None:
            raise Forbidden(
                f"Plan {plan.id} may not be applied before an approval given now runs out at "
                f"{end:%Y-%m-%d %H:%M} UTC.",
                fix=f"Approve it later. {_opening_words(requirement, now)}".strip(),
            )


def _with(plan: PlanDomain, given: Sequence[PlanApprovalDomain], requirement: Requirement) -> PlanDomain:
    """The plan with these approvals: approved if they suffice, else it waits for more.

    It is stored in either case: of two who approve at once the second one must count the first one.
    """
    if requirement.is_met_by(len(given)):
        return replace(summed_up(plan, given), status=PlanStatus.APPROVED)
    return replace(without_approval(plan), status=PlanStatus.SUBMITTED)


def _opening_words(requirement: Requirement, now: datetime) -> str:
    opening = next_opening(now, requirement.windows, requirement.freezes)
    return f"Changes may begin at {opening:%Y-%m-%d %H:%M} UTC." if opening else ""
