"""Times of log lines in every form that RouterOS writes, around midnight and New Year."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import BadAnswer, WireError
from routeros_mcp.domain.log_lines import LogFilter, LogLine, RouterNow, log_lines

CLOCK = {"date": "2026-03-01", "time": "00:10:00", "gmt-offset": "+05:30"}
NOW = RouterNow.of(CLOCK)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-02-28 23:59:59", "2026-02-28T23:59:59+05:30"),
        ("2026-02-28 23:59:59.125", "2026-02-28T23:59:59.125000+05:30"),
        ("sep/29/2022 07:09:24", "2022-09-29T07:09:24+05:30"),
        ("00:09:59", "2026-03-01T00:09:59+05:30"),
        ("00:14:59", "2026-03-01T00:14:59+05:30"),
        ("23:50:00", "2026-02-28T23:50:00+05:30"),
        ("jan/31 10:00:00", "2026-01-31T10:00:00+05:30"),
        ("dec/31 23:59:59", "2025-12-31T23:59:59+05:30"),
        ("Dec/31 23:59:59", "2025-12-31T23:59:59+05:30"),
        ("12-31 23:59:59", "2025-12-31T23:59:59+05:30"),
    ],
)
def test_a_time_without_all_its_parts_is_the_latest_that_has_been(text: str, iso: str) -> None:
    assert NOW.read(text).isoformat() == iso


def test_the_29th_of_february_is_of_the_year_that_had_one() -> None:
    at = RouterNow.of({**CLOCK, "date": "2025-02-01"})
    assert at.read("feb/29 10:00:00").year == 2024


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "25:00:00",
        "2026-02-30 10:00:00",
        "feb/30 10:00:00",
        "\u0660\u0660:\u0660\u0660:\u0660\u0660",
    ],
)
def test_what_is_no_time_is_refused_never_guessed(text: str) -> None:
    with pytest.raises(WireError):
        NOW.read(text)


def test_the_clock_of_either_era_is_read() -> None:
    old = RouterNow.of({"date": "mar/01/2026", "time": "00:10:00", "gmt-offset": "+05:30"})
    assert old == NOW
    with pytest.raises(BadAnswer):
        RouterNow.of({"date": "2026-03-01", "time": "00:10:00"})


@given(st.integers(1_000_000_000, 2_800_000_000), st.integers(0, 300 * 86_400))
def test_a_line_reads_the_same_however_much_of_its_date_is_left_out(now_s: int, age_s: int) -> None:
    zone = timezone(timedelta(hours=-3))
    now, moment = datetime.fromtimestamp(now_s, zone), datetime.fromtimestamp(now_s - age_s, zone)
    clock, old = f"{moment:%H:%M:%S}", f"{MONTHS[moment.month - 1]}/{moment.day:02}"
    forms = [f"{moment:%Y-%m-%d} {clock}", f"{old}/{moment.year} {clock}"]
    forms += [f"{old} {clock}"] if moment.year == now.year else []
    forms += [clock] if moment.date() == now.date() else []
    assert {RouterNow(now).read(form) for form in forms} == {moment}


def line(topics: tuple[str, ...] = (), moment: datetime | None = NOW.moment) -> LogLine:
    return LogLine(device="a", number=1, moment=moment, written="", topics=topics, message="")


@pytest.mark.parametrize(
    ("topics", "least", "taken"),
    [
        (("system", "error", "critical"), "critical", True),
        (("dhcp", "info"), "warning", False),
        (("dhcp", "info"), "info", True),
        (("script",), "info", True),
        (("script", "debug"), "info", False),
    ],
)
def test_a_line_is_as_severe_as_its_gravest_topic(topics: tuple[str, ...], least: str, taken: bool) -> None:
    assert LogFilter(severity=least).takes(line(topics=topics)) is taken


def test_a_line_without_a_readable_time_is_left_out_of_a_span_and_sorts_last() -> None:
    lost = line(moment=None)
    assert not LogFilter(since=NOW.moment).takes(lost)
    assert LogFilter().takes(lost)
    assert max(lost, line(), key=lambda each: each.age) is lost


def test_what_strangers_wrote_comes_clean() -> None:
    rows = [{"time": "\u202enow", "topics": "system,\u200binfo", "message": "login of \x1b[31mroot\u202e"}]
    (found,) = log_lines("a", rows, NOW)
    assert (found.moment, found.written, found.topics) == (None, "now", ("system", "info"))
    assert found.message == "login of [31mroot"
