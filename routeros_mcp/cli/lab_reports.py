"""`lab --fidelity` and `lab --faults list`: what the emulated routers do, and how they can be broken."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from routeros_mcp.cli.output import Payload, facts, show, shown, table

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"observed": "green", "documented": "cyan", "assumed": "yellow"}
_MEANINGS = {
    "observed": "recorded from real routers",
    "documented": "written in the vendor's manual or in public sources",
    "assumed": "our likeliest reading; no source",
}


def show_fidelity(chosen: argparse.Namespace) -> int:
    """List the behaviours by area with where they are known from, and count them."""
    from routeros_mcp.emulator import provenance

    behaviours = [
        {"area": one.area, "tag": one.tag.value, "source": one.source, "behaviour": one.name}
        for one in provenance()
    ]
    counts = Counter(one["tag"] for one in behaviours)
    payload = {
        "counts": {tag: counts[tag] for tag in _STYLES},
        "total": len(behaviours),
        "behaviours": behaviours,
    }
    show(chosen, payload, _view_fidelity)
    return 0


def show_faults(chosen: argparse.Namespace) -> int:
    from routeros_mcp.emulator import FAULTS

    faults = [
        {"name": kind.name, "argument": kind.argument, "does": kind.does, "right": kind.right}
        for kind in FAULTS.values()
    ]
    show(chosen, {"faults": faults}, _view_faults)
    return 0


def _view_fidelity(console: Console, payload: Payload) -> None:
    for area in sorted({one["area"] for one in payload["behaviours"]}):
        console.print(Text(area, "bold"))
        rows = table("KNOWN AS", "BEHAVIOUR", "FROM")
        for one in payload["behaviours"]:
            if one["area"] == area:
                rows.add_row(
                    Text(one["tag"], _STYLES[one["tag"]]), shown(one["behaviour"]), shown(one["source"])
                )
        console.print(rows)
    counts = table("KNOWN AS", "BEHAVIOURS", "SHARE", "MEANING")
    for tag, count in payload["counts"].items():
        share = f"{100 * count / payload['total']:.0f} %"
        counts.add_row(Text(tag, _STYLES[tag]), str(count), share, _MEANINGS[tag])
    console.print(counts)


def _view_faults(console: Console, payload: Payload) -> None:
    for fault in payload["faults"]:
        argument = f":routers:{fault['argument']}" if fault["argument"] else ":routers"
        console.print(Text.assemble((fault["name"], "bold red"), (argument, "dim")), soft_wrap=True)
        told = {"does": fault["does"], "right": Text(fault["right"], "green")}
        console.print(facts({f"  {name}": text for name, text in told.items()}))
    console.print(
        Text("routeros-mcp lab --faults slow:ams-*:1.5 --faults lossy   (patterns name routers)", "dim")
    )
