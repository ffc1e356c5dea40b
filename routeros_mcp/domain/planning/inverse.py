"""What undoes a change, and the proof that it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.planning.commands import lost_by
from routeros_mcp.domain.planning.rows import RowModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The inverse of a device's changes, last first; `gaps` say what it cannot bring back."""

    changes: tuple[Change, ...]
    gaps: tuple[str, ...]


def carry_out(change: Change, model: RowModel) -> Change:
    """Carry the change out on the model; the change that undoes it, which names the row as it is then.

    Raises:
        Conflict: the change names no row, or nothing undoes it.
    """
    row = model.apply(change)
    match change.op:
        case ChangeOp.ADD:
            key = model.ref(change.path, row)
            removal = replace(change, op=ChangeOp.REMOVE, key=key, before=change.after, after=None)
            return replace(removal, position=None)
        case ChangeOp.REMOVE:
            return replace(change, op=ChangeOp.ADD, key={}, before=None, after=change.before)
        case ChangeOp.SET:
            key = model.ref(change.path, row)
            return replace(change, key=key, before=change.after, after=change.before)
        case ChangeOp.MOVE:
            key = model.ref(change.path, row)
            return replace(change, key=key, position=change.origin, origin=change.position)
        case _:
            raise Conflict(f"{change.op} of {change.path} cannot be undone.", fix="Plan it apart.")


def undo(changes: Sequence[Change], start: RowModel) -> Undo:
    """Compute the inverse of all changes and try it on a model of the rows.

    A model that does not come back to where it started shows in `gaps`: the reviewer is told.
    """
    if lost := lost_by(changes):
        return Undo(changes=(), gaps=lost)
    model = start.copy()
    inverses = [carry_out(change, model) for change in changes]
    inverses.reverse()
    unread = dict.fromkeys(word for change in changes for word in not_brought_back(change))
    try:
        for inverse in inverses:
            model.apply(inverse)
    except Conflict as unclear:
        return Undo(changes=tuple(inverses), gaps=(f"it cannot be undone: {unclear.message}", *unread))
    return Undo(changes=tuple(inverses), gaps=(*_gaps(start, model), *unread))


def not_brought_back(change: Change) -> tuple[str, ...]:
    """What a `set` overwrites without knowing it: secrets that the router does not show to our login."""
    if change.op is not ChangeOp.SET:
        return ()
    unknown = sorted(set(change.after or {}) - set(change.before or {}))
    return tuple(
        f"{change.path}: the old {name} cannot be read, so it cannot be brought back" for name in unknown
    )


def _gaps(start: RowModel, end: RowModel) -> tuple[str, ...]:
    before, after = start.config(), end.config()
    return tuple(
        f"{path}: undoing does not bring back {_what(before[path], after[path])}"
        for path in before
        if before[path] != after[path]
    )


def _what(before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]]) -> str:
    """What differs between two states of a menu: rows, some of their properties, or only the order."""
    if len(before) != len(after):
        return "every row"
    if sorted(map(_items, before)) == sorted(map(_items, after)):
        return "the order of the rows"
    pairs = zip(before, after, strict=True)
    names = sorted({name for one, other in pairs for name in _differing(one, other)})
    return f"{', '.join(names)} of every row"


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _items(row: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(row.items())
