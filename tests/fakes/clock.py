"""A clock that stands still until it is told to go, and ids that count."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class FakeClock:
    """Implements `ports.Clock`. `sleep` moves the time by itself unless the clock is `held`."""

    def __init__(self, start: datetime = _START, *, held: bool = False) -> None:
        self._now = start
        self._start = start
        self._held = held
        self._numbers = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        if not self._held:
            self.advance(timedelta(seconds=seconds))
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        until = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (until, next(self._numbers), woken))
        await woken.wait()

    def advance(self, by: timedelta) -> None:
        """Let time pass and wake those whose time has come."""
        self._now += by
        while self._sleepers and self._sleepers[0][0] <= self._now:
            heapq.heappop(self._sleepers)[2].set()


class SequentialIds:
    """Implements `ports.Ids`: `id-00000001` and so on, so that later ids sort after earlier ones."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers):08}"
