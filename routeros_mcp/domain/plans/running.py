"""Carrying plans out: the approval is used up and a job begins, or a low-risk change is made at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.errors import Conflict, Forbidden, InvalidParams, NotApproved
from routeros_mcp.domain.job_service import JobService, StopMode
from routeros_mcp.domain.models import (
    DeviceDomain,
    JobDomain,
    JobType,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    Principal,
    Tier,
)
from routeros_mcp.domain.planning.commands import lost_by
from routeros_mcp.domain.planning.digest import digest_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which of a plan's devices are rolled back: those named, those of a wave, or all."""

    devices: tuple[str, ...] = ()
    wave: int | None = None


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
            Forbidden: it is more than low risk, or policy does not allow it; the plan is withdrawn then.
        """
        view = await self._plans.create(principal, devices, request)
        if view.plan is None:
            return AppliedView(plan=view)
        try:
            await self._approvals.approve_by_policy(principal, view.plan.id)
            job = await self.apply(principal, view.plan.id)
        except Forbidden as refusal:
            await self._approvals.cancel(principal, view.plan.id, refusal.message)
            raise
        ended = await self._jobs.wait(principal, job.id, wait_s)
        return AppliedView(plan=await self._plans.get(principal, view.plan.id), job=ended)

    async def apply(self, principal: Principal, plan_id: str, *, resume: bool = False) -> JobDomain:
        """Use up the approval and start the job, or `resume` the paused one; returns at once.

        Raises:
            NotApproved, Expired, Conflict, Forbidden: see each; nothing has started then.
        """
        # a caller who hangs up must not come between the approval's use and the start of the job
        work = (
            self._resume(principal, plan_id, JobType.APPLY_PLAN)
            if resume
            else self._apply(principal, plan_id)
        )
        return await asyncio.shield(work)

    async def _apply(self, principal: Principal, plan_id: str) -> JobDomain:
        async with self._ports.uow() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            self._refuse_devices(devices, _tier_of(plan))
            await self._refuse_busy(tx, plan)
            plan = await self._approvals.use_up(tx, plan, devices)
            job = await self._jobs.create(tx, plan, JobType.APPLY_PLAN, principal.subject)
        await self._jobs.start(job)
        return job

    async def rollback(
        self, principal: Principal, plan_id: str, part: Part | None = None, *, resume: bool = False
    ) -> JobDomain:
        """Start the job that restores what was there before the plan; it needs no second approval.

        Raises:
            Conflict, Forbidden, InvalidParams: see each; nothing has started then.
        """
        if not resume:
            return await asyncio.shield(self._roll_back(principal, plan_id, part or Part()))
        if part not in {None, Part()}:
            raise InvalidParams(
                "A paused job goes on with its own devices.", fix="Leave out devices and wave."
            )
        return await asyncio.shield(self._resume(principal, plan_id, JobType.ROLLBACK_PLAN))

    async def _roll_back(self, principal: Principal, plan_id: str, part: Part) -> JobDomain:
        async with self._ports.uow() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            chosen = _chosen(plan_id, part, devices, await tx.plans.devices_of(plan_id))
            check_transition(plan_id, plan.status, PlanStatus.ROLLING_BACK)
            _refuse_commands(plan)
            self._refuse_devices([device for device in devices if device.id in chosen], _tier_of(plan))
            await self._refuse_busy(tx, plan)
            await tx.plans.transition(replace(plan, status=PlanStatus.ROLLING_BACK), plan.status)
            job = await self._jobs.create(tx, plan, JobType.ROLLBACK_PLAN, principal.subject, chosen)
        await self._jobs.start(job)
        return job

    async def stop(self, principal: Principal, job_id: str, mode: StopMode) -> JobDomain:
        """Stop a job; undoing what it did needs what rolling back needs.

        Raises:
            Conflict, Forbidden, InvalidParams, NotFound: see each; it goes on then.
        """
        if mode is StopMode.ROLL_BACK:
            job = await self._jobs.get(principal, job_id)
            async with self._ports.uow.read() as tx:
                plan, devices = await visible_plan(tx, principal, job.plan_id or "")
            self._refuse_devices(devices, _tier_of(plan))
        return await asyncio.shield(self._jobs.stop(principal, job_id, mode))

    async def _resume(self, principal: Principal, plan_id: str, kind: JobType) -> JobDomain:
        async with self._ports.uow() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            self._refuse_devices(devices, _tier_of(plan))
            images = {row.device_id: row.pre_image for row in await tx.plans.devices_of(plan_id)}
            if digest_of(plan.changes, images, plan.options) != plan.digest:
                raise NotApproved(f"Plan {plan_id} was altered after it was made.", fix="Make a new plan.")
            job = await self._jobs.resume(tx, plan_id, kind, principal.subject)
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


def _refuse_commands(plan: PlanDomain) -> None:
    if lost := lost_by(plan.changes):
        raise Conflict(
            f"Plan {plan.id} cannot be rolled back: {'; '.join(lost)}.",
            fix="Where its outcome is unknown a person says what it is: routeros-mcp plan resolve.",
        )


def _chosen(
    plan_id: str, part: Part, devices: Sequence[DeviceDomain], rows: Sequence[PlanDeviceDomain]
) -> list[str]:
    """The ids that a part stands for, in the order of the rollout.

    Raises:
        InvalidParams: a name or wave that the plan does not have.
    """
    if part.devices and part.wave is not None:
        raise InvalidParams("A part is named by its devices or by its wave.", fix="Give one of the two.")
    by_name = {name: device.id for device in devices for name in (device.name, device.id)}
    strange = [name for name in part.devices if name not in by_name]
    if strange:
        raise InvalidParams(
            f"Plan {plan_id} is not about {strange[0]}.", fix="See device_states of plan_get."
        )
    named = {by_name[name] for name in part.devices}
    found = [
        row.device_id
        for row in rows
        if (not named or row.device_id in named) and part.wave in {None, row.wave}
    ]
    if not found:
        raise InvalidParams(f"Plan {plan_id} has no wave {part.wave}.", fix="See device_states of plan_get.")
    return found
