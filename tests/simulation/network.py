"""Emulated routers without sockets, and the faults on the way to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fakes.chance import Chance
from simulation.history import Event, History, Kind
from simulation.virtual_time import elapse

from routeros_mcp.domain.errors import DeviceUnreachable
from routeros_mcp.domain.ports import Target
from routeros_mcp.emulator.clock import Clock
from routeros_mcp.emulator.reach import reachability
from routeros_mcp.emulator.reach.reachability import HTTPS, Verdict
from routeros_mcp.emulator.router import Router
from routeros_mcp.emulator.spec import RouterSpec
from routeros_mcp.emulator.web import message
from routeros_mcp.emulator.web.rest import Result
from routeros_mcp.infra.routeros.connection import Lost
from routeros_mcp.infra.routeros.plain_answer import Answer
from routeros_mcp.infra.routeros.wire import Request

FINGERPRINT = "ab" * 32
_CONNECT_S = 5.0
PREFIX = "rmcp-dm-"
_LATEST_S = 58.0  # RouterOS ends a request after 60 s


class Luck(StrEnum):
    """What becomes of one request."""

    FINE = "fine"
    REFUSED = "refused"  # no connection
    DROPPED = "dropped"  # sent, never arrived
    LOST = "lost"  # carried out, the answer lost
    LATE = "late"  # the connection is lost; carried out within a minute
    REBOOT = "reboot"  # carried out, then the router restarts


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How often something goes wrong, as shares of all writes; of reads a tenth as often."""

    refused: float = 0.0
    dropped: float = 0.0
    lost: float = 0.0
    late: float = 0.0
    reboot: float = 0.0

    def draw(self, chance: Chance, *, is_write: bool) -> Luck:
        share = chance.random() * (1.0 if is_write else 10.0)
        for luck in (Luck.REFUSED, Luck.DROPPED, Luck.LOST, Luck.LATE, Luck.REBOOT):
            share -= float(getattr(self, luck.value))
            if share < 0:
                return Luck.DROPPED if luck in {Luck.LATE, Luck.REBOOT} and not is_write else luck
        return Luck.FINE


CALM = Weather()


class _NoDoorway:
    """A doorway that nobody comes in by: connections are made in memory."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.port = 443
        self.is_open = False

    def bind(self) -> None: ...

    def open(self, take: object) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def release(self) -> None: ...


class _NoSockets:
    def __init__(self) -> None:
        self.doorways: dict[str, _NoDoorway] = {}

    def doorway(self, service: str, host: str, port: int) -> _NoDoorway:
        return self.doorways.setdefault(service, _NoDoorway(host))


class SimulatedRouter(Router):
    """The emulator's router; `ran` is called with each request that was carried out or refused."""

    def __init__(self, spec: RouterSpec, host: str, ran: Callable[[message.Request], None]) -> None:
        loop = asyncio.get_running_loop()
        self._doors = _NoSockets()
        clock = Clock(wall=lambda: 1_763_726_400.0 + loop.time(), steady=loop.time)
        super().__init__(spec, host, clock, self._doors)
        self._observe = ran

    @property
    def lets_in(self) -> bool:
        """Whether a new connection would be served."""
        is_open = self._doors.doorways[HTTPS.service].is_open and self.power.is_serving
        return is_open and reachability.judge(self.store, HTTPS) is Verdict.OPEN

    def _run(self, request: message.Request, source: str) -> Result:
        result = super()._run(request, source)
        self._observe(request)
        return result


@dataclass(slots=True)
class _Head:
    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]


class _RouterEnd:
    """What the router holds of a connection."""

    def __init__(self, number: int) -> None:
        self.remote = f"192.0.2.1:{40_000 + number % 20_000}"
        self.is_waiting = False
        self.is_cut = False
        self.reply: asyncio.Future[message.Reply] | None = None

    def abort(self) -> None:
        self.is_cut = True
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(Lost("closed the connection without an answer"))

    close = abort

    def send(self, reply: message.Reply, date: str, fraction: float = 1.0) -> None:
        if self.reply is not None and not self.reply.done():
            self.reply.set_result(reply)

    def resume(self) -> None: ...


