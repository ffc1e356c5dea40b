"""A model of one router's touched menus: rows in order, on which changes can be tried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import matches
from routeros_mcp.domain.planning.render import shown_value, visible
from routeros_mcp.domain.values import canonical, property_spec, volatile

Schema = Mapping[str, MenuSpec | None]
"""The menus at hand by path."""


@dataclass(slots=True)
class RowModel:
    """The rows of the touched menus; `apply` changes them as the router would.

    `moved` leads from the id of a removed row to that of the row added in its place.
    """

    schema: Schema
    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    _added: int = 0

    @classmethod
    def of(cls, schema: Schema, tables: Mapping[str, Sequence[Row]]) -> RowModel:
        return cls(schema, {path: [dict(row) for row in rows] for path, rows in tables.items()})

    def copy(self) -> RowModel:
        return RowModel.of(self.schema, self.tables)

    def apply(self, change: Change, item_id: str | None = None) -> str | None:
        """Carry out the change; an added row gets `item_id`. Returns the id of the row concerned.

        Raises:
            Conflict: the change names no row of the model.
        """
        if change.op is ChangeOp.ADD:
            return self._add(change, item_id)
        row = self.find(change)
        if change.op is ChangeOp.REMOVE:
            self.tables[change.path].remove(row)
        else:
            _write(row, change.after or {})
        return row.get(".id")

    def find(self, change: Change) -> dict[str, str]:
        item_id = self.id_now(change.path, change.item_id)
        return find_row(
            self.tables[change.path], replace(change, item_id=item_id), self.schema.get(change.path)
        )

    def id_now(self, path: str, item_id: str | None) -> str | None:
        """Where the row with this id is now: itself, or the row that was added in its place."""
        return self.moved.get((path, item_id), item_id) if item_id else None

    def place_of(self, change: Change) -> str | None:
        """The id of the row before which an added row goes, None for the end.

        Raises:
            Conflict: that row is not there: at the end the added one would mean something else.
        """
        wanted = self.id_now(change.path, (change.position or {}).get(".id"))
        if wanted is not None and all(row.get(".id") != wanted for row in self.tables[change.path]):
            raise Conflict(
                f"{change.path}: the row before which one goes is not there.",
                fix="Make a new plan against the router's present state.",
            )
        return wanted

    def config(self) -> dict[str, list[dict[str, str]]]:
        """What of the rows is configuration, by meaning; the order counts where the menu is ordered."""
        return {
            path: _ordered([config_of(row, self.schema.get(path)) for row in rows], self.schema.get(path))
            for path, rows in self.tables.items()
        }

    def _add(self, change: Change, item_id: str | None) -> str:
        self._added += 1
        new_id = item_id or f"*new{self._added}"
        row = {".id": new_id}
        _write(row, change.after or {})
        rows, place = self.tables[change.path], self.place_of(change)
        rows.insert(next((i for i, held in enumerate(rows) if held.get(".id") == place), len(rows)), row)
        if change.item_id:
            self.moved[change.path, change.item_id] = new_id
        return new_id


def find_row(rows: Sequence[dict[str, str]], change: Change, menu: MenuSpec | None) -> dict[str, str]:
    """The row that a change means: by its key, by its place when the key leaves several.

    Raises:
        Conflict: none, or several that cannot be told apart.
    """
    if menu is not None and menu.is_singleton:
        return rows[0]
    found = [row for row in rows if matches(row, change.key, menu)]
    here = [row for row in found if row.get(".id") == change.item_id]
    candidates = here or found
    if len(candidates) != 1:
        raise Conflict(
            f"{change.path}: {len(candidates)} rows fit {describe_key(change.key, menu)}.",
            fix="Make a new plan against the router's present state.",
        )
    return candidates[0]


def configured(row: Row, menu: MenuSpec | None) -> dict[str, str]:
    """The row without id, counters and status: what was configured, in the router's own spelling."""
    return {
        name: value for name, value in row.items() if not name.startswith(".") and not volatile(menu, name)
    }


def config_of(row: Row, menu: MenuSpec | None) -> dict[str, str]:
    """As `configured`, each value in its canonical form."""
    return {
        name: canonical(value, property_spec(menu, name)) for name, value in configured(row, menu).items()
    }


def key_of(row: Row, menu: MenuSpec | None) -> dict[str, str]:
    """What names the row: its natural key, or all of its configuration where the menu has no key."""
    if menu is not None and menu.is_singleton:
        return {}
    natural = {name: row[name] for name in (menu.keys if menu else ()) if name in row}
    if menu is not None and natural and len(natural) == len(menu.keys):
        return natural
    return config_of(row, menu)


def describe_key(key: Mapping[str, str], menu: MenuSpec | None) -> str:
    """The key for people: nothing hidden in it, and no secret."""
    secrets = menu.secret_names() if menu else frozenset()
    words = (f"{visible(name)}={shown_value(name, value, secrets)}" for name, value in key.items())
    return ", ".join(words) or "the row"


def _write(row: dict[str, str], values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            row.pop(name, None)
        else:
            row[name] = value


def _ordered(rows: Iterable[dict[str, str]], menu: MenuSpec | None) -> list[dict[str, str]]:
    listed = list(rows)
    if menu is not None and menu.ordered:
        return listed
    return sorted(listed, key=lambda row: sorted(row.items()))
