"""Brings a router's agenda to the event loop: it wakes only when something is due."""

import asyncio
import heapq
from collections.abc import Sequence

from routeros_mcp.emulator.agenda import Act, Agenda
from routeros_mcp.emulator.clock import RouterClock


class Driver:
    """Runs what is due on real time, or at once when a test lets time pass, and tells of each event."""

    __slots__ = ("_agenda", "_clock", "_happened", "_loop", "_timer")

    def __init__(self, agenda: Agenda, clock: RouterClock, happened: Act) -> None:
        self._agenda = agenda
        self._clock = clock
        self._happened = happened
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._agenda.told = self.arm
        self.arm()

    def stop(self) -> None:
        self._agenda.told = None
        self._disarm()

    def arm(self) -> None:
        """Set the one timer to the next event."""
        self._disarm()
        due = self._agenda.next_due()
        if due is None or self._loop is None:
            return
        wait_s = max(0.0, due - self._clock.steady()) / self._clock.scale
        self._timer = self._loop.call_later(wait_s, self._wake)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        self._timer = None
        while (due := self._agenda.next_due()) is not None and due <= self._clock.steady():
            self._agenda.run_next()
            self._happened()
        self.arm()

    @property
    def now(self) -> float:
        return self._clock.steady()

    def next_due(self) -> float | None:
        """Return when the next event is due on the router's steady clock, nothing when there is none."""
        return self._agenda.next_due()

    def skip_to(self, steady: float) -> None:
        self._clock.skip_to(steady)

    def run_next(self) -> None:
        """Let the time of the next event come and run it."""
        due = self._agenda.next_due()
        if due is not None:
            self._clock.skip_to(due)
            self._agenda.run_next()
            self._happened()


async def advance(drivers: Sequence[Driver], seconds: float) -> None:
    """Let time pass on all routers alike; what falls due runs in order of time, whichever router it is on.

    After each event the event loop gets its turn, so that sockets notice what has happened.
    """
    goals = [(driver, driver.now, driver.now + seconds) for driver in drivers]
    while waiting := [wait for at, goal in enumerate(goals) if (wait := _wait(at, *goal)) is not None]:
        heapq.heapify(waiting)
        while waiting:
            _, at = heapq.heappop(waiting)
            driver, _, goal = goals[at]
            if (due := driver.next_due()) is not None and due <= goal:
                driver.run_next()
                await asyncio.sleep(0)
            if (wait := _wait(at, *goals[at])) is not None:
                heapq.heappush(waiting, wait)
    for driver, _, goal in goals:
        driver.skip_to(goal)
        driver.arm()
    await asyncio.sleep(0)


def _wait(at: int, driver: Driver, began: float, goal: float) -> tuple[float, int] | None:
    """Return after how long the next event of a router is due, with the place of the router in the list."""
    due = driver.next_due()
    return None if due is None or due > goal else (due - began, at)
