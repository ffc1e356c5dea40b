"""What dead-man switches have left on a router: whose it is, and whether it may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.domain.models import PlanStatus, StepState
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning import checkpoint, deadman
from routeros_mcp.domain.planning.lifecycle import is_open

_AT_WORK = frozenset({PlanStatus.APPLYING, PlanStatus.ROLLING_BACK})
_PREFIXES = (deadman.PREFIX, deadman.MARK, checkpoint.FILE_PREFIX)


class Fate(StrEnum):
    """What becomes of something found."""

    REMOVED = "removed"
    ORPHAN = "orphan"
    """May go: its plan has ended. Left only because nothing was to be removed, or it could not be."""
    IN_USE = "in_use"
    """Its plan is not over, or nobody knows yet what it left."""
    FOREIGN = "foreign"
    """No plan of this installation has put it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """An entry or a file of a dead-man switch; `plan_id` is None for what is not ours."""

    path: str
    name: str
    item_id: str
    fate: Fate
    plan_id: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A plan that concerned the router, and how far it has got there."""

    plan_id: str
    status: PlanStatus
    state: StepState


def traces(entries: Iterable[Row], files: Iterable[Row]) -> list[tuple[str, Row]]:
    """What of both menus belongs to dead-man switches, in the order in which it is to go."""
    own = [row for row in entries if row.get("name", "").startswith(_PREFIXES)]
    own.sort(key=lambda row: not row["name"].endswith("-boot"))
    found = [(deadman.MENU, row) for row in own]
    return [*found, *((checkpoint.FILES, row) for row in checkpoint.leftovers(files))]


def nonce_in(name: str) -> str:
    """The nonce in the name of an entry or a file."""
    bare = name.removeprefix(f"{checkpoint.FLASH}/").removesuffix(".backup").removesuffix("-boot")
    for prefix in _PREFIXES:
        bare = bare.removeprefix(prefix)
    return bare


def judged(path: str, row: Row, shares: Mapping[str, Share]) -> Find:
    """Whose it is; `shares` are the plans of this installation by the nonce of their switch on the router."""
    name = row.get("name", "")
    share = shares.get(nonce_in(name))
    if share is None:
        fate, why = Fate.FOREIGN, "no plan of this installation has put it there"
    elif share.status in _AT_WORK or is_open(share.state):
        fate, why = Fate.IN_USE, f"plan {share.plan_id} is {share.status}, the router {share.state}"
    else:
        fate, why = Fate.ORPHAN, f"plan {share.plan_id} has ended, the router is {share.state}"
    plan_id = share.plan_id if share else None
    return Find(path=path, name=name, item_id=row.get(".id", ""), fate=fate, plan_id=plan_id, why=why)
