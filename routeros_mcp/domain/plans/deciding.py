"""Deciding on plans: approved by a second person, rejected, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import Conflict, Expired, Forbidden, NotApproved
from routeros_mcp.domain.models import PlanDeviceDomain, PlanDomain, PlanStatus, Principal, Risk, Scope
from routeros_mcp.domain.planning.digest import approval_message, digest_of
from routeros_mcp.domain.planning.lifecycle import check_transition
from routeros_mcp.domain.planning.safeguards import refuse_lock_out
from routeros_mcp.domain.plans.grounds import POLICY_APPROVER, PlanPolicy, PlanPorts, visible_plan
from routeros_mcp.domain.ports import Transaction


class Approvals:
    def __init__(self, ports: PlanPorts, policy: PlanPolicy) -> None:
        self._ports = ports
        self._policy = policy

    async def approve(self, principal: Principal, plan_id: str, digest: str) -> PlanDomain:
        """Approve exactly what was shown: `digest` is that of the reviewed plan.

        Raises:
            Forbidden: the approver made the plan. Conflict: it changed, or is not waiting. Expired.
        """
        async with self._ports.uow() as tx:
            plan, _ = await visible_plan(tx, principal, plan_id)
            self._refuse_approver(principal, plan)
            await self._refuse_expired(plan)
            refuse_lock_out(plan)
            if digest != plan.digest:
                raise Conflict(f"Plan {plan_id} is not what was reviewed.", fix="Review it again.")
            check_transition(plan_id, plan.status, PlanStatus.APPROVED)
            return await tx.plans.transition(self._approved(plan, principal.subject), plan.status)

    async def reject(self, principal: Principal, plan_id: str, reason: str) -> PlanDomain:
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

    async def approve_by_policy(self, plan: PlanDomain) -> PlanDomain:
        """Policy stands in for the second person: for one low-risk change on one device only."""
        if plan.risk is not Risk.LOW or len(plan.device_ids) != 1:
            raise Forbidden(
                f"This is {plan.risk} risk: {'; '.join(plan.risk_reasons)}.",
                fix="Use plan_create; a second person approves it.",
            )
        async with self._ports.uow() as tx:
            return await tx.plans.transition(self._approved(plan, POLICY_APPROVER), PlanStatus.SUBMITTED)

    async def use_up(self, tx: Transaction, plan: PlanDomain) -> PlanDomain:
        """Spend the approval: the plan is applying afterwards, and the approval is good for nothing more.

        Raises:
            NotApproved, Expired, Conflict: see each.
        """
        self._refuse_unapproved(plan, await tx.plans.devices_of(plan.id))
        used = replace(plan, status=PlanStatus.APPLYING, approval_consumed_at=self._ports.clock.now())
        return await tx.plans.transition(used, PlanStatus.APPROVED)

    async def _end(self, principal: Principal, plan_id: str, status: PlanStatus, reason: str) -> PlanDomain:
        async with self._ports.uow() as tx:
            plan, _ = await visible_plan(tx, principal, plan_id)
            check_transition(plan_id, plan.status, status)
            ended = replace(plan, status=status, decision_reason=f"{principal.subject}: {reason}"[:1_000])
            return await tx.plans.transition(ended, plan.status)

    def _approved(self, plan: PlanDomain, approver: str) -> PlanDomain:
        now = self._ports.clock.now()
        approved = replace(
            plan,
            status=PlanStatus.APPROVED,
            approved_by=approver,
            approved_at=now,
            approval_expires_at=now + self._policy.approval_ttl,
        )
        return replace(approved, approval_mac=self._approval_mac(approved))

    def _approval_mac(self, plan: PlanDomain) -> str:
        if plan.approved_by is None or plan.approved_at is None or plan.approval_expires_at is None:
            raise NotApproved(f"Plan {plan.id} is not approved.", fix=how_to_approve(plan.id))
        message = approval_message(
            plan_id=plan.id,
            digest=plan.digest,
            created_by=plan.created_by,
            approver=plan.approved_by,
            approved_at=plan.approved_at,
            expires_at=plan.approval_expires_at,
        )
        return self._ports.vault.mac("approval", message)

    def _refuse_approver(self, principal: Principal, plan: PlanDomain) -> None:
        if _person(principal.subject) == _person(plan.created_by):
            raise Forbidden(f"{plan.created_by} made plan {plan.id}.", fix="Another person approves it.")

    async def _refuse_expired(self, plan: PlanDomain) -> None:
        if plan.expires_at is not None and plan.expires_at <= self._ports.clock.now():
            raise Expired(f"Plan {plan.id} expired at {plan.expires_at:%H:%M} UTC.", fix="Make a new plan.")

    def _refuse_unapproved(self, plan: PlanDomain, rows: Sequence[PlanDeviceDomain]) -> None:
        """Check the approval as if the database were not to be trusted."""
        if plan.status is PlanStatus.SUBMITTED:
            raise NotApproved(f"Plan {plan.id} is not approved.", fix=how_to_approve(plan.id))
        check_transition(plan.id, plan.status, PlanStatus.APPLYING)
        images = {row.device_id: row.pre_image for row in rows}
        if digest_of(plan.changes, images, plan.options) != plan.digest:
            raise NotApproved(f"Plan {plan.id} was altered after it was made.", fix="Make a new plan.")
        if self._approval_mac(plan) != plan.approval_mac or plan.approval_consumed_at is not None:
            raise NotApproved(f"The approval of plan {plan.id} is not valid.", fix="Make a new plan.")
        if plan.approval_expires_at is None or plan.approval_expires_at <= self._ports.clock.now():
            raise Expired(f"The approval of plan {plan.id} has run out.", fix="Make a new plan.")


def how_to_approve(plan_id: str) -> str:
    return f"A second person approves it in a terminal: routeros-mcp plan approve {plan_id}."


def _person(subject: str) -> str:
    """Who is behind a subject: `local:anna` and `user:anna` are taken for the same person."""
    return subject.rpartition(":")[2].casefold()
