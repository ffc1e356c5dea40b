"""Firewall rules as they grow over the years: the factory's, the ones added since, and the forgotten ones."""

from collections.abc import Mapping

from routeros_mcp.emulator.fleets.place import Builder, Place, Row, Rows

_PLAIN = {"disabled": "false", "log": "false", "log-prefix": ""}
_ESTABLISHED = {"connection-state": "established,related,untracked"}
_FORGOTTEN_ONE_OF = 3
_BOGONS = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.2.0/24", "198.51.100.0/24", "240.0.0.0/4")


def rule(chain: str, action: str, comment: str, **matchers: str) -> dict[str, str]:
    named = {name.replace("_", "-"): text for name, text in matchers.items()}
    return {"chain": chain, "action": action, "comment": comment, **named}


def _defaults() -> list[Row]:
    """Return the factory's rules with the switches they came with, and two added since without."""
    management = {"protocol": "tcp", "dst_port": "22,443", "src_address_list": "management"}
    from_wan = {"connection_state": "new", "connection_nat_state": "!dstnat", "in_interface_list": "WAN"}
    not_lan = {"in_interface_list": "!LAN", "disabled": "true"}
    return [
        {**rule("input", "accept", "defconf: accept established"), **_ESTABLISHED, **_PLAIN},
        {**rule("input", "drop", "defconf: drop invalid", connection_state="invalid"), **_PLAIN},
        {**rule("input", "accept", "defconf: accept ICMP", protocol="icmp"), **_PLAIN},
        rule("input", "accept", "management", **management),
        rule("input", "drop", "defconf: drop not from LAN", **not_lan),
        {**rule("forward", "accept", "forward established"), **_ESTABLISHED},
        rule("forward", "drop", "defconf: drop new from WAN", **from_wan),
    ]


def counted(rules: Rows) -> Rows:
    return [
        {**one, "bytes": str(92_934 * (number * 3 % 7)), "packets": str(1_311 * (number * 3 % 7))}
        for number, one in enumerate(rules, 1)
    ]


def office_filter(_place: Place) -> Rows:
    return counted(_defaults())


def office_nat(place: Place) -> Rows:
    web = {"protocol": "tcp", "dst_port": "8443", "to_ports": "443", "in_interface": "ether1"}
    return (
        rule("srcnat", "masquerade", "defconf: masquerade", out_interface_list="WAN"),
        rule("dstnat", "dst-nat", "file server", to_addresses=f"{place.lan}.10", **web),
    )


def office_lists(_place: Place) -> Rows:
    return (
        {"list": "management", "address": "127.0.0.1", "comment": "the manager"},
        {"list": "management", "address": "198.51.100.0/24"},
        {"list": "blocked", "address": "192.0.2.66", "dynamic": "true", "timeout": "1d"},
    )


def lived_in_filter(place: Place) -> Rows:
    """The office's rules, and what years leave behind: a rule switched off, a comment used twice."""
    old_camera = {"protocol": "tcp", "dst_port": "554", "disabled": "true"}
    scanners = {"protocol": "tcp", "src_address_list": "port scanners", "log": "true", "log_prefix": "scan"}
    added: list[Row] = [
        rule("forward", "accept", "camera, REMOVE after move!!", **old_camera),
        rule("forward", "drop", "guests must not see the office", in_interface="vlan30-guest"),
        rule("input", "drop", "port scanners", **scanners),
    ]
    if place.node.roll("forgotten") % _FORGOTTEN_ONE_OF == 0:
        added.append(rule("forward", "drop", "guests must not see the office", src_address="192.168.30.0/24"))
    return counted([*_defaults(), *added])


def lived_in_lists(place: Place) -> Rows:
    scanners = [
        {"list": "port scanners", "address": f"198.51.100.{place.node.roll('scan', n) % 254 + 1}"}
        | {"dynamic": "true", "timeout": f"{n + 1}d", "creation-time": f"2026-11-1{n} 03:1{n}:07"}
        for n in range(place.node.roll("scans") % 6)
    ]
    allowed = {"list": "management", "address": "10.255.0.0/16", "comment": "routers"}
    return [*office_lists(place), allowed, *scanners]


def core_filter(_place: Place) -> Rows:
    """A router of the provider protects itself and lets the rest pass."""
    from_managers = {"protocol": "tcp", "dst_port": "22,443,8291", "src_address_list": "management"}
    bgp = {"protocol": "tcp", "dst_port": "179", "src_address_list": "bgp-peers"}
    rules: list[Row] = [
        {**rule("input", "accept", "established"), **_ESTABLISHED},
        rule("input", "accept", "ping", protocol="icmp"),
        rule("input", "accept", "ospf", protocol="ospf"),
        rule("input", "accept", "bgp", **bgp),
        rule("input", "accept", "management", **from_managers),
        rule("input", "drop", "everything else", log="true", log_prefix="input"),
    ]
    return counted(rules)


def core_raw(_place: Place) -> Rows:
    return counted([rule("prerouting", "drop", "bogons", src_address_list="bogons", in_interface_list="WAN")])


def core_lists(place: Place) -> Rows:
    bogons = [{"list": "bogons", "address": network} for network in _BOGONS]
    peers = [
        {"list": "bgp-peers", "address": other.loopback, "comment": other.name}
        for other in place.plan.nodes
        if other.role == place.node.role and other is not place.node
    ][:20]
    return [*office_lists(place)[:2], *bogons, *peers]


OFFICE: Mapping[str, Builder] = {
    "/ip/firewall/filter": office_filter,
    "/ip/firewall/nat": office_nat,
    "/ip/firewall/address-list": office_lists,
}
LIVED_IN: Mapping[str, Builder] = {
    "/ip/firewall/filter": lived_in_filter,
    "/ip/firewall/address-list": lived_in_lists,
}
CORE: Mapping[str, Builder] = {
    "/ip/firewall/filter": core_filter,
    "/ip/firewall/raw": core_raw,
    "/ip/firewall/address-list": core_lists,
}
