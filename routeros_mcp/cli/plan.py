"""`routeros-mcp plan`: review changes, apply and undo them. Decisions are in `decision`."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from routeros_mcp.cli.errors import FAILED, Refused
from routeros_mcp.cli.following import follow
from routeros_mcp.cli.job_views import view_job, view_report
from routeros_mcp.cli.output import Payload, footer, moment, show, state, table
from routeros_mcp.cli.output import shown as cell
from routeros_mcp.cli.plan_review import reviewed, view_plan
from routeros_mcp.cli.session import Desk, at_desk
from routeros_mcp.tools.jobs import job_devices


def listed(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        return await desk.ask("plan_list", status=chosen.status, limit=chosen.limit, cursor=chosen.cursor)

    show(chosen, at_desk(chosen, work), _view_plans)
    return 0


def shown(chosen: argparse.Namespace) -> int:
    show(chosen, at_desk(chosen, lambda desk: reviewed(desk, chosen.plan)), _view_plan)
    return 0


def cancelled(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        return await desk.ask("plan_cancel", plan_id=chosen.plan, reason=chosen.reason)

    show(chosen, at_desk(chosen, work), _view_headline)
    return 0


def applied(chosen: argparse.Namespace) -> int:
    return _run_job(chosen, "plan_apply")


def rolled_back(chosen: argparse.Namespace) -> int:
    return _run_job(chosen, "plan_rollback", devices=chosen.device, wave=chosen.wave)


def reported(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        plan = await desk.ask("plan_get", plan_id=chosen.plan)
        view = await desk.app.services.plans.get(desk.principal, chosen.plan)
        if view.job is None:
            raise Refused("conflict", f"Plan {chosen.plan} has not been carried out.", fix="Apply it first.")
        devices = job_devices(view.job, view.devices, view.names)
        return {"plan_id": chosen.plan, "status": plan["status"], **plan["job"], "devices": devices}

    show(chosen, at_desk(chosen, work), view_report)
    return 0


def _run_job(chosen: argparse.Namespace, tool: str, **more: Any) -> int:
    """Start the job in this process and stay until it has ended."""

    async def work(desk: Desk) -> dict[str, Any]:
        started = await desk.ask(tool, plan_id=chosen.plan, **more)
        return await follow(desk, started["job_id"])

    payload = at_desk(chosen, work)
    show(chosen, payload, view_job)
    return 0 if payload["status"] == "success" else FAILED


def _view_plan(console: Console, payload: Payload) -> None:
    view_plan(console, payload)
    if payload.get("next_step"):
        console.print()
        console.print(cell(payload["next_step"], "bold"), soft_wrap=True)


def _view_headline(console: Console, payload: Payload) -> None:
    console.print(cell(payload["summary"]), soft_wrap=True)


def _view_plans(console: Console, payload: Payload) -> None:
    rows = table(
        "PLAN", "STATUS", "RISK", "DEVICES", "MADE BY", "MADE", "APPROVALS", "APPROVED BY", "CHANGES"
    )
    for plan in payload["plans"]:
        rows.add_row(
            cell(plan["plan_id"], "bold"),
            state(plan["status"]),
            state(plan["risk"]),
            cell(plan["devices"]),
            cell(plan["created_by"]),
            cell(moment(plan.get("created_at"))),
            cell(plan.get("approvals")),
            cell(plan.get("approved_by")),
            cell(plan["summary"]),
        )
    if payload["plans"]:
        console.print(rows)
    footer(console, payload)
