"""What the firewall does with a packet from the manager: raw, destination NAT and the input chain."""

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from routeros_mcp.emulator.interfaces import all_rows
from routeros_mcp.emulator.store import Store

_FINAL = {"accept": True, "drop": False, "reject": False, "tarpit": False}
_ELSEWHERE = frozenset({"dst-nat", "netmap", "same", "socksify"})
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_S = 86_400
# A first packet of a connection is within every limit and has no mark, no payload and no history.
_TRUE = frozenset({"limit", "dst-limit"})
_DEEPEST = 32
_ALL = {
    "/interface/ethernet": "all-ethernet",
    "/interface/vlan": "all-vlan",
    "/interface/wireless": "all-wireless",
    "/interface/wifi": "all-wireless",
}

Rule = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A TCP packet of the manager as the router sees it; `interface` is the one that IP sees."""

    store: Store
    source: str
    destination: str
    port: int
    interface: str
    bridge_port: str = ""
    state: str = "new"

    @property
    def family(self) -> str:
        return "/ipv6" if ":" in self.source else "/ip"


def gets_in(packet: Packet) -> bool:
    """Say whether the packet reaches the service: not dropped, and not translated to somewhere else.

    Source: vendor manual, packet flow: raw prerouting, destination NAT for new connections, filter input; a
    chain that runs out accepts.
    """
    if _walk(packet, "raw", "prerouting") is False:
        return False
    if packet.state == "new" and _is_translated(packet):
        return False
    return _walk(packet, "filter", "input") is not False


def _is_translated(packet: Packet) -> bool:
    if packet.family == "/ipv6" and not packet.store.has("/ipv6/firewall/nat"):
        return False
    for rule in _rules(packet, "nat", "dstnat"):
        if not _matches(packet, rule):
            continue
        action = rule.get("action", "accept")
        if action in _ELSEWHERE:
            return rule.get("to-addresses", packet.destination) != packet.destination or _moves(packet, rule)
        if action == "redirect":
            return _moves(packet, rule)
        if action in {"accept", "return"}:
            return False
    return False


def _moves(packet: Packet, rule: Rule) -> bool:
    return rule.get("to-ports", str(packet.port)) != str(packet.port)


def _rules(packet: Packet, menu: str, chain: str) -> Iterator[Rule]:
    table = packet.store.table(f"{packet.family}/firewall/{menu}")
    for row in table.rows:
        rule = table.effective(row)
        if rule.get("chain") == chain and rule.get("disabled") != "true":
            yield rule


def _walk(packet: Packet, menu: str, chain: str, depth: int = 0) -> bool | None:
    """Walk a chain; nothing means it ran out or returned."""
    for rule in _rules(packet, menu, chain) if depth < _DEEPEST else ():
        if not _matches(packet, rule):
            continue
        action = rule.get("action", "accept")
        if action in _FINAL:
            return _FINAL[action]
        if action == "return":
            return None
        if action == "jump":
            passed = _walk(packet, menu, rule.get("jump-target", ""), depth + 1)
            if passed is not None:
                return passed
    return None


def _matches(packet: Packet, rule: Rule) -> bool:
    """Compare the matchers of a rule; one that a first packet cannot fulfil never matches."""
    for name, text in rule.items():
        if name in _HOLDS:
            wanted = text.removeprefix("!")
            if _HOLDS[name](packet, wanted) == text.startswith("!"):
                return False
        elif name in _OTHERS and name not in _TRUE and not _is_without(name, text):
            return False
    return True


def _is_without(name: str, text: str) -> bool:
    """Marks: `no-mark` holds, and so does any negated one."""
    return name.endswith("-mark") and (text == "no-mark" or text.startswith("!"))


def within(address: str, network: str) -> bool:
    """Say whether the address lies in a network, a range or is the address itself."""
    version, own = _number(address)
    span = _span(network)
    return span is not None and span[0] == version and span[1] <= own <= span[2]


@lru_cache(maxsize=4_096)
def _number(address: str) -> tuple[int, int]:
    own = ipaddress.ip_address(address)
    return own.version, int(own)


@lru_cache(maxsize=65_536)
def _span(network: str) -> tuple[int, int, int] | None:
    """Return the version, first and last address of a network or range; nothing for a name."""
    low, dash, high = network.partition("-")
    try:
        if dash:
            return *_number(low), int(ipaddress.ip_address(high))
        held = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return None
    return held.version, int(held.network_address), int(held.broadcast_address)


def _in_ports(port: int, text: str) -> bool:
    parts = (part.partition("-") for part in text.split(","))
    return any(int(low) <= port <= int(high or low) for low, _, high in parts)


def _listed(packet: Packet, address: str, name: str) -> bool:
    table = packet.store.table(f"{packet.family}/firewall/address-list")
    rows = (row.values for row in table.rows)
    named = (row.get("address", "") for row in rows if row["list"] == name and row.get("disabled") != "true")
    return any(within(address, entry) for entry in named)


def in_interface_list(store: Store, interface: str, name: str, depth: int = 0) -> bool:
    """Say whether the interface belongs to the list, by membership or through `include` and `exclude`."""
    if name == "all":
        return True
    members = (row.values for row in store.table("/interface/list/member").rows)
    if any(
        m["list"] == name and m["interface"] == interface and m.get("disabled") != "true" for m in members
    ):
        return True
    row = store.table("/interface/list").find(name)
    if row is None or depth > _DEEPEST:
        return False

    def in_any(key: str) -> bool:
        lists = [part for part in row.values.get(key, "").split(",") if part]
        return any(in_interface_list(store, interface, part, depth + 1) for part in lists)

    return in_any("include") and not in_any("exclude")


def _is_local(_packet: Packet, text: str) -> bool:
    return "local" in text.split(",")


def _kinds(packet: Packet) -> set[str]:
    """Return the words that stand for every interface of the packet's kind, such as `all-vlan`."""
    paths = [path for path, row in all_rows(packet.store) if row.values.get("name") == packet.interface]
    return {_ALL[path] for path in paths if path in _ALL}


