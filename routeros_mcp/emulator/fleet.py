"""Several emulated routers in one process."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from routeros_mcp.emulator.clock import Clock
from routeros_mcp.emulator.passing.driver import advance
from routeros_mcp.emulator.router import Router
from routeros_mcp.emulator.sockets.doorways import SharedSockets, can_share, make_room
from routeros_mcp.emulator.spec import RouterSpec

# With more routers than this, sockets are shared where the system lets them be.
_MOST_WITH_OWN_SOCKETS = 200


class Fleet:
    """Routers by name: each on ports of its own, or on a loopback address of its own at ports they share."""

    def __init__(self, routers: Sequence[Router], shared: SharedSockets | None = None) -> None:
        self._routers = {router.name: router for router in routers}
        self._shared = shared

    @classmethod
    async def start(
        cls,
        specs: Sequence[RouterSpec],
        host: str = "127.0.0.1",
        clock: Clock | None = None,
        *,
        shares_sockets: bool | None = None,
    ) -> "Fleet":
        """Switch the routers on; each listens when this returns.

        Large fleets share their listening sockets unless told otherwise; `host` is for those that do not.

        Raises:
            TooFewFiles: the system does not give this process as many sockets as it takes.
        """
        is_large = len(specs) > _MOST_WITH_OWN_SOCKETS
        is_shared = (is_large if shares_sockets is None else shares_sockets) and can_share()
        make_room(len(specs), is_shared=is_shared)
        shared, clock = SharedSockets() if is_shared else None, clock or Clock()
        fleet = cls(
            [
                Router(spec, shared.host(number) if shared else host, clock, shared)
                for number, spec in enumerate(specs)
            ],
            shared,
        )
        for router in fleet:
            await router.start()
        return fleet

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        specs: Sequence[RouterSpec],
        host: str = "127.0.0.1",
        clock: Clock | None = None,
        *,
        shares_sockets: bool | None = None,
    ) -> AsyncIterator["Fleet"]:
        fleet = await cls.start(specs, host, clock, shares_sockets=shares_sockets)
        try:
            yield fleet
        finally:
            await fleet.stop()

    async def stop(self) -> None:
        for router in self:
            await router.stop()
        if self._shared is not None:
            self._shared.release()

    async def advance(self, seconds: float) -> None:
        """Let time pass on all routers; what falls due on them runs in order of time."""
        await advance([router.power.driver for router in self], seconds)

    def __getitem__(self, name: str) -> Router:
        return self._routers[name]

    def __iter__(self) -> Iterator[Router]:
        return iter(self._routers.values())

    def __len__(self) -> int:
        return len(self._routers)
