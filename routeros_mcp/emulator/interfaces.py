"""The view /interface: one list over all typed interface menus."""

from collections.abc import Callable, Iterator

from routeros_mcp.emulator.clock import stamp
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.store import Row, Store
from routeros_mcp.emulator.traffic import Flow, Wire, wires

PACKET_BYTES = 800
_SEED = 1469598103
_VLAN_SHARE = 0.2
_COPIED = ("comment", "default-name", "l2mtu", "mac-address", "mtu", "name")
_LINK_HISTORY = ("last-link-down-time", "last-link-up-time", "link-downs", "rx-error")
# Interfaces that run when the one below does, and those that run when somebody answered.
_ON_PARENT = frozenset({"/interface/macvlan", "/interface/vlan", "/interface/vrrp"})
_DIALLED = frozenset(
    {
        "/caps-man/interface",
        "/interface/l2tp-client",
        "/interface/lte",
        "/interface/ovpn-client",
        "/interface/ppp-client",
        "/interface/pppoe-client",
        "/interface/pptp-client",
        "/interface/sstp-client",
    }
)
_ZERO = (
    "fp-rx-byte",
    "fp-rx-packet",
    "fp-tx-byte",
    "fp-tx-packet",
    "link-downs",
    "rx-drop",
    "rx-error",
    "tx-drop",
    "tx-error",
    "tx-queue-drop",
)


def all_rows(store: Store) -> Iterator[tuple[str, Row]]:
    """Yield every interface with the menu that holds it, in order of id."""
    found = [(row.number, path, row) for path, table in store.interface_tables() for row in table.rows]
    return ((path, row) for _, path, row in sorted(found, key=lambda item: item[0]))


def is_running(store: Store, path: str, row: Row) -> bool:
    """Say whether the link is up: enabled, and not marked as unplugged in the configuration."""
    values = store.table(path).effective(row)
    if not store.has_links or values.get("disabled") == "true" or row.values.get("running") == "false":
        return False
    if path in _DIALLED:
        return row.values.get("running") == "true"
    if path in _ON_PARENT:
        return running_by_name(store, values.get("interface", ""))
    return True


def running_by_name(store: Store, name: str) -> bool:
    return any(
        row.values.get("name") == name and is_running(store, path, row)
        for path, table in store.interface_tables()
        for row in table.rows
    )


def slaves(store: Store, *, only_enabled: bool = False) -> dict[str, str]:
    """Return the master by the name of each bridge port or bond member."""
    ports = {
        p.values["interface"]: p.values["bridge"]
        for p in store.table("/interface/bridge/port").rows
        if not (only_enabled and p.values.get("disabled") == "true")
    }
    bonds = store.table("/interface/bonding").rows
    return ports | {s: b.values["name"] for b in bonds for s in b.values.get("slaves", "").split(",")}


def rates(store: Store, path: str, row: Row) -> tuple[float, float]:
    """Return bits per second received and sent at this moment; nothing where the link is down."""
    now = store.steady_wall()
    return _summed(store, path, row, lambda flow: flow.rate(now))


def carried(store: Store, path: str, row: Row) -> tuple[float, float]:
    """Return bytes received and sent since the last boot: what the rates add up to."""
    now = store.steady_wall()
    booted = now - max(0.0, store.clock.steady() - store.booted_at)
    return _summed(store, path, row, lambda flow: flow.carried(booted, now))


def _summed(store: Store, path: str, row: Row, measure: Callable[[Flow], float]) -> tuple[float, float]:
    """Add up a bridge over its ports, take a share of what carries a VLAN, and measure the rest."""
    if not is_running(store, path, row):
        return 0.0, 0.0
    name = row.values.get("name", "")
    if path == "/interface/bridge":
        under, share = [port for port, master in slaves(store).items() if master == name], 1.0
    elif path == "/interface/vlan":
        under, share = [row.values.get("interface", "")], _VLAN_SHARE
    else:
        wire = _wire(store, row, name)
        return measure(wire.received), measure(wire.sent)
    parts = [
        _summed(store, kind, one, measure)
        for kind, one in all_rows(store)
        if one.values.get("name") in under and one is not row
    ]
    return share * sum(part[0] for part in parts), share * sum(part[1] for part in parts)


def _wire(store: Store, row: Row, name: str) -> Wire:
    known = store.spec.life.wires.get(row.values.get("default-name", name))
    if known is not None:
        return known
    received = float(20_000 + (row.number + 31 * store.spec.seed) * _SEED % 90_000_011)
    return wires(row.number + store.spec.seed, received, received / 3)[1]


def view(store: Store, path: str, row: Row, masters: dict[str, str]) -> dict[str, str]:
    """Return one row of /interface. Source: 7.22.3 property list, recorded replies."""
    typed = store.table(path).effective(row)
    shown = {key: typed[key] for key in _COPIED if key in typed}
    running = is_running(store, path, row)
    received, sent = (int(count) for count in carried(store, path, row))
    shown |= dict.fromkeys(_ZERO, "0")
    shown |= {key: row.values[key] for key in _LINK_HISTORY if key in row.values}
    shown |= {
        ".id": row.id,
        "actual-mtu": "1500" if typed.get("mtu", "auto") == "auto" else typed["mtu"],
        "disabled": typed.get("disabled", "false"),
        "rx-byte": str(received),
        "rx-packet": str(received // PACKET_BYTES),
        "tx-byte": str(sent),
        "tx-packet": str(sent // PACKET_BYTES),
        "type": registry.interface_types()[path],
        "running": "true" if running else "false",
    }
    if running:
        shown["last-link-up-time"] = stamp(store.local() - (store.clock.steady() - store.booted_at))
    if "default-name" in shown and path == "/interface/ethernet":
        shown["max-l2mtu"] = "4074"
    if shown.get("name") in masters:
        shown["slave"] = "true"
    return shown


def rows(store: Store) -> list[dict[str, str]]:
    masters = slaves(store)
    return [view(store, path, row, masters) for path, row in all_rows(store)]
