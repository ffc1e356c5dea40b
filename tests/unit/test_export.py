"""The text of exports as values, and back."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from fakes.exports import SPECS, emulated, exports, names, values
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.domain.errors import ExportError, WireError
from routeros_mcp.domain.export import (
    Argument,
    Command,
    Export,
    Find,
    Heading,
    parse_export,
    readable_lines,
    serialise,
)
from routeros_mcp.emulator import RouterSpec

HEAD = "# 2025-03-10 12:16:25 by RouterOS 7.18.2\n# software id = AAAA-BBBB\n#\n# model = RB750Gr3\n"
OLD = (
    "# aug/13/2022 21:34:26 by RouterOS 6.49.10\r\n# software id =\r\n#\r\n"
    "/ip address\r\nadd address=10.0.0.1/24\r\n"
)


def comes_back_or_is_refused_in_its_place(text: str) -> None:
    try:
        export = parse_export(text)
    except ExportError as refused:
        error = refused
    else:
        assert serialise(export) == text
        return
    lines = text.split("\n")
    assert 1 <= error.line <= len(lines)
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1


def one(line: str, menu: str = "/ip/address") -> Command:
    heading = f"/{menu[1:].replace('/', ' ')}\n"
    (command,) = parse_export(f"{heading}{line}\n").commands
    return command


@pytest.mark.parametrize("is_verbose", [False, True])
@pytest.mark.parametrize("is_terse", [False, True])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_exports_of_routers_come_back_byte_for_byte(
    spec: RouterSpec, is_terse: bool, is_verbose: bool
) -> None:
    text = emulated(spec, is_terse=is_terse, is_verbose=is_verbose)
    export = parse_export(text)
    assert serialise(export) == text
    assert serialise(export.unwritten()) == text
    assert parse_export(serialise(export.unwritten(), width=None)).commands == export.commands
    assert {entry.menu for entry in export.commands} == {section.menu for section in export.sections}


@settings(max_examples=400, deadline=None)
@given(exports)
def test_whatever_is_written_reads_as_the_same(export: Export) -> None:
    text = serialise(export)
    again = parse_export(text)
    assert again.commands == export.commands
    assert serialise(again) == text
    assert serialise(again.unwritten()) == text
    assert parse_export(serialise(export, None)).commands == export.commands


@settings(max_examples=500, deadline=None)
@given(st.lists(st.builds(Argument, names, values), min_size=1, max_size=5))
def test_no_line_of_arguments_is_wider_than_79_columns(arguments: list[Argument]) -> None:
    command = Command(menu="/ip/address", verb="add", arguments=tuple(arguments))
    assert max(map(len, serialise(Export(entries=(command,))).split("\n"))) <= 79


WHOLE = emulated(SPECS[0])
HOSTILE = st.text('/ipaddset=" \\\n\r[]{}();$#?!.é_nX0\t', max_size=80)


@settings(max_examples=3000, deadline=None)
@given(st.text(max_size=60) | HOSTILE | HOSTILE.map(lambda text: f"/ip address\nadd a=b {text}"))
def test_any_text_is_an_export_or_an_export_error(text: str) -> None:
    comes_back_or_is_refused_in_its_place(text)
    assert len(list(readable_lines(text))) <= text.count("\n") + 1


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_export_damaged_anywhere_does_no_harm(data: st.DataObject) -> None:
    text = WHOLE
    at, size = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 30))
    damaged = text[:at] + data.draw(HOSTILE) + text[at + size :]
    comes_back_or_is_refused_in_its_place(damaged)


@pytest.mark.parametrize(
    "piece",
    [
        '"',
        "\\",
        "[",
        "[ find ",
        "a=",
        "a",
        '"a" ',
        "\\\n",
        "/",
        "/a ",
        "!",
        ".",
        "{(",
        "$",
        "\\A",
        "add a=\\\n    b\n",
    ],
)
@pytest.mark.parametrize(
    "start", ["", "/ip address\nadd a=", '/ip address\nadd a="', "/ip address\nset [ find a="]
)
def test_long_hostile_texts_take_no_longer_than_their_length_warrants(start: str, piece: str) -> None:
    text = start + piece * (200_000 // len(piece))
    began = time.perf_counter()
    comes_back_or_is_refused_in_its_place(text)
    assert time.perf_counter() - began < 5


def test_the_header_of_both_eras_is_read() -> None:
    new, old = parse_export(HEAD).header, parse_export(OLD).header
    assert (new.version, new.moment.isoformat() if new.moment else "") == ("7.18.2", "2025-03-10T12:16:25")
    assert dict(new.facts) == {"software id": "AAAA-BBBB", "model": "RB750Gr3"}
    assert (old.version, old.moment.isoformat() if old.moment else "") == ("6.49.10", "2022-08-13T21:34:26")
    assert dict(old.facts) == {"software id": ""}
    assert parse_export("/ip address\n").header.moment is None


def test_windows_line_ends_are_kept() -> None:
    export = parse_export(OLD)
    assert serialise(export) == OLD
    assert export.commands[0].values == {"address": "10.0.0.1/24"}


@pytest.mark.parametrize("heading", ["/ip firewall filter", "/ip/firewall/filter", "/ip firewall/filter"])
def test_a_section_is_named_with_blanks_or_slashes(heading: str) -> None:
    (command,) = parse_export(f"{heading}\nadd chain=input\n").commands
    assert command.menu == "/ip/firewall/filter"


def test_a_terse_line_does_not_open_a_section() -> None:
    text = "/ip address\n/ip dns set servers=1.1.1.1\nadd address=10.0.0.1/24\n"
    assert [(c.menu, c.verb) for c in parse_export(text).commands] == [
        ("/ip/dns", "set"),
        ("/ip/address", "add"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "set [ find default-name=ether1 ] mtu=9000",
            Find("default-name=ether1", (("default-name", "ether1"),)),
        ),
        ('set [find where name="a b"] mtu=9000', Find('name="a b"', (("name", "a b"),))),
        ("set [ find name~wan ] mtu=9000", Find("name~wan")),
        ("set [ find ] mtu=9000", Find("")),
        ("set ssh mtu=9000", "ssh"),
        ('set "my name" mtu=9000', "my name"),
        ("set 0 mtu=9000", "0"),
        ("set *1F mtu=9000", "*1F"),
        ("set mtu=9000", None),
    ],
)
def test_what_a_set_is_about(line: str, expected: str | Find | None) -> None:
    command = one(line)
    assert command.target == expected
    assert command.values == {"mtu": "9000"}


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ('pref-src=""', Argument("pref-src", "")),
        ("fib", Argument("fib")),
        ("!keepalive", Argument("keepalive", None, unset=True)),
        ("dst-address-list=!Local", Argument("dst-address-list", "!Local")),
        ('list=!"my list"', Argument("list", "!my list")),
        (r'a="\"\\\$\?\n\r\t\_\41\D0\96"', Argument("a", '"\\$?\n\r\t AЖ')),
        (r'a="\E4"', Argument("a", "\udce4")),
        ('a="x\ny"', Argument("a", "x\ny")),
        ("a=\\\n    value", Argument("a", "value")),
        ('a="one\\\n    \\_two\\\n    \\nthree"', Argument("a", "one two\nthree")),
        ("a=$x", Argument("a", "$x", is_expression=True)),
        ("a=[/ip address find]", Argument("a", "[/ip address find]", is_expression=True)),
    ],
)
def test_how_arguments_read(argument: str, expected: Argument) -> None:
    command = one(f"add {argument}")
    assert command.arguments == (expected,)
    assert serialise(parse_export(f"/x\nadd {argument}\n")) == f"/x\nadd {argument}\n"


def test_a_prefix_is_carried_to_the_arguments_after_it() -> None:
    command = one("set wifi1 channel.band=5ghz-ax .width=20mhz configuration.mode=ap .ssid=home mtu=1500")
    assert list(command.values) == [
        "channel.band", "channel.width", "configuration.mode", "configuration.ssid", "mtu",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("add a=b\n", 1, 1, "before the first section"),
        ("/ip address\nfoo a=b\n", 2, 1, "no command"),
        ("/ip address\nadd a=b .c=d\n", 2, 9, "prefix"),
        ('/ip address\nadd a="b\n', 2, 7, "quote"),
        ("/ip address\nadd a=b; set x\n", 2, 5, "no word"),
        ('/ip address\nadd a=b \\\n    c="\\q"\n', 3, 5, "escape"),
        ("/ip address\nset [ find a=b x=1\n", 2, 19, "missing"),
        ("/ip address\nset [ print ] x=1\n", 2, 5, "find"),
        ("/ip address\nadd a=b\\", 2, 8, "middle of a line"),
        ("/ip address=5\n", 1, 5, "no menu"),
        ('/ip address\nadd "a"\n', 2, 5, "neither"),
    ],
)
def test_an_error_names_the_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(ExportError, match=words) as caught:
        parse_export(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert isinstance(caught.value, WireError)


def test_comments_stay_and_an_error_of_the_router_is_seen() -> None:
    text = f'{HEAD}/ip ssh\n# managed by CAPsMAN\n#error exporting "/ip/ssh" (timeout)\n\nset a=b\n'
    export = parse_export(text)
    assert serialise(export) == text
    assert not export.is_complete
    assert parse_export(HEAD).is_complete
    assert export.sections[0].comments[0].text == "# managed by CAPsMAN"


def test_only_what_is_changed_is_written_anew() -> None:
    text = (
        f"{HEAD}/ip address\nadd   address=10.0.0.1/24   interface=ether1\n"
        "add   address=10.0.0.2/24\n/ip dns\nset a=b"
    )
    export = parse_export(text)
    changed = [
        replace(entry, arguments=(Argument("address", "10.9.9.9/24"), Argument("comment", "a b")))
        if isinstance(entry, Command) and "interface" in entry.values
        else entry
        for entry in export.entries
    ]
    more = [*changed, Command(menu="/ip/route", verb="add", arguments=(Argument("gateway", "10.0.0.1"),))]
    expected = text.replace(
        "add   address=10.0.0.1/24   interface=ether1", 'add address=10.9.9.9/24 comment="a b"'
    )
    assert serialise(Export(entries=tuple(more))) == f"{expected}\n/ip route\nadd gateway=10.0.0.1\n"
    renamed = (
        replace(export.entries[4], menu="/ipv6/address") if isinstance(export.entries[4], Heading) else None
    )
    assert renamed
    assert serialise(Export(entries=(renamed,))) == "/ipv6 address\n"


def test_lines_of_a_damaged_text_can_still_be_read() -> None:
    lines = list(readable_lines('/ip address\nadd a=\\\n    b\nadd c="d\nadd e=f\n'))
    assert [(line.number, line.text) for line in lines][:4] == [
        (1, "/ip address"), (2, "add a=b"), (4, 'add c="d'), (5, "add e=f"),
    ]  # fmt: skip
    assert re.match("add e", lines[3].text)


def test_a_quote_at_the_end_of_a_line_leaves_room_for_the_break_behind_it() -> None:
    for length in range(40, 90):
        arguments = (Argument("comment", " " + "x" * length), Argument("name", "y" * 60))
        text = serialise(Export(entries=(Command(menu="/ip/address", verb="add", arguments=arguments),)))
        assert max(map(len, text.split("\n"))) <= 79
        (command,) = parse_export(text).commands
        assert command.arguments == arguments
