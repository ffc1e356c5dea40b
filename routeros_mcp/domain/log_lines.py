"""Lines of a router's log: their moment in every form that RouterOS writes, their severity, their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from routeros_mcp.domain.errors import BadAnswer, WireError
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.values import clean_text, parse_datetime, parse_gmt_offset

SEVERITIES = ("debug", "info", "warning", "error", "critical")
_OF_TODAY = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")
_OF_THIS_YEAR = re.compile(r"(?:([a-z]{3}/[0-9]{2})|([0-9]{2}-[0-9]{2})) ([0-9:.]{8,15})", re.IGNORECASE)
_AHEAD = timedelta(minutes=5)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_TOPIC_LENGTH = 40


@dataclass(frozen=True, slots=True)
class RouterNow:
    """The router's own date and time, aware, as of when it was asked."""

    moment: datetime

    @classmethod
    def of(cls, clock: Row) -> RouterNow:
        """Read /system/clock of either era.

        Raises:
            WireError: date, time or offset do not read as such.
            BadAnswer: one of them is missing.
        """
        missing = [name for name in ("date", "time", "gmt-offset") if name not in clock]
        if missing:
            raise BadAnswer(f"/system/clock lacks {missing[0]}.", fix="Ask again in a minute.")
        offset = parse_gmt_offset(clock["gmt-offset"])
        return cls(parse_datetime(f"{clock['date']} {clock['time']}", offset))

    def read(self, text: str) -> datetime:
        """The moment of a log line: dated, of this year without it, or of today without a date.

        What would lie ahead of the router's clock is of the year, or of the day, before.

        Source: rows of 7.10 and later are dated; transcripts of earlier ones leave out what goes without
        saying. The offset is today's: a line from before a change to summer time is off by that hour.

        Raises:
            WireError: no time that RouterOS writes.
        """
        today = self.moment.date()
        if _OF_TODAY.fullmatch(text):
            found = self._aware(f"{today.isoformat()} {text}")
            return found if not self._is_ahead(found) else found - timedelta(days=1)
        if match := _OF_THIS_YEAR.fullmatch(text):
            return self._of_this_year(match)
        return self._aware(text)

    def _of_this_year(self, match: re.Match[str]) -> datetime:
        for year in (self.moment.year, self.moment.year - 1):
            date = f"{match[1]}/{year}" if match[1] else f"{year}-{match[2]}"
            try:
                found = self._aware(f"{date} {match[3]}")
            except WireError:
                continue  # the 29th of February of a year that has none
            if not self._is_ahead(found):
                return found
        raise WireError(f"{match[0][:80]!r} is not a moment that exists")

    def _aware(self, text: str) -> datetime:
        return parse_datetime(text, self.moment.utcoffset())

    def _is_ahead(self, moment: datetime) -> bool:
        return moment > self.moment + _AHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line; `moment` is None where the router's time could not be read, `written` is as it stood."""

    device: str
    number: int
    moment: datetime | None
    written: str
    topics: tuple[str, ...]
    message: str

    @property
    def severity(self) -> int:
        """Place in SEVERITIES; a line without any is information."""
        return max((SEVERITIES.index(topic) for topic in self.topics if topic in SEVERITIES), default=1)

    @property
    def age(self) -> tuple[float, str, int]:
        """Sorts newest first, then by device, then the later line first."""
        moment = self.moment or _LONG_AGO
        return (-(moment - _LONG_AGO).total_seconds(), self.device, -self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """All that is given must hold; of the topics any. `severity` is the least."""

    topics: tuple[str, ...] = ()
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    severity: str | None = None

    def takes(self, line: LogLine) -> bool:
        return (
            (not self.topics or bool(set(self.topics) & set(line.topics)))
            and (self.text is None or self.text.casefold() in line.message.casefold())
            and (self.severity is None or line.severity >= SEVERITIES.index(self.severity))
            and self._is_in_time(line.moment)
        )

    def _is_in_time(self, moment: datetime | None) -> bool:
        if moment is None:
            return self.since is None and self.until is None
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)


def log_lines(device: str, rows: Sequence[Row], now: RouterNow) -> list[LogLine]:
    """The lines in the router's order, cleaned: their words come from strangers."""
    return [_line(device, number, row, now) for number, row in enumerate(rows)]


def _line(device: str, place: int, row: Row, now: RouterNow) -> LogLine:
    written = row.get("time", "")
    try:
        moment = now.read(written)
    except WireError:
        moment = None
    topics = tuple(clean_text(topic, _TOPIC_LENGTH) for topic in row.get("topics", "").split(",") if topic)
    return LogLine(
        device=device,
        number=_number(row, place),
        moment=moment,
        written=clean_text(written, _TOPIC_LENGTH),
        topics=topics,
        message=clean_text(row.get("message", "")),
    )


def _number(row: Row, place: int) -> int:
    """The line's id, which stays while older lines fall out; its place when it has none."""
    try:
        return int(row.get(".id", "").removeprefix("*"), 16)
    except ValueError:
        return place
