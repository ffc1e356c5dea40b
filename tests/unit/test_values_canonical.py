"""Values that mean the same are the same, and no others."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routeros_mcp.domain.models import PropertySpec, ValueType
from routeros_mcp.domain.values import canonical, same

T = ValueType


def prop(name: str, kind: ValueType = T.UNKNOWN, syntax: str = "") -> PropertySpec:
    return PropertySpec(name=name, type=kind, syntax=syntax)


SAME = [
    ("30m", "00:30:00", prop("lease-time", T.DURATION)),
    ("1800", "30m", prop("lease-time", T.DURATION)),
    ("yes", "true", prop("add-arp", T.BOOLEAN)),
    ("no", "false", prop("disabled", T.BOOLEAN)),
    ("aa:bb:cc:dd:ee:0f", "AA-BB-CC-DD-EE-0F", prop("mac-address", T.MAC)),
    ("010", "10", prop("vlan-id", T.INTEGER)),
    ("10M", "10000000", prop("max-limit", T.INTEGER)),
    ("10M/2M", "10000000/2000000", prop("max-limit")),
    ("5s/1m", "00:00:05/60s", prop("burst-time", syntax="time interval")),
    ("2048KiB", "2048", prop("cache-size", T.INTEGER)),
    ("10.0.0.1/32", "10.0.0.1", prop("address", T.IP)),
    ("10.0.0.1/24", "10.0.0.1/255.255.255.0", prop("address", T.IP)),
    ("2001:DB8:0::1", "2001:db8::1", prop("address", T.IP)),
    ("fe80:0::1%ether1", "fe80::1%ether1", prop("gateway", T.IP)),
    ("10.0.0.7/24", "10.0.0.0/24", prop("dst-address", T.PREFIX)),
    ("!10.0.0.7/24", "!10.0.0.0/24", prop("src-address", T.PREFIX)),
    ("10.0.0.1-10.0.0.1", "10.0.0.1", prop("src-address", T.PREFIX)),
    ("established,related", "related,established", prop("connection-state", T.LIST)),
    ("!new,invalid", "!invalid,new", prop("connection-state", T.LIST)),
    ("read,!ftp,write", "!ftp,read,write", prop("policy", T.LIST)),
    ("10,20", "20,10", prop("vlan-ids", T.LIST)),
    ("b,a", "a,b", prop("auth", T.LIST, "a|b|c[,Auth*]")),
    ("1.1.1.1,2001:DB8::1", "1.1.1.1,2001:db8::1", prop("servers", T.LIST)),
    (None, "", prop("comment", T.TEXT)),
    (None, "false", prop("disabled", T.BOOLEAN)),
    (None, "no", prop("disabled")),
    (None, "0.0.0.0/0", prop("dst-address", T.PREFIX)),
    (None, None, None),
    ("", "true", prop("blackhole", T.BOOLEAN)),
    (None, "no", prop("blackhole", T.BOOLEAN)),
    ("all", None, prop("server", T.TEXT)),
]
DIFFERENT = [
    ("10.0.0.1/24", "10.0.0.0/24", prop("address", T.IP)),
    ("a,b", "b,a", prop("servers", T.LIST)),
    ("!write,ftp", "!ftp,write", prop("policy", T.LIST)),
    ("yes", "true", prop("use-radius", T.ENUM)),
    ("010", "10", prop("name", T.TEXT)),
    ("64k", "64000", prop("mtu", T.INTEGER)),
    ("aa:bb", "AA:BB", prop("mac-address", T.MAC)),
    ("never", "0s", prop("last-seen", T.DURATION)),
    (None, "", prop("address", T.IP)),
    (None, "true", prop("disabled", T.BOOLEAN)),
    (None, "", prop("blackhole", T.BOOLEAN)),
    ("10.0.0.0/0.0.0.255", "10.0.0.0/24", prop("dst-address", T.PREFIX)),
    ("a", "A", None),
    (None, "", None),
]


@pytest.mark.parametrize(("left", "right", "spec"), SAME)
def test_two_spellings_of_one_value_are_the_same(
    left: str | None, right: str | None, spec: PropertySpec | None
) -> None:
    assert same(left, right, spec)
    assert same(right, left, spec)


@pytest.mark.parametrize(("left", "right", "spec"), DIFFERENT)
def test_two_values_are_not_taken_for_one(
    left: str | None, right: str | None, spec: PropertySpec | None
) -> None:
    assert not same(left, right, spec)
    assert not same(right, left, spec)


def test_ranges_and_addresses_get_their_shortest_form() -> None:
    spec = prop("ranges", T.LIST)
    assert canonical("10.0.0.1-10.0.0.9,2001:DB8:0:0::5", spec) == "10.0.0.1-10.0.0.9,2001:db8::5"
    assert canonical("0.0.0.0/0", prop("dst-address", T.PREFIX)) == "0.0.0.0/0"


VALUES = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"!{0,2}[0-9a-fA-F:./,%\-]{0,24}", fullmatch=True),
    st.from_regex(r"!{0,2}[0-9wdhmskMK/,]{0,16}", fullmatch=True),
    st.ip_addresses().map(str),
    st.ip_addresses(v=4).flatmap(lambda ip: st.integers(0, 32).map(lambda bits: f"{ip}/{bits}")),
    st.lists(st.sampled_from(["read", "!ftp", "10", "a-b", "yes"]), max_size=4).map(",".join),
)
NAMES = st.sampled_from(
    ["x", "policy", "vlan-ids", "max-limit", "cache-size", "disabled", "blackhole", "topics"]
)


@example(text=":,!:", name="vlan-ids", kind=T.TEXT, syntax="")
@given(
    text=VALUES,
    name=NAMES,
    kind=st.sampled_from(list(T)),
    syntax=st.sampled_from(["", "time interval", "a|b[,X*]"]),
)
def test_the_canonical_form_is_its_own_canonical_form(
    text: str, name: str, kind: ValueType, syntax: str
) -> None:
    spec = prop(name, kind, syntax)
    once = canonical(text, spec)
    assert canonical(once, spec) == once
    assert same(text, once, spec)
