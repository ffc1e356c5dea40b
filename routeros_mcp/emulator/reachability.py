"""Whether a new connection from the manager gets through: service, interface, input chain."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.emulator.store import Store

_FINAL = {"accept": True, "drop": False, "reject": False, "tarpit": False}
_OTHER_MATCHERS = frozenset(
    {
        "dst-address-list",
        "src-port",
        "out-interface",
        "src-mac-address",
        "connection-mark",
        "limit",
        "time",
        "nth",
    }
)


class Verdict(StrEnum):
    """What happens to a new connection."""

    OPEN = "open"
    CUT = "cut"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Door:
    """A service by its name in /ip/service, and the port at which its clients look for it."""

    service: str
    port: int


HTTPS = Door("www-ssl", 443)
SSH = Door("ssh", 22)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A new connection that the input chain looks at."""

    store: Store
    door: Door


def is_served(store: Store, door: Door) -> bool:
    """Say whether the service listens on the port its clients know."""
    service = store.table("/ip/service").find(door.service)
    return (
        service is not None
        and service.values.get("disabled") != "true"
        and service.values["port"] == str(door.port)
    )


def is_full(store: Store, door: Door, serving: int) -> bool:
    """Say whether the service has as many connections as its `max-sessions` allows. Source: vendor manual."""
    service = store.table("/ip/service").find(door.service)
    limit = 20 if service is None else int(store.table("/ip/service").effective(service)["max-sessions"])
    established = len(store.connections) if door == HTTPS else 0
    return serving + established >= limit


def judge(store: Store, door: Door) -> Verdict:
    """Decide for a client at the manager's address. Open connections are not judged again.

    Source: vendor manual, firewall; a client outside the service's `address` is accepted and then closed
    (live 7.21).
    """
    if not _is_service_open_to(store, door, store.spec.manager_address):
        return Verdict.CUT
    if _is_off(store, store.spec.manager_interface) or _passes(_Attempt(store, door), "input") is False:
        return Verdict.SILENT
    return Verdict.OPEN


def _is_service_open_to(store: Store, door: Door, source: str) -> bool:
    service = store.table("/ip/service").find(door.service)
    allowed = service.values.get("address", "") if service is not None else ""
    return not allowed or any(_within(source, network) for network in allowed.split(","))


def _within(address: str, network: str) -> bool:
    low, dash, high = network.partition("-")
    own = ipaddress.ip_address(address)
    if dash:
        return int(ipaddress.ip_address(low)) <= int(own) <= int(ipaddress.ip_address(high))
    return own in ipaddress.ip_network(network, strict=False)


def _is_off(store: Store, interface: str) -> bool:
    return any(
        name == interface and row.values.get("disabled") == "true" for name, row in store.names("interface")
    )


def _passes(attempt: _Attempt, chain: str, depth: int = 0) -> bool | None:
    """Walk a chain; nothing means it ran out or returned."""
    table = attempt.store.table("/ip/firewall/filter")
    for row in table.rows if depth < len(table.rows) + 1 else ():
        rule = table.effective(row)
        if rule.get("chain") != chain or rule.get("disabled") == "true" or not _matches(attempt, rule):
            continue
        action = rule["action"]
        if action in _FINAL:
            return _FINAL[action]
        if action == "return":
            return None
        if action == "jump":
            passed = _passes(attempt, rule.get("jump-target", ""), depth + 1)
            if passed is not None:
                return passed
    return None


def _matches(attempt: _Attempt, rule: Mapping[str, str]) -> bool:
    """Compare the matchers of a rule; one this emulator does not model never matches."""
    if any(name in rule for name in _OTHER_MATCHERS):
        return False
    return all(_matches_one(attempt, name, rule[name]) for name in _HOLDS if name in rule)


def _matches_one(attempt: _Attempt, name: str, text: str) -> bool:
    wanted = text.removeprefix("!")
    return _HOLDS[name](attempt, wanted) != text.startswith("!")


def _in_ports(port: int, part: str) -> bool:
    low, _, high = part.partition("-")
    return int(low) <= port <= int(high or low)


def _in_address_list(store: Store, name: str) -> bool:
    rows = (row.values for row in store.table("/ip/firewall/address-list").rows)
    listed = (row.get("address", "") for row in rows if row["list"] == name and row.get("disabled") != "true")
    return any(_within(store.spec.manager_address, address) for address in listed if address[:1].isdigit())


def _in_interface_list(store: Store, name: str) -> bool:
    if name == "all":
        return True
    members = (row.values for row in store.table("/interface/list/member").rows)
    return any(m["list"] == name and m["interface"] == store.spec.manager_interface for m in members)


_HOLDS: Mapping[str, Callable[[_Attempt, str], bool]] = {
    "protocol": lambda _attempt, text: text in {"tcp", "6"},
    "dst-port": lambda attempt, text: any(_in_ports(attempt.door.port, part) for part in text.split(",")),
    "src-address": lambda attempt, text: _within(attempt.store.spec.manager_address, text),
    "src-address-list": lambda attempt, text: _in_address_list(attempt.store, text),
    "in-interface": lambda attempt, text: text == attempt.store.spec.manager_interface,
    "in-interface-list": lambda attempt, text: _in_interface_list(attempt.store, text),
    "connection-state": lambda _attempt, text: "new" in text.split(","),
}
