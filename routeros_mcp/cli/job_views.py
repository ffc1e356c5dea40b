"""How jobs look in a terminal."""

from __future__ import annotations

from rich.console import Console

from routeros_mcp.cli.output import Payload, facts, footer, moment, shown, state, table
from routeros_mcp.cli.plan_review import view_states


def view_jobs(console: Console, payload: Payload) -> None:
    rows = table("JOB", "KIND", "STATUS", "DONE", "PLAN", "ASKED BY", "STARTED", "RESULT")
    for job in payload["jobs"]:
        rows.add_row(
            shown(job["job_id"], "bold"),
            shown(job["job_type"]),
            state(job["status"]),
            shown(f"{job['done']}/{job['total']}"),
            shown(job.get("plan_id")),
            shown(job["requested_by"]),
            shown(moment(job.get("started_at"))),
            shown(job.get("result")),
        )
    if payload["jobs"]:
        console.print(rows)
    footer(console, payload)


def view_job(console: Console, payload: Payload) -> None:
    console.print(
        facts(
            {
                "job": payload["job_id"],
                "kind": payload["job_type"],
                "status": state(payload["status"]),
                "plan": payload.get("plan_id"),
                "devices": f"{payload['done']} of {payload['total']}",
                "asked by": payload["requested_by"],
                "started": moment(payload.get("started_at")),
                "ended": moment(payload.get("finished_at")),
                "result": payload.get("result"),
            }
        )
    )
    view_states(console, payload.get("devices", []))
