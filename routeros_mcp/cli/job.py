"""`routeros-mcp job`: what is running and how it ended."""

from __future__ import annotations

import argparse
from typing import Any

from routeros_mcp.cli.errors import FAILED
from routeros_mcp.cli.following import follow
from routeros_mcp.cli.job_views import view_job, view_jobs
from routeros_mcp.cli.output import show
from routeros_mcp.cli.session import Desk, at_desk
from routeros_mcp.domain.models import JobStatus, JobType


def listed(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        return await desk.ask(
            "job_list", status=chosen.status, plan_id=chosen.plan, limit=chosen.limit, cursor=chosen.cursor
        )

    show(chosen, at_desk(chosen, work), view_jobs)
    return 0


def shown(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        if chosen.follow:
            return await follow(desk, chosen.job, owns=False)
        return await desk.ask("job_get", job_id=chosen.job)

    show(chosen, at_desk(chosen, work), view_job)
    return 0


def paused(chosen: argparse.Namespace) -> int:
    return _stopped(chosen, "pause")


def cancelled(chosen: argparse.Namespace) -> int:
    return _stopped(chosen, "roll_back" if chosen.roll_back else "leave")


def resumed(chosen: argparse.Namespace) -> int:
    """Run the job in this process and stay until it has ended."""

    async def work(desk: Desk) -> dict[str, Any]:
        held = await desk.ask("job_get", job_id=chosen.job)
        tool = "plan_rollback" if held["job_type"] == JobType.ROLLBACK_PLAN else "plan_apply"
        started = await desk.ask(tool, plan_id=held.get("plan_id", ""), resume=True)
        return await follow(desk, started["job_id"])

    payload = at_desk(chosen, work)
    show(chosen, payload, view_job)
    return 0 if payload["status"] == JobStatus.SUCCESS else FAILED


def _stopped(chosen: argparse.Namespace, mode: str) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        job = await desk.ask("job_cancel", job_id=chosen.job, mode=mode)
        # A paused job has to be concluded, which happens in this process.
        return await follow(desk, chosen.job) if job["status"] == JobStatus.PENDING else job

    show(chosen, at_desk(chosen, work), view_job)
    return 0
