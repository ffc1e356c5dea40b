"""Changing routers: only by a plan that a second person has approved, or one low-risk change at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models import Effect, JobDomain, PlanStatus, Scope, Tier
from routeros_mcp.domain.planning.commands import command_wish
from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.operations import Operation, plain_form
from routeros_mcp.domain.planning.recipes import wishes_of
from routeros_mcp.domain.planning.render import visible
from routeros_mcp.domain.planning.rollout import RolloutWish, rollout_of
from routeros_mcp.domain.planning.safeguards import GuardKind
from routeros_mcp.domain.planning.wishes import Wish
from routeros_mcp.domain.plans.making import PlanRequest, PlanView
from routeros_mcp.domain.plans.standing import Standing
from routeros_mcp.toolkit.spec import (
    READS,
    Call,
    DeviceParams,
    DevicesParams,
    Params,
    Result,
    Toolset,
    Traits,
)
from routeros_mcp.tools.jobs import JobView, job_view
from routeros_mcp.tools.rollouts import (
    PlanApplyParams,
    PlanRollbackParams,
    RolloutParams,
    how_to_resume,
    newest_job,
)
from routeros_mcp.tools.shapes import counted

CHANGE = Toolset(name="change", description="Change routers through plans.")
_PLANS = Traits(tier=Tier.PROFESSIONAL, scope=Scope.PLAN, effect=Effect.RECORD, idempotent=False)
_WITHDRAWS = Traits(scope=Scope.PLAN, effect=Effect.RECORD)
_APPLIES = Traits(tier=Tier.PROFESSIONAL, scope=Scope.WRITE, effect=Effect.CHANGE, idempotent=False)
_CHANGES_ONE = Traits(tier=Tier.ADVANCED, scope=Scope.WRITE, effect=Effect.CHANGE, idempotent=False)
_MOST_LINES = 200
_ENSURE_ONLY = frozenset({"rows", "keys", "scope", "exact", "absent"})
_STRANGE = {
    "ensure": frozenset({"match", "values", "all_matches", "command"}),
    "command": _ENSURE_ONLY | {"values", "before"},
}
"""Arguments that an operation does not take; any other takes none of `ensure`, and no command."""


RecipeName = Literal[
    "dns_ntp_rollout",
    "identity",
    "interface_comment",
    "service_hardening",
    "address_list_sync",
    "static_route",
    "dhcp_pool",
    "firewall_rule",
    "bridge_port",
    "vlan_port",
    "wifi_ssid",
    "wireless_rf",
    "user_rotation",
]


class _RowParams(Params):
    path: str = Field(min_length=1, max_length=200)
    """RouterOS menu, such as /ip/dns."""
    match: dict[str, str] = Field(default_factory=dict, max_length=20)
    """Which row, by exact values, such as {"name": "ether2"}; none for a singleton or an add."""
    values: dict[str, str | int | bool | None] = Field(default_factory=dict, max_length=100)
    """Properties to write; null unsets."""
    before: dict[str, str] | None = None
    """Ordered menus: before the row with these values; at the end when left out."""
    all_matches: bool = False
    """Allow more than one row to match."""


class RowOperationParams(_RowParams):
    op: Literal["set", "add", "remove", "move", "unset", "enable", "disable"]


class OperationParams(_RowParams):
    op: Literal["set", "add", "remove", "move", "unset", "enable", "disable", "ensure", "command"]
    """ensure: the menu shall hold `rows`, in order where it has one. command: in a plan of its own."""
    command: str = Field(default="", max_length=100)
    """What to run, such as reboot with path /system."""
    rows: list[dict[str, str | int | bool | None]] = Field(default_factory=list, max_length=500)
    """ensure: the rows wanted."""
    keys: list[str] = Field(default_factory=list, max_length=10)
    """ensure: properties that name a row; the menu's own key when left out."""
    scope: dict[str, str] = Field(default_factory=dict, max_length=10)
    """ensure: values that all rows share, such as {"list": "blocked"}."""
    exact: bool = False
    """ensure: remove other rows within scope."""
    absent: bool = False
    """ensure: remove `rows` instead."""


