"""The provider's routers: POPs in a ring with OSPF and BGP, and the access sites below them."""

from collections.abc import Iterator, Mapping

from routeros_mcp.emulator.fleets import firewall, people, subscribers, upkeep
from routeros_mcp.emulator.fleets.nodes import Node, Role
from routeros_mcp.emulator.fleets.oddities import uptime_s
from routeros_mcp.emulator.fleets.office import OFFICE, network
from routeros_mcp.emulator.fleets.place import Builder, Place, Row, Rows
from routeros_mcp.emulator.values import show_duration

_AS = 64_500
_MOST_PEERS = 24
_AREAS = (Role.POP, Role.ACCESS)
_NEW_BGP = (7, 20)
_AFI = (7, 19)
_MANAGEMENT_VLAN = "vlan99-mgmt"


def _release(node: Node) -> tuple[int, int]:
    major, minor = node.version.split(".")[:2]
    return int(major), int(minor)


def _peers(place: Place) -> Iterator[Node]:
    """Yield the POPs this one exchanges routes with: all others, or the nearest where there are many."""
    pops = [node for node in place.plan.nodes if node.role is Role.POP]
    at = pops.index(place.node) if place.node in pops else 0
    turns = (pops[(at + step) % len(pops)] for step in range(1, len(pops)))
    for count, node in enumerate(turns):
        if count < _MOST_PEERS:
            yield node


# Addresses and interfaces.


def _addresses(place: Place) -> Rows:
    links = [
        {"address": f"{link.address(place.number)}/30", "interface": port, "comment": f"to {other.name}"}
        for link, port, other in place.links()
    ]
    own = [{"address": f"{place.node.loopback}/32", "interface": "loopback", "comment": "router id"}]
    served = [{"address": f"{place.lan}.1/24", "interface": _MANAGEMENT_VLAN, "comment": "management"}]
    return [{**row, "network": network(row["address"])} for row in (*own, *links, *served)]


def _routes(place: Place) -> Rows:
    """An access site sends everything upwards, and knows the networks of its offices."""
    up: list[Row] = [
        {
            "gateway": link.address(link.upper),
            "distance": "2" if link.is_backup else "1",
            "comment": "default",
        }
        for link in place.uplinks
        if place.plan.nodes[link.upper].role is Role.POP and place.node.role is Role.ACCESS
    ]
    down: list[Row] = [
        {
            "dst-address": f"{other.lan}.0/24",
            "gateway": link.address(other.number),
            "distance": "5" if link.is_backup else "1",
            "comment": other.name,
        }
        for link, _, other in place.links(Role.BRANCH)
    ]
    return [*up, *down]


def _members(place: Place) -> Rows:
    return [{"interface": port, "list": "backbone"} for _, port, _ in place.links(*_AREAS)]


# Routing.


def _instance(place: Place) -> Rows:
    return ({"name": "v2", "version": "2", "router-id": place.node.loopback, "originate-default": "never"},)


def _templates(place: Place) -> Rows:
    ports: list[Row] = [
        {"interfaces": port, "area": "backbone", "type": "ptp", "cost": "100" if link.is_backup else "10"}
        for link, port, _ in place.links(*_AREAS)
    ]
    return [{"interfaces": "loopback", "area": "backbone", "passive": ""}, *ports]


def _adjacencies(place: Place) -> Rows:
    return [
        {
            "address": link.address(other.number),
            "adjacency": _together(place.node, other),
            "area": "backbone",
            "dynamic": "true",
            "instance": "v2",
            "interface": port,
            "priority": "128",
            "router-id": other.loopback,
            "state": "Full",
            "state-changes": str(4 + link.number % 9),
            "timeout": f"{31 + link.number % 9}s",
        }
        for link, port, other in place.links(*_AREAS)
    ]


def _together(one: Node, other: Node) -> str:
    return show_duration(int(min(uptime_s(one), uptime_s(other))) * 1_000_000)


