"""`routeros-mcp plan resolve`: a person says what became of a router, with its rows before them."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console
from rich.text import Text

from routeros_mcp.cli.output import Payload, facts, show, shown, state
from routeros_mcp.cli.session import Deed, Desk, at_desk
from routeros_mcp.cli.terminal import Terminal, controlling_terminal
from routeros_mcp.domain.models import Scope

_SIDES = (
    ("Unlike before the plan:", "unlike_before"),
    ("Unlike what was planned:", "unlike_planned"),
    ("Not to be seen:", "hidden"),
    ("Still at work:", "armed"),
)


def resolve(chosen: argparse.Namespace) -> int:
    """Read the router, show it, have the claim signed for; one that the rows deny needs the typed name."""
    given = {"plan_id": chosen.plan, "device": chosen.device}
    # The terminal first: without one nothing is opened, and nothing has to be undone.
    with controlling_terminal("resolve") as terminal:
        seen = at_desk(chosen, lambda desk: desk.ask("plan_compare", **given, claim=chosen.claim))
        _view(terminal.console, seen)
        typed = _insisted(terminal, seen, chosen.claim)
        name = chosen.user or terminal.ask("Your name: ")
        passphrase = terminal.ask_secret(f"Passphrase of {name}: ")

    async def work(desk: Desk) -> dict[str, Any]:
        told = {"user": name, "plan_id": chosen.plan}
        deed = Deed(name="plan_resolve_sign_in", arguments=told, scope=Scope.READ)
        person = await desk.do(deed, lambda: desk.app.services.users.authenticate(name, passphrase))
        return await desk.ask("plan_resolve", caller=person, **given, claim=chosen.claim, typed=typed)

    show(chosen, at_desk(chosen, work), _view_headline)
    return 0


def _insisted(terminal: Terminal, seen: Payload, claim: str) -> str | None:
    """What the person typed to insist; the server compares it."""
    if not seen.get("against"):
        return None
    return terminal.ask(f"The rows speak against {claim}. Type the router's name to insist: ")


def _view(console: Console, seen: Payload) -> None:
    held = {"router": seen["device"], "state": state(seen["state"]), "unread": seen.get("unread")}
    console.print(facts(held))
    for title, name in _SIDES:
        lines = seen.get(name, [])
        if lines:
            console.print(Text(f"\n{title}", "bold"))
        for line in lines:
            console.print(Text.assemble("  ", shown(line)), soft_wrap=True)


def _view_headline(console: Console, payload: Payload) -> None:
    console.print(shown(payload["summary"], "bold"), soft_wrap=True)
