"""The queue to one router for one user, and the connection that is kept between two pieces of work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.dial import Limits, same_fingerprint


class Kept(Protocol):
    """A connection that may be kept open."""

    idle_since: float
    device_id: str
    fingerprint: str

    @property
    def is_usable(self) -> bool: ...

    async def close(self) -> None: ...


K = TypeVar("K", bound=Kept)


class Lane(Generic[K]):
    """The queue to one router for one user; RouterOS would serialise the requests anyway."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.device_id = ""
        self.kept: K | None = None
        self.shaken_at: float | None = None
        self.epoch = 0


class Hold(Generic[K]):
    """The sole use of a lane for one piece of work."""

    def __init__(
        self, lane: Lane[K], target: Target, *, limits: Limits, monotonic: Callable[[], float]
    ) -> None:
        self.target = target
        self.limits = limits
        self.monotonic = monotonic
        self._lane = lane
        self._epoch = lane.epoch
        lane.device_id = target.device_id

    async def adopt(self, connection: K) -> None:
        """Keep an open connection for the next read, instead of the one kept so far."""
        await self.release()
        self.keep(connection)

    async def release(self) -> None:
        """Close the kept connection."""
        kept, self._lane.kept = self._lane.kept, None
        if kept is not None:
            await kept.close()

    async def settle(self) -> None:
        """End the work: keep the connection unless the device was to be forgotten meanwhile."""
        if self._epoch != self._lane.epoch:
            await self.release()

    def keep(self, connection: K) -> None:
        connection.idle_since = self.monotonic()
        self._lane.kept = connection

    async def take(self) -> K | None:
        """The kept connection if it still serves this target; it is no longer kept then."""
        kept, self._lane.kept = self._lane.kept, None
        if kept is not None and not self._serves(kept):
            await kept.close()
            return None
        return kept

    def _serves(self, kept: K) -> bool:
        pinned = self.target.fingerprint
        return (
            kept.is_usable
            and kept.device_id == self.target.device_id
            and (pinned is None or same_fingerprint(pinned, kept.fingerprint))
            and self.monotonic() - kept.idle_since <= self.limits.keep_s
        )
