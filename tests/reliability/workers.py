"""Several workers beside a server, as on PostgreSQL: killed or frozen one by one while jobs run."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from fakes.processes import forked
from reliability.campaign import Carrier, Figures, spread
from reliability.victim import Errand, Fate, Fates, Reaper, last_words, see_to, speak_into_log
from world import World, opened

from routeros_mcp.config import Settings
from routeros_mcp.domain.models import JobStatus
from routeros_mcp.infra.jobs.durable import Role

LONGEST_ERRAND_S = 300.0
_LOOK_EVERY_S = 0.1


class Workers:
    """Worker processes of one database; who dies is followed by another."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self._held = [self._born() for _ in range(count)]

    def place_of(self, owner: str | None, number: int) -> int:
        """Whom to harm: each second time whoever runs the job, else one after the other."""
        pids = [process.pid for process in self._held]
        at_work = _pid_of(self._settings, owner) if owner and number % 2 else None
        return pids.index(at_work) if at_work in pids else number // 2 % len(pids)

    def kill(self, place: int) -> None:
        """End one of them with SIGKILL, and start its successor."""
        self._end(self._held[place])
        self._held[place] = self._born()

    def doom(self, fate: Fate) -> None:
        """Whoever comes by the fate's point next, so many times from now on, dies there."""
        made = _doom_file(self._settings).with_suffix(".new")
        made.write_text(f"{fate.point} {fate.nth}")
        made.replace(_doom_file(self._settings))

    def pardon(self) -> bool:
        """Take the doom back; False when somebody has met it."""
        try:
            _doom_file(self._settings).unlink()
        except FileNotFoundError:
            return False
        return True

    def replace_fallen(self) -> bool:
        """Start the successor of one that has died by its doom; whether there was one."""
        for place, process in enumerate(self._held):
            if process.exitcode == -signal.SIGKILL:
                process.close()
                self._held[place] = self._born()
                return True
        return False

    def freeze(self, place: int) -> ForkServerProcess:
        """Stop one of them in whatever it does."""
        process = self._held[place]
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

    async def carrier(held: Settings, errand: Errand, fates: Fates, figures: Figures) -> None:
        async with asyncio.timeout(LONGEST_ERRAND_S), opened(held, role=Role.CLIENT) as (app, ports):
            w = World(app=app, ports=ports, fleet=None, settings=held)
            harm = _Harm(w, workers, errand, fates, figures, freezing)
            async with asyncio.TaskGroup() as group:
                group.create_task(harm.go_on())
                await see_to(w, errand)
                harm.over.set()

    try:
        yield carrier
    finally:
        workers.close()


@dataclass(slots=True)
class _Harm:
    """What befalls the workers while there is an errand: now whoever is at work on it, now any of them."""

    w: World
    workers: Workers
    errand: Errand
    fates: Fates
    figures: Figures
    freezing: Freezing | None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def go_on(self) -> None:
        harmed: str | None = None
        while (fate := self.fates.next(self.errand)) is not None:
            if fate.point and not await self._has_met(fate):
                self.fates.add(fate)
                return
            if fate.point:
                self.figures.died(fate)
                continue
            number = self.figures.kills
            owner = await self._at_work(harmed) if number % 2 else None
            if self.over.is_set() or await _passed(self.over, fate.after_s or 0.0):
                self.fates.add(fate)
                return
            await self._harm(self.workers.place_of(owner, number), number)
            harmed = owner or harmed
            self.figures.died(fate)

    async def _has_met(self, fate: Fate) -> bool:
        """Whether a worker has died at the fate's point before the errand was over."""
        self.workers.doom(fate)
        while not await asyncio.to_thread(self.workers.replace_fallen):
            if await _passed(self.over, _LOOK_EVERY_S) and self.workers.pardon():
                return False
        return True

    async def _at_work(self, harmed: str | None) -> str | None:
        """Who runs the job, once it is another than was harmed last; None when the errand is over first."""
        while not await _passed(self.over, _LOOK_EVERY_S):
            async with self.w.ports.uow.read() as tx:
                running = [job for job in await tx.jobs.unfinished() if job.status is JobStatus.RUNNING]
            owner = next((job.owner for job in running if job.owner != harmed), None)
            if owner is not None:
                return owner
        return None

    async def _harm(self, place: int, number: int) -> None:
        if self.freezing is None:
            await asyncio.to_thread(self.workers.kill, place)
            return
        process = self.workers.freeze(place)
        try:
            await _passed(self.over, spread(f"{self.figures.seed}/{number}", *self.freezing.for_s))
        finally:
            os.kill(process.pid or 0, signal.SIGCONT)


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


@dataclass(slots=True)
class _Doomed(Reaper):
    """Looks at each crash point whether it is the one to die there."""

    file: Path = field(kw_only=True)
    told: str = ""

    def reached(self, point: str) -> None:
        told = self._read()
        if told != self.told:
            self.told = told
            self.seen.clear()
        self.seen[point] += 1
        if told == f"{point} {self.seen[point]}":
            with suppress(FileNotFoundError):
                self.file.unlink()  # who takes it away is the one to die
                os.kill(os.getpid(), signal.SIGKILL)

    def _read(self) -> str:
        try:
            return self.file.read_text()
        except FileNotFoundError:
            return ""


async def _until_killed(settings: Settings) -> None:
    reaper = _Doomed(Fate(), file=_doom_file(settings))
    async with opened(settings, reaper.adapt, role=Role.WORKER) as (app, _):
        _name_file(settings, app.runner.owner).write_text(str(os.getpid()))
        await asyncio.Event().wait()


def _doom_file(settings: Settings) -> Path:
    return settings.data_dir / "doom"


def _name_file(settings: Settings, owner: str) -> Path:
    return settings.data_dir / f"worker-{hashlib.sha256(owner.encode()).hexdigest()}"


def _pid_of(settings: Settings, owner: str) -> int | None:
    file = _name_file(settings, owner)
    return int(file.read_text() or 0) if file.exists() else None
