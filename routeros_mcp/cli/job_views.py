"""How jobs look in a terminal."""

from __future__ import annotations

from typing import Any

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
                "stopped": shown(payload["stopped"], "red") if payload.get("stopped") else None,
            }
        )
    )
    view_waves(console, payload.get("waves", []))
    view_states(console, payload.get("devices", []))


def view_waves(console: Console, waves: list[dict[str, Any]]) -> None:
    """How far each wave has got, and what its health gate said."""
    if not waves:
        return
    rows = table("WAVE", "DONE", "GATE", "WHY", "ACCEPTED BY")
    for wave in waves:
        rows.add_row(
            shown(wave["wave"]),
            shown(f"{wave['done']}/{wave['total']}"),
            state(wave.get("gate")),
            shown("; ".join(wave.get("reasons", []))),
            shown(wave.get("accepted_by")),
        )
    console.print(rows)


def view_report(console: Console, payload: Payload) -> None:
    """What the newest job of a plan did, device by device."""
    known = {"plan": "plan_id", "job": "job_id", "result": "result", "order": "order", "stopped": "stopped"}
    console.print(facts({label: payload.get(name) for label, name in known.items()}))
    view_waves(console, payload.get("waves", []))
    rows = table("DEVICE", "WAVE", "STATE", "ACCEPTED", "UNDONE", "READ BACK", "GATE", "ENDED", "WHY")
    for device in payload["devices"]:
        gate = device.get("gate") or {}
        rows.add_row(
            shown(device["device"], "bold"),
            shown(device.get("wave")),
            state(device["state"]),
            shown(device.get("accepted")),
            shown(device.get("reverted")),
            shown(device.get("read_back")),
            state(gate.get("verdict")),
            shown(moment(device.get("finished_at"))),
            shown("; ".join([*gate.get("reasons", []), *filter(None, [device.get("message")])])),
        )
    console.print(rows)
