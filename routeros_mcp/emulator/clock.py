"""What time it is on an emulated router."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Wall time in epoch seconds and a steady counter; tests inject their own."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


_OLD_UNTIL = (7, 9)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def stamp(epoch_s: float) -> str:
    """Return a time as RouterOS 7.10 and later print it. Source: vendor manual."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(epoch_s))


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
