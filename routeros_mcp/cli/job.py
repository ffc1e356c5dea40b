"""`routeros-mcp job`: what is running and how it ended."""

from __future__ import annotations

import argparse
from typing import Any

from routeros_mcp.cli.job_views import view_job, view_jobs
from routeros_mcp.cli.output import show
from routeros_mcp.cli.session import Desk, at_desk


def listed(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        return await desk.ask(
            "job_list", status=chosen.status, plan_id=chosen.plan, limit=chosen.limit, cursor=chosen.cursor
        )

    show(chosen, at_desk(chosen, work), view_jobs)
    return 0


def shown(chosen: argparse.Namespace) -> int:
    show(chosen, at_desk(chosen, lambda desk: desk.ask("job_get", job_id=chosen.job)), view_job)
    return 0