def _is_time(packet: Packet, text: str) -> bool:
    """Read `8h-17h,mon,tue` against the router's clock. Source: vendor manual, firewall."""
    span, *days = text.split(",")
    moment = time.gmtime(packet.store.local())
    if days and _DAYS[moment.tm_wday] not in days:
        return False
    start, _, end = span.partition("-")
    now = moment.tm_hour * 3600 + moment.tm_min * 60 + moment.tm_sec
    low, high = _seconds(start), _seconds(end) or _DAY_S
    return low <= now <= high if low <= high else now >= low or now <= high


def _seconds(text: str) -> int:
    """Read `8h30m` as seconds of the day; days and more do not occur here."""
    total, number = 0, ""
    for letter in text:
        if letter.isdecimal():
            number += letter
        else:
            total += int(number or "0") * {"d": _DAY_S, "h": 3600, "m": 60, "s": 1}.get(letter, 0)
            number = ""
    return total


_HOLDS: Mapping[str, Callable[[Packet, str], bool]] = {
    "protocol": lambda _packet, text: text in {"tcp", "6"},
    "dst-port": lambda packet, text: _in_ports(packet.port, text),
    "port": lambda packet, text: _in_ports(packet.port, text),
    "src-address": lambda packet, text: within(packet.source, text),
    "dst-address": lambda packet, text: bool(packet.destination) and within(packet.destination, text),
    "src-address-list": lambda packet, text: _listed(packet, packet.source, text),
    "dst-address-list": lambda packet, text: (
        bool(packet.destination) and _listed(packet, packet.destination, text)
    ),
    "dst-address-type": _is_local,
    "src-address-type": lambda _packet, text: "unicast" in text.split(","),
    "in-interface": lambda packet, text: text in {packet.interface, *_kinds(packet)},
    "in-interface-list": lambda packet, text: in_interface_list(packet.store, packet.interface, text),
    "in-bridge-port": lambda packet, text: text == packet.bridge_port,
    "in-bridge-port-list": lambda packet, text: in_interface_list(packet.store, packet.bridge_port, text),
    "connection-state": lambda packet, text: packet.state in text.split(","),
    "tcp-flags": lambda packet, text: packet.state != "new" or text == "syn",
    "time": _is_time,
}
_OTHERS = frozenset(
    {
        "connection-bytes", "connection-limit", "connection-mark", "connection-nat-state", "connection-rate",
        "connection-type", "content", "dscp", "dst-limit", "fragment", "hotspot", "icmp-options",
        "ingress-priority", "ipsec-policy", "ipv4-options", "layer7-protocol", "limit", "nth",
        "out-bridge-port", "out-bridge-port-list", "out-interface", "out-interface-list", "p2p",
        "packet-mark", "packet-size", "per-connection-classifier", "priority", "psd", "random", "realm",
        "routing-mark", "routing-table", "src-mac-address", "src-port", "tcp-mss", "tls-host", "ttl",
    }
)  # fmt: skip
