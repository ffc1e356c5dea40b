"""What a router has lived through when it is switched on: how long it ran, what it carries and logged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from routeros_mcp.emulator.traffic import Wire

# Rows of /log, oldest first, for a router that was switched on at this epoch second of its local time.
History = Callable[[float], Sequence[Mapping[str, str]]]


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """`figures` replace those of /system/resource, `sensors` those of /system/health; `wires` are by port.

    `lines` is how many rows `history` makes: they are made anew whenever somebody reads the log.
    """

    uptime_s: float = 4360.0
    figures: Mapping[str, str] = field(default_factory=_nothing)
    sensors: Mapping[str, str] = field(default_factory=_nothing)
    wires: Mapping[str, Wire] = field(default_factory=lambda: MappingProxyType({}))
    history: History | None = None
    lines: int = 0
