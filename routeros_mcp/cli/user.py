"""`routeros-mcp user`: people who prove themselves on a terminal."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from routeros_mcp.cli.errors import Stopped
from routeros_mcp.cli.output import Payload, footer, show, state, table
from routeros_mcp.cli.output import shown as cell
from routeros_mcp.cli.session import Deed, Desk, at_desk
from routeros_mcp.cli.terminal import Terminal, controlling_terminal
from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models import Effect, Principal, Role, Scope, UserDomain
from routeros_mcp.domain.user_service import NewUser


def create(chosen: argparse.Namespace) -> int:
    role = _role(chosen.role)
    with controlling_terminal("choose a passphrase") as terminal:
        vouching = _vouching(chosen, terminal)
        passphrase = terminal.ask_secret(f"Passphrase of {chosen.name}: ")
        if terminal.ask_secret("Once more: ") != passphrase:
            raise Stopped("The two passphrases differ.", fix="Nobody was added.")
    wanted = NewUser(name=chosen.name, role=role, passphrase=passphrase, email=chosen.email)

    async def work(desk: Desk) -> dict[str, Any]:
        told = {"name": wanted.name, "role": str(role), "email": wanted.email}
        users = desk.app.services.users
        voucher = await _voucher(desk, vouching, wanted.name)
        made = await desk.do(Deed(name="user_create", arguments=told), lambda: users.create(wanted, voucher))
        return {"summary": f"{made.name} is added as {made.role}.", **_facts_of(made)}

    show(chosen, at_desk(chosen, work), lambda console, told: console.print(cell(told["summary"])))
    return 0


def _vouching(chosen: argparse.Namespace, terminal: Terminal) -> tuple[str, str] | None:
    """Name and passphrase of who vouches; the first user of an installation needs nobody."""
    if not at_desk(chosen, lambda desk: desk.app.services.users.all()):
        return None
    name = chosen.by or terminal.ask("Which approver or admin vouches? ")
    return name, terminal.ask_secret(f"Passphrase of {name}: ")


async def _voucher(desk: Desk, vouching: tuple[str, str] | None, wanted: str) -> Principal | None:
    if vouching is None:
        return None
    name, passphrase = vouching
    deed = Deed(name="user_create_sign_in", arguments={"user": name, "for": wanted}, scope=Scope.READ)
    return await desk.do(deed, lambda: desk.app.services.users.authenticate(name, passphrase))


def listed(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        users = await desk.do(
            Deed(name="user_list", arguments={}, effect=Effect.READ), desk.app.services.users.all
        )
        return {"summary": f"{len(users)} user(s).", "users": [_facts_of(user) for user in users]}

    show(chosen, at_desk(chosen, work), _view)
    return 0


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise InvalidParams(f"There is no role {word!r}.", fix=f"Use one of: {', '.join(Role)}.") from None


def _facts_of(user: UserDomain) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": str(user.role),
        "email": user.email,
        "status": "active" if user.active else "inactive",
        "locked_until": user.locked_until.isoformat() if user.locked_until else None,
    }


def _view(console: Console, payload: Payload) -> None:
    rows = table("NAME", "ROLE", "STATUS", "EMAIL")
    for user in payload["users"]:
        rows.add_row(
            cell(user["name"], "bold"), cell(user["role"]), state(user["status"]), cell(user["email"])
        )
    if payload["users"]:
        console.print(rows)
    footer(console, payload)
