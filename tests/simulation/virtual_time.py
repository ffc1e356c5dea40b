"""An event loop whose time jumps to the next timer, and the clock that goes by it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
_START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Stuck(RuntimeError):
    """Everything waits for something that will never happen."""


class _Skipping(selectors.SelectSelector):
    """Asks no file, waits for nothing: where a loop would sleep, the time is moved on."""

    def __init__(self, skip: Callable[[float], None]) -> None:
        super().__init__()
        self._skip = skip

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("no timer is set and nothing is ready")
        if timeout > 0:
            self._skip(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop without sockets and threads. It drops cancelled timers itself before it looks at the next."""

    def __init__(self) -> None:
        self._virtual_s = 0.0
        super().__init__(_Skipping(self._skip))
        self._clock_resolution = 1e-6  # sums of floats: a timer is due a little before its moment

    def time(self) -> float:
        return self._virtual_s

    def _skip(self, seconds: float) -> None:
        self._virtual_s += seconds


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end in no time.

    Raises:
        Stuck: it would wait for ever.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


async def elapse(seconds: float) -> None:
    """Let so much of the loop's time pass."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()


class VirtualClock:
    """Implements `ports.Clock` by the loop's time. `jump` moves the wall clock alone."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._jumped = timedelta()

    def now(self) -> datetime:
        return _START + timedelta(seconds=self._loop.time()) + self._jumped

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await elapse(seconds)

    def jump(self, by: timedelta) -> None:
        self._jumped += by