@dataclass(slots=True)
class Life:
    """One process of ours. Every moment at which something reaches the outside is counted; at one it dies."""

    number: int
    dies_at: int = 0
    moment: int = 0
    is_over: bool = False
    task: asyncio.Task[None] | None = None
    waits: set[asyncio.Future[Any]] = field(default_factory=set)

    def next(self) -> None:
        """Raises CancelledError when the process is dead, or dies now."""
        self.moment += 1
        if self.moment == self.dies_at:
            self.die()
        self.check()

    def check(self) -> None:
        if self.is_over:
            raise asyncio.CancelledError

    def die(self) -> None:
        self.is_over = True
        for wait in self.waits:
            wait.cancel()
        if self.task is not None:
            asyncio.get_running_loop().call_soon(self.task.cancel)


@dataclass(slots=True)
class Network:
    """All routers, what the weather is, and how many requests there were."""

    history: History
    chance: Chance
    step_of: Callable[[str, str], str | None]
    owner: Callable[[], str | None]
    routers: dict[str, SimulatedRouter] = field(default_factory=dict)
    weather: Weather = CALM
    happened: Callable[[Event], None] | None = None
    _connections: int = 0
    _requests: int = 0
    _numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, device_id: str, spec: RouterSpec) -> SimulatedRouter:
        router = SimulatedRouter(spec, "127.0.0.1", lambda request: self._ran(device_id, request))
        self.routers[device_id] = router
        return router

    def tell(self, kind: Kind, **data: object) -> int:
        number = self.history.add(asyncio.get_running_loop().time(), kind, **data)
        if self.happened is not None:
            self.happened(self.history.events[number])
        return number

    def numbered(self) -> int:
        self._requests += 1
        return self._requests

    def connected(self, device_id: str, life: Life) -> int:
        self._connections += 1
        self.tell(Kind.CONNECTED, device=device_id, process=life.number, connection=self._connections)
        return self._connections

    def expect(self, device_id: str, entry: int, number: int) -> None:
        """Remember which of our requests an entry of the router's ledger is."""
        self._numbers[device_id, entry] = number

    def _ran(self, device_id: str, request: message.Request) -> None:
        number = self._numbers.get((device_id, request.n), 0)
        if request.is_write and request.executed:
            path = request.path.removeprefix("/rest")
            switches = self._switches(device_id) if path == "/system/scheduler/add" else 0
            self.tell(Kind.EFFECT, device=device_id, number=number, path=path, switches=switches)

    def _switches(self, device_id: str) -> int:
        """How many dead-man switches the router holds, by their marks."""
        names = [row["name"] for row in self.routers[device_id].rows("/system/scheduler")]
        marked = {
            name.removeprefix(PREFIX).removesuffix("-boot") for name in names if name.startswith(PREFIX)
        }
        return len(marked)


