"""Reading durations, sizes, rates, booleans and moments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import WireError
from routeros_mcp.domain.values import (
    format_duration,
    parse_bool,
    parse_datetime,
    parse_duration,
    parse_gmt_offset,
    parse_rate,
    parse_size,
)

DURATIONS = {
    "0s": timedelta(),
    "10m": timedelta(minutes=10),
    "1w2d3h4m5s": timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5),
    "519w4d15h28m25s": timedelta(weeks=519, days=4, hours=15, minutes=28, seconds=25),
    "5s120ms": timedelta(seconds=5, milliseconds=120),
    "1h3m20s010ms": timedelta(hours=1, minutes=3, seconds=20, milliseconds=10),
    "453us": timedelta(microseconds=453),
    "9ms445us": timedelta(microseconds=9445),
    "40ms": timedelta(milliseconds=40),
    "1m40ms": timedelta(minutes=1, milliseconds=40),
    "00:00:10": timedelta(seconds=10),
    "00:00:00.000060": timedelta(microseconds=60),
    "00:00:00.200": timedelta(milliseconds=200),
    "1d00:00:00": timedelta(days=1),
    "1w2d03:04:05": timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5),
    "-5h30m": -timedelta(hours=5, minutes=30),
    "30": timedelta(seconds=30),
}


@pytest.mark.parametrize(("text", "expected"), DURATIONS.items())
def test_every_spelling_of_a_duration_reads(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "never",
        "infinity",
        "5x",
        "5s3m",
        "1m1m",
        "1.5s",
        "5 s",
        "00:60:00",
        "1:2:3",
        "٣s",
        "5s\n",
        "5ns",
        "999999999999w",
    ],
)
def test_what_is_not_surely_a_duration_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        parse_duration(text)


@given(st.timedeltas())
def test_a_written_duration_reads_back(value: timedelta) -> None:
    assert parse_duration(format_duration(value)) == value


def test_durations_are_written_as_the_router_writes_them() -> None:
    written = [
        format_duration(DURATIONS[text]) for text in ("1w2d03:04:05", "00:00:10", "5s120ms", "0s", "30")
    ]
    assert written == ["1w2d3h4m5s", "10s", "5s120ms", "0s", "30s"]
    assert format_duration(timedelta(hours=-5)) == "-5h"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2048KiB", 2 << 20), ("1.5MiB", 3 << 19), ("47 603", 47603), ("0", 0), ("12B", 12), ("1GiB", 1 << 30)],
)
def test_sizes_are_bytes(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1760bps", 1760),
        ("64k", 64_000),
        ("10M", 10_000_000),
        ("1G", 1_000_000_000),
        ("2.5Gbps", 2_500_000_000),
        ("144.4Mbps-20MHz/2S/SGI", 144_400_000),
        ("47 603", 47_603),
    ],
)
def test_rates_are_bits_per_second(text: str, expected: int) -> None:
    assert parse_rate(text) == expected


@pytest.mark.parametrize("text", ["", "1G", "0.1", "x", "-1", "1 00", "5 KiB"])
def test_an_unclear_size_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        parse_size(text)


@pytest.mark.parametrize("text", ["", "0/0", "fast", "0.5", "1KiB"])
def test_an_unclear_rate_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        parse_rate(text)


def test_booleans_read_in_both_spellings() -> None:
    assert [parse_bool(text) for text in ("true", "yes", "False", "no")] == [True, True, False, False]


def test_both_eras_of_moments_read() -> None:
    offset = timedelta(hours=2)
    old = parse_datetime("sep/29/2022 07:09:24", offset)
    assert old.astimezone(UTC) == datetime(2022, 9, 29, 5, 9, 24, tzinfo=UTC)
    assert parse_datetime("2025-11-27 08:17:04", offset).isoformat() == "2025-11-27T08:17:04+02:00"


def test_without_an_offset_a_moment_stays_naive() -> None:
    assert parse_datetime("1970-01-02 00:00:10").isoformat() == "1970-01-02T00:00:10"


@pytest.mark.parametrize(
    "text",
    [
        "10:00:12",
        "2025-11-27",
        "sep/29 07:09:24",
        "foo/29/2022 07:09:24",
        "2025-02-30 00:00:00",
        "startup",
        "",
    ],
)
def test_half_a_moment_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        parse_datetime(text)


def test_offsets_from_gmt_read() -> None:
    assert parse_gmt_offset("+01:00") == timedelta(hours=1)
    assert parse_gmt_offset("-03:30") == -timedelta(hours=3, minutes=30)
    for text in ("01:00", "+24:00", "+1:00", "manual"):
        with pytest.raises(WireError):
            parse_gmt_offset(text)


@pytest.mark.parametrize("reader", [parse_duration, parse_size, parse_rate, parse_bool, parse_datetime])
@given(text=st.text(max_size=40) | st.from_regex(r"[-0-9wdhms:. kMGKiB/]{0,30}", fullmatch=True))
def test_readers_answer_or_refuse_and_nothing_else(reader: Callable[[str], object], text: str) -> None:
    try:
        reader(text)
    except WireError:
        return
