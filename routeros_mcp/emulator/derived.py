"""Properties and rows a router computes: connected routes, networks, counters, clocks, sessions."""

import calendar
import ipaddress
import time
from collections.abc import Callable, Mapping

from routeros_mcp.emulator import clock, device_mode, interfaces, links
from routeros_mcp.emulator.expiry import AGING
from routeros_mcp.emulator.store import Row, Store
from routeros_mcp.emulator.values import parse_duration, show_duration

Shown = dict[str, str]
# A signed certificate shows its fingerprint only after this long. Source: public scripts wait some seconds.
_USABLE_AFTER_S = 1.0
_SIGNED = (
    "authority",
    "fingerprint",
    "invalid-after",
    "invalid-before",
    "private-key",
    "serial-number",
    "skid",
)
_CONNECTED_FIRST = 0x20180000


def _address6(store: Store, row: Row, shown: Shown) -> None:
    """Say of which scope the address is."""
    _address(store, row, shown)
    is_local = ipaddress.ip_interface(shown.get("address", "::/0")).ip.is_link_local
    shown["link-local" if is_local else "global"] = "true"


def _address(store: Store, _row: Row, shown: Shown) -> None:
    masters = interfaces.slaves(store)
    name = shown.get("interface", "")
    shown["actual-interface"] = masters.get(name, name)
    shown["slave"] = "true" if name in masters else "false"


def _route(store: Store, _row: Row, shown: Shown) -> None:
    """Show a static route; a disabled one loses most keys. Source: recorded CHR 7.23.7."""
    shown["static"] = "true"
    if shown.get("disabled") == "true":
        for key in ("distance", "routing-table", "scope", "target-scope"):
            shown.pop(key, None)
        shown["inactive"] = "true"
        return
    via = "" if "blackhole" in shown else _next_hop(store, shown.get("gateway", ""))
    if via or "blackhole" in shown:
        shown["active"] = "true"
        shown["inactive"] = "false"
        if via:
            shown["immediate-gw"] = via
    else:
        shown["inactive"] = "true"


def _next_hop(store: Store, gateway: str) -> str:
    if not gateway:
        return ""
    if interfaces.running_by_name(store, gateway):
        return gateway
    first = gateway.partition(",")[0].partition("%")[0]
    return next((f"{first}%{link}" for network, link in _networks(store) if _holds(network, first)), "")


def _holds(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)
    except ValueError:
        return False


def _networks(store: Store) -> list[tuple[str, str]]:
    found = []
    for row in store.table("/ip/address").rows:
        if row.values.get("disabled") != "true" and interfaces.running_by_name(
            store, row.values["interface"]
        ):
            network = ipaddress.ip_interface(row.values["address"]).network
            found.append((str(network), row.values["interface"]))
    return found


def _pool(_store: Store, _row: Row, shown: Shown) -> None:
    total = sum(_size(part) for part in shown.get("ranges", "").split(",") if part)
    shown |= {"total": str(total), "used": "0", "available": str(total)}


def _size(text: str) -> int:
    low, dash, high = text.partition("-")
    if dash:
        return int(ipaddress.ip_address(high)) - int(ipaddress.ip_address(low)) + 1
    return ipaddress.ip_network(low).num_addresses


def _scheduler(store: Store, row: Row, shown: Shown) -> None:
    due = store.next_runs.get(row.number)
    if due is not None:
        date, _, time_of_day = clock.stamp(due).partition(" ")
        shown["next-run"] = f"{clock.dated(date, store.spec.release)} {time_of_day}"
    if "start-date" in shown:
        shown["start-date"] = clock.dated(shown["start-date"], store.spec.release)


def _aged(path: str) -> Callable[[Store, Row, Shown], None]:
    def age(store: Store, row: Row, shown: Shown) -> None:
        if AGING[path].key not in row.values:
            return
        for name, text in (store.aged(path, row) or {}).items():
            if text:
                shown[name] = text
            else:
                shown.pop(name, None)

    return age


def _certificate(store: Store, _row: Row, shown: Shown) -> None:
    """Show how long the certificate lasts, negative once it has run out; hide it until it is usable."""
    signed_at = shown.pop("signed-at", None)
    if signed_at is not None and store.clock.steady() < float(signed_at) + _USABLE_AFTER_S:
        for name in _SIGNED:
            shown.pop(name, None)
        return
    if "invalid-after" not in shown or "expires-after" in shown:
        return
    left_s = int(calendar.timegm(time.strptime(shown["invalid-after"], "%Y-%m-%d %H:%M:%S")) - store.local())
    shown["expires-after"] = ("-" if left_s < 0 else "") + show_duration(abs(left_s) * 1_000_000)
    if left_s < 0:
        shown["expired"] = "true"


def _routing_table(_store: Store, row: Row, shown: Shown) -> None:
    """Show the main table as one the router made. Source: recorded body."""
    if row.number == 0:
        shown["dynamic"] = "true"


def _user(_store: Store, _row: Row, shown: Shown) -> None:
    shown.pop("password", None)


def _file(_store: Store, _row: Row, shown: Shown) -> None:
    shown["size"] = str(len(shown.get("contents", "").encode("utf-8", "surrogateescape")))
    if shown.get("name", "").endswith(".backup"):
        shown.pop("contents", None)
        shown["type"] = "backup"


def _safe_mode(store: Store, _row: Row, shown: Shown) -> None:
    shown["enabled"] = "true" if store.journal.is_safe else "false"


