"""Several emulated routers in one process."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from routeros_mcp.emulator.clock import Clock
from routeros_mcp.emulator.passing.driver import advance
from routeros_mcp.emulator.router import Router
from routeros_mcp.emulator.spec import RouterSpec


class Fleet:
    """Routers by name, each on its own port."""

    def __init__(self, routers: Sequence[Router]) -> None:
        self._routers = {router.name: router for router in routers}

    @classmethod
    async def start(
        cls, specs: Sequence[RouterSpec], host: str = "127.0.0.1", clock: Clock | None = None
    ) -> "Fleet":
        """Switch the routers on; each listens when this returns."""
        fleet = cls([Router(spec, host, clock or Clock()) for spec in specs])
        for router in fleet:
            await router.start()
        return fleet

    @classmethod
    @asynccontextmanager
    async def running(
        cls, specs: Sequence[RouterSpec], host: str = "127.0.0.1", clock: Clock | None = None
    ) -> AsyncIterator["Fleet"]:
        fleet = await cls.start(specs, host, clock)
        try:
            yield fleet
        finally:
            await fleet.stop()

    async def stop(self) -> None:
        for router in self:
            await router.stop()

    async def advance(self, seconds: float) -> None:
        """Let time pass on all routers; what falls due on them runs in order of time."""
        await advance([router.power.driver for router in self], seconds)

    def __getitem__(self, name: str) -> Router:
        return self._routers[name]

    def __iter__(self) -> Iterator[Router]:
        return iter(self._routers.values())

    def __len__(self) -> int:
        return len(self._routers)
