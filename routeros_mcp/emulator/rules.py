"""The business rules of menus: what may not be twice, what must go together."""

import ipaddress
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from routeros_mcp.emulator.errors import Refusal, bad_value, failure
from routeros_mcp.emulator.menus.registry import Menu
from routeros_mcp.emulator.store import Row, Store, Table

_RECOGNISERS = ("comment", "place-before")


def check_required(menu: Menu, arguments: Mapping[str, str]) -> None:
    """Refuse an `add` that lacks what the menu needs.

    Source: recorded add errors of 7.23; where the menu has its own text, any one of its arguments is enough.
    """
    missing = [name for name in menu.required if not arguments.get(name)]
    if menu.refusal:
        if len(missing) == len(menu.required):
            raise Refusal(menu.refusal)
        return
    if missing:
        raise Refusal(f"missing ={menu.outward(missing[0])}=")


def check_unique(table: Table, values: Mapping[str, str], own: Row | None) -> None:
    for names, text in table.menu.declared.unique:
        keys = names.split()
        wanted = [values.get(key) for key in keys]
        if (wanted[0] is None and len(keys) == 1) or _is_blank(table.menu.path, keys, values):
            continue
        for row in table.rows:
            if row is not own and not row.is_dynamic and _held(table, row, keys) == wanted:
                raise failure(text)


def _held(table: Table, row: Row, keys: list[str]) -> list[str | None]:
    effective = table.effective(row)
    return [effective.get(key) for key in keys]


def _is_blank(path: str, keys: list[str], values: Mapping[str, str]) -> bool:
    return path == "/ip/dhcp-server/lease" and not values.get(keys[0])


# What an entry of each type needs. Source: recorded text for MX, the others by its pattern.
_DNS_DATA: Mapping[str, tuple[str, ...]] = {
    "CNAME": ("cname",),
    "MX": ("mx-exchange", "mx-preference"),
    "NS": ("ns",),
    "SRV": ("srv-target", "srv-port"),
    "TXT": ("text",),
}


def _dns_static(_store: Store, values: dict[str, str]) -> None:
    if values.get("name") and values.get("regexp"):
        raise failure("only name or regexp allowed")
    kind = values.get("type", "A")
    if not all(values.get(name) for name in _DNS_DATA.get(kind, ())):
        raise failure(f"bad {kind} data")
    if ":" in values.get("address", "") and values.get("type", "A") == "A":
        values["type"] = "AAAA"


def _ip_address(_store: Store, values: dict[str, str]) -> None:
    given = ipaddress.ip_interface(values["address"])
    netmask = values.pop("netmask", None)
    if netmask is not None and given.network.prefixlen == given.max_prefixlen:
        given = _with_netmask(given.ip, netmask)
        values["address"] = str(given)
    values["network"] = str(given.network.network_address)


def _with_netmask(address: object, netmask: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    try:
        return ipaddress.ip_interface(f"{address}/{netmask}")
    except ValueError:
        raise bad_value("netmask") from None


def _lease(_store: Store, values: dict[str, str]) -> None:
    address = values.get("address")
    if address is None:
        return
    try:
        values["address"] = str(ipaddress.ip_address(address))
    except ValueError:
        raise bad_value("address") from None


def _wireguard(store: Store, values: dict[str, str]) -> None:
    seed = f"{store.spec.name}{values.get('name')}".encode().ljust(32, b"k")[:32]
    private = values.get("private-key") or b64encode(seed).decode()
    try:
        key = X25519PrivateKey.from_private_bytes(b64decode(private, validate=True))
    except ValueError:
        raise bad_value("private-key") from None
    values["private-key"] = private
    values["public-key"] = b64encode(key.public_key().public_bytes_raw()).decode()


def _service(_store: Store, values: dict[str, str]) -> None:
    """Take the newest name of the address restriction too. Sources disagree which of the two 7.24 shows."""
    newest = values.pop("available-from", None)
    if newest is not None:
        values["address"] = newest


def _bonding(_store: Store, values: dict[str, str]) -> None:
    if not values.get("slaves"):
        raise failure("need at least one slave interface")


def _group(_store: Store, values: dict[str, str]) -> None:
    if not values.get("name"):
        raise failure("invalid group name")


_RULES: Mapping[str, Callable[[Store, dict[str, str]], None]] = {
    "/ip/dns/static": _dns_static,
    "/ip/address": _ip_address,
    "/ip/dhcp-server/lease": _lease,
    "/interface/wireguard": _wireguard,
    "/ip/service": _service,
    "/interface/bonding": _bonding,
    "/user/group": _group,
}


def apply(store: Store, table: Table, values: dict[str, str], own: Row | None) -> None:
    """Check and complete the values a row is about to have.

    Raises:
        Refusal: the row breaks a rule of its menu.
    """
    rule = _RULES.get(table.menu.path)
    if rule is not None:
        rule(store, values)
    check_unique(table, {**table.menu.always, **values}, own)


def check_removable(store: Store, table: Table, row: Row) -> None:
    path = table.menu.path
    if path == "/user/active":
        raise Refusal("action failed (6)")
    if row.is_dynamic and not path.endswith("/address-list"):
        raise failure("can not remove dynamic item")
    if row.factory is not None or row.values.get("builtin") == "true":
        raise failure("can not remove default item")
    if path == "/user/group" and any(
        u.values.get("group") == row.values["name"] for u in store.table("/user").rows
    ):
        raise failure("group has some users")
    if path == "/user":
        _keep_one_full_user(store, row)


def _keep_one_full_user(store: Store, row: Row) -> None:
    others = [user for user in store.table("/user").rows if user is not row]
    if not any(
        user.values.get("group") == "full" and user.values.get("disabled") != "true" for user in others
    ):
        raise failure("last user with full permissions can not be removed")
