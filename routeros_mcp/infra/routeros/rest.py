"""Routers over their REST API."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from routeros_mcp.domain.errors import BadAnswer
from routeros_mcp.domain.models import InspectedMenu, ProbeStage
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Pins, Query, Target, Values
from routeros_mcp.infra.routeros.addresses import IpNetwork, Resolver, system_resolver
from routeros_mcp.infra.routeros.breaker import Breaker
from routeros_mcp.infra.routeros.connection import Connection
from routeros_mcp.infra.routeros.diagnostics import diagnostic
from routeros_mcp.infra.routeros.dial import Dialer, Limits
from routeros_mcp.infra.routeros.export import exported
from routeros_mcp.infra.routeros.inspect import check_may_be_inspected, inspected
from routeros_mcp.infra.routeros.lane import Lane
from routeros_mcp.infra.routeros.lanes import Lanes
from routeros_mcp.infra.routeros.probe import probed
from routeros_mcp.infra.routeros.runner import Runner
from routeros_mcp.infra.routeros.session import Session
from routeros_mcp.infra.routeros.wire import (
    command,
    count_request,
    counted,
    decode,
    narrowed,
    printed,
    read_request,
    returned,
    rows,
)
from routeros_mcp.infra.routeros.writes import set_values

T = TypeVar("T")
_CHANCE = secrets.SystemRandom().random


def _nonce() -> str:
    return secrets.token_hex(8)


class RestClient:
    """What `RouterFacade` does over REST. Usable inside `async with client.running()`.

    One request at a time goes to a router for a user. A request that has begun is finished even when its
    caller is cancelled, since an abandoned one would block the user's queue on the router for up to 60 s.
    """

    def __init__(
        self,
        *,
        pins: Pins,
        networks: Sequence[IpNetwork],
        limits: Limits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        resolver: Resolver = system_resolver,
        nonce: Callable[[], str] = _nonce,
        chance: Callable[[], float] = _CHANCE,
    ) -> None:
        limits = limits or Limits()
        dialer = Dialer(pins=pins, networks=networks, connect_s=limits.connect_s, resolver=resolver)

        def begin(lane: Lane[Connection], target: Target) -> Session:
            return Session(lane, target, dialer=dialer, limits=limits, monotonic=monotonic)

        self._runner = Runner()
        breaker = Breaker(limits, monotonic=monotonic, chance=chance)
        self._lanes = Lanes(
            begin=begin, limits=limits, runner=self._runner, breaker=breaker, monotonic=monotonic
        )
        self._nonce = nonce

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RestClient]:
        """Leaving waits for requests in flight, each of which has a deadline, and closes all connections."""
        try:
            async with self._runner.running():
                yield self
        finally:
            await self._lanes.close()

    # -- reading -----------------------------------------------------------------------------------------

    async def read(self, target: Target, query: Query) -> Sequence[Row]:
        request = read_request(query)

        async def work(session: Session) -> Sequence[Row]:
            answer = decode((await session.ask(request)).body)
            found = rows(answer) if request.body is None else printed(answer)
            return narrowed(found, query)

        return await self._lanes.hold(target, work, insist=query.insist)

    async def count(self, target: Target, query: Query) -> int:
        if query.item is not None:
            return len(await self.read(target, query))
        request = count_request(query)

        async def work(session: Session) -> int:
            return counted(decode((await session.ask(request)).body))

        return await self._lanes.hold(target, work)

    async def export(self, target: Target) -> str:
        return await self._lanes.hold(target, lambda session: exported(session, self._nonce()))

    async def probe(self, target: Target) -> Sequence[ProbeStage]:
        return await self._lanes.hold(target, probed, insist=True)

    async def forget(self, device_id: str) -> None:
        await self._lanes.forget(device_id)

    async def inspect(self, target: Target, path: str, known: Collection[str]) -> InspectedMenu:
        check_may_be_inspected(path)
        return await self._lanes.hold(target, lambda session: inspected(session, path, known))

    async def alone(
        self, target: Target, work: Callable[[Session], Awaitable[T]], *, insist: bool = True
    ) -> T:
        """Let `work` use the router alone; it may talk to it as no port allows."""
        return await self._lanes.hold(target, work, insist=insist)

    # -- commands ----------------------------------------------------------------------------------------

    async def run(
        self, target: Target, path: str, command: str, arguments: Mapping[str, str], *, timeout_s: float
    ) -> Sequence[Row]:
        asked = diagnostic(path, command, arguments)
        return await self._lanes.hold(target, lambda session: asked.run(session, timeout_s))

    # -- writing -----------------------------------------------------------------------------------------

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        body = {name: value for name, value in values.items() if value is not None}
        request = command(path, "add", body if before is None else {**body, "place-before": before})

        async def work(session: Session) -> str:
            answer = await session.tell(request)
            try:
                return returned(answer)
            except BadAnswer as error:
                raise session.unknown("did not say which row it added") from error

        return await self._lanes.hold(target, work, insist=True)

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None:
        await self._lanes.hold(
            target, lambda session: set_values(session, path, item_id, values), insist=True
        )

    async def remove(self, target: Target, path: str, item_id: str) -> None:
        request = command(path, "remove", {".id": item_id})
        await self._lanes.hold(target, lambda session: session.tell(request), insist=True)

    async def move(self, target: Target, path: str, item_id: str, before: str | None) -> None:
        place = {} if before is None else {"destination": before}
        request = command(path, "move", {"numbers": item_id, **place})
        await self._lanes.hold(target, lambda session: session.tell(request), insist=True)

    async def command(self, target: Target, path: str, item_id: str | None) -> None:
        menu, _, name = path.rpartition("/")
        request = command(menu, name, {} if item_id is None else {".id": item_id})
        await self._lanes.hold(target, lambda session: session.tell(request), insist=True)

    async def save_backup(self, target: Target, name: str, password: str) -> None:
        words = {"name": name, "password": password, "encryption": "aes-sha256"}
        request = command("/system/backup", "save", words)
        await self._lanes.hold(target, lambda session: session.tell(request), insist=True)
