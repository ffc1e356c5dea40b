"""A running lab for tests: emulated routers, a fresh database and the wired program over both."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from reliability.history import Write, disagreements

from routeros_mcp import app as composition
from routeros_mcp.app import App, Ports
from routeros_mcp.config import Settings
from routeros_mcp.domain.device_service import Registration
from routeros_mcp.domain.models import (
    SCOPES_OF_ROLE,
    DeviceDomain,
    Environment,
    Login,
    Principal,
    Role,
    Secret,
    Selector,
)
from routeros_mcp.domain.user_service import NewUser
from routeros_mcp.emulator import Fleet, Request, Router, RouterSpec, branch_fleet
from routeros_mcp.infra.db import migrations
from routeros_mcp.infra.db.session import DatabaseSessionManager
from routeros_mcp.infra.jobs.durable import Role as JobRole
from routeros_mcp.infra.passphrases import Argon2Passphrases
from routeros_mcp.toolkit.pipeline import Failure, Success

PASSPHRASE = "amber-basalt-cedar-delta"
FILTER = "/ip/firewall/filter"
DNS = "/ip/dns"
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_IN_TESTS: Mapping[str, object] = {
    "environment": "lab",
    "management_networks": ["127.0.0.0/8"],
    "calls_per_minute": 1_000_000,
    "writes_per_minute": 1_000_000,
    "settle_s": 0.2,
    "deadman_timeout_s": 300,
    "deadman_tick_s": 1,
    "shutdown_drain_s": 5,
    "gate_wait_s": 0.05,
    "router_connect_timeout_s": 2,
    "router_read_timeout_s": 2,
    "router_backoff_s": 0,
}

Adapt = Callable[[Ports], Ports]


_TESTS = frozenset({"bandwidth-test"})
"""Commands that take more than the right to read and configure nothing."""


class ToolFailed(Exception):
    """A tool answered with a failure; `code`, `message`, `fix` and `data` are its own."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message} {failure.fix}")
        self.code = failure.code
        self.message = failure.message
        self.fix = failure.fix
        self.data = failure.data


def principal(
    role: Role = Role.ADMIN, *, devices: Selector | None = None, subject: str | None = None
) -> Principal:
    """Somebody of the role, with its scopes, in sight of the devices (of all when none are named)."""
    return Principal(
        subject=subject or f"test:{role}",
        role=role,
        scopes=SCOPES_OF_ROLE[role],
        devices=devices or Selector.everything(),
    )


def only(*names: str) -> Selector:
    return Selector(names=frozenset(names))


