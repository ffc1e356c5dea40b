"""`routeros-mcp plan approve|reject`: a second person decides, proven on the controlling terminal."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from routeros_mcp.cli.errors import Stopped
from routeros_mcp.cli.output import Payload, show
from routeros_mcp.cli.output import shown as cell
from routeros_mcp.cli.plan_review import reviewed, view_plan
from routeros_mcp.cli.session import Deed, Desk, at_desk
from routeros_mcp.cli.terminal import Terminal, controlling_terminal
from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import Principal, Scope

_TYPED = 8
"""Characters of the digest that the approver repeats."""


def approve(chosen: argparse.Namespace) -> int:
    """Show the plan, have it confirmed and signed for, approve exactly what was shown."""
    # The terminal first: without one nothing is opened, and nothing has to be undone.
    with controlling_terminal("approve") as terminal:
        plan = at_desk(chosen, lambda desk: reviewed(desk, chosen.plan))
        _show_on(terminal, plan)
        _refuse_decided(plan)
        digest = str(plan["digest"])
        overrides = _overrides(terminal, plan)
        _confirm(terminal, digest)
        name, passphrase = _credentials(terminal, chosen.user)

    async def work(desk: Desk) -> dict[str, Any]:
        person = await _authenticated(desk, "plan_approve", plan, name, passphrase)
        given = {"plan_id": plan["plan_id"], "digest": digest, "overrides": overrides}
        return await desk.ask("plan_approve", caller=person, **given)

    show(chosen, at_desk(chosen, work), _view_decided)
    return 0


def reject(chosen: argparse.Namespace) -> int:
    with controlling_terminal("reject") as terminal:
        plan = at_desk(chosen, lambda desk: reviewed(desk, chosen.plan))
        _show_on(terminal, plan)
        name, passphrase = _credentials(terminal, chosen.user)

    async def work(desk: Desk) -> dict[str, Any]:
        person = await _authenticated(desk, "plan_reject", plan, name, passphrase)
        given = {"plan_id": plan["plan_id"], "reason": chosen.reason}
        return await desk.ask("plan_reject", caller=person, **given)

    show(chosen, at_desk(chosen, work), _view_decided)
    return 0


def _show_on(terminal: Terminal, plan: Payload) -> None:
    """On the terminal, wherever standard output leads: who decides must have seen it."""
    console = terminal.console
    view_plan(console, plan)
    console.print()


def _refuse_decided(plan: Payload) -> None:
    approval = plan.get("approval")
    if approval is None or len(approval["given"]) >= approval["needed"]:
        raise Conflict(
            f"Plan {plan['plan_id']} is {plan['status']}: there is nothing to approve.",
            fix="See routeros-mcp plan list --status submitted.",
        )


def _overrides(terminal: Terminal, plan: Payload) -> list[str]:
    """The devices that the plan cuts off from their manager, each typed by the approver.

    Raises:
        Stopped: something else was typed.
    """
    names = [str(name) for name in plan["approval"].get("must_name", ())]
    for name in names:
        question = f"This cuts the manager off from {name}. Type its name to do it all the same: "
        if terminal.ask(question) != name:
            raise Stopped(f"{name} was not confirmed.", fix="Nothing was approved.")
    return names


def _confirm(terminal: Terminal, digest: str) -> None:
    start = digest[:_TYPED]
    typed = terminal.ask(f"Type {start} (the start of the digest) or yes to approve exactly this: ")
    if typed.lower() not in {start, digest, "yes"}:
        raise Stopped("The plan was not confirmed.", fix="Nothing was approved.")


def _credentials(terminal: Terminal, given: str | None) -> tuple[str, str]:
    name = given or terminal.ask("Your name: ")
    return name, terminal.ask_secret(f"Passphrase of {name}: ")


async def _authenticated(
    desk: Desk, tool: str, plan: Mapping[str, Any], name: str, passphrase: str
) -> Principal:
    """The person; a wrong passphrase is recorded against who typed it."""
    deed = Deed(
        name=f"{tool}_sign_in", arguments={"user": name, "plan_id": plan["plan_id"]}, scope=Scope.READ
    )
    return await desk.do(deed, lambda: desk.app.services.users.authenticate(name, passphrase))


def _view_decided(console: Console, payload: Payload) -> None:
    console.print(cell(payload["summary"], "bold"), soft_wrap=True)
