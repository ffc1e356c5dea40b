"""`routeros-mcp lab`: an emulated fleet, registered in a fresh database, served over MCP."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from routeros_mcp.cli.lab_lock import LOCK, take
from routeros_mcp.cli.lab_plan import LabPlan, new_passphrase
from routeros_mcp.cli.logs import configure_logging
from routeros_mcp.cli.serve import serve
from routeros_mcp.cli.settings import lab_dir, load_settings
from routeros_mcp.config import LoginProfile, Settings
from routeros_mcp.domain.errors import SetupError

if TYPE_CHECKING:
    # The program and the emulator are imported when the lab opens: the list of tools does not wait for them.
    from routeros_mcp.app import App
    from routeros_mcp.emulator import Fleet, Router, RouterSpec

APPROVER = "approver"


def run(chosen: argparse.Namespace) -> int:
    """Serve the lab: over HTTP to a person at a terminal, over stdio to a client that started it."""
    directory = _fresh_directory(chosen.data_dir)
    plan = LabPlan(
        directory=directory,
        passphrase=new_passphrase(),
        routers=chosen.routers,
        seed=chosen.seed,
    )
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
    from routeros_mcp.emulator import Fleet, branch_fleet

    configure_logging(settings)  # once more: what was imported just now brings loggers of its own
    specs = branch_fleet(plan.routers + int(plan.spare), plan.seed)
    settings = settings.model_copy(update={"logins": {"lab": _login_of(specs[-1])}})
    async with Fleet.running(specs) as fleet, open_app(settings) as app:
        registered = list(fleet)[: plan.routers]
        for router, spec in zip(registered, specs, strict=False):
            await _register(app, router, spec)
        await _make_approver(app, plan.passphrase)
        yield app, fleet


async def _register(app: App, router: Router, spec: RouterSpec) -> None:
    from routeros_mcp.domain.device_service import Registration
    from routeros_mcp.domain.models import Environment, Login, Secret

    device = await app.services.devices.register(
        Registration(
            name=router.spec.name,
            management_address=router.address,
            environment=Environment.LAB,
            tags={"site": spec.site, "role": spec.role},
            allow_advanced_writes=True,
            allow_professional_workflows=True,
            ssh_port=router.ssh.port,
            login=Login(username=router.username, password=Secret(router.password)),
        )
    )
    await app.services.devices.test(device)


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
