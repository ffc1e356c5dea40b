"""Draws docs/images/lab.svg: the lab at work, from real calls against emulated routers."""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from routeros_mcp.app import App
from routeros_mcp.cli.lab import _settings, open_lab
from routeros_mcp.cli.lab_plan import LabPlan
from routeros_mcp.domain.models import SCOPES_OF_ROLE, Principal, Role
from routeros_mcp.toolkit.pipeline import Success

TARGET = Path(__file__).parent.parent / "docs" / "images" / "lab.svg"
PASSPHRASE = "made-up for the picture"
ME = Principal(subject="local:anna", role=Role.ADMIN, scopes=SCOPES_OF_ROLE[Role.ADMIN])
SERVERS = ["192.0.2.53", "192.0.2.54"]


async def answer(app: App, tool: str, who: Principal = ME, **arguments: Any) -> dict[str, Any]:
    pipeline = app.terminal if tool == "plan_approve" else app.pipeline
    outcome = await pipeline.call(who, tool, arguments)
    if not isinstance(outcome, Success):
        raise SystemExit(f"{tool}: {outcome.message}")
    return outcome.result.payload()


def indented(console: Console, what: str | Text, by: int = 5) -> None:
    console.print(Padding(what, (0, 0, 0, by)))


def said(console: Console, text: str) -> None:
    console.print(Text.assemble(("you  ", "bold cyan"), text))


def called(console: Console, text: str) -> None:
    console.print(Text.assemble(("tool ", "bold magenta"), (text, "dim")))


async def conversation(app: App, console: Console) -> None:
    said(console, "What do our routers use for DNS?")
    called(console, 'routeros_read {"devices": ["all"], "path": "/ip/dns", "fields": ["servers"]}')
    reading = await answer(app, "routeros_read", devices=["all"], path="/ip/dns", fields=["servers"])
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 5))
    for group in reading["groups"]:
        table.add_row(", ".join(group["devices"]), Text(group["rows"][0]["servers"], style="green"))
    console.print(table)
    said(console, "Move them all to 192.0.2.53 and 192.0.2.54.")
    called(console, "plan_create, recipe dns_ntp_rollout")
    plan = await answer(
        app, "plan_create", devices=["all"], recipe="dns_ntp_rollout", arguments={"dns_servers": SERVERS}
    )
    indented(console, f"plan [b]{plan['plan_id'][:13]}…[/] {plan['status']}, [green]{plan['risk']} risk[/]")
    for group in plan["diff"][:2]:
        indented(console, f"[b]{', '.join(group['devices'])}[/]")
        for line in group["lines"]:
            depth = 7 + len(line) - len(line.lstrip())
            indented(console, Text(line.lstrip(), style="yellow" if line.startswith("~") else ""), depth)
    await approved_and_applied(app, console, plan)


async def approved_and_applied(app: App, console: Console, plan: dict[str, Any]) -> None:
    console.print(
        Text.assemble(
            ("bob  ", "bold yellow"),
            "$ routeros-mcp plan approve … --as approver   ",
            ("own terminal", "dim"),
        )
    )
    indented(console, "passphrase: [dim](typed by bob, never through the model)[/]")
    approver = await app.services.users.authenticate("approver", PASSPHRASE)
    await answer(app, "plan_approve", approver, plan_id=plan["plan_id"], digest=plan["digest"])
    said(console, "Bob has approved it.")
    called(console, "plan_apply, job_get")
    job = await answer(app, "plan_apply", plan_id=plan["plan_id"])
    ended = await answer(app, "job_get", job_id=job["job_id"], wait_s=50)
    indented(console, f"[green]{ended['result']}[/] (canary first, read back on new connections)")
    said(console, "Undo it.")
    called(console, "plan_rollback, job_get")
    job = await answer(app, "plan_rollback", plan_id=plan["plan_id"])
    ended = await answer(app, "job_get", job_id=job["job_id"], wait_s=50)
    indented(console, f"[green]{ended['result']}[/], rows compared with those from before")


async def main() -> None:
    console = Console(record=True, width=100, force_terminal=True, highlight=False)
    with tempfile.TemporaryDirectory() as directory:
        chosen = argparse.Namespace(data_dir=None, config=None)
        plan = LabPlan(directory=Path(directory), passphrase=PASSPHRASE, routers=6, seed=1, spare=False)
        async with open_lab(_settings(chosen, Path(directory)), plan) as (app, _):
            await conversation(app, console)
    svg = console.export_svg(title="routeros-mcp lab")
    TARGET.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
