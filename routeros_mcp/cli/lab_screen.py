"""What the lab tells the person who started it; never sent over MCP."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from routeros_mcp.cli.lab_plan import LabPlan

if TYPE_CHECKING:
    from routeros_mcp.emulator import Fleet

_MOST_ROWS = 30
_SOME_ROWS = 12


def show_lab(plan: LabPlan, fleet: Fleet, *, url: str | None) -> None:
    """Routers, how to connect, and the approver's passphrase, on standard error."""
    console = Console(stderr=True)
    console.print(_table(plan, fleet))
    flag = "" if plan.directory.name == "lab" else f" --data-dir {plan.directory}"
    lab = flag or " --lab"
    if len(fleet) > _MOST_ROWS:
        console.print(f"… and {len(fleet) - _SOME_ROWS} more: {_program()} device list{lab}", soft_wrap=True)
    for word in plan.faults:
        console.print(f"Fault: [bold red]{escape(word)}[/]")
    spare = list(fleet)[plan.routers :]
    for router in spare:
        console.print(f"Spare: ask for [bold]device_register[/] of {router.address} with login_profile lab.")
    if url:
        console.print(f"MCP over HTTP: [bold cyan]{url}[/]  (Ctrl-C ends the lab)")
    console.print(
        Panel(
            "A plan is approved by a second person, in a second terminal:\n\n"
            f"  [bold]{_program()} plan approve PLAN --as approver{lab}[/]\n\n"
            f"Passphrase of [bold]approver[/]: [bold yellow]{plan.passphrase}[/]",
            title="Approving",
            expand=False,
        )
    )


def _program() -> str:
    """What to type in another terminal: uv tells the programs that it runs that it did."""
    return "uv run routeros-mcp" if "UV" in os.environ else "routeros-mcp"


def _table(plan: LabPlan, fleet: Fleet) -> Table:
    table = Table(title=f"Emulated fleet ({plan.directory})", title_justify="left")
    for name in ("router", "address", "model", "RouterOS", "registered"):
        table.add_column(name)
    rows = _MOST_ROWS if len(fleet) <= _MOST_ROWS else _SOME_ROWS
    for number, router in enumerate(islice(fleet, rows)):
        registered = number < plan.routers
        table.add_row(
            router.spec.name,
            router.address,
            router.spec.board,
            router.spec.version,
            "[green]yes[/]" if registered else "[yellow]spare[/]",
        )
    return table
