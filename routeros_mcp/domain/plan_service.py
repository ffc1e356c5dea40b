"""Plans: computed against live state, approved by a second person, applied as jobs, undone on request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from routeros_mcp.domain.errors import Conflict, Expired, Forbidden, NotApproved, NotFound
from routeros_mcp.domain.job_service import JobService
from routeros_mcp.domain.models import (
    DeviceDomain,
    Environment,
    JobDomain,
    JobType,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    Principal,
    Risk,
    Scope,
    Selector,
    Tier,
)
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.plan_computation import Computation, DevicePlan, PlanComputer
from routeros_mcp.domain.plan_secrets import PlanSecrets
from routeros_mcp.domain.planning.digest import approval_message, digest_of
from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.lifecycle import check_transition
from routeros_mcp.domain.planning.management import Reach
from routeros_mcp.domain.planning.render import DiffGroup, group_diffs
from routeros_mcp.domain.planning.risk import judge_plan
from routeros_mcp.domain.planning.safeguards import WayInView, refuse_lock_out, unguarded_of, ways_in_of
from routeros_mcp.domain.planning.wishes import Wish
from routeros_mcp.domain.ports import Clock, Ids, MenuSchema, Transaction, UnitOfWork, Vault
from routeros_mcp.domain.sight import only_visible

POLICY_APPROVER = "policy:low-risk"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to change, and why; `tool_name` says which way it came."""

    operations: tuple[Wish, ...]
    reason: str = ""
    recipe: str | None = None
    tool_name: str = "plan_create"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan as people read it. `plan` is None when nothing would change: then nothing was stored."""

    plan: PlanDomain | None
    devices: tuple[PlanDeviceDomain, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[DiffGroup, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    ways_in: tuple[WayInView, ...] = ()
    unguarded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedView:
    """A change that was made at once, and the job that made it."""

    plan: PlanView
    job: JobDomain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPolicy:
    environment: Environment
    plan_ttl: timedelta = timedelta(hours=24)
    approval_ttl: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPorts:
    uow: UnitOfWork
    vault: Vault
    schema: MenuSchema
    clock: Clock
    ids: Ids


class PlanService:
    def __init__(
        self,
        ports: PlanPorts,
        computer: PlanComputer,
        secrets: PlanSecrets,
        jobs: JobService,
        policy: PlanPolicy,
    ) -> None:
        self._ports = ports
        self._computer = computer
        self._secrets = secrets
        self._jobs = jobs
        self._policy = policy

    # -- making ------------------------------------------------------------------------------------------

    async def create(
        self, principal: Principal, devices: Sequence[DeviceDomain], request: PlanRequest
    ) -> PlanView:
        """Compute against live state and store the plan for review; nothing is stored without effect."""
        computation = await self._computer.compute(devices, request.operations)
        effective = [planned for planned in computation.planned if planned.changes]
        if not effective:
            return _without_plan(computation)
        plan, rows = self._draft(principal, effective, request)
        async with self._ports.uow() as tx:
            stored = await tx.plans.add(plan)
            for row in rows:
                await tx.plans.save_device(row)
        return self._view(stored, rows, {d.device.id: d.device.name for d in effective}, computation)

    async def create_and_apply(
        self, principal: Principal, devices: Sequence[DeviceDomain], request: PlanRequest, *, wait_s: float
    ) -> AppliedView:
        """One low-risk change on one device, approved by policy, applied at once and followed to its end.

        Raises:
            Forbidden: it is more than low risk; the plan is withdrawn then.
        """
        view = await self.create(principal, devices, request)
        if view.plan is None:
            return AppliedView(plan=view)
        try:
            await self._approve_by_policy(view.plan)
        except Forbidden:
            await self.cancel(principal, view.plan.id, "more than low risk")
            raise
        job = await self.apply(principal, view.plan.id)
        ended = await self._jobs.wait(principal, job.id, wait_s)
        return AppliedView(plan=await self.get(principal, view.plan.id), job=ended)

    async def preview(self, devices: Sequence[DeviceDomain], request: PlanRequest) -> tuple[PlanView, Risk]:
        """What `create` would say, without storing anything."""
        computation = await self._computer.compute(devices, request.operations)
        effective = [planned for planned in computation.planned if planned.changes]
        changes = [change for planned in effective for change in planned.changes]
        ways = [planned.way_in.reach for planned in effective]
        risk, reasons = judge_plan(changes, [planned.device for planned in effective], ways)
        names = {planned.device.id: planned.device.name for planned in effective}
        groups = group_diffs(changes, names, self._ports.schema.secrets_of)
        return replace(_without_plan(computation), groups=groups, names=names, warnings=reasons), risk

    def _draft(
        self, principal: Principal, effective: Sequence[DevicePlan], request: PlanRequest
    ) -> tuple[PlanDomain, list[PlanDeviceDomain]]:
        plan_id, now = self._ports.ids.new(), self._ports.clock.now()
        changes = self._secrets.seal_changes(plan_id, [c for planned in effective for c in planned.changes])
        images = {p.device.id: self._secrets.seal_images(plan_id, p.images) for p in effective}
        devices = [planned.device for planned in effective]
        risk, reasons = judge_plan(changes, devices, [planned.way_in.reach for planned in effective])
        gaps = sorted({f"{planned.device.name}: {gap}" for planned in effective for gap in planned.gaps})
        options: dict[str, object] = {
            "reason": request.reason,
            "recipe": request.recipe,
            "gaps": gaps,
            "ways_in": {
                planned.device.name: [str(planned.way_in.reach), *planned.way_in.reasons]
                for planned in effective
                if planned.way_in.reach is not Reach.SAFE
            },
            "guarded": risk.rank >= Risk.MEDIUM.rank,
            "unguarded": {
                planned.device.name: planned.unguarded for planned in effective if planned.unguarded
            },
        }
        plan = PlanDomain(
            id=plan_id,
            created_by=principal.subject,
            tool_name=request.tool_name,
            status=PlanStatus.SUBMITTED,
            device_ids=tuple(device.id for device in devices),
            summary=_summary(request, changes_count=len(changes), devices_count=len(devices)),
            changes=changes,
            risk=risk,
            risk_reasons=reasons,
            digest=digest_of(changes, images, options),
            options=options,
            expires_at=now + self._policy.plan_ttl,
        )
        rows = [
            PlanDeviceDomain(
                id=self._ports.ids.new(),
                plan_id=plan_id,
                device_id=device.id,
                position=position,
                pre_image=images[device.id],
            )
            for position, device in enumerate(devices)
        ]
        return plan, rows

    # -- reading -----------------------------------------------------------------------------------------

    async def get(self, principal: Principal, plan_id: str) -> PlanView:
        """The plan, if all of its devices are within sight; raises NotFound otherwise."""
        async with self._ports.uow.read() as tx:
            plan, devices = await self._visible(tx, principal, plan_id)
            rows = tuple(await tx.plans.devices_of(plan_id))
        return self._view(plan, rows, {device.id: device.name for device in devices})

    async def page(
        self,
        principal: Principal,
        *,
        status: PlanStatus | None,
        created_by: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[PlanDomain]:
        async with self._ports.uow.read() as tx:
            page = await tx.plans.page(status=status, created_by=created_by, limit=limit, cursor=cursor)
            return await only_visible(tx, principal, page)

    # -- deciding ----------------------------------------------------------------------------------------

    async def approve(self, principal: Principal, plan_id: str, digest: str) -> PlanDomain:
        """Approve exactly what was shown: `digest` is that of the reviewed plan.

        Raises:
            Forbidden: the approver made the plan. Conflict: it changed, or is not waiting. Expired.
        """
        async with self._ports.uow() as tx:
            plan, _ = await self._visible(tx, principal, plan_id)
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
        view = await self.get(principal, plan_id)
        if view.plan and view.plan.created_by != principal.subject and Scope.ADMIN not in principal.scopes:
            raise Forbidden(
                f"Plan {plan_id} was made by {view.plan.created_by}.", fix="Ask its maker or an admin."
            )
        return await self._end(principal, plan_id, PlanStatus.CANCELLED, reason)

    # -- doing -------------------------------------------------------------------------------------------

    async def apply(self, principal: Principal, plan_id: str) -> JobDomain:
        """Use up the approval and start the job; returns at once.

        Raises:
            NotApproved, Expired, Conflict, Forbidden: see each; nothing has started then.
        """
        # a caller who hangs up must not come between the approval's use and the start of the job
        return await asyncio.shield(self._apply(principal, plan_id))

    async def _apply(self, principal: Principal, plan_id: str) -> JobDomain:
        async with self._ports.uow() as tx:
            plan, devices = await self._visible(tx, principal, plan_id)
            rows = await tx.plans.devices_of(plan_id)
            self._refuse_unapproved(plan, rows)
            self._refuse_devices(devices, _tier_of(plan))
            await self._refuse_busy(tx, plan)
            consumed = replace(plan, status=PlanStatus.APPLYING, approval_consumed_at=self._ports.clock.now())
            await tx.plans.transition(consumed, PlanStatus.APPROVED)
            job = await self._jobs.create(tx, plan, JobType.APPLY_PLAN, principal.subject)
        await self._jobs.start(job)
        return job

    async def rollback(self, principal: Principal, plan_id: str) -> JobDomain:
        """Start the job that restores what was there before the plan; it needs no second approval."""
        return await asyncio.shield(self._roll_back(principal, plan_id))

    async def _roll_back(self, principal: Principal, plan_id: str) -> JobDomain:
        async with self._ports.uow() as tx:
            plan, devices = await self._visible(tx, principal, plan_id)
            check_transition(plan_id, plan.status, PlanStatus.ROLLING_BACK)
            self._refuse_devices(devices, _tier_of(plan))
            await self._refuse_busy(tx, plan)
            await tx.plans.transition(replace(plan, status=PlanStatus.ROLLING_BACK), plan.status)
            job = await self._jobs.create(tx, plan, JobType.ROLLBACK_PLAN, principal.subject)
        await self._jobs.start(job)
        return job

    # -- parts -------------------------------------------------------------------------------------------

    async def _visible(
        self, tx: Transaction, principal: Principal, plan_id: str
    ) -> tuple[PlanDomain, Sequence[DeviceDomain]]:
        plan = await tx.plans.get_by_id(plan_id)
        wanted = Selector(names=frozenset(plan.device_ids if plan else ()))
        limit = len(plan.device_ids) if plan else 1
        seen = await tx.devices.select(wanted, principal.devices, limit=limit) if plan else ()
        # A deleted device is out of everybody's sight; whoever sees the whole fleet still sees its plans.
        if plan is None or (len(seen) < len(plan.device_ids) and not principal.devices.sees_all):
            raise NotFound(f"No plan {plan_id}.", fix="Ask plan_list for the ids.")
        return plan, seen

    async def _approve_by_policy(self, plan: PlanDomain) -> PlanDomain:
        """Policy stands in for the second person: for one low-risk change on one device only."""
        if plan.risk is not Risk.LOW or len(plan.device_ids) != 1:
            raise Forbidden(
                f"This is {plan.risk} risk: {'; '.join(plan.risk_reasons)}.",
                fix="Use plan_create; a second person approves it.",
            )
        async with self._ports.uow() as tx:
            return await tx.plans.transition(self._approved(plan, POLICY_APPROVER), PlanStatus.SUBMITTED)

    async def _end(self, principal: Principal, plan_id: str, status: PlanStatus, reason: str) -> PlanDomain:
        async with self._ports.uow() as tx:
            plan, _ = await self._visible(tx, principal, plan_id)
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
            raise NotApproved(f"Plan {plan.id} is not approved.", fix=_how_to_approve(plan.id))
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
            raise NotApproved(f"Plan {plan.id} is not approved.", fix=_how_to_approve(plan.id))
        check_transition(plan.id, plan.status, PlanStatus.APPLYING)
        images = {row.device_id: row.pre_image for row in rows}
        if digest_of(plan.changes, images, plan.options) != plan.digest:
            raise NotApproved(f"Plan {plan.id} was altered after it was made.", fix="Make a new plan.")
        if self._approval_mac(plan) != plan.approval_mac or plan.approval_consumed_at is not None:
            raise NotApproved(f"The approval of plan {plan.id} is not valid.", fix="Make a new plan.")
        if plan.approval_expires_at is None or plan.approval_expires_at <= self._ports.clock.now():
            raise Expired(f"The approval of plan {plan.id} has run out.", fix="Make a new plan.")

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
                fix="Wait for its job to end; plan_rollback finds out about an unknown outcome.",
            )

    def _view(
        self,
        plan: PlanDomain,
        rows: Sequence[PlanDeviceDomain],
        names: Mapping[str, str],
        computation: Computation | None = None,
    ) -> PlanView:
        base = _without_plan(computation) if computation else PlanView(plan=None)
        gaps = plan.options.get("gaps")
        return replace(
            base,
            plan=plan,
            devices=tuple(rows),
            names=names,
            groups=group_diffs(plan.changes, names, self._ports.schema.secrets_of),
            gaps=tuple(str(gap) for gap in gaps) if isinstance(gaps, (list, tuple)) else (),
            ways_in=ways_in_of(plan),
            unguarded=tuple(f"{name}: {reason}" for name, reason in unguarded_of(plan).items()),
        )


def _without_plan(computation: Computation) -> PlanView:
    return PlanView(
        plan=None,
        unchanged=tuple(p.device.name for p in computation.planned if not p.changes),
        failed=tuple((device.name, str(error)) for device, error in computation.failed),
        warnings=computation.warnings,
    )


def _summary(request: PlanRequest, *, changes_count: int, devices_count: int) -> str:
    what = request.recipe or ", ".join(dict.fromkeys(f"{_verb(o)} {o.path}" for o in request.operations))
    return f"{what}: {changes_count} change(s) on {devices_count} device(s)"[:2_000]


def _verb(wish: Wish) -> str:
    return "ensure" if isinstance(wish, Ensure) else str(wish.op)


def _person(subject: str) -> str:
    """Who is behind a subject: `local:anna` and `user:anna` are taken for the same person."""
    return subject.rpartition(":")[2].casefold()


def _tier_of(plan: PlanDomain) -> Tier:
    return Tier.ADVANCED if plan.approved_by == POLICY_APPROVER else Tier.PROFESSIONAL


def _how_to_approve(plan_id: str) -> str:
    return f"A second person approves it in a terminal: routeros-mcp plan approve {plan_id}."
