"""What the board says about itself: resource, routerboard, health, packages, licence."""

from collections.abc import Callable, Mapping

from routeros_mcp.emulator import derived
from routeros_mcp.emulator.store import Store

Shown = dict[str, str]
_BUILT = {7: "2025-11-27 08:17:04"}
_MAIN, _WIRELESS_SPLIT = "routeros", (7, 13)
_MEGABYTE = 1024 * 1024
# Architecture, CPU, cores, MHz, memory MB, storage MB. Source: vendor product pages.
_BOARDS: Mapping[str, tuple[str, str, int, int, int, int]] = {
    "CHR": ("x86_64", "Intel", 2, 2400, 1024, 128),
    "hAP ax^2": ("arm64", "ARM64", 4, 864, 1024, 128),
    "hAP ac^2": ("arm", "ARM", 4, 716, 256, 16),
    "RB5009UG+S+": ("arm64", "ARM64", 4, 1400, 1024, 1024),
    "RB4011iGS+": ("arm", "ARM", 4, 1400, 1024, 512),
    "RB750Gr3": ("mmips", "MIPS 1004Kc V2.15", 4, 880, 256, 16),
    "CCR2004-16G-2S+": ("arm64", "ARM64", 4, 1700, 4096, 128),
}
_UNKNOWN_BOARD = ("arm64", "ARM64", 4, 1000, 512, 128)


def resource(store: Store) -> Shown:
    """Return /system/resource. Source: recorded hAP ax^2 7.20.5; CHR lacks the flash counters."""
    spec = store.spec
    architecture, cpu, cores, mhz, memory, disk = _BOARDS.get(spec.board, _UNKNOWN_BOARD)
    shown = {
        "architecture-name": architecture,
        "board-name": spec.board,
        "build-time": _BUILT[7],
        "cpu": cpu,
        "cpu-count": str(cores),
        "cpu-frequency": str(mhz),
        "cpu-load": str(3 + spec.seed % 9),
        "free-hdd-space": str(disk * _MEGABYTE * 7 // 10),
        "free-memory": str(memory * _MEGABYTE * 2 // 3),
        "platform": "MikroTik",
        "total-hdd-space": str(disk * _MEGABYTE),
        "total-memory": str(memory * _MEGABYTE),
        "uptime": derived.uptime(store),
        "version": f"{spec.version} (stable)",
        "write-sect-since-reboot": "23",
        "write-sect-total": "91274",
    }
    if not spec.is_chr:
        shown |= {"bad-blocks": "0", "factory-software": "7.5"}
    overrides = {key: text for key, text in store.overrides.items() if key != "uptime_s"}
    told = {**shown, **overrides}
    return {name: told[name] for name in sorted(told) if name not in store.hidden}


def routerboard(store: Store) -> Shown:
    spec = store.spec
    return {
        "current-firmware": spec.version,
        "factory-firmware": "7.5",
        "firmware-type": "ipq6000",
        "model": spec.board,
        "revision": "r2",
        "routerboard": "true",
        "serial-number": spec.serial,
        "upgrade-firmware": spec.version,
    }


def health(store: Store) -> list[Shown]:
    """Return the readings of a board: a list of name, type, value. Source: recorded 7.x boards."""
    readings = {"cpu-temperature": str(41 + store.spec.seed % 9), "voltage": "24.1"} | store.health
    kinds = {"voltage": "V"}
    return [
        {".id": f"*{number:X}", "name": name, "type": kinds.get(name, "C"), "value": value}
        for number, (name, value) in enumerate(readings.items(), 1)
    ]


def chr_health(store: Store) -> Shown:
    return {"state": "disabled", "state-after-reboot": "disabled"} | store.single("/system/health").values


def packages(store: Store) -> list[Shown]:
    spec = store.spec
    extra = {*spec.packages} | ({"wifi-qcom"} if "wifi" in spec.features else set())
    if "wlan" in spec.features and spec.release >= _WIRELESS_SPLIT:
        extra.add("wireless")
    names = [_MAIN, *sorted(name for name in extra if store.packages_off.get(name) != "uninstall")]
    return [
        {
            ".id": f"*{number:X}",
            "available": "false",
            "build-time": _BUILT[7],
            "disabled": "true" if name in store.packages_off else "false",
            "name": name,
            "scheduled": f"scheduled for {store.planned[name]}" if name in store.planned else "",
            "size": str(12_345_678 // number),
            "version": store.spec.version,
        }
        for number, name in enumerate(names, 1)
    ]


def licence(store: Store) -> Shown:
    if store.spec.is_chr:
        return {"level": "free", "limited-upgrades": "true", "system-id": "aBcDeFgHiJk"}
    return {"nlevel": "4", "software-id": f"{store.spec.seed:04X}-{store.spec.name[:4].upper():X<4}"}


SINGLES: Mapping[str, Callable[[Store], Shown]] = {
    "/system/resource": resource,
    "/system/routerboard": routerboard,
    "/system/license": licence,
}
LISTS: Mapping[str, Callable[[Store], list[Shown]]] = {
    "/system/health": health,
    "/system/package": packages,
}
