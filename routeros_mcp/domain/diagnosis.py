"""From the rows of ping, traceroute and bandwidth test to figures; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from routeros_mcp.domain.errors import WireError
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.values import clean_text, parse_duration, parse_rate

_WORDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rtt:
    """Round-trip times in milliseconds."""

    min: float
    avg: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """One probe of ping; `rtt_ms` is None when it was lost, `status` then says how."""

    seq: int
    rtt_ms: float | None
    ttl: int | None = None
    host: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingReport:
    address: str
    echoes: tuple[Echo, ...]

    @property
    def sent(self) -> int:
        return len(self.echoes)

    @property
    def received(self) -> int:
        return sum(1 for echo in self.echoes if echo.rtt_ms is not None)

    @property
    def rtt(self) -> Rtt | None:
        return spread([echo.rtt_ms for echo in self.echoes])


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One place on the way; more addresses than one answer where the way forks."""

    number: int
    addresses: tuple[str, ...]
    sent: int
    times_ms: tuple[float, ...]
    status: str = ""

    @property
    def rtt(self) -> Rtt | None:
        return spread(self.times_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthReport:
    """Averages over the whole test in bit/s, None in a direction that was not tested."""

    status: str
    receive_bps: int | None = None
    transmit_bps: int | None = None
    lost_packets: int | None = None
    local_cpu_percent: int | None = None
    remote_cpu_percent: int | None = None


def spread(times: Sequence[float | None]) -> Rtt | None:
    """Least, mean and greatest of the times that there are."""
    known = [time for time in times if time is not None]
    if not known:
        return None
    return Rtt(min=min(known), avg=round(sum(known) / len(known), 3), max=max(known))


def echo(row: Row, seq: int) -> Echo:
    """Read one row of ping; `seq` counts over all requests of a run, the router's own starts anew.

    Raises:
        WireError: a figure that does not read as one.
    """
    return Echo(
        seq=seq,
        rtt_ms=milliseconds(row.get("time")),
        ttl=whole(row, "ttl"),
        host=clean_text(row.get("host", ""), _WORDS),
        status=clean_text(row.get("status", ""), _WORDS),
    )


def hops(rounds: Sequence[Sequence[Row]]) -> tuple[Hop, ...]:
    """Put the rounds of a trace together, hop by hop.

    Raises:
        WireError: a figure that does not read as one.
    """
    longest = max((len(rows) for rows in rounds), default=0)
    return tuple(_hop(at, [rows[at] for rows in rounds if at < len(rows)]) for at in range(longest))


def bandwidth(row: Row) -> BandwidthReport:
    """Read the last frame of a test.

    Raises:
        WireError: a figure that does not read as one.
    """
    return BandwidthReport(
        status=clean_text(row.get("status", "no status"), _WORDS),
        receive_bps=_rate(row, "rx-total-average"),
        transmit_bps=_rate(row, "tx-total-average"),
        lost_packets=whole(row, "lost-packets"),
        local_cpu_percent=whole(row, "local-cpu-load"),
        remote_cpu_percent=whole(row, "remote-cpu-load"),
    )


def milliseconds(text: str | None) -> float | None:
    """Read `551us`, `9ms445us` or, as traceroute prints it, bare milliseconds; `timeout` and "" are None.

    Raises:
        WireError: anything else.
    """
    if not text or text == "timeout":
        return None
    try:
        value = float(text)
    except ValueError:
        return round(parse_duration(text) / timedelta(milliseconds=1), 3)
    if not 0 <= value < float("inf"):
        raise WireError(f"{text[:80]!r} is no time")
    return value


def whole(row: Mapping[str, str], name: str) -> int | None:
    """Read a whole number, with or without `%`; None where there is none.

    Raises:
        WireError: it is no number.
    """
    text = row.get(name, "").removesuffix("%").replace(" ", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise WireError(f"{name}={text[:80]!r} is no number")
    return int(text)


def _hop(at: int, rows: Sequence[Row]) -> Hop:
    addresses = dict.fromkeys(clean_text(row["address"], _WORDS) for row in rows if row.get("address"))
    times = [milliseconds(row.get("last")) for row in rows]
    statuses = [text for row in rows if (text := row.get("status"))]
    return Hop(
        number=at + 1,
        addresses=tuple(addresses),
        sent=len(rows),
        times_ms=tuple(time for time in times if time is not None),
        status=clean_text(statuses[-1], _WORDS) if statuses else "",
    )


def _rate(row: Row, name: str) -> int | None:
    return parse_rate(row[name]) if row.get(name) else None
