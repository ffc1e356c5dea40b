"""What time it is on an emulated router."""

import calendar
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Wall time in epoch seconds and a steady counter; tests inject their own."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


class RouterClock:
    """The clock of one router: time may be skipped, run faster, and the wall clock alone may jump.

    `steady` counts the router's own seconds and never jumps; `wall` is what the router believes.
    """

    __slots__ = ("_ahead_s", "_base", "_began", "_jumped_s", "scale")

    def __init__(self, base: Clock, scale: float = 1.0) -> None:
        self.scale = scale
        self._base = base
        self._began = base.steady()
        self._ahead_s = 0.0
        self._jumped_s = 0.0

    def steady(self) -> float:
        return self._base.steady() + self._extra()

    def wall(self) -> float:
        return self.true_wall() + self._jumped_s

    def true_wall(self) -> float:
        """Return what a clock would say that was never set."""
        return self._base.wall() + self._extra()

    def skip_to(self, steady: float) -> None:
        """Let time pass at once, never backwards."""
        self._ahead_s += max(0.0, steady - self.steady())

    def set_wall(self, epoch_s: float) -> float:
        """Set the wall clock alone and return by how many seconds it jumped."""
        by = epoch_s - self.wall()
        self._jumped_s += by
        return by

    def _extra(self) -> float:
        if self.scale == 1.0:
            return self._ahead_s
        return self._ahead_s + (self.scale - 1.0) * (self._base.steady() - self._began)


_OLD_UNTIL = (7, 9)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def stamp(epoch_s: float) -> str:
    """Return a time as RouterOS 7.10 and later print it. Source: vendor manual."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(epoch_s))


def moment(date: str, time_of_day: str) -> float:
    """Return the epoch seconds of `2026-11-20` and `10:00:12`, both taken without a zone."""
    return float(calendar.timegm(time.strptime(f"{date} {time_of_day}", "%Y-%m-%d %H:%M:%S")))


def offset_s(text: str) -> int:
    """Read `+01:00` as seconds."""
    sign = -1 if text.startswith("-") else 1
    hours, _, minutes = text.lstrip("+-").partition(":")
    return sign * (int(hours) * 3600 + int(minutes) * 60)


def dated(date: str, release: tuple[int, int]) -> str:
    """Write a date as the version does: `nov/20/2026` up to 7.9, then `2026-11-20`. Source: vendor manual."""
    if release > _OLD_UNTIL:
        return date
    year, month, day = date.split("-")
    return f"{_MONTHS[int(month) - 1]}/{day}/{year}"


def logged(moment: str, now: str, release: tuple[int, int]) -> str:
    """Write the time of a log line. Up to 7.9 what goes without saying is left out: the year, today's date.

    Source: assumed from public transcripts of RouterOS 6 and 7.1 to 7.9.
    """
    date, _, clock = moment.partition(" ")
    if release > _OLD_UNTIL:
        return moment
    if date == now[:10]:
        return clock
    old = dated(date, release)
    return f"{old[:6] if date[:4] == now[:4] else old} {clock}"
