"""`routeros-mcp device`: the registry of routers."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from routeros_mcp.cli.device_views import view_device, view_devices, view_test
from routeros_mcp.cli.errors import FAILED, Stopped
from routeros_mcp.cli.output import say, show, waiting
from routeros_mcp.cli.router_login import key_of, login_of
from routeros_mcp.cli.session import Deed, Desk, at_desk
from routeros_mcp.cli.terminal import controlling_terminal
from routeros_mcp.domain.device_service import DeviceChanges, Registration
from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models import CredentialKind, Environment, Login

Work = Callable[[Desk], Awaitable[dict[str, Any]]]


def listed(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        return await desk.ask(
            "device_list", devices=chosen.selector or ["all"], limit=chosen.limit, cursor=chosen.cursor
        )

    show(chosen, at_desk(chosen, work), view_devices)
    return 0


def shown(chosen: argparse.Namespace) -> int:
    async def work(desk: Desk) -> dict[str, Any]:
        return await desk.ask("device_get", device=chosen.device)

    show(chosen, at_desk(chosen, work), view_device)
    return 0


def tested(chosen: argparse.Namespace) -> int:
    with waiting(f"Trying the way to {chosen.device}…"):
        payload = at_desk(chosen, lambda desk: desk.ask("device_test", device=chosen.device))
    show(chosen, payload, view_test)
    return 0 if _has_passed(payload) else FAILED


def add(chosen: argparse.Namespace) -> int:
    """Register, then test; a router that fails the test stays registered, and the exit code says so."""
    tags = _tags(chosen.tag)
    login = None if chosen.login else login_of(chosen, chosen.name)

    async def work(desk: Desk) -> dict[str, Any]:
        wanted = Registration(
            name=chosen.name,
            management_address=chosen.address,
            environment=_environment(chosen.environment or desk.environment),
            tags=tags,
            allow_advanced_writes=chosen.allow_advanced_writes,
            allow_professional_workflows=chosen.allow_professional_workflows,
            ssh_port=chosen.ssh_port or 0,
            login=login,
            login_profile=chosen.login,
        )
        deed = Deed(name="device_add", arguments=_told(wanted))
        await desk.do(deed, lambda: desk.app.services.devices.register(wanted))
        say(f"{chosen.name} is registered.")
        return await _outcome(desk, chosen.name, test=not chosen.no_test)

    return _show_outcome(chosen, _awaited(chosen, work))


def login(chosen: argparse.Namespace) -> int:
    kind = _kind_of(chosen)
    is_key = kind is CredentialKind.ROUTEROS_SSH_KEY
    held = key_of(chosen, chosen.device) if is_key else login_of(chosen, chosen.device)

    async def work(desk: Desk) -> dict[str, Any]:
        await _store_login(desk, chosen.device, held, kind)
        say(f"The login of {chosen.device} is stored.")
        return await _outcome(desk, chosen.device, test=not chosen.no_test)

    return _show_outcome(chosen, _awaited(chosen, work))


def updated(chosen: argparse.Namespace) -> int:
    changes = DeviceChanges(
        name=chosen.new_name,
        management_address=chosen.address,
        tags={**dict.fromkeys(chosen.untag), **_tags(chosen.tag)},
        allow_advanced_writes=chosen.allow_advanced_writes,
        allow_professional_workflows=chosen.allow_professional_workflows,
        forget_certificate=chosen.forget_certificate,
        ssh_port=chosen.ssh_port,
        forget_host_key=chosen.forget_host_key,
    )
    if changes == DeviceChanges():
        raise InvalidParams("Nothing is to be changed.", fix="See routeros-mcp device update --help.")

    async def work(desk: Desk) -> dict[str, Any]:
        devices = desk.app.services.devices
        found = await devices.find(desk.principal, chosen.device)
        deed = Deed(name="device_update", device=found, arguments=_changed(changes))
        saved = await desk.do(deed, lambda: devices.update(found, changes))
        return await desk.ask("device_get", device=saved.id)

    show(chosen, at_desk(chosen, work), view_device)
    return 0


def retired(chosen: argparse.Namespace) -> int:
    payload = at_desk(chosen, lambda desk: desk.ask("device_retire", device=chosen.device))
    show(chosen, payload, view_device)
    return 0


def removed(chosen: argparse.Namespace) -> int:
    """Delete a router after its name was typed once more."""
    if not chosen.yes:
        with controlling_terminal(f"confirm the removal of {chosen.device}") as terminal:
            typed = terminal.ask(
                f"This deletes {chosen.device} with its health history and snapshots. "
                "Type its name to go on: "
            )
        if typed != chosen.device:
            raise Stopped("The name was not repeated.", fix="Nothing was removed.")

    async def work(desk: Desk) -> dict[str, Any]:
        devices = desk.app.services.devices
        found = await devices.find(desk.principal, chosen.device)
        # Not as the deed's device: a retired one may go too, and the line must outlive what it is about.
        deed = Deed(name="device_remove", arguments={"device": found.name, "device_id": found.id})
        await desk.do(deed, lambda: devices.remove(found))
        return {"summary": f"{found.name} is removed.", "id": found.id, "name": found.name}

    payload = at_desk(chosen, work)
    show(chosen, payload, lambda console, told: console.print(told["summary"]))
    return 0


def _kind_of(chosen: argparse.Namespace) -> CredentialKind:
    if chosen.ssh_key is not None:
        return CredentialKind.ROUTEROS_SSH_KEY
    return CredentialKind.ROUTEROS_SSH if chosen.ssh else CredentialKind.ROUTEROS_REST


async def _store_login(desk: Desk, word: str, held: Login, kind: CredentialKind) -> None:
    devices = desk.app.services.devices
    found = await devices.find(desk.principal, word)
    told = {"username": held.username, "kind": str(kind)}
    deed = Deed(name="device_login", device=found, arguments=told)
    await desk.do(deed, lambda: devices.set_login(found, held, kind))


def _awaited(chosen: argparse.Namespace, work: Work) -> dict[str, Any]:
    with waiting("Talking to the router…"):
        return at_desk(chosen, work)


async def _outcome(desk: Desk, name: str, *, test: bool) -> dict[str, Any]:
    tested = await desk.ask("device_test", device=name) if test else None
    return {**await desk.ask("device_get", device=name), **({"test": tested} if tested else {})}


def _show_outcome(chosen: argparse.Namespace, payload: dict[str, Any]) -> int:
    show(chosen, payload, view_device)
    return 0 if "test" not in payload or _has_passed(payload["test"]) else FAILED


def _has_passed(test: dict[str, Any]) -> bool:
    return all(stage["ok"] for stage in (*test["stages"], *test.get("ssh_stages", ())))


def _tags(words: Sequence[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if any(not equals for _, equals, _ in pairs):
        raise InvalidParams("A tag is written key=value.", fix="Such as --tag site=ams.")
    return {key: value for key, _, value in pairs}


def _environment(word: str) -> Environment:
    try:
        return Environment(word)
    except ValueError:
        known = ", ".join(Environment)
        raise InvalidParams(f"There is no environment {word!r}.", fix=f"Use one of: {known}.") from None


def _told(wanted: Registration) -> dict[str, object]:
    """What the audit trail keeps of a registration: no password."""
    return {
        "name": wanted.name,
        "address": wanted.management_address,
        "environment": str(wanted.environment),
        "tags": dict(wanted.tags),
        "allow_advanced_writes": wanted.allow_advanced_writes,
        "allow_professional_workflows": wanted.allow_professional_workflows,
        "ssh_port": wanted.ssh_port,
        "username": wanted.login.username if wanted.login else None,
        "login_profile": wanted.login_profile,
    }


def _changed(changes: DeviceChanges) -> dict[str, object]:
    held: dict[str, object] = {
        "name": changes.name,
        "address": changes.management_address,
        "tags": dict(changes.tags) or None,
        "allow_advanced_writes": changes.allow_advanced_writes,
        "allow_professional_workflows": changes.allow_professional_workflows,
        "forget_certificate": changes.forget_certificate or None,
        "ssh_port": changes.ssh_port,
        "forget_host_key": changes.forget_host_key or None,
    }
    return {name: value for name, value in held.items() if value is not None}
