"""Brings a router's agenda to the event loop: it wakes only when something is due."""

import asyncio
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

    def due_in(self) -> float | None:
        """Return in how many of the router's seconds the next event is due, below zero when late."""
        due = self._agenda.next_due()
        return None if due is None else due - self._clock.steady()

    def pass_time(self, seconds: float) -> None:
        self._clock.skip_to(self._clock.steady() + seconds)

    def run_due(self) -> None:
        """Let the time come of the next event and run it."""
        due = self._agenda.next_due()
        if due is not None:
            self._clock.skip_to(due)
            self._agenda.run_next()
            self._happened()


async def advance(drivers: Sequence[Driver], seconds: float) -> None:
    """Let time pass on all routers alike; what falls due runs in order of time, whichever router it is on.

    Between two moments the event loop gets its turn, so that sockets notice what has happened.
    """
    left = seconds
    while (found := _next(drivers, left)) is not None:
        step, driver = found
        for each in drivers:
            each.pass_time(step)
        left -= step
        driver.run_due()
        await asyncio.sleep(0)
    for each in drivers:
        each.pass_time(left)
        each.arm()
    await asyncio.sleep(0)


def _next(drivers: Sequence[Driver], within_s: float) -> tuple[float, Driver] | None:
    """Return the wait for the next event of all and whose it is, nothing when none is due in time."""
    waits = [
        (max(0.0, wait), at) for at, driver in enumerate(drivers) if (wait := driver.due_in()) is not None
    ]
    if not waits:
        return None
    wait, at = min(waits)
    return (wait, drivers[at]) if wait <= within_s else None
