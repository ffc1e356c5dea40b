"""Carrying plans out: the approval is used up and a job begins, or a low-risk change is made at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.errors import Conflict, Forbidden
from routeros_mcp.domain.job_service import JobService
from routeros_mcp.domain.models import (
    DeviceDomain,
    JobDomain,
    JobType,
    PlanDomain,
    PlanStatus,
    Principal,
    Tier,
)
from routeros_mcp.domain.planning.lifecycle import check_transition
from routeros_mcp.domain.plans.deciding import Approvals
from routeros_mcp.domain.plans.grounds import POLICY_APPROVER, PlanPolicy, PlanPorts, visible_plan
from routeros_mcp.domain.plans.making import PlanRequest, PlanService, PlanView
from routeros_mcp.domain.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedView:
    """A change that was made at once, and the job that made it."""

    plan: PlanView
    job: JobDomain | None = None


class Rollouts:
    def __init__(
        self, ports: PlanPorts, policy: PlanPolicy, plans: PlanService, approvals: Approvals, jobs: JobService
    ) -> None:
        self._ports = ports
        self._policy = policy
        self._plans = plans
        self._approvals = approvals
        self._jobs = jobs

    async def create_and_apply(
        self, principal: Principal, devices: Sequence[DeviceDomain], request: PlanRequest, *, wait_s: float
    ) -> AppliedView:
        """One low-risk change on one device, approved by policy, applied at once and followed to its end.

        Raises:
            Forbidden: it is more than low risk; the plan is withdrawn then.
        """
        view = await self._plans.create(principal, devices, request)
        if view.plan is None:
            return AppliedView(plan=view)
        try:
            await self._approvals.approve_by_policy(view.plan)
        except Forbidden:
            await self._approvals.cancel(principal, view.plan.id, "more than low risk")
            raise
        job = await self.apply(principal, view.plan.id)
        ended = await self._jobs.wait(principal, job.id, wait_s)
        return AppliedView(plan=await self._plans.get(principal, view.plan.id), job=ended)

    async def apply(self, principal: Principal, plan_id: str) -> JobDomain:
        """Use up the approval and start the job; returns at once.

        Raises:
            NotApproved, Expired, Conflict, Forbidden: see each; nothing has started then.
        """
        # a caller who hangs up must not come between the approval's use and the start of the job
        return await asyncio.shield(self._apply(principal, plan_id))

    async def _apply(self, principal: Principal, plan_id: str) -> JobDomain:
        async with self._ports.uow() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            self._refuse_devices(devices, _tier_of(plan))
            await self._refuse_busy(tx, plan)
            plan = await self._approvals.use_up(tx, plan)
            job = await self._jobs.create(tx, plan, JobType.APPLY_PLAN, principal.subject)
        await self._jobs.start(job)
        return job

    async def rollback(self, principal: Principal, plan_id: str) -> JobDomain:
        """Start the job that restores what was there before the plan; it needs no second approval."""
        return await asyncio.shield(self._roll_back(principal, plan_id))

    async def _roll_back(self, principal: Principal, plan_id: str) -> JobDomain:
        async with self._ports.uow() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            check_transition(plan_id, plan.status, PlanStatus.ROLLING_BACK)
            self._refuse_devices(devices, _tier_of(plan))
            await self._refuse_busy(tx, plan)
            await tx.plans.transition(replace(plan, status=PlanStatus.ROLLING_BACK), plan.status)
            job = await self._jobs.create(tx, plan, JobType.ROLLBACK_PLAN, principal.subject)
        await self._jobs.start(job)
        return job

    def _refuse_devices(self, devices: Sequence[DeviceDomain], tier: Tier) -> None:
        for device in devices:
            device.validate_environment_match(self._policy.environment)
            if device.is_retired() or not device.can_execute_tier(tier):
                raise Forbidden(
                    f"{device.name} does not allow {tier} changes (any more).",
                    fix=f"An admin can allow them: routeros-mcp device update {device.name}.",
                )

    async def _refuse_busy(self, tx: Transaction, plan: PlanDomain) -> None:
        busy = {d: other for d, other in (await tx.plans.busy(plan.device_ids)).items() if other != plan.id}
        if busy:
            other = next(iter(busy.values()))
            raise Conflict(
                f"Plan {other} is changing {len(busy)} of the same devices, or its outcome there is unknown.",
                fix="Wait for its job to end; plan_rollback finds out about an unknown outcome, or a person "
                "says what it is: routeros-mcp plan resolve.",
            )


def _tier_of(plan: PlanDomain) -> Tier:
    return Tier.ADVANCED if plan.approved_by == POLICY_APPROVER else Tier.PROFESSIONAL
