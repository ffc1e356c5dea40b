"""Properties and rows a router computes: connected routes, networks, counters, clocks, sessions."""

import ipaddress
from collections.abc import Callable, Mapping

from routeros_mcp.emulator import clock, device_mode, interfaces
from routeros_mcp.emulator.expiry import AGING
from routeros_mcp.emulator.store import Row, Store
from routeros_mcp.emulator.values import show_duration

Shown = dict[str, str]
_CONNECTED_FIRST = 0x20180000
_PORT_DEBUG = " prio 0x0 num 0 \n\n"


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


def _interface(store: Store, row: Row, shown: Shown, path: str) -> None:
    shown["running"] = "true" if interfaces.is_running(store, path, row) else "false"
    if shown.get("name") in interfaces.slaves(store) and path == "/interface/ethernet":
        shown["slave"] = "true"


def _vlan(store: Store, row: Row, shown: Shown) -> None:
    _interface(store, row, shown, "/interface/vlan")
    parents = (values for _, parent in interfaces.all_rows(store) if (values := parent.values))
    mac = next((v.get("mac-address") for v in parents if v.get("name") == shown.get("interface")), None)
    if mac:
        shown["mac-address"] = mac


def _bridge_vlan(_store: Store, _row: Row, shown: Shown) -> None:
    shown["current-tagged"] = shown.get("tagged", "")
    shown["current-untagged"] = shown.get("untagged", "")


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


def _ntp(_store: Store, _row: Row, shown: Shown) -> None:
    if shown["enabled"] == "true" and shown["servers"]:
        server = shown["servers"].split(",")[0]
        shown |= {
            "freq-drift": "3.109",
            "status": "synchronized",
            "synced-server": server,
            "synced-stratum": "2",
            "system-offset": "1.703",
        }


def _update(store: Store, _row: Row, shown: Shown) -> None:
    shown["installed-version"] = store.spec.version


def _netwatch(_store: Store, _row: Row, shown: Shown) -> None:
    if shown.get("disabled") == "true":
        shown["status"] = "unknown"


def _typed(path: str) -> Callable[[Store, Row, Shown], None]:
    return lambda store, row, shown: _interface(store, row, shown, path)


COMPLETE: Mapping[str, Callable[[Store, Row, Shown], None]] = {
    **{path: _aged(path) for path in AGING},
    "/interface/ethernet": _typed("/interface/ethernet"),
    "/interface/bridge": _typed("/interface/bridge"),
    "/interface/bonding": _typed("/interface/bonding"),
    "/interface/wireguard": _typed("/interface/wireguard"),
    "/interface/wifi": _typed("/interface/wifi"),
    "/interface/vlan": _vlan,
    "/interface/bridge/vlan": _bridge_vlan,
    "/ip/address": _address,
    "/ip/pool": _pool,
    "/ip/route": _route,
    "/log": _log,
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


def connected_routes(store: Store) -> list[Shown]:
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
        for number, row in enumerate(store.table("/ip/address").rows, 1)
        if row.values.get("disabled") != "true" and interfaces.running_by_name(store, row.values["interface"])
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


def bridge_hosts(store: Store) -> list[Shown]:
    found = []
    for number, row in enumerate(store.table("/interface/bridge").rows, 1):
        name = row.values["name"]
        found.append(
            {
                ".id": f"*{number:X}",
                "bridge": name,
                "disabled": "false",
                "dynamic": "true",
                "external": "false",
                "interface": name,
                "invalid": "false",
                "local": "true",
                "mac-address": row.values.get("mac-address", "02:00:00:00:00:01"),
                "on-interface": name,
            }
        )
    return found


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