def _clock(store: Store, _row: Row, shown: Shown) -> None:
    date, _, shown["time"] = store.stamp().partition(" ")
    shown["date"] = clock.dated(date, store.spec.release)


def _log(store: Store, _row: Row, shown: Shown) -> None:
    shown["time"] = clock.logged(shown["time"], store.stamp(), store.spec.release)


def _ntp(_store: Store, row: Row, shown: Shown) -> None:
    if shown["enabled"] == "true" and shown["servers"] and "status" not in row.values:
        server = shown["servers"].split(",")[0]
        shown |= {
            "freq-drift": "3.109",
            "status": "synchronized",
            "synced-server": server,
            "synced-stratum": "2",
            "system-offset": "1.703",
        }


def _neighbor(store: Store, row: Row, shown: Shown) -> None:
    """Let a neighbour's uptime go on from what it was when this router was switched on."""
    _aged("/ip/neighbor")(store, row, shown)
    if "uptime" in shown:
        since_us = int((store.clock.steady() - store.switched_on_at) * 1_000_000)
        shown["uptime"] = show_duration((parse_duration(shown["uptime"]) + since_us) // 1_000_000 * 1_000_000)


def _update(store: Store, _row: Row, shown: Shown) -> None:
    shown["installed-version"] = store.spec.version


def _netwatch(_store: Store, _row: Row, shown: Shown) -> None:
    if shown.get("disabled") == "true":
        shown["status"] = "unknown"


COMPLETE: Mapping[str, Callable[[Store, Row, Shown], None]] = {
    **links.COMPLETE,
    **{path: _aged(path) for path in AGING},
    "/certificate": _certificate,
    "/ip/address": _address,
    "/ip/neighbor": _neighbor,
    "/ip/pool": _pool,
    "/ipv6/address": _address6,
    "/ipv6/route": _route,
    "/ip/route": _route,
    "/log": _log,
    "/routing/table": _routing_table,
    "/safe-mode": _safe_mode,
    "/system/clock": _clock,
    "/system/device-mode": device_mode.complete,
    "/system/ntp/client": _ntp,
    "/system/package/update": _update,
    "/system/scheduler": _scheduler,
    "/tool/netwatch": _netwatch,
    "/user": _user,
    "/file": _file,
}


def connected_routes(store: Store, addresses: str = "/ip/address") -> list[Shown]:
    """Return a dynamic route per enabled address on a running interface. Source: recorded key set."""
    return [
        {
            ".id": f"*{_CONNECTED_FIRST + number * 16:X}",
            "active": "true",
            "connect": "true",
            "distance": "0",
            "dst-address": str(ipaddress.ip_interface(row.values["address"]).network),
            "dynamic": "true",
            "gateway": row.values["interface"],
            "immediate-gw": row.values["interface"],
            "inactive": "false",
            "local-address": f"{ipaddress.ip_interface(row.values['address']).ip}%{row.values['interface']}",
            "routing-table": "main",
            "scope": "10",
            "suppress-hw-offload": "false",
            "target-scope": "5",
        }
        for number, row in enumerate(store.table(addresses).rows, 1)
        if row.values.get("disabled") != "true" and "address" in row.values
        if interfaces.running_by_name(store, row.values["interface"])
    ]


def dhcp_routes(store: Store) -> list[Shown]:
    """Return the default route of each bound DHCP client that asks for one."""
    found = []
    for row in store.table("/ip/dhcp-client").rows:
        values = store.table("/ip/dhcp-client").effective(row)
        if "gateway" in values and values["add-default-route"] == "yes" and values["disabled"] == "false":
            found.append(_dhcp_route(row, values))
    return found


def _dhcp_route(row: Row, values: Mapping[str, str]) -> Shown:
    return {
        ".id": f"*{0x40000000 + row.number:X}",
        "active": "true",
        "dhcp": "true",
        "distance": values["default-route-distance"],
        "dst-address": "0.0.0.0/0",
        "dynamic": "true",
        "gateway": values["gateway"],
        "immediate-gw": f"{values['gateway']}%{values['interface']}",
        "inactive": "false",
        "routing-table": "main",
        "scope": "30",
        "suppress-hw-offload": "false",
        "target-scope": "10",
        "vrf-interface": values["interface"],
    }


def service_connections(store: Store) -> list[Shown]:
    """Return a dynamic row per open HTTPS connection, the asking one included. Source: live 7.21, 7.23."""
    return [
        {
            ".id": f"*{0x100 + number:X}",
            "connection": "true",
            "dynamic": "true",
            "local": local,
            "name": "www-ssl",
            "proto": "tcp",
            "remote": remote,
        }
        for number, (local, remote) in store.connections.items()
    ]


def past_log(store: Store) -> list[Shown]:
    """Return what the log held when the router was switched on, until its first reboot."""
    history = store.spec.life.history
    if history is None or store.booted_at >= store.switched_on_at:
        return []
    now, release = store.stamp(), store.spec.release
    return [
        {".id": f"*{number:X}", **row, "time": clock.logged(row["time"], now, release)}
        for number, row in enumerate(history(store.switched_on_wall), 1)
    ]


def uptime(store: Store) -> str:
    seconds = store.overrides.get("uptime_s")
    base = float(seconds) if seconds is not None else store.clock.steady() - store.booted_at
    return show_duration(int(base) * 1_000_000)


def variables(store: Store) -> list[Shown]:
    """List the global variables of scripts. Source: vendor manual, Scripting."""
    return [
        {".id": f"*{number:X}", "name": name, "user": "admin", "value": held.shown}
        for number, (name, held) in enumerate(store.globals.items(), 1)
    ]
