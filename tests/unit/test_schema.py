"""The packaged menu schema: what it knows, how it is found, and that it can be rebuilt."""

from __future__ import annotations

import time

import pytest

from routeros_mcp.domain.models import MenuKind, MenuSpec, ValueType
from routeros_mcp.domain.values import same, typed_row
from routeros_mcp.infra.routeros.schema import FileMenuSchema, normal_path

SCHEMA = FileMenuSchema()
T = ValueType


def known(path: str) -> MenuSpec:
    menu = SCHEMA.menu(path)
    assert menu is not None, path
    return menu


@pytest.mark.parametrize(
    "path", ["/ip/address", "ip address", "/ip/address/", "ip/address", " /IP/Address ", "/ip address"]
)
def test_a_path_is_understood_in_every_notation(path: str) -> None:
    assert normal_path(path) == "/ip/address"
    assert known(path).path == "/ip/address"


def test_an_unknown_path_is_no_error() -> None:
    assert SCHEMA.menu("/no/such/menu") is None
    assert SCHEMA.near("/no/such/menu") == []


def test_loading_is_quick_and_small() -> None:
    assert min(_loading() for _ in range(3)) < 0.06
    assert SCHEMA._file.stat().st_size < 200_000


def _loading() -> float:
    start = time.process_time()
    FileMenuSchema().menu("/ip/address")
    return time.process_time() - start


def test_every_menu_builds() -> None:
    menus = [known(path) for path in SCHEMA.paths()]
    assert len(menus) > 600
    assert sum(len(menu.properties) for menu in menus) > 8000
    assert {menu.kind for menu in menus} == set(MenuKind)


def test_kinds_order_keys_and_packages() -> None:
    assert known("/ip/dns").is_singleton
    assert known("/ip/address").kind is MenuKind.LIST
    assert known("/caps-man").kind is MenuKind.COMMANDS
    assert known("/ip/firewall/filter").ordered
    assert not known("/ip/address").ordered
    assert known("/container").package == "container"
    assert known("/ip/address").package == ""


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/ip/address", ("address", "interface")),
        ("/interface/vlan", ("name",)),
        ("/interface/bridge/port", ("interface",)),
        ("/interface/bridge/vlan", ("bridge", "vlan-ids")),
        ("/ip/firewall/address-list", ("list", "address")),
        ("/ip/firewall/filter", ()),
        ("/ip/firewall/nat", ()),
        ("/ip/dns", ()),
        ("/ip/route", ("dst-address", "gateway", "routing-table")),
        ("/ip/pool", ("name",)),
        ("/queue/simple", ("name",)),
        ("/routing/table", ("name",)),
        ("/system/scheduler", ("name",)),
        ("/user", ("name",)),
    ],
)
def test_natural_keys(path: str, keys: tuple[str, ...]) -> None:
    assert known(path).keys == keys


def test_natural_keys_are_properties_of_their_menu() -> None:
    lost = {
        menu.path: menu.keys for menu in map(known, SCHEMA.paths()) if set(menu.keys) - set(menu.properties)
    }
    assert lost == {}


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/ip/dhcp-server", "use-radius", T.ENUM),
        ("/ip/dhcp-server", "authoritative", T.ENUM),
        ("/ip/dhcp-client", "add-default-route", T.ENUM),
        ("/ip/dhcp-client", "use-peer-dns", T.BOOLEAN),
        ("/ppp/profile", "use-ipv6", T.ENUM),
        ("/ppp/profile", "use-compression", T.ENUM),
        ("/ppp/aaa", "use-radius", T.BOOLEAN),
        ("/ip/firewall/connection/tracking", "enabled", T.ENUM),
        ("/ip/firewall/connection/tracking", "loose-tcp-tracking", T.BOOLEAN),
        ("/ip/dns", "allow-remote-requests", T.BOOLEAN),
        ("/ip/dns", "cache-size", T.INTEGER),
        ("/ip/dns", "cache-max-ttl", T.DURATION),
        ("/system/resource", "uptime", T.DURATION),
        ("/system/resource", "free-memory", T.NUMBER),
        ("/interface", "rx-byte", T.INTEGER),
        ("/interface/gre", "dont-fragment", T.ENUM),
        ("/ip/firewall/filter", "connection-state", T.LIST),
        ("/ip/firewall/filter", "src-address", T.PREFIX),
        ("/certificate", "private-key", T.BOOLEAN),
        ("/certificate", "invalid-after", T.DATETIME),
        ("/ip/dhcp-server/lease", "mac-address", T.MAC),
        ("/ip/address", "comment", T.TEXT),
        ("/routing/table", "fib", T.BOOLEAN),
    ],
)
def test_types_are_those_of_the_wire(path: str, name: str, kind: ValueType) -> None:
    assert known(path).type_of(name) is kind


