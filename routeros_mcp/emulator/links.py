"""What interfaces and their memberships show beside what was set: links, bridge ports, VLAN members."""

from collections.abc import Callable, Mapping

from routeros_mcp.emulator import interfaces
from routeros_mcp.emulator.menus import registry, versions
from routeros_mcp.emulator.store import Row, Store

Shown = dict[str, str]
Complete = Callable[[Store, Row, Shown], None]
# Warnings about a row stand in `.about` since then. Source: public findings, 7.22.
_ABOUT_SINCE = (7, 22)
_PORT_DEBUG = " prio 0x0 num 0 \n\n"
_NO_MAC = "02:00:00:00:00:01"


def _typed(path: str) -> Complete:
    def complete(store: Store, row: Row, shown: Shown) -> None:
        shown["running"] = "true" if interfaces.is_running(store, path, row) else "false"

    return complete


def _ethernet(store: Store, row: Row, shown: Shown) -> None:
    _typed("/interface/ethernet")(store, row, shown)
    shown["advertise"] = versions.link_modes(shown["advertise"], store.spec.release)
    if shown.get("name") in interfaces.slaves(store):
        shown["slave"] = "true"


def _bonding(store: Store, row: Row, shown: Shown) -> None:
    """Warn about a link check that LACP does not take. Source: recorded `.about` text."""
    _typed("/interface/bonding")(store, row, shown)
    if shown["mode"] == "802.3ad" and shown["link-monitoring"] != "mii":
        _about(store, shown, "802.3ad mode must use mii link-monitoring")


def _wifi(path: str) -> Complete:
    """Tell mode, network and channel of a running radio. Source: recorded `.about` of a bound interface."""

    def complete(store: Store, row: Row, shown: Shown) -> None:
        _typed(path)(store, row, shown)
        profile = _profile(store, shown.get("configuration", ""))
        ssid = shown.get("configuration.ssid", profile.get("ssid"))
        if shown["running"] == "true" and ssid is not None:
            mode = shown.get("configuration.mode", profile.get("mode", "ap"))
            label = "AP" if mode == "ap" else mode
            _about(store, shown, f"mode: {label}, SSID: {ssid}, channel: 2462/n")

    return complete


def _profile(store: Store, name: str) -> Mapping[str, str]:
    rows = (row for held, row in store.names("wifi-configuration") if held == name)
    return next((row.values for row in rows), {})


def radios(store: Store) -> list[Shown]:
    """Return the hardware behind each Wi-Fi interface. Source: 7.22.3 property list; values made up."""
    return [
        {
            ".id": f"*{number:X}",
            "bands": "2ghz-g:20mhz,2ghz-n:20mhz,20/40mhz" if number % 2 else "5ghz-a:20mhz,5ghz-ac:20mhz",
            "interface": row.values["name"],
            "local": "true",
            "max-interfaces": "16",
            "max-peers": "120",
            "radio-mac": row.values["radio-mac"],
            "rx-chains": "0,1",
            "tx-chains": "0,1",
        }
        for number, row in enumerate(store.table("/interface/wifi").rows, 1)
        if "radio-mac" in row.values
    ]


def _about(store: Store, shown: Shown, text: str) -> None:
    if store.spec.release >= _ABOUT_SINCE:
        shown[".about"] = text


def _on_parent(path: str) -> Complete:
    """Take the running state and, where none was set, the MAC address of the interface below."""

    def complete(store: Store, row: Row, shown: Shown) -> None:
        _typed(path)(store, row, shown)
        parents = (values for _, parent in interfaces.all_rows(store) if (values := parent.values))
        mac = next((v.get("mac-address") for v in parents if v.get("name") == shown.get("interface")), None)
        if mac:
            shown.setdefault("mac-address", mac)

    return complete


def _vrrp(store: Store, row: Row, shown: Shown) -> None:
    """Be master where the link below is up. The virtual MAC address is the standard's."""
    _typed("/interface/vrrp")(store, row, shown)
    shown["master"] = shown["running"]
    shown["backup"] = "false" if shown["running"] == "true" else "true"
    shown["mac-address"] = f"00:00:5E:00:01:{int(shown['vrid']):02X}"


def _bridge_port(store: Store, _row: Row, shown: Shown) -> None:
    """Tell the port's part in the spanning tree. Source: recorded keys; the figures are made up."""
    shown.setdefault("debug-info", _PORT_DEBUG)
    bridge = next((r for n, r in store.names("bridge") if n == shown.get("bridge")), None)
    mac = _NO_MAC if bridge is None else bridge.values.get("mac-address", _NO_MAC)
    shown.setdefault("designated-bridge", f"0x8000.{mac}")
    is_up = shown["disabled"] == "false" and interfaces.running_by_name(store, shown.get("interface", ""))
    shown.setdefault("role", "designated-port" if is_up else "disabled-port")
    if shown["disabled"] == "true":
        shown["status"] = "inactive"
        shown["inactive"] = "true"


def _bridge_vlan(_store: Store, _row: Row, shown: Shown) -> None:
    shown["current-tagged"] = shown.get("tagged", "")
    shown["current-untagged"] = shown.get("untagged", "")


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
                "mac-address": row.values.get("mac-address", _NO_MAC),
                "on-interface": name,
            }
        )
    return found


COMPLETE: Mapping[str, Complete] = {
    **{path: _typed(path) for path in registry.interface_types()},
    "/interface/ethernet": _ethernet,
    "/interface/bonding": _bonding,
    "/interface/macvlan": _on_parent("/interface/macvlan"),
    "/interface/vlan": _on_parent("/interface/vlan"),
    "/interface/vrrp": _vrrp,
    "/interface/wifi": _wifi("/interface/wifi"),
    "/interface/wifiwave2": _wifi("/interface/wifiwave2"),
    "/interface/bridge/port": _bridge_port,
    "/interface/bridge/vlan": _bridge_vlan,
}
