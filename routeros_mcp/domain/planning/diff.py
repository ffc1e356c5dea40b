"""From wishes and live rows to changes: nothing where nothing would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.changing import (
    add_change,
    move_change,
    own_rows,
    remove_change,
    set_change,
)
from routeros_mcp.domain.planning.commands import Command, command_change
from routeros_mcp.domain.planning.ensure import Ensure, ensure_changes
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.planning.rows import RowModel, describe_key, ref_of
from routeros_mcp.domain.planning.table import fitting
from routeros_mcp.domain.planning.wishes import Wish


def compute_changes(device_id: str, operations: Sequence[Wish], model: RowModel) -> list[Change]:
    """The changes that fulfil the wishes, in order; the model ends as the router would.

    Raises:
        NotFound: a `set` names a row that is not there.
        Conflict: several rows where one was meant, a row with that key already there, or a dynamic row.
    """
    changes: list[Change] = []
    for operation in operations:
        menu = model.schema.get(operation.path)
        rows = model.tables[operation.path]
        for change in _changes_of(device_id, operation, menu, rows):
            model.apply(change)
            changes.append(change)
    return changes


def _changes_of(
    device_id: str, operation: Wish, menu: MenuSpec | None, rows: Sequence[Row]
) -> Iterable[Change]:
    if isinstance(operation, Ensure):
        return ensure_changes(device_id, operation, menu, rows)
    if operation.op is ChangeOp.ADD:
        return _add(device_id, operation, menu, rows)
    chosen = _chosen(operation, menu, rows)
    if isinstance(operation, Command):
        return [command_change(device_id, operation, row, menu, rows) for row in chosen]
    if operation.op is ChangeOp.REMOVE:
        return [remove_change(device_id, operation.path, row, menu, rows) for row in chosen]
    if operation.op is ChangeOp.MOVE:
        return _move(device_id, operation, menu, rows, chosen)
    changes = [set_change(device_id, operation.path, row, operation.values, menu, rows) for row in chosen]
    return [change for change in changes if change.after]


def _move(
    device_id: str, operation: Operation, menu: MenuSpec | None, rows: Sequence[Row], chosen: Sequence[Row]
) -> list[Change]:
    """One row before the one named, or to the end; nothing where it stands there already."""
    if len(chosen) != 1:
        raise Conflict(f"{operation.path}: {len(chosen)} rows to move.", fix="Name one row in `match`.")
    position = _position(operation, menu, rows)
    moved = move_change(device_id, operation.path, chosen[0], menu, position, rows)
    return [] if position in (moved.origin, moved.key) else [moved]


def _chosen(operation: Operation, menu: MenuSpec | None, rows: Sequence[Row]) -> list[Row]:
    if not operation.match:
        return list(rows[:1])
    alike = fitting(rows, operation.match, menu)
    found = own_rows(alike) or alike  # /ip/service also lists one dynamic row for each open connection
    named = describe_key(operation.match, menu)
    if not found and operation.op is not ChangeOp.REMOVE:
        raise NotFound(f"{operation.path} has no row with {named}.", fix="Read the menu with routeros_read.")
    if len(found) > 1 and not operation.all_matches:
        raise Conflict(
            f"{operation.path} has {len(found)} rows with {named}.",
            fix="Give a narrower `match`, or set all_matches.",
        )
    for row in found:
        _refuse_dynamic(operation.path, row, named)
    return found


def _refuse_dynamic(path: str, row: Row, named: str) -> None:
    if row.get("dynamic") == "true":
        raise Conflict(f"The row of {path} with {named} is dynamic.", fix="Change what creates it instead.")


def _add(device_id: str, operation: Operation, menu: MenuSpec | None, rows: Sequence[Row]) -> list[Change]:
    values = {name: value for name, value in operation.values.items() if value is not None}
    if own_rows(fitting(rows, values, menu)):
        return []
    keys = menu.keys if menu else ()
    key = {name: values[name] for name in keys if name in values}
    if keys and len(key) == len(keys) and fitting(rows, key, menu):
        raise Conflict(
            f"{operation.path} has a row with {describe_key(key, menu)} already.", fix="Use set to change it."
        )
    _refuse_unseen(operation, menu, values)
    position = _position(operation, menu, rows)
    return [add_change(device_id, operation.path, values, position)]


def _refuse_unseen(operation: Operation, menu: MenuSpec | None, values: Mapping[str, str]) -> None:
    """After a lost answer the new row is looked for by its values: some of them have to be shown."""
    hidden = menu.secret_names() if menu is not None else frozenset()
    if not values.keys() - hidden:
        raise Conflict(
            f"{operation.path}: nothing would tell the new row from others: the router shows none of its "
            "values.",
            fix="Give it a comment of its own.",
        )


def _position(operation: Operation, menu: MenuSpec | None, rows: Sequence[Row]) -> Mapping[str, str] | None:
    if operation.before is None:
        return None
    found = fitting(rows, operation.before, menu)
    if len(found) != 1 or ".id" not in found[0]:
        named = describe_key(operation.before, menu)
        raise Conflict(
            f"{operation.path} has {len(found)} rows with {named}.", fix="Name one row in `before`."
        )
    return ref_of(found[0], rows, menu)
