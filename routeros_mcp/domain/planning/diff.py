"""From wishes and live rows to changes: nothing where nothing would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import Operation, matches
from routeros_mcp.domain.planning.rows import RowModel, configured, describe_key, key_of
from routeros_mcp.domain.redaction import is_secret_name
from routeros_mcp.domain.values import property_spec, same


def compute_changes(device_id: str, operations: Sequence[Operation], model: RowModel) -> list[Change]:
    """The changes that fulfil the operations, in order; the model ends as the router would.

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
    device_id: str, operation: Operation, menu: MenuSpec | None, rows: Sequence[Row]
) -> list[Change]:
    if operation.op is ChangeOp.ADD:
        return _add(device_id, operation, menu, rows)
    chosen = _chosen(operation, menu, rows)
    if operation.op is ChangeOp.REMOVE:
        return [_remove(device_id, operation.path, row, menu, _following(row, rows, menu)) for row in chosen]
    changes = [_set(device_id, operation, row, menu) for row in chosen]
    return [change for change in changes if change.after]


def _chosen(operation: Operation, menu: MenuSpec | None, rows: Sequence[Row]) -> list[Row]:
    if not operation.match:
        return list(rows[:1])
    found = _own([row for row in rows if matches(row, operation.match, menu)])
    named = describe_key(operation.match, menu)
    if not found and operation.op is ChangeOp.SET:
        raise NotFound(f"{operation.path} has no row with {named}.", fix="Read the menu with routeros_read.")
    if len(found) > 1 and not operation.all_matches:
        raise Conflict(
            f"{operation.path} has {len(found)} rows with {named}.",
            fix="Give a narrower `match`, or set all_matches.",
        )
    for row in found:
        _refuse_dynamic(operation.path, row, named)
    return found


def _own(rows: list[Row]) -> list[Row]:
    """The configured rows among them: /ip/service also lists one dynamic row for each open connection."""
    return [row for row in rows if row.get("dynamic") != "true"] or rows


def _refuse_dynamic(path: str, row: Row, named: str) -> None:
    if row.get("dynamic") == "true":
        raise Conflict(f"The row of {path} with {named} is dynamic.", fix="Change what creates it instead.")


def _set(device_id: str, operation: Operation, row: Row, menu: MenuSpec | None) -> Change:
    changed = [
        name
        for name, value in operation.values.items()
        if not same(row.get(name), value, property_spec(menu, name))
    ]
    return Change(
        device_id=device_id,
        op=ChangeOp.SET,
        path=operation.path,
        key=key_of(row, menu),
        before={name: row.get(name) for name in changed if name in row or not _is_hidden(menu, name)},
        after={name: operation.values[name] for name in changed},
        item_id=row.get(".id"),
    )


def _is_hidden(menu: MenuSpec | None, name: str) -> bool:
    """Whether the absence of the property tells nothing: routers do not show secrets to every login."""
    return (menu is not None and name in menu.secret_names()) or is_secret_name(name)


def _add(device_id: str, operation: Operation, menu: MenuSpec | None, rows: Sequence[Row]) -> list[Change]:
    values = {name: value for name, value in operation.values.items() if value is not None}
    if any(matches(row, values, menu) and row.get("dynamic") != "true" for row in rows):
        return []
    keys = menu.keys if menu else ()
    key = {name: values[name] for name in keys if name in values}
    if keys and len(key) == len(keys) and any(matches(row, key, menu) for row in rows):
        raise Conflict(
            f"{operation.path} has a row with {describe_key(key, menu)} already.", fix="Use set to change it."
        )
    position = _position(operation, menu, rows)
    return [
        Change(
            device_id=device_id,
            op=ChangeOp.ADD,
            path=operation.path,
            after=dict(values),
            position=position,
        )
    ]


def _position(operation: Operation, menu: MenuSpec | None, rows: Sequence[Row]) -> Mapping[str, str] | None:
    if operation.before is None:
        return None
    found = [row for row in rows if matches(row, operation.before, menu)]
    if len(found) != 1 or ".id" not in found[0]:
        named = describe_key(operation.before, menu)
        raise Conflict(
            f"{operation.path} has {len(found)} rows with {named}.", fix="Name one row in `before`."
        )
    return {".id": found[0][".id"]}


def _following(row: Row, rows: Sequence[Row], menu: MenuSpec | None) -> Mapping[str, str] | None:
    if menu is None or not menu.ordered:
        return None
    index = rows.index(row)
    return {".id": rows[index + 1][".id"]} if index + 1 < len(rows) else None


def _remove(
    device_id: str, path: str, row: Row, menu: MenuSpec | None, position: Mapping[str, str] | None
) -> Change:
    return Change(
        device_id=device_id,
        op=ChangeOp.REMOVE,
        path=path,
        key=key_of(row, menu),
        before=configured(row, menu),
        position=position,
        item_id=row.get(".id"),
    )