class PlanCreateParams(DevicesParams):
    operations: list[OperationParams] = Field(default_factory=list, max_length=100)
    """What to change, in order. Give either operations or recipe."""
    recipe: RecipeName | None = None
    arguments: dict[str, list[str] | str | bool | int] = Field(default_factory=dict, max_length=30)
    """Recipe arguments, such as dns_servers (a list); a wrong one is answered with all."""
    reason: str = Field(default="", max_length=500)
    """Why, for the approver."""
    rollout: RolloutParams | None = None
    """As the settings say when left out."""
    guard: GuardKind = GuardKind.AUTO
    """How a router undoes what is not confirmed. checkpoint: a backup, with a restart."""


class Plan(Result):
    plan_id: str | None = None
    """Absent when nothing would change: then nothing was stored."""
    has_effect: bool
    status: str | None = None
    risk: str | None = None
    risk_reasons: list[str] = []
    digest: str | None = None
    created_by: str | None = None
    reason: str | None = None
    approval: dict[str, Any] | None = None
    """What it waits for: needed, given, who_may, window, reasons. People approve in a terminal."""
    approved_by: str | None = None
    approval_expires_at: str | None = None
    expires_at: str | None = None
    diff: list[dict[str, Any]] = []
    """Devices with one diff together: devices, lines (+ added, - removed, ~ set, ! run)."""
    rollout: dict[str, Any] | None = None
    """How it reaches its devices: waves, parallel, on_failure, gates, soak_s; part of what is approved."""
    device_states: list[dict[str, Any]] = []
    job: dict[str, Any] | None = None
    """The newest job: job_id, job_type, status, result, waves with their gates, order, stopped."""
    unchanged: list[str] = []
    not_planned: list[dict[str, str]] = []
    """Devices that could not be planned, and why: the plan does not cover them."""
    cannot_be_undone: list[str] = []
    management_path: list[dict[str, Any]] = []
    """Devices from which the plan may cut the manager off (at_risk) or does (cut), and by what."""
    no_dead_man_switch: list[str] = []
    """Devices whose router cannot undo the change by itself, and why."""
    checkpoint: list[str] = []
    """What it means that the routers undo the plan by loading a backup."""
    warnings: list[str] = []
    next_step: str = ""
    error: str | None = None

    def headline(self) -> str:
        if not self.has_effect:
            return "Nothing would change: no plan was stored."
        return f"Plan {self.plan_id} is {self.status}, {self.risk} risk. {self.next_step}".strip()


@CHANGE.tool("Create a plan", _PLANS, timeout_s=180)
async def plan_create(call: Call, params: PlanCreateParams) -> Plan:
    """Compute a change against live routers and store it as a plan with a diff. Changes no router."""
    request = PlanRequest(
        operations=_operations(call, params.operations, params.recipe, params.arguments),
        reason=params.reason,
        recipe=params.recipe,
        rollout=params.rollout.wish() if params.rollout else RolloutWish(),
        guard=params.guard,
    )
    return plan_view(await call.services.plans.create(call.principal, call.devices, request))


class PlanGetParams(Params):
    plan_id: str = Field(min_length=1, max_length=64)


@CHANGE.tool("Get a plan", READS)
async def plan_get(call: Call, params: PlanGetParams) -> Plan:
    """Show a plan: diff per device, risk, approval, and how far each device has got."""
    return plan_view(await call.services.plans.get(call.principal, params.plan_id))


class PlanListParams(Params):
    status: PlanStatus | None = None
    mine: bool = False
    """Only plans that the caller has made."""
    limit: int = Field(default=20, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=500)


class PlanList(Result):
    plans: list[dict[str, Any]]
    next_cursor: str | None = None

    def headline(self) -> str:
        more = "; more with next_cursor" if self.next_cursor else ""
        return f"{counted(len(self.plans), 'plan')}, newest first{more}."


@CHANGE.tool("List plans", READS)
async def plan_list(call: Call, params: PlanListParams) -> PlanList:
    """List plans with status and risk, newest first. Use to find what waits for approval."""
    page = await call.services.plans.page(
        call.principal,
        status=params.status,
        created_by=call.principal.subject if params.mine else None,
        limit=params.limit,
        cursor=params.cursor,
    )
    standings = await call.services.plans.standings(page.items)
    rows = [
        {
            "plan_id": plan.id,
            "status": str(plan.status),
            "risk": str(plan.risk),
            "summary": visible(plan.summary),
            "devices": len(plan.device_ids),
            "created_by": plan.created_by,
            "created_at": plan.created_at.isoformat() if plan.created_at else None,
            "approved_by": plan.approved_by,
            "approvals": str(standings[plan.id]) if plan.id in standings else None,
        }
        for plan in page.items
    ]
    return PlanList(plans=rows, next_cursor=page.next_cursor)


