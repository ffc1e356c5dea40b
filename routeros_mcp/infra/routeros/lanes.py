"""One request at a time to each router and user, and the connections kept between them."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.breaker import Breaker
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.routeros.lane import K, Lane
from routeros_mcp.infra.routeros.runner import Runner
from routeros_mcp.infra.transactions import transaction_is_open

T = TypeVar("T")


class Work(Protocol):
    """What has a lane to itself."""

    async def settle(self) -> None: ...


S = TypeVar("S", bound=Work)


class Lanes(Generic[K, S]):
    """All lanes, least recently used first; the oldest idle ones are given up. `begin` opens a session."""

    def __init__(
        self,
        *,
        begin: Callable[[Lane[K], Target], S],
        limits: Limits,
        runner: Runner,
        breaker: Breaker,
        monotonic: Callable[[], float],
    ) -> None:
        self._begin = begin
        self._limits = limits
        self._runner = runner
        self._breaker = breaker
        self._monotonic = monotonic
        self._lanes: OrderedDict[tuple[str, str], Lane[K]] = OrderedDict()
        # which lanes a device has used: finding them must not cost a walk over all routers
        self._keys: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)

    async def hold(self, target: Target, work: Callable[[S], Awaitable[T]], *, insist: bool = False) -> T:
        """Queue for the router, then let `work` use it alone.

        A caller cancelled in the queue has sent nothing; once `work` has begun it runs to its end. Who
        insists is let through to a router that has not been answering.

        Raises:
            DeviceUnreachable: the router has not been answering and its next probe is not due yet.
            RuntimeError: a database transaction is open.
        """
        if transaction_is_open():
            raise RuntimeError("a router is talked to inside a database transaction")
        self._runner.check()
        if not insist:
            self._breaker.check(target)
        lane = self._enter(target)
        await self._take(lane)
        return await self._runner.run(self._work(lane, target, work, insist=insist))

    async def forget(self, device_id: str) -> None:
        """Close the connections kept to the device; one in use is closed after its request."""
        self._breaker.forget(device_id)
        for key in list(self._keys.get(device_id, ())):
            lane = self._lanes.get(key)
            if lane is not None and lane.kept is not None and lane.kept.device_id == device_id:
                await self._drop(lane)
            elif lane is not None and lane.users and lane.device_id == device_id:
                lane.epoch += 1

    async def close(self) -> None:
        for lane in self._lanes.values():
            await self._drop(lane)
        self._lanes.clear()

    def _enter(self, target: Target) -> Lane[K]:
        key = (target.address.lower(), target.login.username)
        lane = self._lanes.setdefault(key, Lane())
        self._keys[target.device_id].add(key)
        self._lanes.move_to_end(key)
        lane.users += 1
        return lane

    async def _take(self, lane: Lane[K]) -> None:
        """Wait for the lane's lock; `_work` gives it back."""
        is_ours = False
        try:
            await lane.lock.acquire()
            is_ours = self._runner.is_running
            if not is_ours:
                lane.lock.release()
        finally:
            if not is_ours:
                lane.users -= 1
        self._runner.check()

    async def _work(
        self, lane: Lane[K], target: Target, work: Callable[[S], Awaitable[T]], *, insist: bool
    ) -> T:
        """Do the work; asks the breaker again, since those who queued may have seen the router fail."""
        try:
            session = self._begin(lane, target)
            try:
                with self._breaker.watching(target, insist=insist):
                    return await work(session)
            finally:
                await session.settle()
        finally:
            lane.users -= 1
            lane.lock.release()
            await self._give_up_idle()

    async def _give_up_idle(self) -> None:
        """Drop lanes that hold nothing, are too many, or have not been used for too long, oldest first."""
        for key in self._given_up():
            lane = self._lanes.pop(key, None)
            if lane is not None:
                await self._drop(lane)

    def _given_up(self) -> list[tuple[str, str]]:
        """The lanes to drop; stops at the first that is kept, so that a sweep does not walk over all."""
        now = self._monotonic()
        surplus = len(self._lanes) - self._limits.keep_connections
        dropped: list[tuple[str, str]] = []
        for key, lane in self._lanes.items():
            if lane.users:
                continue
            is_surplus = len(dropped) < surplus
            if lane.kept is not None and not is_surplus and now - lane.kept.idle_since <= self._limits.keep_s:
                break
            was_shaken = lane.shaken_at is not None and now - lane.shaken_at < self._limits.shaken_s
            if lane.kept is not None or is_surplus or not was_shaken:
                dropped.append(key)
        return dropped

    async def _drop(self, lane: Lane[K]) -> None:
        kept, lane.kept = lane.kept, None
        lane.epoch += 1
        if kept is not None:
            await kept.close()
