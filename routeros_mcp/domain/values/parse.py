"""Read RouterOS strings as durations, sizes, rates, booleans and moments; refuse what is not certain."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from routeros_mcp.domain.errors import WireError

_UNITS_US = {
    "w": 604_800_000_000,
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "m": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
    "us": 1,
}
_PARTS = re.compile(
    r"(-?)(?:([0-9]{1,12})w)?(?:([0-9]{1,12})d)?(?:([0-9]{1,12})h)?(?:([0-9]{1,12})m(?!s))?"
    r"(?:([0-9]{1,12})s)?(?:([0-9]{1,12})ms)?(?:([0-9]{1,12})us)?"
)
_CLOCK = re.compile(
    r"(-?)(?:([0-9]{1,6})w)?(?:([0-9]{1,6})d)?([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,6}))?"
)
_SECONDS = re.compile(r"(-?)([0-9]{1,12})")
_SIZE = re.compile(r"([0-9]{1,20}(?: [0-9]{3}){0,6}(?:\.[0-9]{1,9})?)(B|KiB|MiB|GiB|TiB)?")
_RATE = re.compile(r"([0-9]{1,20}(?: [0-9]{3}){0,6}(?:\.[0-9]{1,9})?)([kKMGT]?)(?:bps)?(?:-.+)?")
_BYTES = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_BITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_TOO_MUCH = 2**64  # RouterOS counts in 64 bits
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)")
_OLD_MOMENT = re.compile(r"([a-z]{3})/([0-9]{2})/([0-9]{4}) ([0-9]{2}:[0-9]{2}:[0-9]{2})", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


def parse_duration(text: str) -> timedelta:
    """Read `1w2d3h4m5s`, `9ms445us`, `00:00:10`, `1d00:00:00`, `-5h`, or bare seconds as the console does.

    Parts stand in falling order and at most once each; missing parts are zero.

    Source: MikroTik manual, "Scripting", data types; recorded answers.

    Raises:
        WireError: anything else, words such as `never` included, and times too long for a `timedelta`.
    """
    micros = _micros(text)
    if micros is None:
        raise WireError(f"{text[:80]!r} is not a RouterOS duration")
    try:
        return timedelta(microseconds=micros)
    except OverflowError as error:
        raise WireError(f"{text[:80]!r} is too long a time") from error


def _micros(text: str) -> int | None:
    if match := _SECONDS.fullmatch(text):
        return _signed(match[1], int(match[2]) * _UNITS_US["s"])
    if text and text[-1] in "wdhms" and (match := _PARTS.fullmatch(text)):
        parts = zip(match.groups()[1:], _UNITS_US.values(), strict=True)
        return _signed(match[1], sum(int(part) * unit for part, unit in parts if part))
    if match := _CLOCK.fullmatch(text):
        clock = zip(match.groups()[1:6], _UNITS_US.values(), strict=False)
        fraction = int((match[7] or "").ljust(6, "0"))
        return _signed(match[1], sum(int(part) * unit for part, unit in clock if part) + fraction)
    return None


def _signed(sign: str, micros: int) -> int:
    return -micros if sign else micros


def format_duration(value: timedelta) -> str:
    """Write a duration as RouterOS does: falling units, zero parts left out, `0s` for none."""
    rest = value // timedelta(microseconds=1)
    sign, rest = ("-", -rest) if rest < 0 else ("", rest)
    written = ""
    for unit, micros in _UNITS_US.items():
        count, rest = divmod(rest, micros)
        written += f"{count}{unit}" if count else ""
    return f"{sign}{written}" if written else "0s"


def parse_size(text: str) -> int:
    """Read a number of bytes: `2048KiB`, `1.5MiB`, `47 603`, `512`.

    A bare `k`, `M` or `G` is refused: RouterOS reads it as 1000 in some menus and as 1024 in others.

    Raises:
        WireError: another unit, or not a whole number of bytes.
    """
    match = _SIZE.fullmatch(text)
    return _whole(text, match[1], _BYTES[match[2]], "size") if match else _refuse(text, "size")


def parse_rate(text: str) -> int:
    """Read bits per second: `1760bps`, `10M`, `64k`, `1Gbps`; of `144.4Mbps-20MHz/2S/SGI` the rate in front.

    Raises:
        WireError: another unit, or not a whole number of bits.
    """
    match = _RATE.fullmatch(text)
    return _whole(text, match[1], _BITS[match[2]], "rate") if match else _refuse(text, "rate")


def _whole(text: str, number: str, unit: int, kind: str) -> int:
    value = Decimal(number.replace(" ", "")) * unit
    return int(value) if value == int(value) and value < _TOO_MUCH else _refuse(text, kind)


def _refuse(text: str, kind: str) -> int:
    raise WireError(f"{text[:80]!r} is not a RouterOS {kind}")


def parse_bool(text: str) -> bool:
    """Read `true`/`yes` and `false`/`no` in any case.

    Raises:
        WireError: another word; the empty string too, which means "set" for a few flags only.
    """
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise WireError(f"{text[:80]!r} is neither yes nor no")
    return value


def parse_datetime(text: str, gmt_offset: timedelta | None = None) -> datetime:
    """Read `2025-11-27 08:17:04` (7.10 and later) or `sep/29/2022 07:09:24` (before).

    RouterOS writes local time without a zone. With `gmt_offset` the answer is aware, else naive. The offset
    of /system/clock is today's: a moment on the other side of a change to summer time is off by that hour.

    Raises:
        WireError: a time without a date, another form, or a day that does not exist.
    """
    if match := _MOMENT.fullmatch(text):
        iso = f"{match[1]}T{match[2]}"
    elif (match := _OLD_MOMENT.fullmatch(text)) and match[1].lower() in _MONTHS:
        iso = f"{match[3]}-{_MONTHS.index(match[1].lower()) + 1:02}-{match[2]}T{match[4]}"
    else:
        raise WireError(f"{text[:80]!r} is not a RouterOS date and time")
    try:
        moment = datetime.fromisoformat(iso)
        return moment if gmt_offset is None else moment.replace(tzinfo=timezone(gmt_offset))
    except ValueError as error:
        raise WireError(f"{text[:80]!r} is not a moment that exists") from error


def parse_date(text: str) -> date:
    """Read a day, `2025-11-27` (7.10 and later) or `nov/27/2025` (before).

    Raises:
        WireError: another form, or a day that does not exist.
    """
    return parse_datetime(f"{text} 00:00:00").date()


def parse_gmt_offset(text: str) -> timedelta:
    """Read `gmt-offset` of /system/clock, such as `+01:00` or `-03:30`.

    Raises:
        WireError: another form, or a day and more.
    """
    match = _OFFSET.fullmatch(text)
    if not match:
        raise WireError(f"{text[:80]!r} is not an offset from GMT")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -offset if match[1] == "-" else offset