class PlanCancelParams(PlanGetParams):
    reason: str = Field(default="", max_length=500)


@CHANGE.tool("Cancel a plan", _WITHDRAWS)
async def plan_cancel(call: Call, params: PlanCancelParams) -> Plan:
    """Withdraw a plan that has not started."""
    await call.services.approvals.cancel(call.principal, params.plan_id, params.reason)
    return plan_view(await call.services.plans.get(call.principal, params.plan_id))


@CHANGE.tool("Apply a plan", _APPLIES, timeout_s=90)
async def plan_apply(call: Call, params: PlanApplyParams) -> JobView:
    """Start applying an approved plan: canary first, halted at the first failure. Follow it with job_get."""
    job = await call.services.rollouts.apply(call.principal, params.plan_id, resume=params.resume)
    return await _followed(call, job, params.wait_s)


@CHANGE.tool("Roll a plan back", _APPLIES, timeout_s=90)
async def plan_rollback(call: Call, params: PlanRollbackParams) -> JobView:
    """Start restoring what was there before a plan, on all or some devices, where nobody changed it since."""
    rollouts = call.services.rollouts
    job = await rollouts.rollback(call.principal, params.plan_id, params.part(), resume=params.resume)
    return await _followed(call, job, params.wait_s)


async def _followed(call: Call, job: JobDomain, wait_s: float) -> JobView:
    if wait_s > 0:
        job = await call.services.jobs.wait(call.principal, job.id, wait_s, call.progress)
    return await job_view(call, job)


class ChangeApplyParams(DeviceParams):
    operation: RowOperationParams
    dry_run: bool = True
    """True shows the diff; false makes the change."""
    reason: str = Field(default="", max_length=500)


class Changed(Plan):
    dry_run: bool

    def headline(self) -> str:
        if not self.has_effect:
            return "Nothing would change."
        if self.dry_run:
            return f"Dry run, {self.risk} risk: nothing was changed. Repeat with dry_run=false to change it."
        return f"Plan {self.plan_id} is {self.status}. {self.next_step}".strip()


@CHANGE.tool("Make one low-risk change", _CHANGES_ONE, timeout_s=180)
async def change_apply(call: Call, params: ChangeApplyParams) -> Changed:
    """Make one low-risk change on one router now (comments, names, DNS/NTP outside prod), read back."""
    request = PlanRequest(
        operations=(_row_operation(call, params.operation),), reason=params.reason, tool_name="change_apply"
    )
    plans = call.services.plans
    preview, risk = await plans.preview(call.devices, request)
    if params.dry_run or not preview.groups:
        shown = plan_view(preview).model_dump(exclude={"has_effect", "risk"})
        return Changed(**shown, has_effect=bool(preview.groups), risk=str(risk), dry_run=True)
    view = await call.services.rollouts.create_and_apply(call.principal, call.devices, request, wait_s=120.0)
    job = (await job_view(call, view.job)).payload() if view.job else None
    shown = plan_view(view.plan).model_dump(exclude={"job"})
    return Changed(**shown, dry_run=False, job=job)


def plan_view(view: PlanView) -> Plan:
    """A plan as a result; what routers and people wrote is shown with nothing hidden in it."""
    shared = {
        "diff": [
            {"devices": list(g.devices), "lines": list(g.lines[:_MOST_LINES]), "lines_total": len(g.lines)}
            for g in view.groups
        ],
        "unchanged": list(view.unchanged),
        "not_planned": [{"device": name, "why": why} for name, why in view.failed],
        "cannot_be_undone": list(view.gaps),
        "management_path": [
            {"device": way.device, "verdict": str(way.reach), "reasons": [visible(r) for r in way.reasons]}
            for way in view.ways_in
        ],
        "no_dead_man_switch": [visible(word) for word in view.unguarded],
        "checkpoint": list(view.checkpoint),
        "warnings": list(view.warnings),
    }
    plan = view.plan
    if plan is None:
        return Plan(has_effect=False, **shared)
    return Plan(
        **shared,
        has_effect=True,
        plan_id=plan.id,
        status=str(plan.status),
        risk=str(plan.risk),
        risk_reasons=list(plan.risk_reasons),
        digest=plan.digest,
        created_by=plan.created_by,
        reason=visible(str(plan.options.get("reason") or "")) or None,
        approval=_approval(view.standing),
        approved_by=plan.approved_by,
        approval_expires_at=plan.approval_expires_at.isoformat() if plan.approval_expires_at else None,
        expires_at=plan.expires_at.isoformat() if plan.expires_at else None,
        rollout=rollout_of(plan.options).plain(),
        device_states=_states(view),
        job=newest_job(view),
        next_step=how_to_resume(view) or _next_step(plan.id, plan.status, view.standing),
        error=plan.error_message,
    )


