"""A dead-man switch as it is found on a router: how long it waits, and whether it may still be relied on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.deadman import ARMED, PREFIX, DeadMan, Entry
from routeros_mcp.domain.values import parse_duration

_TIMES = re.compile(r"\$up > (\w+) or \$up < (\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A switch that still ticks; `is_whole` while its entry for a restart is there too, and proven to run."""

    switch: DeadMan
    is_whole: bool

    def has_time(self, uptime: timedelta) -> bool:
        """Whether at least half of its time is left on the router's own uptime, and it has not restarted."""
        half = (self.switch.deadline - self.switch.armed) / 2
        return self.switch.armed <= uptime <= self.switch.deadline - half


def standing(nonce: str, rows: Sequence[Row]) -> Standing | None:
    """The switch with this nonce among scheduler entries; None when nothing of it ticks any more."""
    held = {row.get("name", ""): row for row in rows}
    name = f"{PREFIX}{nonce}"
    times = _TIMES.search(held.get(name, {}).get("on-event", ""))
    if times is None:
        return None
    boot = f"{name}-boot"
    return Standing(
        switch=DeadMan(
            nonce=nonce,
            armed=parse_duration(times[2]),
            deadline=parse_duration(times[1]),
            tick=_entry(name, held[name]),
            boot=_entry(boot, held.get(boot, {})),
        ),
        is_whole=held.get(boot, {}).get("comment") == ARMED,
    )


def _entry(name: str, row: Row) -> Entry:
    return Entry(name=name, on_event=row.get("on-event", ""), interval=row.get("interval", ""))
