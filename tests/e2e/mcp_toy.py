"""A small toolset behind the real pipeline, for tests of the MCP front end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from pydantic import BaseModel, Field

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import Effect, Environment, Principal, Role, Scope, Tier
from routeros_mcp.domain.services import Services
from routeros_mcp.mcp.catalog import Catalog
from routeros_mcp.mcp.server import FleetServer, ServerOptions, build_server
from routeros_mcp.mcp.toolspec import generate
from routeros_mcp.toolkit.limits import RateLimiter
from routeros_mcp.toolkit.pipeline import Pipeline
from routeros_mcp.toolkit.spec import Call, Params, Result, Toolset, Traits

EVERYTHING = frozenset(Scope)
CHANGES = Traits(tier=Tier.PROFESSIONAL, scope=Scope.WRITE, effect=Effect.CHANGE, idempotent=False)

reads = Toolset("reads", "Toy reads.")
changes = Toolset("changes", "Toy changes.")
secret = Toolset("secret", "Never over MCP.", terminal_only=True)


class Row(BaseModel):
    id: str
    name: str


class NamesParams(Params):
    limit: int = Field(default=10, ge=1, le=500)
    """How many at most."""
    text: str | None = None
    """Only names that hold this."""


class NamesResult(Result):
    devices: list[Row]
    next_cursor: str | None

    def headline(self) -> str:
        return f"{len(self.devices)} devices"


class DeviceParamsToy(Params):
    device: str


class PlanParams(Params):
    plan_id: str


class Done(Result):
    done: bool = True


@reads.tool("List devices")
async def device_list(call: Call, params: NamesParams) -> NamesResult:
    """List devices."""
    rows = [Row(id="id-1", name="edge-01"), Row(id="id-2", name="edge-02"), Row(id="id-3", name="København")]
    return NamesResult(devices=rows[: params.limit], next_cursor=None)


@reads.tool("Get a device")
async def device_get(call: Call, params: DeviceParamsToy) -> Done:
    """One device."""
    if params.device == "broken":
        raise Conflict("The device is being changed.", fix="Wait for the job.", job_id="j1")
    if params.device == "bug":
        raise RuntimeError("internal detail: hunter2")
    if params.device != "edge-01":
        raise NotFound("There is no such device.", fix="Ask device_list.")
    return Done()


@reads.tool("Count")
async def count_up(call: Call, params: Params) -> Done:
    """Report progress, some of it twice and backwards."""
    for done in (1, 1, 0, 2, 3):
        await call.progress(done, 3, f"{done} of 3")
    return Done()


@reads.tool("Wait")
async def wait_for_ever(call: Call, params: Params) -> Done:
    """Wait until the caller goes away."""
    latch = cast("Latch", call.services.menus)
    latch.started.set()
    try:
        await asyncio.Event().wait()
    finally:
        latch.ended.set()
    return Done()


@changes.tool("Apply a plan", CHANGES)
async def plan_apply(call: Call, params: PlanParams) -> Done:
    """Apply an approved plan."""
    return Done()


@secret.tool("Store a login")
async def credential_set(call: Call, params: PlanParams) -> Done:
    """Store a login."""
    return Done()


TOOLSETS = [reads, changes, secret]
CATALOG = Catalog.parse(generate(TOOLSETS))


@dataclass
class Latch:
    started: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class AuditToy:
    def __init__(self) -> None:
        self.entries: list[Any] = []

    async def record(self, entry: Any) -> None:
        self.entries.append(entry)


class StillClock:
    def now(self) -> Any:
        raise NotImplementedError

    def monotonic(self) -> float:
        return 0.0


class CountingIds:
    def __init__(self) -> None:
        self.last = 0

    def new(self) -> str:
        self.last += 1
        return f"request-{self.last}"


@dataclass
class ToyBackend:
    """Opens a pipeline over the toy toolsets, or fails to."""

    scopes: frozenset[Scope] = EVERYTHING
    failure: Exception | None = None
    warmed: int = 0
    audit: AuditToy = field(default_factory=AuditToy)
    latch: Latch = field(default_factory=Latch)
    warm_called: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        others = dict.fromkeys(each.name for each in fields(Services))
        services = Services(**cast("Any", {**others, "audit": self.audit, "menus": self.latch}))
        limiter = RateLimiter(StillClock(), calls_per_minute=1000, changes_per_minute=1000)
        self._pipeline = Pipeline(
            TOOLSETS, services, environment=Environment.LAB, limiter=limiter, ids=CountingIds()
        )

    async def pipeline(self) -> Pipeline:
        if self.failure is not None:
            raise self.failure
        return self._pipeline

    async def next_mark(self, principal: Principal, kind: str, key: str, known: str | None) -> str | None:
        """Nothing here ever changes."""

    def warm(self) -> None:
        self.warmed += 1
        self.warm_called.set()

    def principal(self, claims: Mapping[str, Any] | None) -> Principal:
        return Principal(subject="toy", role=Role.ADMIN, scopes=self.scopes)


def toy_server(backend: ToyBackend | None = None, **options: Any) -> FleetServer:
    return build_server(backend or ToyBackend(), options=ServerOptions(**options), catalog=CATALOG)
