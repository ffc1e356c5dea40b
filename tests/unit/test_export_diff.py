"""Exports compared by what they configure."""

from __future__ import annotations

import time

import pytest
from fakes.exports import SPECS, emulated, exports
from hypothesis import given, settings

from routeros_mcp.domain.export import Export, ObjectChange, diff_exports, parse_export
from routeros_mcp.infra.routeros.schema import FileMenuSchema

SCHEMA = FileMenuSchema()
HEAD = "# 2025-03-10 12:16:25 by RouterOS 7.18.2\n"


def diff(
    menu: str, older: str, newer: str
) -> list[tuple[str, str, dict[str, tuple[str | None, str | None]]]]:
    """Kind, key and properties of each change between the commands of one section, separated by `|`."""
    before, after = (parse_export("\n".join([HEAD, menu, *lines.split("|"), ""])) for lines in (older, newer))
    changes = diff_exports(before, after, SCHEMA)
    assert {change.menu for change in changes} <= {"/" + menu[1:].replace(" ", "/")}
    return [
        (change.kind.value, change.key, {p.name: (p.older, p.newer) for p in change.properties})
        for change in changes
    ]


ROUTE, FILTER, ADDRESS, DNS = "/ip route", "/ip firewall filter", "/ip address", "/ip dns"
VERBOSE = (
    'add disabled=no distance=1 dst-address=0.0.0.0/0 gateway=10.0.0.1 pref-src="" routing-table=main '
    "suppress-hw-offload=no"
)


@pytest.mark.parametrize(
    ("menu", "older", "newer"),
    [
        (ROUTE, "add gateway=10.0.0.1", VERBOSE),
        (ROUTE, VERBOSE, "add gateway=10.0.0.1"),
        (ADDRESS, "add address=10.0.0.1/24 interface=a|add address=10.0.0.2/24 interface=a",
         "add address=10.0.0.2/24 interface=a|add address=10.0.0.1/24 interface=a"),
        (ADDRESS, "add address=10.0.0.1/24 interface=a", "add address=10.0.0.1/24 disabled=no interface=a"),
        (ADDRESS, "add address=10.0.0.1/24 interface=a",
         '# inactive time|add address=10.0.0.1/24 comment="" interface=a'),
        ("/ip dhcp-server", "add lease-time=30m name=x", "add lease-time=00:30:00 name=x"),
        ("/queue simple", "add max-limit=10M/10M name=q target=10.0.0.0/24",
         "add max-limit=10000000/10M name=q target=10.0.0.0/24"),
        (FILTER, "add action=drop chain=input connection-state=established,related",
         "add action=drop chain=input connection-state=related,established"),
        (FILTER, "add action=drop chain=input|add action=drop chain=input",
         "add action=drop chain=input|add action=drop chain=input"),
        (DNS, "set servers=1.1.1.1|set allow-remote-requests=yes",
         "set allow-remote-requests=yes servers=1.1.1.1"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_no_difference(menu: str, older: str, newer: str) -> None:
    assert diff(menu, older, newer) == []


@pytest.mark.parametrize(
    ("menu", "older", "newer", "expected"),
    [
        (ROUTE, "add gateway=10.0.0.1", "add distance=5 gateway=10.0.0.1",
         [("changed", "gateway=10.0.0.1", {"distance": (None, "5")})]),
        (ADDRESS, "add address=10.0.0.1/24 interface=a", "add address=10.0.0.1/24 comment=x interface=a",
         [("changed", "address=10.0.0.1/24 interface=a", {"comment": (None, "x")})]),
        (ADDRESS, "", "add address=10.0.0.1/24 interface=a",
         [("added", "address=10.0.0.1/24 interface=a",
           {"address": (None, "10.0.0.1/24"), "interface": (None, "a")})]),
        (ADDRESS, "add address=10.0.0.1/24 interface=a", "",
         [("removed", "address=10.0.0.1/24 interface=a",
           {"address": ("10.0.0.1/24", None), "interface": ("a", None)})]),
        (DNS, "set servers=1.1.1.1", "", [("changed", "", {"servers": ("1.1.1.1", None)})]),
        ("/interface ethernet", "set [ find default-name=ether1 ] mtu=1500",
         "set [ find default-name=ether1 ] mtu=9000",
         [("changed", "[ find default-name=ether1 ]", {"mtu": ("1500", "9000")})]),
        ("/ip service", "set ssh disabled=yes", "set ssh disabled=yes port=2222",
         [("changed", "ssh", {"port": (None, "2222")})]),
        (FILTER, "add action=accept chain=input comment=a|add action=drop chain=input",
         "add action=drop chain=input|add action=accept chain=input comment=a",
         [("moved", "comment=a", {})]),
        (FILTER, "add action=accept chain=input comment=a",
         "add action=drop chain=input comment=a dst-port=22",
         [("changed", "comment=a", {"action": ("accept", "drop"), "dst-port": (None, "22")})]),
        (FILTER, "add action=accept chain=input protocol=icmp", "add action=drop chain=forward dst-port=22",
         [("removed", "action=accept chain=input protocol=icmp",
           {"action": ("accept", None), "chain": ("input", None), "protocol": ("icmp", None)}),
          ("added", "action=drop chain=forward dst-port=22",
           {"action": (None, "drop"), "chain": (None, "forward"), "dst-port": (None, "22")})]),
        (FILTER, "add action=drop chain=input", "add action=drop chain=input|add action=drop chain=input",
         [("added", "action=drop chain=input", {"action": (None, "drop"), "chain": (None, "input")})]),
        ("/interface gre", "add keepalive=10s,10 name=g", "add !keepalive name=g",
         [("changed", "name=g", {"keepalive": ("10s,10", None), "!keepalive": (None, "")})]),
    ],
)  # fmt: skip
def test_what_differs_is_told_by_object_and_property(
    menu: str, older: str, newer: str, expected: list[object]
) -> None:
    assert diff(menu, older, newer) == expected


def test_the_time_of_the_export_the_form_and_the_comments_do_not_count() -> None:
    for spec in SPECS[:4]:
        terse = emulated(spec, is_terse=True).replace("2025-03-10", "2025-03-11")
        assert diff_exports(parse_export(emulated(spec)), parse_export(terse), SCHEMA) == ()


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(exports, exports)
def test_an_export_differs_from_others_alike_in_both_directions(one: Export, other: Export) -> None:
    assert diff_exports(one, one, SCHEMA) == ()
    there, back = diff_exports(one, other, SCHEMA), diff_exports(other, one, SCHEMA)
    assert kinds(there, "added") == kinds(back, "removed")


def kinds(changes: tuple[ObjectChange, ...], kind: str) -> int:
    return sum(change.kind == kind for change in changes)


@pytest.mark.slow
@pytest.mark.parametrize("count", [20_000])
def test_long_lists_are_compared_in_good_time(count: int) -> None:
    older = FILTER + "\n" + "".join(f"add action=drop chain=input src-port={n}\n" for n in range(count))
    newer = (
        FILTER + "\n" + "".join(f"add action=drop chain=input src-port={n}\n" for n in range(count, 0, -1))
    )
    before, after = parse_export(older), parse_export(newer)
    began = time.perf_counter()
    changes = diff_exports(before, after, SCHEMA)
    assert time.perf_counter() - began < 10
    assert kinds(changes, "moved") == count - 2
