"""`routeros-mcp lab`: an emulated fleet, registered in a fresh database, served over MCP."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from routeros_mcp.cli.lab_fleet import break_some, make_specs, read_faults, register_all, sockets_explained
from routeros_mcp.cli.lab_lock import LOCK, take
from routeros_mcp.cli.lab_plan import MOST_ROUTERS, LabPlan, new_passphrase
from routeros_mcp.cli.lab_reports import show_faults, show_fidelity
from routeros_mcp.cli.logs import configure_logging
from routeros_mcp.cli.serve import serve
from routeros_mcp.cli.settings import lab_dir, load_settings
from routeros_mcp.config import LoginProfile, Settings
from routeros_mcp.domain.errors import SetupError

if TYPE_CHECKING:
    # The program and the emulator are imported when the lab opens: the list of tools does not wait for them.
    from routeros_mcp.app import App
    from routeros_mcp.emulator import Fleet, RouterSpec

APPROVER = "approver"


def run(chosen: argparse.Namespace) -> int:
    """Serve the lab: over HTTP to a person at a terminal, over stdio to a client that started it."""
    if chosen.fidelity:
        return show_fidelity(chosen)
    if "list" in chosen.faults:
        return show_faults(chosen)
    read_faults(chosen.faults)
    directory = _fresh_directory(chosen.data_dir)
    plan = LabPlan(
        directory=directory,
        passphrase=new_passphrase(),
        routers=chosen.routers,
        seed=chosen.seed,
        fleet=chosen.fleet,
        faults=tuple(chosen.faults),
        spare=chosen.routers < MOST_ROUTERS,
    )
    make_specs(plan)
    http = chosen.http or (not chosen.stdio and sys.stdin.isatty())
    settings = _settings(chosen, directory)
    configure_logging(settings)
    asyncio.run(_serve(settings, plan, http=http))
    return 0


async def _serve(settings: Settings, plan: LabPlan, *, http: bool) -> None:
    from routeros_mcp.cli.lab_screen import show_lab

    @asynccontextmanager
    async def opener() -> AsyncIterator[App]:
        async with open_lab(settings, plan) as (app, fleet):
            if not http:
                show_lab(plan, fleet, url=None)
            yield app

    if not http:
        await serve(settings, opener, http=False)
        return
    async with open_lab(settings, plan) as (app, fleet):

        @asynccontextmanager
        async def opened() -> AsyncIterator[App]:
            yield app

        await serve(settings, opened, http=True, on_ready=lambda url: show_lab(plan, fleet, url=url))


@asynccontextmanager
async def open_lab(settings: Settings, plan: LabPlan) -> AsyncIterator[tuple[App, Fleet]]:
    """Switch the routers on, register all but the spare one, and make the demo approver."""
    from routeros_mcp.app import open_app
    from routeros_mcp.emulator import Fleet

    configure_logging(settings)  # once more: what was imported just now brings loggers of its own
    specs = make_specs(plan)
    settings = settings.model_copy(update={"logins": {"lab": _login_of(specs[-1])}})
    async with AsyncExitStack() as stack:
        with sockets_explained():
            fleet = await stack.enter_async_context(Fleet.running(specs))
        app = await stack.enter_async_context(open_app(settings))
        await register_all(app, fleet, plan)
        await _make_approver(app, plan.passphrase)
        break_some(fleet, plan)
        yield app, fleet


async def _make_approver(app: App, passphrase: str) -> None:
    from routeros_mcp.domain.models import Role
    from routeros_mcp.domain.user_service import NewUser

    await app.services.users.create(NewUser(name=APPROVER, role=Role.APPROVER, passphrase=passphrase))


def _settings(chosen: argparse.Namespace, directory: Path) -> Settings:
    """The lab's settings: its own directory, loopback only, and a login for the spare router."""
    chosen.data_dir = directory
    overrides = {
        "environment": "lab",
        "database_url": f"sqlite:///{directory}/routeros-mcp.db",
        "master_key": None,
        "master_key_file": directory / "master.key",
        "management_networks": ["127.0.0.0/8"],
    }
    return load_settings(chosen, **overrides)


def _login_of(spec: RouterSpec) -> LoginProfile:
    """What lets an assistant register the spare router without ever seeing a password."""
    user = spec.users[0]
    return LoginProfile(username=user.name, password=SecretStr(user.password))


def _fresh_directory(chosen: Path | None) -> Path:
    """An empty directory: the default one, or a numbered one beside it while another lab runs."""
    base = chosen or lab_dir()
    for number in range(1, 100):
        directory = base if number == 1 else base.with_name(f"{base.name}-{number}")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(directory)
        if take(directory):
            _empty(directory)
            return directory
    raise SetupError("A hundred labs are running already.", fix="End some of them.")


def _refuse_foreign(directory: Path) -> None:
    """The lab starts afresh by emptying its directory: it must be one that a lab has made."""
    if any(directory.iterdir()) and not (directory / LOCK).exists():
        raise SetupError(
            f"{directory} holds files and was not made by a lab.",
            fix="Give an empty or new directory: the lab deletes what is in its own.",
        )


def _empty(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.name == LOCK:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
