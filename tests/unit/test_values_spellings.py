"""Any two spellings of one value are the same, and two values never are: by type, in all forms."""

from __future__ import annotations

import datetime as dt
import ipaddress

from hypothesis import assume, given
from hypothesis import strategies as st

from routeros_mcp.domain.models import PropertySpec, ValueType
from routeros_mcp.domain.values import same

T = ValueType
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def prop(name: str, kind: ValueType, syntax: str = "") -> PropertySpec:
    return PropertySpec(name=name, type=kind, syntax=syntax)


def falling_units(seconds: int) -> str:
    written = ""
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        written += f"{count}{unit}" if count else ""
    return written or "0s"


def clock_face(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    day = f"{days}d" if days else ""
    return f"{day}{rest // 3_600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


def durations(seconds: int) -> list[str]:
    return [str(seconds), f"{seconds}s", falling_units(seconds), clock_face(seconds), f"{seconds * 1000}ms"]


def rates(kilobits: int) -> list[str]:
    return [str(kilobits * 1000), f"{kilobits}k", f"{kilobits}000", f"{kilobits / 1000:.3f}M"]


def sizes(mebibytes: int) -> list[str]:
    return [f"{mebibytes}MiB", f"{mebibytes * 1024}KiB", str(mebibytes * 1024), f"0{mebibytes * 1024}"]


def numbers(value: int) -> list[str]:
    return [str(value), f"00{value}", hex(value), f"0x{value:04X}"]


def macs(value: int) -> list[str]:
    pairs = [f"{value:012x}"[at : at + 2] for at in range(0, 12, 2)]
    return [":".join(pairs), "-".join(pairs), ":".join(pairs).upper(), ".".join(pairs)]


def networks(network: ipaddress.IPv4Network) -> list[str]:
    bare = [str(network.network_address)] if network.prefixlen == 32 else []
    return [str(network), network.with_netmask, f"{network.broadcast_address}/{network.prefixlen}", *bare]


def booleans(value: object) -> list[str | None]:
    return ["yes", "true", "Yes"] if value else ["no", "false", None]


def moments(value: dt.datetime) -> list[str]:
    old = f"{_MONTHS[value.month - 1]}/{value.day:02}/{value.year:04} {value:%H:%M:%S}"
    return [f"{value.year:04}-{value:%m-%d %H:%M:%S}", old, old.capitalize()]


def days(value: dt.date) -> list[str]:
    old = f"{_MONTHS[value.month - 1]}/{value.day:02}/{value.year:04}"
    return [value.isoformat(), old]


def vlans(members: frozenset[int]) -> list[str]:
    listed = sorted(members)
    return [",".join(map(str, listed)), ",".join(map(str, reversed(listed))), as_ranges(listed)]


def as_ranges(listed: list[int]) -> str:
    spans: list[list[int]] = []
    for number in listed:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"{low}-{high}" for low, high in spans)


def scripts(lines: tuple[str, ...]) -> list[str]:
    return ["\n".join(lines), "\r\n".join(lines)]


def policies(members: frozenset[str]) -> list[str]:
    return [",".join(sorted(members)), ",".join(sorted(members, reverse=True))]


def directions(pair: tuple[int, int]) -> list[str]:
    down, up = pair
    one = [f"{down}k"] if down == up else []
    return [f"{down}k/{up}k", f"{down}000/{up}000", *one]


IPV4_NETWORKS = st.builds(
    lambda bits, length: ipaddress.ip_network((bits, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(1, 32),
)
LINES = st.lists(st.text("abc :;$", max_size=8), min_size=1, max_size=4).map(tuple)
KINDS = st.sampled_from([
    (prop("lease-time", T.DURATION), st.integers(0, 10_000_000), durations),
    (prop("max-limit", T.INTEGER), st.integers(1, 10_000_000), rates),
    (prop("max-limit", T.UNKNOWN), st.tuples(st.integers(1, 99), st.integers(1, 99)), directions),
    (prop("cache-size", T.INTEGER), st.integers(1, 4_000), sizes),
    (prop("priority", T.INTEGER), st.integers(0, 65_535), numbers),
    (prop("mac-address", T.MAC), st.integers(0, 2**48 - 1), macs),
    (prop("src-address", T.PREFIX), IPV4_NETWORKS, networks),
    (prop("disabled", T.BOOLEAN), st.booleans(), booleans),
    (prop("next-run", T.DATETIME), st.datetimes().map(lambda at: at.replace(microsecond=0)), moments),
    (prop("start-date", T.DATETIME), st.dates(), days),
    (prop("vlan-ids", T.LIST), st.frozensets(st.integers(1, 4094), min_size=1, max_size=9), vlans),
    (prop("on-event", T.TEXT), LINES, scripts),
    (prop("policy", T.LIST), st.frozensets(st.sampled_from(["read", "write", "!ftp", "api"])), policies),
])  # fmt: skip


@given(KINDS, st.data())
def test_two_spellings_of_one_value_are_the_same(kind: tuple, data: st.DataObject) -> None:
    spec, values, spellings = kind
    value = data.draw(values)
    left, right = (data.draw(st.sampled_from(spellings(value))) for _ in range(2))
    assert same(left, right, spec), (left, right)


@given(KINDS, st.data())
def test_two_values_are_never_the_same(kind: tuple, data: st.DataObject) -> None:
    spec, values, spellings = kind
    one, other = data.draw(values), data.draw(values)
    assume(one != other)
    left, right = (data.draw(st.sampled_from(spellings(value))) for value in (one, other))
    assert not same(left, right, spec), (left, right)


@given(st.ip_addresses(v=6), st.integers(1, 128))
def test_an_ipv6_network_is_the_same_however_its_zeros_are_written(
    address: ipaddress.IPv6Address, length: int
) -> None:
    network = ipaddress.ip_network((address, length), strict=False)
    long = f"{network.network_address.exploded.upper()}/{length}"
    assert same(long, str(network), prop("dst-address", T.PREFIX))


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_one_limit_stands_for_both_directions_of_a_queue(down: int, up: int) -> None:
    spec = prop("max-limit", T.UNKNOWN)
    assert same(f"{down}k", f"{down}000/{down}000", spec)
    assert same(f"{down}k", f"{down}k/{up}k", spec) is (down == up)