@dataclass(slots=True, kw_only=True)
class World:
    """What a test holds in its hands; `admin` makes the calls unless somebody else is named."""

    app: App
    ports: Ports
    fleet: Fleet
    settings: Settings
    admin: Principal = field(default_factory=principal)
    approver: Principal = field(
        default_factory=lambda: principal(Role.APPROVER, subject="user:second-person")
    )

    is_left_open: bool = False
    """A write may have no outcome yet when the world ends: nobody has taken its job up again."""

    @property
    def names(self) -> list[str]:
        """The registered routers in the order of their names, which is that of a rollout."""
        return sorted(router.name for router in self.fleet)

    @property
    def database(self) -> Path:
        return self.settings.data_dir / "routeros-mcp.db"

    def router(self, name: str | int = 0) -> Router:
        """A router by its name, or by its place in the rollout."""
        return self.fleet[self.names[name] if isinstance(name, int) else name]

    async def device(self, name: str | int = 0) -> DeviceDomain:
        return await self.app.services.devices.find(self.admin, self.router(name).name)

    async def call(self, tool: str, /, *, who: Principal | None = None, **arguments: Any) -> dict[str, Any]:
        """Call a tool as a model would; the payload, or ToolFailed."""
        return _payload(await self.app.pipeline.call(who or self.admin, tool, arguments))

    async def at_terminal(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool as the approver does at a terminal."""
        return _payload(await self.app.terminal.call(self.approver, tool, arguments))

    async def fails(self, tool: str, /, *, who: Principal | None = None, **arguments: Any) -> ToolFailed:
        """Call a tool that is to fail; how it failed."""
        with pytest.raises(ToolFailed) as caught:
            await self.call(tool, who=who, **arguments)
        return caught.value

    async def plan(
        self, *operations: Mapping[str, Any], devices: list[str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Plan explicit operations, on all devices when none are named."""
        chosen = devices or ["all"]
        return await self.call("plan_create", devices=chosen, operations=list(operations), **more)

    async def authenticate(self, name: str = "approver") -> Principal:
        """Make the user once, and prove to be them as a person on a terminal does."""
        users = self.app.services.users
        if name not in {user.name for user in await users.all()}:
            wanted = NewUser(name=name, role=Role.APPROVER, passphrase=PASSPHRASE)
            await users.create(wanted, principal(Role.APPROVER))
        return await users.authenticate(name, PASSPHRASE)

    async def approve(self, plan_id: str, *, who: Principal | None = None) -> dict[str, Any]:
        """Approve the plan as it is shown, through the terminal's pipeline."""
        digest = (await self.call("plan_get", plan_id=plan_id))["digest"]
        arguments = {"plan_id": plan_id, "digest": digest}
        return _payload(await self.app.terminal.call(who or self.approver, "plan_approve", arguments))

    async def ended(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended."""
        async with asyncio.timeout(30):
            return await self.call("job_get", job_id=job_id, wait_s=30)

    async def apply_and_wait(self, plan_id: str) -> dict[str, Any]:
        return await self.ended((await self.call("plan_apply", plan_id=plan_id))["job_id"])

    async def roll_back_and_wait(self, plan_id: str) -> dict[str, Any]:
        return await self.ended((await self.call("plan_rollback", plan_id=plan_id))["job_id"])

    async def carry_out(self, plan_id: str) -> dict[str, Any]:
        """Approve, apply, wait; the plan afterwards."""
        await self.approve(plan_id)
        await self.apply_and_wait(plan_id)
        return await self.call("plan_get", plan_id=plan_id)

    async def change(
        self, *operations: Mapping[str, Any], devices: list[str] | None = None
    ) -> dict[str, Any]:
        """Plan, approve, apply, wait; the plan afterwards."""
        return await self.carry_out((await self.plan(*operations, devices=devices))["plan_id"])

    def states(self, plan: Mapping[str, Any]) -> list[str]:
        """The plan's device states in the order of the rollout."""
        return [row["state"] for row in plan["device_states"]]

    def sent(self, name: str | int = 0) -> list[str]:
        """The writes that reached the router, by path, but for those of a dead-man switch."""
        return [request.path.removeprefix("/rest") for request in self._writes(name)]

    def executed(self, name: str | int = 0) -> int:
        """How many writes took effect."""
        return sum(1 for request in self._writes(name) if request.executed)

    def _writes(self, name: str | int) -> list[Request]:
        """The plan's own: what arms and disarms a dead-man switch is left out."""
        return [
            request
            for request in self.router(name).writes
            if not request.path.startswith("/rest/system/scheduler/")
        ]


def _payload(answer: Success | Failure) -> dict[str, Any]:
    if isinstance(answer, Failure):
        raise ToolFailed(answer)
    return answer.result.payload()


def settings_in(directory: Path, **settings: Any) -> Settings:
    """Settings for a world whose database and key live in the directory."""
    here = {"data_dir": directory, "master_key_file": directory / "master.key"}
    return Settings(**{**_IN_TESTS, **here, **settings})


@contextlib.asynccontextmanager
async def opened(
    settings: Settings, adapt: Adapt = lambda ports: ports, role: JobRole | None = None
) -> AsyncIterator[tuple[App, Ports]]:
    """The program as `open_app` opens it, with cheap passphrases and with ports that the test may replace.

    Jobs run in this process alone, by the light runner, unless the test names this process's role.
    """
    async with contextlib.AsyncExitStack() as stack:
        await _begin_with_a_copy(settings)
        manager = DatabaseSessionManager(settings)
        await manager.init()
        stack.push_async_callback(manager.close)
        await migrations.require_current(settings.async_database_url)
        real = await composition._open_ports(settings, manager, stack)
        ports = adapt(replace(real, passphrases=Argon2Passphrases(_CHEAP)))
        runner = role and composition._open_runner(settings, ports, role, stack)
        app = composition.wire(ports, settings, runner)
        stack.push_async_callback(app.services.audit.anchor)
        await stack.enter_async_context(app.runner.running())
        yield app, ports


_fresh: list[bytes] = []
"""An SQLite database with the present schema and nothing in it, once it has been made."""


async def _begin_with_a_copy(settings: Settings) -> None:
    """Copy a fresh database instead of migrating each test's own: that takes longer than many a test."""
    file = settings.database_file
    if file is None or file.exists():
        return
    if not _fresh:
        with tempfile.TemporaryDirectory() as directory:
            first = settings_in(Path(directory))
            manager = DatabaseSessionManager(first)
            await manager.init()
            await manager.close()
            _fresh.append((Path(directory) / "routeros-mcp.db").read_bytes())
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(_fresh[0])


async def register(app: App, router: Router, **more: Any) -> DeviceDomain:
    """Put the router into the registry with its login; it may be changed unless told otherwise."""
    known: dict[str, Any] = {
        "tags": {"site": router.spec.site, "role": router.spec.role} if router.spec.site else {},
        "allow_advanced_writes": True,
        "allow_professional_workflows": True,
    }
    device = await app.services.devices.register(
        Registration(
            name=router.name,
            management_address=router.address,
            environment=Environment.LAB,
            login=Login(username=router.username, password=Secret(router.password)),
            **{**known, **more},
        )
    )
    return (await app.services.devices.test(device)).device


@contextlib.asynccontextmanager
async def world(
    routers: int = 3,
    *,
    specs: list[RouterSpec] | None = None,
    directory: Path | None = None,
    adapt: Adapt = lambda ports: ports,
    role: JobRole | None = None,
    **settings: Any,
) -> AsyncIterator[World]:
    """Routers that run, registered in a fresh database, and the program over both."""
    with tempfile.TemporaryDirectory() as temporary:
        chosen = settings_in(directory or Path(temporary), **settings)
        running = Fleet.running(specs or branch_fleet(routers))
        async with running as fleet, opened(chosen, adapt, role) as (app, ports):
            for router in fleet:
                await register(app, router)
                router.ledger_clear()
            seen = _witnessed(fleet)
            place = World(app=app, ports=ports, fleet=fleet, settings=chosen)
            yield place
            if not place.is_left_open:
                await _assert_history_agrees(ports, seen, {router.name for router in fleet})


def _witnessed(fleet: Fleet) -> Mapping[int, tuple[str, Request]]:
    """All requests from now on, also those that a test clears from the ledger."""
    seen: dict[int, tuple[str, Request]] = {}
    for router in fleet:
        router.witnesses.append(
            lambda request, name=router.name: seen.setdefault(id(request), (name, request))
        )
    return seen


async def _assert_history_agrees(
    ports: Ports, seen: Mapping[int, tuple[str, Request]], names: set[str]
) -> None:
    """What took effect on the routers is what the audit trail says, both ways; tests are no writes."""
    writes = [
        Write(router=name, menu=request.path.removeprefix("/rest").rpartition("/")[0], verb=request.command)
        for name, request in seen.values()
        if request.is_write and request.executed and request.command not in _TESTS
    ]
    async with ports.uow.read() as tx:
        trail = [event async for event in tx.audit.chain() if event.metadata.get("device") in names]
    assert disagreements(writes, trail) == []


@contextlib.asynccontextmanager
async def reopened(
    place: World, adapt: Adapt = lambda ports: ports, role: JobRole | None = None
) -> AsyncIterator[World]:
    """The program again on the database and the routers of a world, as after a restart."""
    async with opened(place.settings, adapt, role) as (app, ports):
        yield World(app=app, ports=ports, fleet=place.fleet, settings=place.settings)


@pytest.fixture
async def small_world() -> AsyncIterator[World]:
    """One router."""
    async with world(1) as place:
        yield place


def set_dns(*servers: str) -> dict[str, Any]:
    return {"op": "set", "path": DNS, "values": {"servers": ",".join(servers)}}


def set_comment(text: str, interface: str = "ether1") -> dict[str, Any]:
    return {"op": "set", "path": "/interface", "match": {"name": interface}, "values": {"comment": text}}


def add_address(address: str, interface: str = "ether1") -> dict[str, Any]:
    return {"op": "add", "path": "/ip/address", "values": {"address": address, "interface": interface}}


def remove_rule(comment: str) -> dict[str, Any]:
    return {"op": "remove", "path": FILTER, "match": {"comment": comment}}


def configured(router: Router, path: str) -> list[dict[str, str]]:
    """The rows as they were configured: ids and what counts left out, the order kept."""
    moving = {".id", ".nextid", "bytes", "packets", "invalid", "dynamic"}
    moving |= {"rx-byte", "rx-packet", "tx-byte", "tx-packet", "expires-after", "last-seen", "timeout"}
    return [{k: v for k, v in row.items() if k not in moving} for row in router.rows(path)]
