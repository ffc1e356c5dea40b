"""Addresses of routers: their forms, what they resolve to, and which are allowed."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from routeros_mcp.domain.errors import AddressNotAllowed, DeviceUnreachable
from routeros_mcp.infra.routeros.addresses import (
    SETTING,
    Place,
    check_allowed,
    is_allowed,
    parse_networks,
    parse_place,
    resolve,
)

MANAGEMENT = parse_networks(["192.168.88.0/24", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.168.88.1", "192.168.88.1", 443),
        ("192.168.88.1:8443", "192.168.88.1", 8443),
        ("core.example", "core.example", 443),
        ("core_1.example.:4433", "core_1.example.", 4433),
        ("[fd00::1]", "fd00::1", 443),
        ("[fd00::1]:8443", "fd00::1", 8443),
        ("fd00::1", "fd00::1", 443),
        ("[fe80::1%eth0]:443", "fe80::1%eth0", 443),
    ],
)
def test_an_address_is_a_host_and_perhaps_a_port(text: str, host: str, port: int) -> None:
    assert parse_place(text) == Place(host=host, port=port)


@pytest.mark.parametrize(
    "text",
    [
        *("", ":443", "host:", "host:0", "host:65536", "host:x", "host:\u0664\u0664\u0663", "host:443:443"),
        *("https://host", "host/rest", "user@host", "a b", "host\n", "host\x00", "host?x", "host#x"),
        *("[fd00::1", "[core]:443", "fd00::zz"),
    ],
)
def test_any_other_form_is_refused_with_the_right_one(text: str) -> None:
    with pytest.raises(AddressNotAllowed) as caught:
        parse_place(text)
    assert "host:port" in caught.value.fix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.168.88.77", True),
        ("192.168.89.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.1", False),
        ("255.255.255.255", False),
        ("fd12::1", True),
        ("::1", False),
        ("::ffff:192.168.88.1", True),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::10.1.2.3", True),
        ("64:ff9b::7f00:1", False),
        ("2002:c0a8:5801::1", True),
        ("2002:7f00:1::1", False),
    ],
)
def test_an_address_is_judged_by_where_its_packets_end(text: str, expected: bool) -> None:
    assert is_allowed(ip_address(text), MANAGEMENT) is expected


def test_nothing_is_allowed_until_networks_are_set() -> None:
    with pytest.raises(AddressNotAllowed) as caught:
        check_allowed(parse_place("10.0.0.1"), [ip_address("10.0.0.1")], [])
    assert "allowed: none" in caught.value.message
    assert SETTING in caught.value.fix


def test_a_refusal_names_the_address_and_the_networks() -> None:
    with pytest.raises(AddressNotAllowed) as caught:
        check_allowed(parse_place("core.example"), [ip_address("64:ff9b::7f00:1")], MANAGEMENT)
    for part in ("core.example", "64:ff9b::7f00:1", "127.0.0.1", "192.168.88.0/24", "fd00::/8"):
        assert part in caught.value.message


@pytest.mark.parametrize(
    "spelling", ["0177.0.0.1", "2130706433", "0x7f.1", "127.1", "\uff11\uff12\uff17.0.0.1"]
)
async def test_an_odd_spelling_of_an_address_is_judged_by_what_it_resolves_to(spelling: str) -> None:
    place = parse_place(spelling)
    found = await resolve(place)
    assert found == [ip_address("127.0.0.1")]
    with pytest.raises(AddressNotAllowed):
        check_allowed(place, found, MANAGEMENT)


async def test_every_address_of_a_name_is_kept_once_and_in_order() -> None:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return ["fd00::1", "10.0.0.1", "fd00::1"]

    assert await resolve(parse_place("core"), resolver) == [ip_address("fd00::1"), ip_address("10.0.0.1")]


async def test_an_ip_address_needs_no_resolver() -> None:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        raise AssertionError

    assert await resolve(parse_place("[fd00::1]:443"), resolver) == [ip_address("fd00::1")]


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), None])
async def test_a_name_without_an_address_fails_in_stage_dns(error: Exception | None) -> None:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        if error:
            raise error
        return []

    with pytest.raises(DeviceUnreachable) as caught:
        await resolve(parse_place("core.example"), resolver)
    assert caught.value.stage == "dns"
