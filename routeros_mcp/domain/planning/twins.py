"""One add that a router has carried out twice: the younger of two equal rows, and nothing else amiss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.changing import remove_change
from routeros_mcp.domain.planning.footprint import Finding, Footprint
from routeros_mcp.domain.planning.rows import alike, config_of

TWIN = ".twin"
"""In what names a row: the younger of two that one add has made. It is in no model of the rows."""
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Added:
    """An add that was sent, and the id that the router answered with, if it answered."""

    change: Change
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """The row to take away, and the change that does it."""

    removal: Change
    item_id: str


def is_twin(change: Change) -> bool:
    """Whether the change takes the younger of two rows away that one add has made."""
    return TWIN in change.key


def twins_of(
    adds: Sequence[Added], expected: Footprint, tables: Mapping[str, Sequence[Row]]
) -> tuple[Twin, ...]:
    """The younger rows of the adds that were carried out twice; none unless they are all that is amiss.

    Before an add was sent no row had its values. So of two that are equal in all that is configured, with
    ids in the order in which they were given, both are the add's own.
    """
    found = {
        (each.change.path, row[".id"]): (each.change, row)
        for each in adds
        for row in _younger(each, expected, tables)
    }
    rest = {
        path: [row for row in rows if (path, row.get(".id", "")) not in found]
        for path, rows in tables.items()
    }
    if not found or expected.differences(rest):
        return ()
    menus = expected.model.schema
    return tuple(
        Twin(_removal(add, row, menus.get(add.path), tables[add.path]), row[".id"])
        for add, row in found.values()
    )


def judge(expected: Footprint, change: Change, tables: Mapping[str, Sequence[Row]]) -> Finding:
    """As `Footprint.judge`, also of a twin's removal: afterwards the rows are those of the model."""
    if not is_twin(change):
        return expected.judge(change, tables)
    if not expected.differences(tables):
        return Finding.AFTER
    add = replace(change, op=ChangeOp.ADD, after=change.before)
    return Finding.BEFORE if twins_of([Added(add)], expected, tables) else Finding.NEITHER


def _younger(add: Added, expected: Footprint, tables: Mapping[str, Sequence[Row]]) -> list[Row]:
    path, menu = add.change.path, expected.model.schema.get(add.change.path)
    live = _fitting(add.change, tables.get(path, ()), menu)
    wanted = _fitting(add.change, expected.model.tables.get(path, ()), menu)
    if len(live) != _PAIR or len(wanted) != 1 or config_of(live[0], menu) != config_of(live[1], menu):
        return []
    ids = [_number(row) for row in live]
    is_ours = add.item_id is None or add.item_id in {row.get(".id") for row in live}
    return [max(live, key=_number)] if is_ours and 0 not in ids and len(set(ids)) == _PAIR else []


def _fitting(add: Change, rows: Sequence[Row], menu: MenuSpec | None) -> list[Row]:
    values = {name: value for name, value in (add.after or {}).items() if value is not None}
    return alike(rows, values, menu)


def _number(row: Row) -> int:
    """Ids count up in hexadecimal, `*1A`; 0 for what is none."""
    try:
        return int(row.get(".id", "").removeprefix("*"), 16)
    except ValueError:
        return 0


def _removal(add: Change, row: Row, menu: MenuSpec | None, rows: Sequence[Row]) -> Change:
    removal = remove_change(add.device_id, add.path, row, menu, rows)
    return replace(removal, key={**removal.key, TWIN: "true"})
