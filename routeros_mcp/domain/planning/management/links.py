"""Whether packets travel between the manager and the router: interface, VLAN, address, the way back."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.management.matching import within
from routeros_mcp.domain.planning.management.path import Finding, ManagementPath, Reach, Tables


def arrival(path: ManagementPath, tables: Tables) -> frozenset[str]:
    """The interfaces on which the manager's packets may come in, as IP sees them.

    The interface of the network that holds the manager, else that of the route to it, else that of the
    destination address; empty when nothing tells.
    """
    masters = _masters(tables)
    near = {
        name for address, name in _addresses(path, tables) if within(path.source, _network(address)) is True
    }
    names = near or _by_route(path, tables) or {_interface_of(path, tables)}
    return frozenset(masters.get(name, name) for name in names if name)


def bridge_ports(interfaces: frozenset[str], tables: Tables) -> frozenset[str]:
    """The ports of the bridges among the interfaces: the manager is behind one of them."""
    parents = {row.get("name"): row.get("interface", "") for row in tables.get("/interface/vlan", ())}
    bridges = {parents.get(name, name) for name in interfaces} | interfaces
    return frozenset(
        row.get("interface", "")
        for row in tables.get("/interface/bridge/port", ())
        if row.get("bridge") in bridges and row.get("disabled") != "true"
    )


def carrying_ports(interfaces: frozenset[str], tables: Tables) -> frozenset[str]:
    """The bridge ports behind which the manager may be: in use, and in its VLAN where the bridge filters."""
    vlans = {row.get("name"): row for row in tables.get("/interface/vlan", ())}
    found: set[str] = set()
    for name in interfaces:
        vlan = vlans.get(name, {})
        bridge = vlan.get("interface", name)
        row = _named(tables, "/interface/bridge", bridge) or {}
        wanted = vlan.get("vlan-id") or row.get("pvid", "1")
        is_filtering = row.get("vlan-filtering") == "true"
        found |= {
            port.get("interface", "")
            for port in _usable_ports(bridge, tables)
            if not is_filtering or _carries(tables, bridge, port, wanted)
        }
    return frozenset(found)


def _usable_ports(bridge: str, tables: Tables) -> list[Row]:
    return [
        port
        for port in tables.get("/interface/bridge/port", ())
        if port.get("bridge") == bridge
        and port.get("disabled") != "true"
        and _is_up(tables, port.get("interface", ""))
    ]


def broken(path: ManagementPath, tables: Tables, interfaces: frozenset[str]) -> list[Finding]:
    """What of interfaces, address and route is missing for the path; `interfaces` as they were before."""
    findings = [finding for name in sorted(interfaces) for finding in _link(name, tables)]
    if path.destination and _is_own(path, tables, only_usable=False) is False:
        findings.append(_cut(f"{path.family}/address: no row has {path.destination} any more", "address"))
    elif path.destination and _is_own(path, tables, only_usable=True) is False:
        findings.append(_cut(f"{path.family}/address: {path.destination} is out of use", "address"))
    if not _has_way_back(path, tables):
        findings.append(_cut(f"{path.family}/route: no way back to {path.source}", "route"))
    return findings


def _cut(reason: str, cause: str) -> Finding:
    return Finding(Reach.CUT, reason, cause)


def _link(name: str, tables: Tables) -> Iterator[Finding]:
    row = _named(tables, "/interface", name)
    if row is None:
        yield _cut(f"/interface: {name} is gone", f"interface {name}")
        return
    if row.get("disabled") == "true":
        yield _cut(f"/interface: {name} is disabled", f"interface {name}")
    vlan = _named(tables, "/interface/vlan", name)
    if vlan is not None:
        yield from _vlan_link(vlan, tables)
    elif _named(tables, "/interface/bridge", name) is not None:
        yield from _bridge_link(name, "", tables)


def _vlan_link(vlan: Row, tables: Tables) -> Iterator[Finding]:
    parent, name = vlan.get("interface", ""), vlan.get("name", "")
    row = _named(tables, "/interface", parent)
    if vlan.get("disabled") == "true":
        yield _cut(f"/interface/vlan: {name} is disabled", f"vlan {name}")
    if row is None or row.get("disabled") == "true":
        yield _cut(f"/interface: {parent}, which carries {name}, is out of use", f"interface {parent}")
    elif _named(tables, "/interface/bridge", parent) is not None:
        yield from _bridge_link(parent, vlan.get("vlan-id", "1"), tables)


def _bridge_link(bridge: str, vlan: str, tables: Tables) -> Iterator[Finding]:
    """A bridge needs a port that is up; one that filters VLANs has to carry the VLAN to itself and a port."""
    row = _named(tables, "/interface/bridge", bridge) or {}
    if row.get("disabled") == "true":
        yield _cut(f"/interface/bridge: {bridge} is disabled", f"bridge {bridge}")
    ports = [port for port in tables.get("/interface/bridge/port", ()) if port.get("bridge") == bridge]
    usable = _usable_ports(bridge, tables)
    if ports and not usable:
        yield _cut(f"/interface/bridge/port: no port of {bridge} is in use", f"ports {bridge}")
    if row.get("vlan-filtering") != "true":
        return
    wanted = vlan or row.get("pvid", "1")
    if wanted != row.get("pvid", "1") and not _is_member(tables, bridge, bridge, wanted):
        yield _cut(
            f"/interface/bridge/vlan: {bridge} itself is not in VLAN {wanted}", f"member {bridge} {wanted}"
        )
    if usable and not any(_carries(tables, bridge, port, wanted) for port in usable):
        yield _cut(
            f"/interface/bridge/vlan: no port of {bridge} carries VLAN {wanted}", f"vlan {bridge} {wanted}"
        )


def _carries(tables: Tables, bridge: str, port: Row, vlan: str) -> bool:
    return port.get("pvid", "1") == vlan or _is_member(tables, bridge, port.get("interface", ""), vlan)


def _is_member(tables: Tables, bridge: str, member: str, vlan: str) -> bool:
    for row in tables.get("/interface/bridge/vlan", ()):
        if row.get("bridge") != bridge or row.get("disabled") == "true":
            continue
        members = f"{row.get('tagged', '')},{row.get('untagged', '')}".split(",")
        if member in members and any(_holds(part, vlan) for part in row.get("vlan-ids", "").split(",")):
            return True
    return False


def _holds(part: str, vlan: str) -> bool:
    low, _, high = part.partition("-")
    return low.isdecimal() and (high or low).isdecimal() and int(low) <= int(vlan) <= int(high or low)


def _is_up(tables: Tables, name: str) -> bool:
    row = _named(tables, "/interface", name)
    return row is not None and row.get("disabled") != "true"


def _masters(tables: Tables) -> dict[str, str]:
    ports = {
        row.get("interface", ""): row.get("bridge", "")
        for row in tables.get("/interface/bridge/port", ())
        if row.get("disabled") != "true"
    }
    bonds = tables.get("/interface/bonding", ())
    return ports | {slave: row.get("name", "") for row in bonds for slave in row.get("slaves", "").split(",")}


def _named(tables: Tables, menu: str, name: str) -> Row | None:
    return next((row for row in tables.get(menu, ()) if row.get("name") == name), None)


def _addresses(path: ManagementPath, tables: Tables) -> Iterator[tuple[str, str]]:
    for row in tables.get(f"{path.family}/address", ()):
        if _is_usable(row, tables):
            yield row.get("address", ""), row.get("interface", "")


def _is_usable(row: Row, tables: Tables) -> bool:
    """An address counts while its interface does, and a leased one while its client does."""
    name = row.get("interface", "")
    if row.get("disabled") == "true" or not _is_up(tables, name):
        return False
    clients = [c for c in tables.get("/ip/dhcp-client", ()) if c.get("interface") == name]
    given = row.get("dynamic") == "true" and bool(clients or "/ip/dhcp-client" in tables)
    leased = any(client.get("disabled") != "true" for client in clients)
    return leased or not (given and _named(tables, "/interface/ethernet", name) is not None)


def _network(address: str) -> str:
    try:
        return str(ipaddress.ip_interface(address).network)
    except ValueError:
        return ""


def _by_route(path: ManagementPath, tables: Tables) -> set[str]:
    """The interface of the route that answers take: `192.0.2.1%ether1`, or the network of its gateway."""
    names: set[str] = set()
    for route in _best_routes(path, tables):
        for hop in route.get("immediate-gw", route.get("gateway", "")).split(","):
            host, _, link = hop.partition("%")
            names |= {link or host} if link or _is_up(tables, host) else _near(path, tables, host)
    return names


def _near(path: ManagementPath, tables: Tables, host: str) -> set[str]:
    return {name for address, name in _addresses(path, tables) if within(host, _network(address)) is True}


def _interface_of(path: ManagementPath, tables: Tables) -> str:
    rows = (row for row in tables.get(f"{path.family}/address", ()) if _host(row) == path.destination)
    return next((row.get("interface", "") for row in rows), "")


def _host(row: Row) -> str:
    return row.get("address", "").partition("/")[0]


def _is_own(path: ManagementPath, tables: Tables, *, only_usable: bool) -> bool:
    rows = tables.get(f"{path.family}/address", ())
    return any(
        _host(row) == path.destination and (not only_usable or _is_usable(row, tables)) for row in rows
    )


def _has_way_back(path: ManagementPath, tables: Tables) -> bool:
    if any(within(path.source, _network(address)) is True for address, _ in _addresses(path, tables)):
        return True
    return any(not _is_hole(route) for route in _best_routes(path, tables))


def _best_routes(path: ManagementPath, tables: Tables) -> list[Row]:
    """The usable routes to the manager that win: the longest prefix, then the least distance."""
    usable = [
        row
        for row in tables.get(f"{path.family}/route", ())
        if row.get("disabled") != "true"
        and row.get("routing-table", "main") == "main"
        and row.get("connect") != "true"
        and within(path.source, _prefix(row)) is True
        and (_is_hole(row) or _has_hop(path, tables, row))
    ]
    best = max(map(_weight, usable), default=None)
    return [row for row in usable if _weight(row) == best]


def _weight(row: Row) -> tuple[int, int]:
    distance = row.get("distance", "1")
    length = ipaddress.ip_network(_prefix(row), strict=False).prefixlen
    return length, -(int(distance) if distance.isdecimal() else 1)


def _prefix(row: Row) -> str:
    return row.get("dst-address") or ("::/0" if ":" in row.get("gateway", "") else "0.0.0.0/0")


def _is_hole(row: Row) -> bool:
    return "blackhole" in row


def _has_hop(path: ManagementPath, tables: Tables, row: Row) -> bool:
    """Whether a gateway is an interface in use, or lies in a connected network; a tunnel's peer may not."""
    for gateway in row.get("gateway", "").split(","):
        host, _, link = gateway.partition("%")
        if _is_up(tables, link or host) or _near(path, tables, host):
            return True
    return False
