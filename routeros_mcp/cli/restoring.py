"""`routeros-mcp db accept-restored`: an older copy of the database is taken as it is, by a person."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from routeros_mcp.cli.errors import Stopped
from routeros_mcp.cli.output import Payload, show, shown
from routeros_mcp.cli.session import Desk, at_desk
from routeros_mcp.cli.terminal import controlling_terminal

_WORD = "restored"
_QUESTION = (
    "Jobs in this database end, plans that wait are cancelled, and routers of plans under way are locked\n"
    "until somebody has compared them (`routeros-mcp plan resolve`). Stop every other process first.\n"
    f"Type {_WORD} to go on: "
)


def accepted(chosen: argparse.Namespace) -> int:
    """Have a person agree on the terminal, then end and void what the copy still held."""
    with controlling_terminal("accept a restored database") as terminal:
        if terminal.ask(_QUESTION) != _WORD:
            raise Stopped(f"{_WORD} was not typed.", fix="Nothing was done.")

    async def work(desk: Desk) -> dict[str, Any]:
        restored = await desk.app.services.restoration.accept(desk.principal)
        if restored is None:
            return {"summary": "The database is the one that was used last: nothing was done."}
        return {
            "summary": f"The restored database is in use: {restored.jobs} jobs ended, {restored.cancelled} "
            f"plans cancelled, {restored.halted} in doubt.",
            "audit_lines_lost": restored.lines_lost,
            "jobs_ended": restored.jobs,
            "plans_cancelled": restored.cancelled,
            "plans_in_doubt": restored.halted,
        }

    show(chosen, at_desk(chosen, work, may_be_restored=True), _view)
    return 0


def _view(console: Console, payload: Payload) -> None:
    console.print(shown(payload["summary"], "bold"), soft_wrap=True)
