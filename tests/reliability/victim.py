"""The process that is killed: the wired program, which begins a job or takes it up, and sees it end."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from fakes.processes import forked
from world import World, opened

from routeros_mcp.app import Ports
from routeros_mcp.config import Settings
from routeros_mcp.infra.jobs.durable import Role

LONGEST_LIFE_S = 120.0
OF_APPLYING = frozenset({"claimed", "connected", "compared", "arming", "armed", "disarmed"})
"""Crash points that a rollback does not come by."""
_LOG = "processes.log"
_OVER = frozenset({"success", "failed", "cancelled", "interrupted", "paused"})


@dataclass(frozen=True, slots=True)
class Fate:
    """How a life ends: at the n-th time it reaches a crash point, after some seconds, or with its work.

    The seconds count from when it is at work on the job, or with `from_birth` from its start.
    """

    point: str = ""
    nth: int = 0
    after_s: float | None = None
    from_birth: bool = False

    def __str__(self) -> str:
        if self.point:
            return f"at {self.point} no. {self.nth}"
        return "never" if self.after_s is None else f"after {self.after_s:.3f} s"

    def suits(self, errand: Errand) -> bool:
        """Whether a process on the errand may come by where it dies."""
        return errand.tool == "plan_apply" or self.point not in OF_APPLYING


@dataclass(frozen=True, slots=True)
class Errand:
    """What the process is for: `tool` is plan_apply or plan_rollback."""

    tool: str
    plan_id: str

    @property
    def job_type(self) -> str:
        return {"plan_apply": "APPLY_PLAN", "plan_rollback": "ROLLBACK_PLAN"}[self.tool]


class Fates:
    """What awaits the processes to come, in order."""

    def __init__(self, waiting: Iterable[Fate] = ()) -> None:
        self._waiting = list(waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    def first(self, count: int) -> Fates:
        """Take so many of them apart."""
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return Fates(taken)

    def next(self, errand: Errand) -> Fate | None:
        """The next one that suits the errand."""
        found = next((fate for fate in self._waiting if fate.suits(errand)), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def add(self, *fates: Fate) -> None:
        """One that a process has escaped awaits another."""
        self._waiting += fates

    def give_back(self, others: Fates) -> None:
        self._waiting += others._waiting


@dataclass(slots=True)
class Reaper:
    """Kills its own process at a crash point; tells on the line when it has come by the first one."""

    fate: Fate
    line: Connection | None = None
    seen: Counter[str] = field(default_factory=Counter)

    def adapt(self, ports: Ports) -> Ports:
        return replace(ports, crash_point=self.reached)

    def reached(self, point: str) -> None:
        if self.line is not None and not self.seen:
            self.line.send(point)
        self.seen[point] += 1
        if point == self.fate.point and self.seen[point] == self.fate.nth:
            os.kill(os.getpid(), signal.SIGKILL)


def live_once(settings: Settings, errand: Errand, fate: Fate) -> bool:
    """One life; whether it ended with its work done. Raises when it failed otherwise than by its fate."""
    ours, theirs = Pipe(duplex=False)
    process = forked(_live, settings.model_dump(), errand, fate, theirs)
    theirs.close()
    try:
        if fate.after_s is not None and not fate.from_birth:
            wait([process.sentinel, ours], LONGEST_LIFE_S)
        wait([process.sentinel], LONGEST_LIFE_S if fate.after_s is None else fate.after_s)
        if process.is_alive():
            process.kill()
            if fate.after_s is None:
                raise TimeoutError(f"A life to end {fate} goes on: {last_words(settings)}")
        process.join()
        if process.exitcode not in {0, -signal.SIGKILL}:
            raise RuntimeError(f"The process ended with {process.exitcode}: {last_words(settings)}")
        return process.exitcode == 0
    finally:
        process.join()
        process.close()
        ours.close()


def last_words(settings: Settings) -> str:
    """The end of what processes have written on their standard error."""
    return (settings.data_dir / _LOG).read_text(errors="replace")[-4000:]


def speak_into_log(settings: Settings) -> None:
    """Send this process's standard error, and what is written there by threads and libraries, to the log."""
    log = os.open(settings.data_dir / _LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 2)
    faulthandler.enable()


def _live(held: Mapping[str, Any], errand: Errand, fate: Fate, line: Connection) -> None:
    settings = Settings(**held)
    speak_into_log(settings)
    asyncio.run(_carry_out(settings, errand, Reaper(fate, line)))


async def _carry_out(settings: Settings, errand: Errand, reaper: Reaper) -> None:
    async with opened(settings, reaper.adapt, role=Role.SERVER) as (app, ports):
        await see_to(World(app=app, ports=ports, fleet=None, settings=settings), errand)


async def see_to(w: World, errand: Errand) -> None:
    """Begin the errand's job unless it has begun, and follow it to its end."""
    if not await _jobs(w, errand):
        await w.call(errand.tool, plan_id=errand.plan_id)
    for job in await _jobs(w, errand):
        while (await w.call("job_get", job_id=job["job_id"], wait_s=30))["status"] not in _OVER:
            pass


async def _jobs(w: World, errand: Errand) -> list[dict[str, Any]]:
    jobs = (await w.call("job_list", plan_id=errand.plan_id))["jobs"]
    return [job for job in jobs if job["job_type"] == errand.job_type]