class VirtualConnection:
    """Stands in for the client's connection: one request at a time to a router in memory."""

    def __init__(self, network: Network, life: Life, target: Target) -> None:
        self._network = network
        self._life = life
        self._router = network.routers[target.device_id]
        self.number = network.connected(target.device_id, life)
        self._end = _RouterEnd(self.number)
        self._router.opened(self._end)
        self.device_id = target.device_id
        self.fingerprint = FINGERPRINT
        self.idle_since = 0.0
        self.has_sent = False

    @property
    def is_usable(self) -> bool:
        return not self._end.is_cut

    async def exchange(
        self, request: Request, headers: Sequence[tuple[str, str]], *, cap: int, deadline: float
    ) -> Answer:
        self._life.next()
        if self._end.is_cut:
            raise Lost("closed the connection before the request")
        is_write = request.method == "POST" and not request.target.endswith("/print")
        luck = self._network.weather.draw(self._network.chance, is_write=is_write)
        began, number = len(self._network.history.events), self._network.numbered()
        self.has_sent = True
        if is_write:
            self._tell_sent(request, number)
        if luck is not Luck.FINE:
            self._network.tell(Kind.FAULT, device=self.device_id, what=luck.value, number=number)
        reply = await self._answer(request, headers, number, luck, deadline)
        self._life.next()
        if not is_write and reply.status < 400:
            path = request.target.removeprefix("/rest").removesuffix("/print")
            self._network.tell(
                Kind.READ, device=self.device_id, process=self._life.number, connection=self.number,
                path=path, began=began,
            )  # fmt: skip
        return Answer(status=reply.status, body=reply.body)

    async def close(self) -> None:
        self._drop()

    def _drop(self) -> None:
        self._end.is_cut = True
        self._router.closed(self._end)

    def _tell_sent(self, request: Request, number: int) -> None:
        path = request.target.removeprefix("/rest")
        self._network.tell(
            Kind.SENT, device=self.device_id, process=self._life.number, number=number, path=path,
            step=self._network.step_of(self.device_id, path),
            owner=self._network.owner(), body=(request.body or b"").decode(),
        )  # fmt: skip

    async def _answer(
        self, request: Request, headers: Sequence[tuple[str, str]], number: int, luck: Luck, deadline: float
    ) -> message.Reply:
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[message.Reply] = loop.create_future()
        delay_s = 0.001 + self._network.chance.random() * 0.004
        if luck in {Luck.FINE, Luck.LOST, Luck.REBOOT, Luck.REFUSED}:
            self._end.reply = reply if luck is Luck.FINE else None
            loop.call_later(delay_s, self._deliver, request, headers, number, self._end)
        if luck is Luck.LATE:
            late_s = self._network.chance.random() * _LATEST_S
            booted = self._router.store.booted_at
            loop.call_later(late_s, self._deliver_late, request, headers, number, booted)
        if luck is Luck.REBOOT:
            loop.call_later(2 * delay_s, self._router.reboot)
        if luck is not Luck.FINE:
            loop.call_later(3 * delay_s, self._lose, reply)
        self._life.waits.add(reply)
        try:
            async with asyncio.timeout_at(deadline):
                return await reply
        except TimeoutError as error:
            self._drop()
            raise Lost("gave no complete answer in time", timed_out=True) from error
        except Lost:
            self._drop()
            raise
        finally:
            self._life.waits.discard(reply)

    def _lose(self, reply: asyncio.Future[message.Reply]) -> None:
        if not reply.done():
            reply.set_exception(Lost("closed the connection without an answer"))

    def _deliver(
        self, request: Request, headers: Sequence[tuple[str, str]], number: int, end: _RouterEnd
    ) -> None:
        if not self._router.power.is_serving:
            return
        given = [(name.lower().encode(), value.encode()) for name, value in headers]
        given.append((b"content-type", request.content_type.encode()))
        head: Any = _Head(request.method.encode(), request.target.encode(), given)
        heard: Any = end
        before = len(self._router.ledger)
        self._network.expect(self.device_id, before + 1, number)
        self._router.received(heard, head, request.body or b"")

    def _deliver_late(
        self, request: Request, headers: Sequence[tuple[str, str]], number: int, booted: float
    ) -> None:
        """What a router has taken in before a restart is gone with it."""
        if self._router.store.booted_at == booted:
            self._deliver(request, headers, number, _RouterEnd(self.number))


class VirtualDialer:
    """Stands in for the client's dialer."""

    def __init__(self, network: Network, life: Life) -> None:
        self._network = network
        self._life = life

    async def open(self, target: Target) -> VirtualConnection:
        """Raises DeviceUnreachable where the router is down, cut off, or lets nobody in."""
        self._life.check()
        chance = self._network.chance
        await elapse(0.001 + chance.random() * 0.004)
        self._life.check()
        is_refused = chance.random() < self._network.weather.refused
        if is_refused or not self._network.routers[target.device_id].lets_in:
            await elapse(_CONNECT_S if not is_refused else 0)
            raise DeviceUnreachable(f"{target.name} did not answer.", stage="tcp", device=target.name)
        return VirtualConnection(self._network, self._life, target)
