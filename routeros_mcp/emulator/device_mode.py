"""Device-mode: which features of its software the device permits."""

from collections.abc import Mapping

from routeros_mcp.emulator.store import Row, Store

MENU = "/system/device-mode"
_NEW_MODES = (7, 17)
FEATURES = (
    *("bandwidth-test", "container", "email", "fetch", "hotspot", "install-any-version", "ipsec", "l2tp"),
    *("partitions", "pptp", "proxy", "romon", "routerboard", "scheduler", "smb", "sniffer", "socks"),
    *("traffic-gen", "zerotier"),
)
_GUARDED = frozenset({"container", "install-any-version", "partitions", "routerboard", "traffic-gen"})
_BASIC = _GUARDED | {"bandwidth-test", "hotspot", "proxy", "socks", "zerotier"}
_HOME = _BASIC | {"email", "fetch", "romon", "scheduler", "sniffer"}
# Which features are off in each mode, and when the device is flagged. Source: vendor manual, device-mode.
_OFF: Mapping[str, frozenset[str]] = {
    "advanced": _GUARDED,
    "basic": _BASIC,
    "enterprise": frozenset({"container"}),
    "home": _HOME,
    "rose": _GUARDED - {"container"},
}


def modes() -> tuple[str, ...]:
    return tuple(_OFF)


def effective(store: Store) -> dict[str, str]:
    """Return the mode and every feature as they are in force."""
    held = store.single(MENU).values
    mode = held.get("mode", "advanced" if store.spec.release >= _NEW_MODES else "enterprise")
    is_flagged = held.get("flagged") == "true"
    off = _OFF.get(mode, _HOME) | (_HOME if is_flagged else frozenset())
    shown = {name: "false" if name in off else "true" for name in FEATURES}
    common = {"attempt-count": "0", "flagged": "false", "flagging-enabled": "true", "mode": mode}
    features = {} if is_flagged else {name: held[name] for name in FEATURES if name in held}
    return common | shown | {name: held[name] for name in common if name in held} | features


def allows(store: Store, feature: str) -> bool:
    return effective(store)[feature] == "true"


def complete(store: Store, _row: Row, shown: dict[str, str]) -> None:
    shown |= effective(store)
