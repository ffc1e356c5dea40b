"""Whether a new HTTPS connection from the manager gets through: service, interface, input chain."""

import ipaddress
from collections.abc import Callable, Mapping
from enum import StrEnum

from routeros_mcp.emulator.store import Store

_HTTPS = 443
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


def is_served(store: Store) -> bool:
    """Say whether www-ssl listens on the port its clients know."""
    service = store.table("/ip/service").find("www-ssl")
    return (
        service is not None
        and service.values.get("disabled") != "true"
        and service.values["port"] == str(_HTTPS)
    )


def judge(store: Store) -> Verdict:
    """Decide for a client at the manager's address. Open connections are not judged again.

    Source: vendor manual, firewall; a client outside the service's `address` is accepted and then closed
    (live 7.21).
    """
    if not _is_service_open_to(store, store.spec.manager_address):
        return Verdict.CUT
    if _is_off(store, store.spec.manager_interface) or _passes(store, "input") is False:
        return Verdict.SILENT
    return Verdict.OPEN


def _is_service_open_to(store: Store, source: str) -> bool:
    service = store.table("/ip/service").find("www-ssl")
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


def _passes(store: Store, chain: str, depth: int = 0) -> bool | None:
    """Walk a chain; nothing means it ran out or returned."""
    table = store.table("/ip/firewall/filter")
    for row in table.rows if depth < len(table.rows) + 1 else ():
        rule = table.effective(row)
        if rule.get("chain") != chain or rule.get("disabled") == "true" or not _matches(store, rule):
            continue
        action = rule["action"]
        if action in _FINAL:
            return _FINAL[action]
        if action == "return":
            return None
        if action == "jump":
            passed = _passes(store, rule.get("jump-target", ""), depth + 1)
            if passed is not None:
                return passed
    return None


def _matches(store: Store, rule: Mapping[str, str]) -> bool:
    """Compare the matchers of a rule; one this emulator does not model never matches."""
    if any(name in rule for name in _OTHER_MATCHERS):
        return False
    return all(_matches_one(store, name, rule[name]) for name in _HOLDS if name in rule)


def _matches_one(store: Store, name: str, text: str) -> bool:
    wanted = text.removeprefix("!")
    return _holds(store, name, wanted) != text.startswith("!")


def _holds(store: Store, name: str, text: str) -> bool:
    return _HOLDS[name](store, text)


def _in_ports(part: str) -> bool:
    low, _, high = part.partition("-")
    return int(low) <= _HTTPS <= int(high or low)


def _in_address_list(store: Store, name: str) -> bool:
    rows = (row.values for row in store.table("/ip/firewall/address-list").rows)
    listed = (row.get("address", "") for row in rows if row["list"] == name and row.get("disabled") != "true")
    return any(_within(store.spec.manager_address, address) for address in listed if address[:1].isdigit())


def _in_interface_list(store: Store, name: str) -> bool:
    if name == "all":
        return True
    members = (row.values for row in store.table("/interface/list/member").rows)
    return any(m["list"] == name and m["interface"] == store.spec.manager_interface for m in members)


_HOLDS: Mapping[str, Callable[[Store, str], bool]] = {
    "protocol": lambda _store, text: text in {"tcp", "6"},
    "dst-port": lambda _store, text: any(_in_ports(part) for part in text.split(",")),
    "src-address": lambda store, text: _within(store.spec.manager_address, text),
    "src-address-list": _in_address_list,
    "in-interface": lambda store, text: text == store.spec.manager_interface,
    "in-interface-list": _in_interface_list,
    "connection-state": lambda _store, text: "new" in text.split(","),
}
