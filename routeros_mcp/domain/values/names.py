"""Property names that mean the same in every RouterOS menu, for what the schema does not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from routeros_mcp.domain.models import MenuSpec, PropertySpec, ValueType

FLAGS = frozenset({
    "active", "blocked", "bound", "bridge-port", "builtin", "complete", "connect", "default", "disabled",
    "dying", "dynamic", "ecmp", "established", "expired", "inactive", "invalid", "log", "running",
    "slave", "static",
})  # fmt: skip
"""Booleans that RouterOS leaves out while they are false."""

PRESENCE_FLAGS = frozenset({
    "blackhole", "ebgp", "fib", "ibgp", "l1.passive", "l2.passive", "limit-exceeded", "no-summaries",
    "passive",
})  # fmt: skip
"""Set when present, whatever the value (usually empty); not set when absent."""

TEXTS = frozenset({
    "board-name", "caller-id", "comment", "common-name", "contact", "content", "default-name",
    "engine-id", "host-name", "identity", "list", "location", "log-prefix", "message", "model", "name",
    "password", "prefix", "serial-number", "session-id", "software-id", "source", "ssid", "system-id",
    "user", "username", "version",
})  # fmt: skip
"""Never a number, even when only digits stand in them."""

COUNTERS = frozenset({
    "bytes", "fp-rx-byte", "fp-rx-packet", "fp-tx-byte", "fp-tx-packet", "link-downs", "packets",
    "run-count", "rx-bits-per-second", "rx-byte", "rx-bytes", "rx-drop", "rx-error", "rx-packet",
    "rx-packets-per-second", "tx-bits-per-second", "tx-byte", "tx-bytes", "tx-drop", "tx-error",
    "tx-packet", "tx-packets-per-second", "tx-queue-drop",
})  # fmt: skip

_DURATIONS = frozenset({"age", "expires-after", "idle-time", "last-activity", "last-seen", "uptime"})
_MOMENTS = frozenset({
    "creation-time", "invalid-after", "invalid-before", "last-link-down-time", "last-link-up-time",
    "last-logged-in", "last-logged-out", "last-modified", "last-started", "next-run",
})  # fmt: skip

_STATES = frozenset({
    "actual-interface", "actual-mtu", "available", "current-state", "default-name", "designated-bridge",
    "hw-offload", "immediate-gw", "last-caller-id", "last-disconnect-reason", "rate", "since", "status",
    "total", "used",
})  # fmt: skip
VOLATILE = (FLAGS - {"disabled", "log", "default"}) | COUNTERS | _DURATIONS | _MOMENTS | _STATES
"""State rather than configuration, for menus that the schema does not know."""

_ALWAYS_CONFIGURATION = frozenset({"comment", "disabled", "name"})


def _types() -> Mapping[str, ValueType]:
    table = dict.fromkeys(FLAGS | PRESENCE_FLAGS, ValueType.BOOLEAN)
    table |= dict.fromkeys(TEXTS, ValueType.TEXT)
    table |= dict.fromkeys(COUNTERS, ValueType.INTEGER)
    table |= dict.fromkeys(_DURATIONS, ValueType.DURATION)
    return table | dict.fromkeys(_MOMENTS, ValueType.DATETIME)


COMMON_TYPES = _types()
_COMMON = {name: PropertySpec(name=name, type=kind, readable=True) for name, kind in COMMON_TYPES.items()}


_NEVER_RESTORED = frozenset({"dynamic", "creation-time"})
"""Newer versions take these in an add; a row that is put back is configured by somebody, and now."""


def property_spec(menu: MenuSpec | None, name: str) -> PropertySpec | None:
    """What is known of the property: by the menu, else by a name that means the same everywhere."""
    known = menu.properties.get(name) if menu else None
    if known is None or known.type is ValueType.UNKNOWN:
        return _COMMON.get(name) or known
    return known


def volatile(menu: MenuSpec | None, name: str) -> bool:
    """Whether the property is state, not configuration: no command writes it, so a pre-image leaves it out.

    Of menus and properties that the schema does not know, a list of common names decides; `.id` and the other
    names with a leading dot are always state.
    """
    if name.startswith(".") or name in _NEVER_RESTORED:
        return True
    known = menu.properties.get(name) if menu else None
    if known is not None:
        return not known.writable and name not in _ALWAYS_CONFIGURATION
    return name in VOLATILE


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean a or b?)` with the names that look like it, the likeliest first; "" without any."""
    near = difflib.get_close_matches(name, list(known), n=3)
    return f" (did you mean {' or '.join(near)}?)" if near else ""
