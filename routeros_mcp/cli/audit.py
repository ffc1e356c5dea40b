"""`routeros-mcp audit`: who did what, to which router, and whether the trail is whole."""

from __future__ import annotations

import argparse
import json
import re
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from routeros_mcp.cli.errors import FAILED
from routeros_mcp.cli.output import Payload, footer, moment, show, shown, state, table, waiting
from routeros_mcp.cli.session import Desk, at_desk
from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.infra.clock import SystemClock

_AGE = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def listed(chosen: argparse.Namespace) -> int:
    since = _moment(chosen.since).isoformat() if chosen.since else None

    async def work(desk: Desk) -> dict[str, Any]:
        return await desk.ask(
            "audit_search",
            user=chosen.user,
            device=chosen.device,
            tool=chosen.tool,
            result=chosen.result.upper() if chosen.result else None,
            plan_id=chosen.plan,
            since=since,
            limit=chosen.limit,
            cursor=chosen.cursor,
        )

    show(chosen, at_desk(chosen, work), _view)
    return 0


def verified(chosen: argparse.Namespace) -> int:
    with waiting("Recomputing the chain…"):
        payload = at_desk(chosen, lambda desk: desk.ask("audit_verify"))
    show(chosen, payload, _view_verdict)
    return 0 if payload["intact"] else FAILED


def _moment(text: str) -> datetime:
    """A time, or an age such as 12h counted back from now; a time without a zone is the machine's."""
    if age := _AGE.fullmatch(text):
        return SystemClock().now() - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise InvalidParams(f"{text!r} is no time.", fix="Use 90m, 12h, 7d or an ISO 8601 time.") from None


def _view(console: Console, payload: Payload) -> None:
    rows = table("TIME", "WHO", "ACTION", "TOOL", "DEVICE", "RESULT", "ERROR", "ARGUMENTS")
    for event in payload["events"]:
        rows.add_row(
            shown(moment(event["at"])),
            shown(event["user"]),
            shown(event["action"]),
            shown(event["tool"], "bold"),
            shown(event.get("device")),
            state(event["result"]),
            shown(event.get("error")),
            shown(json.dumps(event.get("arguments", {}))),
        )
    if payload["events"]:
        console.print(rows)
    footer(console, payload)


def _view_verdict(console: Console, payload: Payload) -> None:
    console.print(shown(payload["summary"], "bold green" if payload["intact"] else "bold red"))
