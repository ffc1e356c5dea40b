"""Whether a firewall rule fits the first packet of the manager's next connection: yes, no, or unknown."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.management.path import ManagementPath, Tables

_NOT_MATCHERS = frozenset(
    {
        "action", "address-list", "address-list-timeout", "bytes", "chain", "comment", "creation-time",
        "disabled", "dynamic", "hw-offload", "invalid", "jump-target", "log", "log-prefix", "packets",
        "reject-with", "to-addresses", "to-ports", "about", "randomise-ports", "same-not-by-dst",
    }
)  # fmt: skip
_DEEPEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A TCP packet of the manager; `interfaces` are those on which it may come in, `ports` behind bridges."""

    path: ManagementPath
    tables: Tables
    interfaces: frozenset[str]
    ports: frozenset[str] = frozenset()


def fits(rule: Row, packet: Packet) -> bool | None:
    """Whether the rule matches; None when a matcher cannot be decided from configuration."""
    verdict: bool | None = True
    for name, text in rule.items():
        if name in _NOT_MATCHERS or name.startswith(".") or not text:
            continue
        one = _fits_one(name, text, packet)
        if one is False:
            return False
        verdict = None if one is None else verdict
    return verdict


def _fits_one(name: str, text: str, packet: Packet) -> bool | None:
    holds = _HOLDS.get(name)
    if holds is None:
        return None
    negated = text.startswith("!")
    found = holds(packet, text[1:] if negated else text)
    return found if found is None else found is not negated


def within(address: str, text: str) -> bool | None:
    """Whether the address lies in a network, a range, or is it; None when `text` is a name."""
    low, dash, high = text.partition("-")
    try:
        own = ipaddress.ip_address(address)
        if dash:
            first, last = ipaddress.ip_address(low), ipaddress.ip_address(high)
            return own.version == first.version and int(first) <= int(own) <= int(last)
        return own in ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def any_of(verdicts: Iterable[bool | None]) -> bool | None:
    """Three-valued `or`."""
    known = list(verdicts)
    return True if True in known else None if None in known else False


def in_list(tables: Tables, interface: str, name: str, depth: int = 0) -> bool:
    """Whether an interface belongs to an interface list, by membership or by `include` and `exclude`."""
    if name == "all":
        return True
    if depth > _DEEPEST:
        return False
    if any(
        row.get("list") == name and row.get("interface") == interface and row.get("disabled") != "true"
        for row in tables.get("/interface/list/member", ())
    ):
        return True
    row = next((r for r in tables.get("/interface/list", ()) if r.get("name") == name), None)
    if row is None:
        return False

    def in_any(words: str) -> bool:
        return any(in_list(tables, interface, part, depth + 1) for part in words.split(",") if part)

    return in_any(row.get("include", "")) and not in_any(row.get("exclude", ""))


def _one_of(names: frozenset[str], test: Callable[[str], bool | None]) -> bool | None:
    """What holds for every interface the packet may come in by; None where they differ."""
    verdicts = {test(name) for name in names}
    return verdicts.pop() if len(verdicts) == 1 else None


def _interface(packet: Packet, text: str) -> bool | None:
    kinds = {row.get("name"): row.get("type", "") for row in packet.tables.get("/interface", ())}

    def is_it(name: str) -> bool | None:
        if text.startswith("all-"):
            kind = kinds.get(name, "")
            return text.removeprefix("all-").startswith(kind) if kind in _KINDS else None
        return name == text

    return _one_of(packet.interfaces, is_it)


_KINDS = frozenset({"ether", "vlan", "wlan", "wifi", "ppp", "bridge"})


def _interface_list(packet: Packet, text: str) -> bool | None:
    return _one_of(packet.interfaces, lambda name: in_list(packet.tables, name, text))


def _bridge_port(packet: Packet, text: str) -> bool | None:
    return _one_of(packet.ports, lambda name: name == text)


def _bridge_port_list(packet: Packet, text: str) -> bool | None:
    return _one_of(packet.ports, lambda name: in_list(packet.tables, name, text))


def _source(packet: Packet, text: str) -> bool | None:
    return within(packet.path.source, text)


def _destination(packet: Packet, text: str) -> bool | None:
    return within(packet.path.destination, text) if packet.path.destination else None


def _listed(packet: Packet, address: str, name: str) -> bool | None:
    """Whether the address is on the list; an entry that runs out, or a name, is not to be relied upon."""
    verdicts: list[bool | None] = []
    for row in packet.tables.get(f"{packet.path.family}/firewall/address-list", ()):
        if row.get("list") != name or row.get("disabled") == "true":
            continue
        found = within(address, row.get("address", ""))
        lasting = row.get("dynamic") != "true" and "timeout" not in row
        verdicts.append(None if found and not lasting else found)
    return any_of(verdicts)


def _ports(packet: Packet, text: str) -> bool | None:
    return any_of(_in_port_range(packet.path.port, part) for part in text.split(","))


def _in_port_range(port: int, text: str) -> bool | None:
    low, _, high = text.partition("-")
    if not low.isdecimal() or not (high or low).isdecimal():
        return None
    return int(low) <= port <= int(high or low)


def _words(text: str) -> Sequence[str]:
    return text.split(",")


_HOLDS: Mapping[str, Callable[[Packet, str], bool | None]] = {
    "connection-nat-state": lambda _packet, _text: False,
    "connection-state": lambda _packet, text: "new" in _words(text),
    "dst-address": _destination,
    "dst-address-list": lambda packet, text: (
        _listed(packet, packet.path.destination, text) if packet.path.destination else None
    ),
    "dst-address-type": lambda _packet, text: "local" in _words(text),
    "dst-port": _ports,
    "fragment": lambda _packet, _text: False,
    "icmp-options": lambda _packet, _text: False,
    "in-bridge-port": _bridge_port,
    "in-bridge-port-list": _bridge_port_list,
    "in-interface": _interface,
    "in-interface-list": _interface_list,
    "out-interface": lambda _packet, _text: False,
    "out-interface-list": lambda _packet, _text: False,
    "port": _ports,
    "protocol": lambda _packet, text: text in {"tcp", "6"},
    "src-address": _source,
    "src-address-list": lambda packet, text: _listed(packet, packet.path.source, text),
    "src-address-type": lambda _packet, text: "unicast" in _words(text),
    "tcp-flags": lambda _packet, text: True if text == "syn" else None,
}