def test_arguments_are_writable_and_counters_are_not() -> None:
    filter_menu = known("/ip/firewall/filter")
    assert "chain" in filter_menu.writable_names()
    assert filter_menu.properties["chain"].required
    assert not filter_menu.properties["bytes"].writable
    assert not {"copy-from", "place-before", "numbers", "all"} & set(filter_menu.properties)


def test_hardware_menus_come_from_the_manual_and_say_so() -> None:
    assert SCHEMA.is_documented_only("/interface/ethernet/poe")
    assert not SCHEMA.is_documented_only("/ip/address")
    assert "poe-out" in known("/interface/ethernet/poe").properties


def test_a_recorded_singleton_is_typed_whole() -> None:
    row = {
        "allow-remote-requests": "true",
        "cache-max-ttl": "1w",
        "cache-size": "2048",
        "servers": "192.168.1.1",
    }
    assert typed_row(row, SCHEMA.menu("/ip/dns")) == {
        "allow-remote-requests": True,
        "cache-max-ttl": 604800,
        "cache-size": 2048,
        "servers": "192.168.1.1",
    }


def test_what_the_router_rewrites_is_no_difference() -> None:
    queue, peers = known("/queue/simple").properties, known("/interface/wireguard/peers").properties
    assert same("10M/2M", "10000000/2000000", queue["max-limit"])
    assert same("10s/10s", "00:00:10/10s", queue["burst-time"])
    assert same("10.0.0.2/32,10.0.0.3", "10.0.0.3/32,10.0.0.2", peers["allowed-address"])
    assert same(None, "0.0.0.0/0", known("/ip/route").properties["dst-address"])


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/ip/dhcp-server/leases", "/ip/dhcp-server/lease"),
        ("/interface/wireles", "/interface/wireless"),
        ("/ip/adress", "/ip/address"),
        ("/dhcp-server/lease", "/ip/dhcp-server/lease"),
        ("/system/rsource", "/system/resource"),
        ("/routing/ospf/neighbour", "/routing/ospf/neighbor"),
        ("/ip/address", "/ip/address"),
    ],
)
def test_a_mistyped_path_finds_its_menu(path: str, nearest: str) -> None:
    found = SCHEMA.near(path, limit=3)
    assert found[0] == nearest
    assert len(found) <= 3


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("dns cache", "/ip/dns/cache"),
        ("wireguard peer", "/interface/wireguard/peers"),
        ("vlan id", "/interface/vlan"),
        ("dhcp lease", "/ip/dhcp-server/lease"),
        ("certificate expiry", "/certificate"),
        ("ip addresses", "/ip/address"),
        ("firewall rules", "/ip/firewall/filter"),
        ("nat masquerade", "/ip/firewall/nat"),
        ("bgp session", "/routing/bgp/session"),
        ("log", "/log"),
        ("neighbors", "/ip/neighbor"),
        ("address list", "/ip/firewall/address-list"),
        ("user group", "/user/group"),
    ],
)
def test_a_question_finds_its_menu_first(text: str, first: str) -> None:
    assert SCHEMA.search(text)[0].path == first


def test_search_needs_every_word_and_keeps_its_limit() -> None:
    assert SCHEMA.search("dns quark") == []
    assert SCHEMA.search(" ") == []
    assert len(SCHEMA.search("address", limit=3)) == 3


def test_children_are_one_level_down() -> None:
    assert "/ip" in SCHEMA.children("/")
    assert "/ip/dhcp-server/lease" in SCHEMA.children("ip dhcp-server")
    assert "/ip/dhcp-server/lease" not in SCHEMA.children("/ip")
    assert SCHEMA.children("/nowhere") == []


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/ppp/secret", {"password"}),
        ("/interface/wireguard/peers", {"private-key", "preshared-key"}),
        ("/interface/wifi/security", {"passphrase"}),
        ("/zerotier", {"identity"}),
        ("/snmp/community", {"authentication-password"}),
        ("/radius", {"secret"}),
        ("/no/such/menu", set()),
    ],
)
def test_secrets_of_a_menu(path: str, names: set[str]) -> None:
    assert names <= SCHEMA.secrets_of(path)


def test_what_is_not_secret_stays_readable() -> None:
    assert "public-key" not in SCHEMA.secrets_of("/interface/wireguard/peers")
    assert "key-size" not in SCHEMA.secrets_of("/certificate")
    assert "private-key" not in SCHEMA.secrets_of("/certificate")
    assert "key" not in SCHEMA.secrets_of("/container/envs")
