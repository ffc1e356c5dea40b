"""Whether packets travel between the manager and the router: interfaces, VLANs, addresses, the way back."""

import ipaddress
from collections.abc import Iterator

from routeros_mcp.emulator import interfaces
from routeros_mcp.emulator.reach.packet_rules import within
from routeros_mcp.emulator.store import Row, Store


def arrival(store: Store) -> tuple[str, str]:
    """Return the interface on which the manager's packets arrive, and the bridge port if it is a bridge.

    A port that has become a member of a bridge or bond hands its packets to the master.
    """
    spec = store.spec
    master = interfaces.slaves(store, only_enabled=True).get(spec.manager_interface)
    return (master, spec.manager_interface) if master else (spec.manager_interface, spec.manager_port)


def is_intact(store: Store) -> bool:
    """Say whether packets of the manager reach the router and answers reach the manager.

    Addresses and routes count only where the router's own management address is known.
    """
    interface, port = arrival(store)
    if not _is_linked(store, interface, port):
        return False
    return not store.spec.management_address or (_has_address(store) and _has_way_back(store))


def _is_linked(store: Store, interface: str, port: str) -> bool:
    """An interface that does not exist any more, or is switched off, carries nothing."""
    found = _named(store, interface)
    if found is None or not interfaces.is_running(store, *found):
        return False
    path, row = found
    if path == "/interface/vlan":
        return _is_vlan_linked(store, row, port)
    if path == "/interface/bridge" and port:
        return _is_port_of(store, port, interface) and _carries(
            store, row, port, untagged_vlan(store, interface)
        )
    return True


def _is_vlan_linked(store: Store, row: Row, port: str) -> bool:
    parent = row.values.get("interface", "")
    found = _named(store, parent)
    if found is None or not interfaces.is_running(store, *found):
        return False
    path, held = found
    if path != "/interface/bridge":
        return True
    if port and not _is_port_of(store, port, parent):
        return False
    return _carries(store, held, port, row.values.get("vlan-id", "1"))


def untagged_vlan(store: Store, bridge: str) -> str:
    found = store.table("/interface/bridge").find(bridge)
    return found.values.get("pvid", "1") if found is not None else "1"


def _carries(store: Store, bridge: Row, port: str, vlan: str) -> bool:
    """Say whether a filtering bridge lets this VLAN pass between itself and the port."""
    if bridge.values.get("vlan-filtering") != "true":
        return True
    name = bridge.values.get("name", "")
    own = vlan == bridge.values.get("pvid", "1") or _is_member(store, name, name, vlan)
    return own and (not port or vlan == _pvid(store, port) or _is_member(store, name, port, vlan))


def _pvid(store: Store, port: str) -> str:
    rows = (row.values for row in store.table("/interface/bridge/port").rows)
    return next((values.get("pvid", "1") for values in rows if values.get("interface") == port), "1")


def _is_member(store: Store, bridge: str, member: str, vlan: str) -> bool:
    for row in store.table("/interface/bridge/vlan").rows:
        values = row.values
        if values.get("bridge") != bridge or values.get("disabled") == "true":
            continue
        named = ",".join([values.get("tagged", ""), values.get("untagged", "")]).split(",")
        if member in named and any(_holds(part, vlan) for part in values.get("vlan-ids", "").split(",")):
            return True
    return False


def _holds(part: str, vlan: str) -> bool:
    low, _, high = part.partition("-")
    return low.isdecimal() and int(low) <= int(vlan) <= int(high or low)


def _is_port_of(store: Store, port: str, bridge: str) -> bool:
    found = _named(store, port)
    if found is None or not interfaces.is_running(store, *found):
        return False
    return interfaces.slaves(store, only_enabled=True).get(port) == bridge


def _named(store: Store, name: str) -> tuple[str, Row] | None:
    return next(
        ((path, row) for path, row in interfaces.all_rows(store) if row.values.get("name") == name), None
    )


def _addresses(store: Store) -> Iterator[tuple[str, str]]:
    """Yield each address in use, with its interface; those the router was given by DHCP are among them."""
    family = "/ipv6" if ":" in store.spec.manager_address else "/ip"
    for row in store.table(f"{family}/address").rows:
        values = row.values
        found = _named(store, values.get("interface", ""))
        if values.get("disabled") != "true" and found is not None and interfaces.is_running(store, *found):
            yield values["address"], values["interface"]


def _has_address(store: Store) -> bool:
    wanted = ipaddress.ip_address(store.spec.management_address)
    return any(ipaddress.ip_interface(address).ip == wanted for address, _ in _addresses(store))


def _has_way_back(store: Store) -> bool:
    """Look for the manager in connected networks, then for the longest usable route, then by distance."""
    source = store.spec.manager_address
    if any(within(source, str(ipaddress.ip_interface(address).network)) for address, _ in _addresses(store)):
        return True
    best = max(
        (row.values for row in _routes(store, source)),
        key=lambda values: (
            ipaddress.ip_network(_destination(values), strict=False).prefixlen,
            -int(values.get("distance", "1")),
        ),
        default=None,
    )
    return best is not None and "blackhole" not in best


def _routes(store: Store, source: str) -> Iterator[Row]:
    """Yield the routes in use that lead to the manager; tables may be large, so the others go first."""
    family = "/ipv6" if ":" in store.spec.manager_address else "/ip"
    for row in store.table(f"{family}/route").rows:
        values = row.values
        if not within(source, _destination(values)):
            continue
        if values.get("disabled") == "true" or values.get("routing-table", "main") != "main":
            continue
        if "blackhole" in values or _has_next_hop(store, values.get("gateway", "")):
            yield row


def _destination(values: dict[str, str]) -> str:
    return values.get("dst-address") or ("::/0" if ":" in values.get("gateway", "") else "0.0.0.0/0")


def _has_next_hop(store: Store, gateway: str) -> bool:
    return any(_reaches(store, part.partition("@")[0]) for part in gateway.split(",") if part)


def _reaches(store: Store, hop: str) -> bool:
    host, _, link = hop.partition("%")
    if interfaces.running_by_name(store, link or host):
        return True
    return (
        any(within(host, str(ipaddress.ip_interface(address).network)) for address, _ in _addresses(store))
        if (host[:1].isdigit() or ":" in host)
        else False
    )
