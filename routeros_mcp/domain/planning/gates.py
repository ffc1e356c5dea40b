"""Health gates: whether a router is as well after a change as it was before, with three answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from routeros_mcp.domain.health_figures import Figures
from routeros_mcp.domain.models import Change, ChangeOp, PlanDeviceDomain
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.commands import spec_of
from routeros_mcp.domain.planning.lifecycle import is_done

_CPU_STEP = 30.0
_CPU_FULL = 90.0
_MEMORY_SHARE = 0.5
_RADIOS = frozenset({"wifi", "wlan", "cap"})


class GateVerdict(StrEnum):
    """Inconclusive pauses a rollout for a person: it never counts as passed."""

    PASSED = "passed"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        return list(GateVerdict).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What a router is measured by at a gate.

    `running` are the enabled interfaces whose link is up, `routes` whether a default route is active (None
    where the menu could not be read).
    """

    figures: Figures
    running: frozenset[str] = frozenset()
    has_default_route: bool | None = None

    def plain(self) -> dict[str, object]:
        """As it is stored with the device."""
        return {
            "figures": asdict(self.figures),
            "running": sorted(self.running),
            "has_default_route": self.has_default_route,
        }


def stored_vitals(held: Mapping[str, Any] | None) -> Vitals | None:
    """What `Vitals.plain` gave, read again; None where nothing was stored."""
    if held is None:
        return None
    return Vitals(
        figures=Figures(**held["figures"]),
        running=frozenset(held["running"]),
        has_default_route=held["has_default_route"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    verdict: GateVerdict
    reasons: tuple[str, ...] = ()

    def plain(self) -> dict[str, object]:
        return {"verdict": str(self.verdict), "reasons": list(self.reasons)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """What a plan takes away on purpose: no gate fails for that."""

    links: frozenset[str] = frozenset()
    default_route: bool = False
    restart: bool = False


def intended_by(changes: Sequence[Change]) -> Intended:
    """Interfaces that the changes switch off, remove, rename or cut off; default route and restart."""
    return Intended(
        links=frozenset(
            change.key["name"]
            for change in changes
            if change.path.startswith("/interface") and "name" in change.key and _takes_link(change)
        ),
        restart=any(spec.restarts for change in changes if (spec := spec_of(change))),
        default_route=any(change.path == "/ip/route" and _is_default(change) for change in changes),
    )


def _takes_link(change: Change) -> bool:
    after, spec = change.after or {}, spec_of(change)
    if spec is not None:
        return spec.takes_link
    return change.op is ChangeOp.REMOVE or "name" in after or after.get("disabled") in {"true", "yes"}


def _is_default(change: Change) -> bool:
    sides = (change.key, change.before or {}, change.after or {})
    return any(side.get("dst-address") == "0.0.0.0/0" for side in sides)


def vitals_of(figures: Figures, interfaces: Sequence[Row], routes: Sequence[Row] | None) -> Vitals:
    """Read /interface (name, type, running, disabled) and the rows of /ip/route for 0.0.0.0/0.

    Radios are left out: they run while somebody is connected to them.
    """
    return Vitals(
        figures=figures,
        running=frozenset(
            row["name"]
            for row in interfaces
            if "name" in row and _is_up(row) and row.get("type") not in _RADIOS
        ),
        has_default_route=None if routes is None else any(row.get("active") == "true" for row in routes),
    )


def _is_up(row: Row) -> bool:
    return row.get("running") == "true" and row.get("disabled") != "true"


def compare(before: Vitals | None, after: Vitals | None, intended: Intended | None = None) -> GateResult:
    """Judge a router against its own baseline; an end that could not be measured is inconclusive."""
    if after is None:
        return GateResult(verdict=GateVerdict.INCONCLUSIVE, reasons=("the router could not be measured",))
    if before is None:
        return GateResult(verdict=GateVerdict.INCONCLUSIVE, reasons=("there is no baseline to compare with",))
    wanted = intended or Intended()
    figures = _figures(before.figures, after.figures, may_restart=wanted.restart)
    findings = [*_links(before, after, wanted), *figures]
    worst = max((verdict for verdict, _ in findings), key=lambda v: v.rank, default=GateVerdict.PASSED)
    ordered = sorted(findings, key=lambda finding: -finding[0].rank)
    return GateResult(verdict=worst, reasons=tuple(text for _, text in ordered))


def is_worse_off(row: PlanDeviceDomain) -> bool:
    """Whether the device holds the change and failed the gate with it."""
    return is_done(row.state) and row.gate is not None and row.gate["verdict"] == GateVerdict.FAILED


def has_passed(row: PlanDeviceDomain) -> bool:
    return row.gate is not None and row.gate["verdict"] == GateVerdict.PASSED


def overall(results: Sequence[GateResult]) -> GateVerdict:
    """The verdict on a wave: the worst of its devices; a wave without devices passes."""
    return max((result.verdict for result in results), key=lambda v: v.rank, default=GateVerdict.PASSED)


def _links(before: Vitals, after: Vitals, intended: Intended) -> Iterator[tuple[GateVerdict, str]]:
    lost = sorted(before.running - after.running - intended.links)
    if lost:
        yield GateVerdict.FAILED, f"link lost: {', '.join(lost)}"
    if before.has_default_route and after.has_default_route is False and not intended.default_route:
        yield GateVerdict.FAILED, "the default route is gone"
    if before.has_default_route is not None and after.has_default_route is None:
        yield GateVerdict.INCONCLUSIVE, "the routes could not be read"


def _figures(before: Figures, after: Figures, *, may_restart: bool) -> Iterator[tuple[GateVerdict, str]]:
    if not may_restart and _has_restarted(before.uptime_s, after.uptime_s):
        yield GateVerdict.FAILED, f"it has restarted: up for {after.uptime_s} s"
    if before.version != after.version:
        yield GateVerdict.FAILED, f"the version was {before.version} and is {after.version}"
    cpu = (before.cpu_percent, after.cpu_percent)
    if cpu[0] is not None and cpu[1] is None:
        yield GateVerdict.INCONCLUSIVE, "the processor's load is not reported any more"
    elif cpu[0] is not None and cpu[1] is not None and cpu[1] >= max(_CPU_FULL, cpu[0] + _CPU_STEP):
        yield GateVerdict.INCONCLUSIVE, f"the processor's load went from {cpu[0]:g} to {cpu[1]:g} %"
    free = (before.memory_free, after.memory_free)
    if free[0] and free[1] is not None and free[1] < free[0] * _MEMORY_SHARE:
        yield GateVerdict.INCONCLUSIVE, "free memory fell to less than half"


def _has_restarted(before_s: int | None, after_s: int | None) -> bool:
    return before_s is not None and after_s is not None and after_s < before_s
