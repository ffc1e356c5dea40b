"""What the board says about itself: resource, routerboard, health, packages, licence."""

from collections.abc import Callable, Mapping

from routeros_mcp.emulator import derived, history
from routeros_mcp.emulator.boards import board
from routeros_mcp.emulator.spec import RouterSpec
from routeros_mcp.emulator.store import Store

Shown = dict[str, str]
_BUILT = {7: "2025-11-27 08:17:04"}
_MAIN, _WIRELESS_SPLIT = "routeros", (7, 13)
_READINGS = {"psu1-voltage": "12.1", "psu2-voltage": "12.0", "fan1-speed": "4260", "fan2-speed": "4230"}
_KINDS = {"voltage": "V", "psu1-voltage": "V", "psu2-voltage": "V", "fan1-speed": "RPM", "fan2-speed": "RPM"}


_FLASH_FOLDER_MB = 16


def has_flash_folder(spec: RouterSpec) -> bool:
    """Say whether only what is in `flash/` outlives a reboot: on boards with little storage.

    Source: vendor manual, files; that it is the boards of 16 MB is assumed.
    """
    return not spec.is_chr and board(spec.board).disk_bytes <= _FLASH_FOLDER_MB * 1024 * 1024


def resource(store: Store) -> Shown:
    """Return /system/resource. Source: recorded hAP ax^2 7.20.5; CHR lacks the flash counters."""
    spec = store.spec
    made = board(spec.board)
    shown = {
        "architecture-name": made.architecture,
        "board-name": spec.board,
        "build-time": _BUILT[7],
        "cpu": made.cpu,
        "cpu-count": str(made.cores),
        "cpu-frequency": str(made.mhz),
        "cpu-load": str(3 + spec.seed % 9),
        "free-hdd-space": str(made.disk_bytes * 7 // 10),
        "free-memory": str(made.memory_bytes * 2 // 3),
        "platform": "MikroTik",
        "total-hdd-space": str(made.disk_bytes),
        "total-memory": str(made.memory_bytes),
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
    usual = {"cpu-temperature": str(41 + store.spec.seed % 9), "voltage": "24.1", **_READINGS}
    readings = {name: usual[name] for name in board(store.spec.board).sensors} | store.health
    return [
        {".id": f"*{number:X}", "name": name, "type": _KINDS.get(name, "C"), "value": value}
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
    "/system/history": history.rows,
    "/system/package": packages,
}
