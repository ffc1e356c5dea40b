"""Making plans: computed against live state, stored for review, shown as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from routeros_mcp.domain.models import (
    Change,
    DeviceDomain,
    JobDomain,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    Principal,
    Risk,
)
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.planning.checkpoint import NOTES
from routeros_mcp.domain.planning.commands import Command, refuse_mixed
from routeros_mcp.domain.planning.digest import digest_of
from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.gates import is_worse_off
from routeros_mcp.domain.planning.lifecycle import derive
from routeros_mcp.domain.planning.management import Reach
from routeros_mcp.domain.planning.render import DiffGroup, group_diffs
from routeros_mcp.domain.planning.rollout import RolloutWish
from routeros_mcp.domain.planning.safeguards import (
    GuardKind,
    WayInView,
    is_checkpointed,
    refuse_no_script,
    unguarded_of,
    ways_in_of,
)
from routeros_mcp.domain.planning.wishes import Wish
from routeros_mcp.domain.plans.computation import Computation, DevicePlan, PlanComputer
from routeros_mcp.domain.plans.expiry import Expiry
from routeros_mcp.domain.plans.grounds import PlanPolicy, PlanPorts, visible_plan
from routeros_mcp.domain.plans.judging import judged
from routeros_mcp.domain.plans.secrets import PlanSecrets
from routeros_mcp.domain.plans.standing import Standing, Standings
from routeros_mcp.domain.sight import only_visible


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to change, and why; `tool_name` says which way it came."""

    operations: tuple[Wish, ...]
    reason: str = ""
    recipe: str | None = None
    rollout: RolloutWish = field(default_factory=RolloutWish)
    guard: GuardKind = GuardKind.AUTO
    tool_name: str = "plan_create"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan as people read it. `plan` is None when nothing would change: then nothing was stored."""

    plan: PlanDomain | None
    job: JobDomain | None = None
    """The newest job of the plan."""
    devices: tuple[PlanDeviceDomain, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[DiffGroup, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    ways_in: tuple[WayInView, ...] = ()
    unguarded: tuple[str, ...] = ()
    standing: Standing | None = None
    checkpoint: tuple[str, ...] = ()


class PlanService:
    def __init__(
        self,
        ports: PlanPorts,
        computer: PlanComputer,
        secrets: PlanSecrets,
        policy: PlanPolicy,
    ) -> None:
        self._ports = ports
        self._computer = computer
        self._secrets = secrets
        self._policy = policy
        self._expiry = Expiry(ports)
        self._standings = Standings(ports, policy)

    # -- making ------------------------------------------------------------------------------------------

    async def create(
        self, principal: Principal, devices: Sequence[DeviceDomain], request: PlanRequest
    ) -> PlanView:
        """Compute against live state and store the plan for review; nothing is stored without effect."""
        refuse_mixed(request.operations, is_guarded=request.guard is not GuardKind.AUTO)
        computation = await self._computer.compute(devices, request.operations)
        effective = [planned for planned in computation.planned if planned.changes]
        if not effective:
            return _without_plan(computation)
        plan, rows = self._draft(principal, effective, request)
        async with self._ports.uow() as tx:
            stored = await tx.plans.add(plan)
            for row in rows:
                await tx.plans.save_device(row)
            standing = await self._standings.of(tx, stored, [planned.device for planned in effective])
        view = self._view(stored, rows, {d.device.id: d.device.name for d in effective}, computation)
        return replace(view, standing=standing)

    async def preview(self, devices: Sequence[DeviceDomain], request: PlanRequest) -> tuple[PlanView, Risk]:
        """What `create` would say, without storing anything."""
        computation = await self._computer.compute(devices, request.operations)
        effective = [planned for planned in computation.planned if planned.changes]
        changes = [change for planned in effective for change in planned.changes]
        risk, reasons = self._judged(effective, changes, request.guard)
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
        risk, reasons = self._judged(effective, changes, request.guard)
        unguarded = {planned.device.name: planned.unguarded for planned in effective if planned.unguarded}
        refuse_no_script(request.guard, unguarded)
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
            "rollout": request.rollout.over(self._policy.rollout).plain(),
            "guard": str(request.guard),
            "guarded": request.guard is not GuardKind.AUTO or risk.rank >= Risk.MEDIUM.rank,
            "unguarded": unguarded,
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
        await self._expiry.sweep()
        async with self._ports.uow.read() as tx:
            plan, devices = await visible_plan(tx, principal, plan_id)
            rows = tuple(await tx.plans.devices_of(plan_id))
            newest = await tx.jobs.page(status=None, plan_id=plan_id, limit=1)
            standing = await self._standings.of(tx, plan, devices)
        job = newest.items[0] if newest.items else None
        shown = replace(plan, status=self._status_of(plan, rows, job))
        view = self._view(shown, rows, {device.id: device.name for device in devices})
        return replace(view, job=job, standing=standing)

    async def page(
        self,
        principal: Principal,
        *,
        status: PlanStatus | None,
        created_by: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[PlanDomain]:
        await self._expiry.sweep()
        async with self._ports.uow.read() as tx:
            page = await tx.plans.page(status=status, created_by=created_by, limit=limit, cursor=cursor)
            seen = await only_visible(tx, principal, page)
        shown = tuple(replace(plan, status=self._status_of(plan)) for plan in seen.items)
        return replace(seen, items=shown)

    async def standings(self, plans: Sequence[PlanDomain]) -> Mapping[str, Standing]:
        """How the approvals of these plans stand, by plan id; only of those that wait."""
        async with self._ports.uow.read() as tx:
            return await self._standings.of_all(tx, plans)

    # -- parts -------------------------------------------------------------------------------------------

    def _status_of(
        self, plan: PlanDomain, rows: Sequence[PlanDeviceDomain] = (), job: JobDomain | None = None
    ) -> PlanStatus:
        return derive(
            plan.status,
            [row.state for row in rows],
            is_under_way=job is None or not job.status.is_final,
            is_overdue=plan.expires_at is not None and plan.expires_at <= self._ports.clock.now(),
            is_unwell=any(map(is_worse_off, rows)),
        )

    def _judged(
        self, effective: Sequence[DevicePlan], changes: Sequence[Change], guard: GuardKind
    ) -> tuple[Risk, tuple[str, ...]]:
        return judged(
            self._policy.approval,
            changes,
            [planned.device for planned in effective],
            [planned.way_in.reach for planned in effective],
            irreversible=any(planned.gaps for planned in effective),
            may_restart=guard is GuardKind.CHECKPOINT,
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
            checkpoint=NOTES if is_checkpointed(plan) else (),
        )


def _without_plan(computation: Computation) -> PlanView:
    return PlanView(
        plan=None,
        unchanged=tuple(p.device.name for p in computation.planned if not p.changes),
        failed=tuple((device.name, str(error)) for device, error in computation.failed),
        warnings=computation.warnings,
    )


def _summary(request: PlanRequest, *, changes_count: int, devices_count: int) -> str:
    what = request.recipe or ", ".join(dict.fromkeys(map(_verb, request.operations)))
    return f"{what}: {changes_count} change(s) on {devices_count} device(s)"[:2_000]


def _verb(wish: Wish) -> str:
    if isinstance(wish, Command):
        return wish.spec.path
    return f"ensure {wish.path}" if isinstance(wish, Ensure) else f"{wish.op} {wish.path}"
