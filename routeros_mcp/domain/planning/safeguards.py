"""What a plan carries for its own safety: the verdict on the way in, and who undoes what by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.domain.errors import Conflict, Forbidden
from routeros_mcp.domain.models import PlanDomain
from routeros_mcp.domain.planning.management import Reach


class GuardKind(StrEnum):
    """How a router undoes by itself what nobody confirms."""

    AUTO = "auto"
    """By a script where one can; else not at all, which the plan names."""
    SCRIPT = "script"
    """By a script, or there is no plan."""
    CHECKPOINT = "checkpoint"
    """By a backup that it loads, with a restart; never chosen by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayInView:
    """A device whose manager may be, or is, cut off from it by the plan, and by what."""

    device: str
    reach: Reach
    reasons: tuple[str, ...]


def ways_in_of(plan: PlanDomain) -> tuple[WayInView, ...]:
    """The devices of a plan whose manager may be cut off, the certain ones first."""
    held = plan.options.get("ways_in")
    ways = held.items() if isinstance(held, Mapping) else ()
    views = [
        WayInView(device=str(name), reach=Reach(words[0]), reasons=tuple(words[1:])) for name, words in ways
    ]
    return tuple(sorted(views, key=lambda view: (-view.reach.rank, view.device)))


def is_guarded(plan: PlanDomain, device: str) -> bool:
    """Whether the device gets a dead-man switch: unless the risk is low, or no script can undo it."""
    return plan.options.get("guarded") is True and device not in unguarded_of(plan)


def unguarded_of(plan: PlanDomain) -> Mapping[str, str]:
    """Devices of a plan that would need a dead-man switch and cannot have one, with the reason."""
    held = plan.options.get("unguarded")
    if plan.options.get("guarded") is not True or is_checkpointed(plan) or not isinstance(held, Mapping):
        return {}
    return {str(name): str(reason) for name, reason in held.items()}


def is_checkpointed(plan: PlanDomain) -> bool:
    """Whether its dead-man switches load a backup."""
    return plan.options.get("guard") == GuardKind.CHECKPOINT


def refuse_no_script(guard: GuardKind, unguarded: Mapping[str, str]) -> None:
    """Raises Conflict for a plan that is to run under scripts and cannot, on one of its devices."""
    if guard is GuardKind.SCRIPT and unguarded:
        name, reason = next(iter(unguarded.items()))
        raise Conflict(
            f"No script can undo the change on {len(unguarded)} device(s), such as {name}: {reason}",
            fix="Plan it under guard=checkpoint, which restarts the router to undo it, or guard=auto.",
        )


def cut_off_by(plan: PlanDomain) -> tuple[str, ...]:
    """The devices that the plan cuts the manager off from, by name: each approver has to name them too."""
    return tuple(sorted(way.device for way in ways_in_of(plan) if way.reach is Reach.CUT))


def refuse_lock_out(plan: PlanDomain, overrides: Collection[str] = ()) -> None:
    """Raises Forbidden for a plan that cuts the manager off, or may and could not be undone then.

    `overrides` are the devices that the approver has named: these may be cut off, under a dead-man switch.
    """
    strange = sorted(set(overrides) - set(cut_off_by(plan)))
    if strange:
        raise Forbidden(
            f"Plan {plan.id} does not cut the manager off from {', '.join(strange)}.",
            fix="Name exactly the devices that it does cut off.",
        )
    bare = [way for way in ways_in_of(plan) if not is_guarded(plan, way.device)]
    if bare:
        why = unguarded_of(plan).get(bare[0].device, "the plan goes without one.")
        raise Forbidden(
            f"Plan {plan.id} may cut the manager off from {bare[0].device}, and no dead-man switch can "
            f"undo it: {why}",
            fix="Plan the part that a script cannot undo apart from the part that concerns the way in, or "
            "use guard=checkpoint.",
        )
    cut = [way for way in ways_in_of(plan) if way.reach is Reach.CUT and way.device not in overrides]
    if cut:
        raise Forbidden(
            f"Plan {plan.id} cuts the manager off from {cut[0].device}: {cut[0].reasons[0]}.",
            fix="Plan a change that leaves a way in: first the rule or address that keeps it, then the rest. "
            "On the terminal the approver may type the device's name to do it all the same.",
        )
