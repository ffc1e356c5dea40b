"""What undoes a change, and the proof that it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.planning.rows import RowModel
from routeros_mcp.domain.redaction import is_secret_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The inverse of a device's changes, last first; `gaps` say what it cannot bring back."""

    changes: tuple[Change, ...]
    gaps: tuple[str, ...]


def invert(change: Change, item_id: str | None) -> Change:
    """The change that undoes this one; `item_id` is the row that it concerned on the router."""
    match change.op:
        case ChangeOp.ADD:
            present = {name: value for name, value in (change.after or {}).items() if value is not None}
            key = {name: value for name, value in present.items() if not is_secret_name(name)} or present
            removal = replace(change, op=ChangeOp.REMOVE, key=key, before=change.after, after=None)
            return replace(removal, position=None, item_id=item_id)
        case ChangeOp.REMOVE:
            return replace(change, op=ChangeOp.ADD, key={}, before=None, after=change.before)
        case ChangeOp.SET:
            key, row_id = _key_afterwards(change), item_id or change.item_id
            return replace(change, key=key, before=change.after, after=change.before, item_id=row_id)
        case ChangeOp.MOVE:
            return replace(
                change, position=change.origin, origin=change.position, item_id=item_id or change.item_id
            )
        case _:
            raise Conflict(f"{change.op} of {change.path} cannot be undone.", fix="Plan it apart.")


def undo(changes: Sequence[Change], start: RowModel) -> Undo:
    """Compute the inverse of all changes and try it on a model of the rows.

    A model that does not come back to where it started shows in `gaps`: the reviewer is told.
    """
    model = start.copy()
    inverses = [invert(change, model.apply(change)) for change in changes]
    inverses.reverse()
    for inverse in inverses:
        model.apply(inverse)
    lost = dict.fromkeys(word for change in changes for word in not_brought_back(change))
    return Undo(changes=tuple(inverses), gaps=(*_gaps(start, model), *lost))


def not_brought_back(change: Change) -> tuple[str, ...]:
    """What a `set` overwrites without knowing it: secrets that the router does not show to our login."""
    if change.op is not ChangeOp.SET:
        return ()
    unknown = sorted(set(change.after or {}) - set(change.before or {}))
    return tuple(
        f"{change.path}: the old {name} cannot be read, so it cannot be brought back" for name in unknown
    )


def _key_afterwards(change: Change) -> dict[str, str]:
    """The key as the row has it after the change: a renamed row is found under its new name."""
    after = {name: (change.after or {}).get(name, value) for name, value in change.key.items()}
    return {name: value for name, value in after.items() if value is not None}


def _gaps(start: RowModel, end: RowModel) -> tuple[str, ...]:
    before, after = start.config(), end.config()
    return tuple(
        f"{path}: undoing does not bring back every row exactly"
        for path in before
        if before[path] != after[path]
    )
