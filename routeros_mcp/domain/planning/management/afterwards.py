"""The rows of a router as its changes leave them, where one change shows in more than one menu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.management.path import Tables
from routeros_mcp.domain.planning.rows import RowModel, Schema

_INTERFACES = "/interface"
_REFERENCES = frozenset(
    {"name", "interface", "actual-interface", "bridge", "list", "slaves", "tagged", "untagged", "include",
     "exclude", "in-interface", "in-interface-list", "in-bridge-port", "in-bridge-port-list", "gateway",
     "immediate-gw", "group"}
)  # fmt: skip


def after_changes(tables: Tables, changes: Sequence[Change], schema: Schema) -> Tables:
    """Carry the changes out on the rows at hand; those of other menus are passed over.

    An interface stands in its own menu and in /interface: what is done in one shows in the other. A renamed
    row keeps its old name here, since whatever refers to it follows the rename.
    """
    model = RowModel.of(schema, tables)
    for change in changes:
        if change.path in model.tables:
            twins = _twins(model, change)
            model.apply(change)
            _mirror(model, change, twins)
    return _with_old_names(model.tables, changes)


def _twins(model: RowModel, change: Change) -> list[tuple[str, dict[str, str]]]:
    """The rows of the same interface in other menus."""
    if not _is_interface(change.path) or change.op is ChangeOp.ADD:
        return []
    name = model.find(change).get("name")
    return [
        (path, row)
        for path, rows in model.tables.items()
        if path != change.path and _is_interface(path)
        for row in rows
        if name is not None and row.get("name") == name
    ]


def _mirror(model: RowModel, change: Change, twins: Sequence[tuple[str, dict[str, str]]]) -> None:
    for path, row in twins:
        if change.op is ChangeOp.REMOVE:
            model.tables[path].remove(row)
        elif change.op is ChangeOp.SET:
            told = {k: v for k, v in (change.after or {}).items() if k in {"disabled", "name"}}
            model.tables[path].write(row, {key: text for key, text in told.items() if text is not None})
    if change.op is ChangeOp.ADD and _is_interface(change.path) and change.path != _INTERFACES:
        values = {key: text for key, text in (change.after or {}).items() if text is not None}
        if "name" in values and _INTERFACES in model.tables:
            model.tables[_INTERFACES].append({k: v for k, v in values.items() if k in {"name", "disabled"}})


def _is_interface(path: str) -> bool:
    """Whether rows of the menu are interfaces: /interface and the typed menus below it."""
    stem, _, kind = path.rpartition("/")
    return path == _INTERFACES or (stem == _INTERFACES and kind != "list")


def _with_old_names(tables: Mapping[str, Sequence[Row]], changes: Sequence[Change]) -> Tables:
    old = {
        str(values["name"]): change.key["name"]
        for change in changes
        if change.op is ChangeOp.SET
        and (values := change.after or {}).get("name")
        and "name" in change.key
        and (change.path == "/user/group" or change.path.startswith(_INTERFACES))
    }
    if not old:
        return tables
    return {
        path: [{key: _follow(key, text, old) for key, text in row.items()} for row in rows]
        for path, rows in tables.items()
    }


def _follow(key: str, text: str, old: Mapping[str, str]) -> str:
    return ",".join(_one(part, old) for part in text.split(",")) if key in _REFERENCES else text


def _one(part: str, old: Mapping[str, str]) -> str:
    sign, bare = ("!", part[1:]) if part.startswith("!") else ("", part)
    host, percent, link = bare.partition("%")
    return sign + (f"{host}%{old.get(link, link)}" if percent else old.get(bare, bare))
