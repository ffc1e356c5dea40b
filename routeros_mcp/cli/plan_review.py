"""A plan as its approver has to see it: whole, with nothing hidden in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from routeros_mcp.cli.output import Payload, facts, moment, shown, state, table
from routeros_mcp.cli.session import Desk
from routeros_mcp.domain.models import PlanDomain
from routeros_mcp.domain.planning.render import visible
from routeros_mcp.domain.ports import MenuSchema
from routeros_mcp.domain.redaction import redact_script

_LINE_STYLES = {"+": "green", "-": "red", "~": "yellow", "!": "bold red"}


async def reviewed(desk: Desk, plan_id: str) -> dict[str, Any]:
    """The answer of plan_get with every line of the diff, and the long values that its lines cut short."""
    payload = await desk.ask("plan_get", plan_id=plan_id)
    view = await desk.app.services.plans.get(desk.principal, plan_id)
    payload["diff"] = [
        {"devices": list(group.devices), "lines": list(group.lines), "lines_total": len(group.lines)}
        for group in view.groups
    ]
    if view.plan is not None:
        # Of the same reading as the lines: what is approved is what was shown.
        payload["digest"] = view.plan.digest
        payload["summary_of_changes"] = visible(view.plan.summary)
        payload["created_at"] = view.plan.created_at.isoformat() if view.plan.created_at else None
        payload["long_values"] = list(_long_values(view.plan, desk.app.services.menus.schema))
    return payload


def view_plan(console: Console, payload: Payload) -> None:
    reasons = "; ".join(payload.get("risk_reasons", [])).removeprefix(f"{payload.get('risk')}: ")
    risk = Text.assemble(state(payload.get("risk")), ": ", _whole(reasons))
    console.print(
        facts(
            {
                "plan": payload.get("plan_id"),
                "status": state(payload.get("status")),
                "changes": payload.get("summary_of_changes"),
                "risk": risk,
                "made by": payload.get("created_by"),
                "reason": payload.get("reason"),
                "made": moment(payload.get("created_at")),
                "rollout": _rollout_words(payload.get("rollout")),
                "expires": moment(payload.get("expires_at")),
                **_approval_facts(payload.get("approval")),
                "approved by": payload.get("approved_by"),
                "approval ends": moment(payload.get("approval_expires_at")),
                "error": shown(payload.get("error"), "red") if payload.get("error") else None,
                "digest": payload.get("digest"),
            }
        )
    )
    for group in payload["diff"]:
        _view_group(console, group)
    _view_long_values(console, payload.get("long_values", []))
    _view_ways_in(console, payload.get("management_path", []))
    _view_lists(console, payload)
    view_states(console, payload.get("device_states", []))


def _approval_facts(approval: Payload | None) -> dict[str, object]:
    """What the plan waits for, and who has agreed to it so far."""
    if not approval:
        return {}
    given = [f"{one['by']} until {moment(one['until'])}" for one in approval["given"]]
    return {
        "approvals": f"{len(approval['given'])} of {approval['needed']}",
        "given by": "; ".join(given),
        "who may": approval.get("who_may"),
        "change window": approval.get("window"),
        "policy": _lines(approval.get("reasons", [])),
        "refused": _lines(approval.get("refused", []), "red"),
    }


def _lines(words: list[str], style: str = "") -> Text | None:
    return Text("\n".join(_whole(word) for word in words), style) if words else None


def _rollout_words(rollout: Payload | None) -> str | None:
    """How the plan reaches its devices: approved with the rest."""
    if rollout is None:
        return None
    gates = "health gate after each" if rollout["gates"] else "NO health gates"
    soak = f", {rollout['soak_s']:g} s between them" if rollout["soak_s"] else ""
    waves = f"waves of {', '.join(rollout['waves'])}{soak}; {rollout['parallel']} devices at a time"
    return f"{waves}; {gates}; on failure {rollout['on_failure']}"


def view_states(console: Console, rows: list[dict[str, Any]]) -> None:
    """How far each device has got; left out while none has begun."""
    if all(row["state"] == "planned" for row in rows):
        return
    listed = table("DEVICE", "STATE", "WHY")
    for row in rows:
        listed.add_row(shown(row["device"]), state(row["state"]), shown(row.get("message")))
    console.print(listed)


def _view_group(console: Console, group: Payload) -> None:
    names = ", ".join(group["devices"])
    console.print()
    console.print(Text(f"{len(group['devices'])} device(s): {_whole(names)}", "bold"))
    for line in group["lines"]:
        # Values are masked already; names and paths are the caller's own words too.
        console.print(Text(_whole(line), _LINE_STYLES.get(line[:1], "")), soft_wrap=True)


def _view_long_values(console: Console, values: list[dict[str, str]]) -> None:
    for value in values:
        title = f"{value['path']} {value['name']}, in full ({len(value['text'])} characters):"
        console.print()
        console.print(Text(_whole(title), "bold"))
        for line in value["text"].split("\n"):
            console.print(Text(f"    {_whole(line)}"), soft_wrap=True)


def _view_ways_in(console: Console, ways: list[dict[str, Any]]) -> None:
    """Where the plan may lock its own manager out: the first thing that an approver has to know."""
    for way in ways:
        title = "is CUT OFF by this plan" if way["verdict"] == "cut" else "may be cut off by this plan"
        console.print(Text(f"\n{_whole(way['device'])} {title}:", "bold red"))
        for reason in way["reasons"]:
            console.print(Text(f"  {_whole(reason)}", "red"), soft_wrap=True)


def _view_lists(console: Console, payload: Payload) -> None:
    for title, name, style in (
        ("Cannot be undone:", "cannot_be_undone", "bold red"),
        ("Undone by a backup if nobody confirms:", "checkpoint", "bold yellow"),
        ("No dead-man switch:", "no_dead_man_switch", "yellow"),
        ("Warnings:", "warnings", "yellow"),
    ):
        lines = payload.get(name, [])
        if lines:
            console.print(Text(f"\n{title}", style))
        for line in lines:
            console.print(Text(f"  {_whole(line)}", style), soft_wrap=True)


def _long_values(plan: PlanDomain, schema: MenuSchema) -> Iterator[dict[str, str]]:
    """What is written and does not fit a line of the diff, once each: a script may hide its end there."""
    told: set[tuple[str, str, str]] = set()
    for change in plan.changes:
        secrets = schema.secrets_of(change.path)
        for name, value in (change.after or {}).items():
            text = redact_script(value or "")
            is_cut = name not in secrets and visible(text) != _whole(text)
            if is_cut and (change.path, name, text) not in told:
                told.add((change.path, name, text))
                yield {"path": change.path, "name": name, "text": text}


def _whole(text: str) -> str:
    """All of the text, with nothing hidden in it."""
    return visible(text, len(text))
