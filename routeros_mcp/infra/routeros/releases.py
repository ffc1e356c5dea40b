"""Which RouterOS version a router runs, for the names that depend on it."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Sequence

from routeros_mcp.domain.errors import DeviceError
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.ports import Query, Target

_KEPT_S = 300.0
RESOURCE = "/system/resource"


class Releases:
    """Remembers each router's version for five minutes; every read of /system/resource renews it."""

    def __init__(
        self,
        read: Callable[[Target, Query], Awaitable[Sequence[Row]]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Release | None]] = {}

    async def of(self, target: Target) -> Release | None:
        """None for a router that does not say: then the newest names are tried."""
        known = self._known.get(target.device_id)
        if known is not None and self._monotonic() - known[0] < _KEPT_S:
            return known[1]
        try:
            self.learn(target, await self._read(target, Query(path=RESOURCE, fields=("version",))))
        except DeviceError:
            return known[1] if known else None
        return self._known[target.device_id][1]

    def learn(self, target: Target, rows: Sequence[Row]) -> None:
        if rows and "version" in rows[0]:
            self._known[target.device_id] = (self._monotonic(), Release.parse(rows[0]["version"]))
        else:
            self._known.setdefault(target.device_id, (self._monotonic(), None))

    def doubt(self, device_id: str) -> None:
        """Ask again before the next use; what was known stands while the router does not say."""
        if device_id in self._known:
            self._known[device_id] = (-math.inf, self._known[device_id][1])
