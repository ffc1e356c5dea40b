"""Rows with types, text made safe, and what counts as state."""

from __future__ import annotations

import time
import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.models import MenuKind, MenuSpec, PropertySpec, ValueType
from routeros_mcp.domain.values import clean_text, property_spec, typed_row, typed_value, volatile

T = ValueType


def menu(**types: ValueType) -> MenuSpec:
    specs = {
        name.replace("_", "-"): PropertySpec(name=name.replace("_", "-"), type=kind, readable=True)
        for name, kind in types.items()
    }
    return MenuSpec(path="/x", kind=MenuKind.LIST, properties=specs)


def test_a_row_gets_numbers_booleans_seconds_and_iso_times() -> None:
    known = menu(mtu=T.INTEGER, value=T.NUMBER, add_arp=T.BOOLEAN, lease_time=T.DURATION, since=T.DATETIME)
    row = {
        ".id": "*1",
        "mtu": "1500",
        "value": "47.5",
        "add-arp": "true",
        "lease-time": "30m",
        "since": "2026-11-20 10:00:12",
    }
    assert typed_row(row, known, gmt_offset=timedelta(hours=1)) == {
        ".id": "*1",
        "mtu": 1500,
        "value": 47.5,
        "add-arp": True,
        "lease-time": 1800,
        "since": "2026-11-20T10:00:12+01:00",
    }


def test_what_does_not_read_as_its_type_stays_text() -> None:
    known = menu(mtu=T.INTEGER, timeout=T.DURATION, since=T.DATETIME, on=T.BOOLEAN, bytes=T.NUMBER)
    row = {"mtu": "auto", "timeout": "never", "since": "10:00:12", "on": "auto", "bytes": "1,2"}
    assert typed_row(row, known) == row


def test_enums_of_yes_and_no_stay_text() -> None:
    assert typed_row({"use-radius": "no", "add-default-route": "yes"}, menu(use_radius=T.ENUM)) == {
        "use-radius": "no",
        "add-default-route": "yes",
    }


def test_common_names_are_typed_in_unknown_menus() -> None:
    row = {
        "disabled": "false",
        "rx-byte": "3910",
        "uptime": "1m",
        "name": "0123",
        "comment": "true",
        "foo": "1",
    }
    assert typed_row(row, None) == {
        "disabled": False,
        "rx-byte": 3910,
        "uptime": 60,
        "name": "0123",
        "comment": "true",
        "foo": "1",
    }


def test_a_flag_that_is_present_and_empty_is_set() -> None:
    assert typed_row({"fib": "", "blackhole": "", "comment": ""}, None) == {
        "fib": True,
        "blackhole": True,
        "comment": "",
    }


def test_fractions_of_a_second_are_kept() -> None:
    assert typed_value("9ms445us", T.DURATION) == 0.009445
    assert typed_value("1w", T.DURATION) == 604800


@given(
    row=st.dictionaries(
        st.sampled_from(["a", "b", "c", "disabled", "uptime", "fib", "\u202e"]), st.text(max_size=60)
    ),
    kinds=st.tuples(*[st.sampled_from(list(T))] * 3),
    offset=st.none() | st.just(timedelta(hours=-3)),
)
def test_typing_a_row_never_raises(
    row: dict[str, str], kinds: tuple[ValueType, ValueType, ValueType], offset: timedelta | None
) -> None:
    typed = typed_row(row, menu(a=kinds[0], b=kinds[1], c=kinds[2]), gmt_offset=offset)
    assert len(typed) == len(row)
    assert all(isinstance(value, (str, int, float, bool)) for value in typed.values())


def test_a_row_is_typed_in_well_under_its_budget() -> None:
    known = menu(
        **{f"p{i}": kind for i, kind in enumerate([T.INTEGER, T.BOOLEAN, T.DURATION, T.DATETIME, T.TEXT] * 4)}
    )
    values = ["1500", "true", "1w2d3h4m5s", "2026-11-20 10:00:12", "some text"] * 4
    row = {f"p{i}": value for i, value in enumerate(values)}
    best = min(_timed(row, known) for _ in range(5))
    assert best < 20e-6 * len(row)


def _timed(row: dict[str, str], known: MenuSpec) -> float:
    start = time.process_time()
    for _ in range(50):
        typed_row(row, known)
    return (time.process_time() - start) / 50


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("plain", "plain"),
        ("two\r\nlines\tand\x85tab", "two lines and tab"),
        ("\x1b[31mred\x1b[0m\x00", "[31mred[0m"),
        ("abc\u202edef\u2066g", "abcdefg"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("hidden\ufe0f\U000e0101", "hidden"),
        (
            "caf\xe9 \u041c\u043e\u0441\u043a\u0432\u0430 \u6771\u4eac",
            "caf\xe9 \u041c\u043e\u0441\u043a\u0432\u0430 \u6771\u4eac",
        ),
        ("broken\udcff", "broken\ufffd"),
    ],
)
def test_text_from_strangers_is_made_visible(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(min_value=1, max_value=120))
def test_clean_text_holds_nothing_invisible_and_keeps_its_limit(text: str, limit: int) -> None:
    cleaned = clean_text(text, limit)
    assert len(cleaned) <= limit
    assert not [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not [
        c
        for c in cleaned
        if unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]
    assert clean_text(cleaned, limit) == cleaned
    cleaned.encode()


def test_a_long_text_says_how_much_is_missing() -> None:
    cleaned = clean_text("x" * 1000, 100)
    kept, _, rest = cleaned.partition("…")
    assert rest == f" (+{1000 - len(kept)} characters)"


def test_state_is_told_from_configuration() -> None:
    known = MenuSpec(
        path="/x",
        kind=MenuKind.LIST,
        properties={
            "mtu": PropertySpec(name="mtu", writable=True),
            "status": PropertySpec(name="status", readable=True),
            "disabled": PropertySpec(name="disabled", readable=True),
        },
    )
    named = ("mtu", "status", "disabled", ".id", ".nextid", "rx-byte", "comment", "odd")
    assert [name for name in named if volatile(known, name)] == ["status", ".id", ".nextid", "rx-byte"]
    assert volatile(None, "uptime")
    assert not volatile(None, "disabled")


def test_the_menus_own_type_beats_the_common_one() -> None:
    spec = property_spec(menu(active=T.TEXT), "active")
    assert spec is not None
    assert spec.type is T.TEXT
    assert property_spec(None, "nothing-known") is None
