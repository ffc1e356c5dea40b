"""When changes may begin: weekly windows and freezes, each by the clocks of its own time zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY = 24 * 60
_HORIZON = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of hours on days of the week (0 is Monday), in minutes after midnight.

    One that ends before it starts goes on into the next day: `days` says on which it begins.
    """

    days: frozenset[int]
    start_min: int
    end_min: int
    zone: tzinfo

    def holds(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.start_min < self.end_min:
            return day in self.days and self.start_min <= minute < self.end_min
        begun_today = day in self.days and minute >= self.start_min
        return begun_today or ((day - 1) % 7 in self.days and minute < self.end_min)

    def __str__(self) -> str:
        days = ",".join(DAYS[day] for day in sorted(self.days))
        return f"{days} {_clock(self.start_min)}-{_clock(self.end_min)} {self.zone}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """No change begins from `starts` on and before `ends`."""

    starts: datetime
    ends: datetime
    reason: str = ""

    def holds(self, moment: datetime) -> bool:
        return self.starts <= moment < self.ends

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.starts:%Y-%m-%d %H:%M} to {self.ends:%Y-%m-%d %H:%M %Z}{why}"


def is_open(moment: datetime, windows: Sequence[Sequence[Window]], freezes: Sequence[Freeze]) -> bool:
    """Whether changes may begin: in one window of each group, and in no freeze."""
    if any(freeze.holds(moment) for freeze in freezes):
        return False
    return all(any(window.holds(moment) for window in group) for group in windows)


def next_opening(
    moment: datetime,
    windows: Sequence[Sequence[Window]],
    freezes: Sequence[Freeze],
    until: datetime | None = None,
) -> datetime | None:
    """The first moment from this one on, and before `until`, at which changes may begin; None without one."""
    end = min(until or moment + _HORIZON, moment + _HORIZON)
    starts = {moment, *(freeze.ends.astimezone(UTC) for freeze in freezes)}
    for group in windows:
        for window in group:
            starts |= set(_starts(window, moment, end))
    opening = (
        start for start in sorted(starts) if moment <= start < end and is_open(start, windows, freezes)
    )
    return next(opening, None)


def _starts(window: Window, moment: datetime, end: datetime) -> Iterator[datetime]:
    """When the window begins, and midnight too: a clock put forward may jump over the minute itself."""
    local = moment.astimezone(window.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range((end - moment).days + 3):
        day = local + timedelta(days=number)
        yield day.astimezone(UTC)
        for minutes in (window.start_min, window.start_min + 60):
            yield (day + timedelta(minutes=minutes)).astimezone(UTC)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