def _bgp_instances(place: Place) -> Rows:
    if _release(place.node) < _NEW_BGP:
        return ()
    return ({"name": "core", "as": str(_AS), "router-id": place.node.loopback},)


def _bgp_connections(place: Place) -> Rows:
    family = {"afi": "ip"} if _release(place.node) >= _AFI else {"address-families": "ip"}
    instance = (
        {"instance": "core"} if _release(place.node) >= _NEW_BGP else {"router-id": place.node.loopback}
    )
    return [
        {
            "name": f"to-{other.name}",
            "as": str(_AS),
            "local.address": place.node.loopback,
            "local.role": "ibgp",
            "remote.address": other.loopback,
            "remote.as": str(_AS),
            **family,
            **instance,
        }
        for other in _peers(place)
    ]


def _bgp_sessions(place: Place) -> Rows:
    return [
        {
            "dynamic": "true",
            "established": "true",
            "hold-time": "3m",
            "ibgp": "",
            "local.address": place.node.loopback,
            "local.as": str(_AS),
            "name": f"to-{other.name}-1",
            "prefix-count": str(12 + other.number),
            "remote.address": other.loopback,
            "remote.as": str(_AS),
            "remote.id": other.loopback,
            "uptime": _together(place.node, other),
        }
        for other in _peers(place)
    ]


# CAPsMAN.


def _caps(place: Place) -> Rows:
    return [
        {
            "address": f"{place.lan}.{20 + number}:49{number:03}",
            "base-mac": people.host(place, 100 + number)[1],
            "board": "cAP ac",
            "dynamic": "true",
            "identity": f"cap-{place.site}-{number + 1}",
            "state": "Run",
            "version": place.node.version,
        }
        for number in range(place.node.roll("caps") % 5)
    ]


def _bridges(place: Place) -> Rows:
    rows: list[Row] = [{"name": "loopback", "protocol-mode": "none", "running": "true"}]
    if place.node.role is Role.ACCESS:
        rows.append({"name": "bridge-clients", "comment": "subscribers, no IP here", "running": "true"})
    return [*rows, {"name": "bridge-mgmt", "running": "true"}]


def _bridge_ports(place: Place) -> Rows:
    bridge = "bridge-clients" if place.node.role is Role.ACCESS else "bridge-mgmt"
    return [{"bridge": bridge, "interface": name} for name in place.free_ports[-4:] if name != "ether1"]


_BACKBONE: Mapping[str, Builder] = {
    **upkeep.EVERYWHERE,
    **firewall.CORE,
    "/interface/bridge": _bridges,
    "/interface/bridge/port": _bridge_ports,
    "/interface/vlan": lambda _: ({"name": _MANAGEMENT_VLAN, "interface": "bridge-mgmt", "vlan-id": "99"},),
    "/interface/list": lambda _: ({"name": "WAN"}, {"name": "backbone", "comment": "OSPF speaks here"}),
    "/interface/list/member": _members,
    "/ip/address": _addresses,
    "/ip/route": _routes,
    "/ip/dns": OFFICE["/ip/dns"],
    "/routing/ospf/instance": _instance,
    "/routing/ospf/area": lambda _: ({"name": "backbone", "area-id": "0.0.0.0", "instance": "v2"},),
    "/routing/ospf/interface-template": _templates,
    "/routing/ospf/neighbor": _adjacencies,
}
POP: Mapping[str, Builder] = {
    **_BACKBONE,
    "/routing/bgp/instance": _bgp_instances,
    "/routing/bgp/connection": _bgp_connections,
    "/routing/bgp/session": _bgp_sessions,
}
ACCESS: Mapping[str, Builder] = {
    **_BACKBONE,
    **subscribers.ACCESS,
    "/caps-man/manager": lambda place: ({"enabled": "true" if _caps(place) else "false"},),
    "/caps-man/remote-cap": _caps,
}