def _states(view: PlanView) -> list[dict[str, Any]]:
    held = [
        {
            "device": view.names.get(row.device_id, row.device_id),
            "wave": row.wave,
            "state": str(row.state),
            "code": row.error_code,
            "message": row.error_message,
        }
        for row in view.devices
    ]
    return [{name: value for name, value in row.items() if value is not None} for row in held]


def _approval(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    told = {
        "needed": standing.needed,
        "given": [
            {
                "by": record.approver,
                "at": record.approved_at.isoformat(),
                "until": record.expires_at.isoformat(),
                "overrides": list(record.overrides),
            }
            for record in standing.given
        ],
        "who_may": standing.who_may,
        "window": standing.window,
        "reasons": list(standing.reasons),
        "refused": list(standing.refused),
        "must_name": list(standing.cut_off),
    }
    return {name: value for name, value in told.items() if value or name in {"needed", "given"}}


def _next_step(plan_id: str, status: PlanStatus, standing: Standing | None) -> str:
    match status:
        case PlanStatus.SUBMITTED:
            several = standing is not None and standing.needed > 1
            who = f"{standing} approvals are given; others approve" if several else "A second person approves"
            return f"{who} it in a terminal: routeros-mcp plan approve {plan_id}"
        case PlanStatus.APPROVED:
            return "Apply it with plan_apply before the approval runs out."
        case PlanStatus.APPLYING | PlanStatus.ROLLING_BACK:
            return "Follow its job with job_list and job_get."
        case PlanStatus.APPLIED:
            return "plan_rollback would restore what was there."
        case PlanStatus.HALTED | PlanStatus.PARTIALLY_APPLIED:
            return "See device_states; plan_rollback restores the devices that were changed."
        case _:
            return ""


def _operations(
    call: Call,
    operations: list[OperationParams],
    recipe: str | None,
    arguments: Mapping[str, object],
) -> tuple[Wish, ...]:
    if bool(operations) == (recipe is not None):
        raise InvalidParams("A plan has either operations or a recipe.", fix="Give exactly one of the two.")
    if recipe is not None:
        return wishes_of(recipe, arguments)
    return tuple(_wish(call, operation) for operation in operations)


def _wish(call: Call, given: OperationParams) -> Wish:
    _refuse_mixed(given)
    if given.op == "ensure":
        return Ensure(
            path=call.services.menus.path_of(given.path),
            rows=tuple({name: _text(value) for name, value in row.items()} for row in given.rows),
            keys=tuple(given.keys),
            scope=given.scope,
            exact=given.exact,
            absent=given.absent,
            before=given.before,
        )
    if given.op == "command":
        return command_wish(given.path, given.command, given.match, all_matches=given.all_matches)
    return _row_operation(call, given)


def _row_operation(call: Call, given: RowOperationParams | OperationParams) -> Operation:
    path = call.services.menus.path_of(given.path)
    op, values = plain_form(given.op, path, {name: _text(value) for name, value in given.values.items()})
    return Operation(
        op=op,
        path=path,
        match=given.match,
        values=values,
        before=given.before,
        all_matches=given.all_matches,
    )


def _refuse_mixed(given: OperationParams) -> None:
    """An argument of another operation would be passed over in silence: it is refused instead."""
    strange = _STRANGE.get(given.op, _ENSURE_ONLY | {"command"})
    used = sorted(strange & given.model_fields_set)
    if used:
        raise InvalidParams(f"{given.op} {given.path} takes no {', '.join(used)}.", fix="Leave it out.")


def _text(value: str | int | bool | None) -> str | None:  # noqa: FBT001
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
