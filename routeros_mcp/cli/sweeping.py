"""`routeros-mcp device sweep`: what dead-man switches have left on routers, found and taken away."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from routeros_mcp.cli.errors import FAILED
from routeros_mcp.cli.output import Payload, show, shown, state, table, waiting
from routeros_mcp.cli.session import Desk, at_desk


def sweep(chosen: argparse.Namespace) -> int:
    """Exit code 1 where a router could not be looked at, or an orphan is left."""

    async def work(desk: Desk) -> dict[str, Any]:
        devices = chosen.selector or ["all"]
        return await desk.ask("device_sweep", devices=devices, dry_run=chosen.dry_run or None)

    with waiting("Looking over the routers…"):
        payload = at_desk(chosen, work)
    show(chosen, payload, _view)
    left = any(find["fate"] == "orphan" for find in payload["found"])
    return FAILED if payload["unread"] or left else 0


def _view(console: Console, payload: Payload) -> None:
    rows = table("DEVICE", "FOUND", "IN", "FATE", "WHY")
    for find in payload["found"]:
        where, why = shown(find["path"]), shown(find["why"])
        rows.add_row(shown(find["device"], "bold"), shown(find["name"]), where, state(find["fate"]), why)
    for one in payload["unread"]:
        rows.add_row(shown(one["device"], "bold"), "", "", state("unreachable"), shown(one["why"]))
    if payload["found"] or payload["unread"]:
        console.print(rows)
    console.print(shown(payload["summary"], "bold"), soft_wrap=True)
