"""Several workers beside a server, as on PostgreSQL: killed or frozen one by one while jobs run."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from typing import Any

from fakes.processes import forked
from reliability.campaign import Carrier, Figures, spread
from reliability.victim import Errand, Fate, Reaper, last_words, see_to, speak_into_log
from world import World, opened

from routeros_mcp.config import Settings
from routeros_mcp.infra.jobs.durable import Role

LONGEST_ERRAND_S = 300.0


class Workers:
    """Worker processes of one database; who dies is followed by another."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self._held = [self._born() for _ in range(count)]

    def kill(self, number: int) -> None:
        """End one of them with SIGKILL, and start its successor."""
        place = number % len(self._held)
        self._end(self._held[place])
        self._held[place] = self._born()

    def freeze(self, number: int) -> ForkServerProcess:
        """Stop one of them in whatever it does."""
        process = self._held[number % len(self._held)]
        os.kill(process.pid or 0, signal.SIGSTOP)
        return process

    def close(self) -> None:
        for process in self._held:
            self._end(process)

    def _born(self) -> ForkServerProcess:
        return forked(_work, self._settings.model_dump())

    def _end(self, process: ForkServerProcess) -> None:
        is_alive, code = process.is_alive(), process.exitcode
        process.kill()
        process.join()
        process.close()
        if not is_alive:
            raise RuntimeError(f"A worker ended with {code} by itself: {last_words(self._settings)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezing:
    """How long a worker is stopped each time: longer than it takes to count as dead."""

    for_s: tuple[float, float]


@contextmanager
def many_workers(settings: Settings, count: int, freezing: Freezing | None = None) -> Iterator[Carrier]:
    """A server that queues and these workers, one of which dies, or is frozen, at each fate's time."""
    workers = Workers(settings, count)

    async def carrier(held: Settings, errand: Errand, fates: Iterator[Fate], figures: Figures) -> None:
        async with asyncio.timeout(LONGEST_ERRAND_S), opened(held, role=Role.CLIENT) as (app, ports):
            w = World(app=app, ports=ports, fleet=None, settings=held)
            over = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(_harmed(workers, fates, figures, over, freezing))
                await see_to(w, errand)
                over.set()

    try:
        yield carrier
    finally:
        workers.close()


async def _harmed(
    workers: Workers, fates: Iterator[Fate], figures: Figures, over: asyncio.Event, freezing: Freezing | None
) -> None:
    while not over.is_set():
        fate = next(fates, None)
        if fate is None:
            return
        if await _passed(over, fate.after_s or 0.0):
            return
        number = figures.kills
        if freezing is None:
            await asyncio.to_thread(workers.kill, number)
        else:
            process = workers.freeze(number)
            try:
                await _passed(over, spread(f"{figures.seed}/{number}", *freezing.for_s))
            finally:
                os.kill(process.pid or 0, signal.SIGCONT)
        figures.died(fate)


async def _passed(over: asyncio.Event, seconds: float) -> bool:
    """Let some time pass; whether the errand was over before."""
    try:
        async with asyncio.timeout(seconds):
            await over.wait()
    except TimeoutError:
        return False
    return True


def _work(held: Mapping[str, Any]) -> None:
    settings = Settings(**held)
    speak_into_log(settings)
    asyncio.run(_until_killed(settings))


async def _until_killed(settings: Settings) -> None:
    async with opened(settings, Reaper(Fate()).adapt, role=Role.WORKER):
        await asyncio.Event().wait()
