"""A model of one router's touched menus: rows in order, on which changes can be tried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import NTH, matches
from routeros_mcp.domain.planning.render import shown_value, visible
from routeros_mcp.domain.planning.table import Table, near
from routeros_mcp.domain.values import canonical, property_spec, volatile

R = TypeVar("R", bound=Row)
Schema = Mapping[str, MenuSpec | None]
"""The menus at hand by path."""
_SEVERAL = 2


@dataclass(slots=True)
class RowModel:
    """The rows of the touched menus; `apply` changes them as the router would.

    With `is_part` only some rows of each menu are at hand: a place that none of them marks is the end.
    `written` is what rows were given by path and id: a router may show more of them.
    """

    schema: Schema
    tables: dict[str, Table] = field(default_factory=dict)
    is_part: bool = False
    written: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)
    _added: int = 0

    @classmethod
    def of(cls, schema: Schema, tables: Mapping[str, Sequence[Row]], *, is_part: bool = False) -> RowModel:
        held = {path: Table(rows, schema.get(path)) for path, rows in tables.items()}
        return cls(schema, held, is_part=is_part)

    def copy(self) -> RowModel:
        tables = {path: table.copy() for path, table in self.tables.items()}
        return replace(self, tables=tables, written={k: dict(v) for k, v in self.written.items()})

    def apply(self, change: Change) -> dict[str, str]:
        """Carry out the change; the row concerned, as it is then.

        Raises:
            Conflict: the change names no row of the model, or several.
        """
        if change.op is ChangeOp.ADD:
            return self._add(change)
        row = self.find(change)
        if change.op is ChangeOp.REMOVE:
            self.tables[change.path].remove(row)
        elif change.op is ChangeOp.MOVE:
            self._move(change, row)
        elif change.op is not ChangeOp.COMMAND:
            self._write(change, row)
        return row

    def find(self, change: Change) -> dict[str, str]:
        return find_row(self.tables[change.path], change.path, change.key, self.schema.get(change.path))

    def ref(self, path: str, row: Row) -> dict[str, str]:
        """What names the row among those at hand."""
        return ref_of(row, self.tables[path], self.schema.get(path))

    def place_of(self, change: Change) -> Row | None:
        """The row before which an added or moved row goes, None for the end.

        Raises:
            Conflict: that row is not there: at the end the added one would mean something else.
        """
        if not change.position:
            return None
        try:
            menu = self.schema.get(change.path)
            return find_row(self.tables[change.path], change.path, change.position, menu)
        except Conflict as missing:
            if self.is_part:
                return None
            raise Conflict(
                f"{change.path}: the row before which one goes is not there.",
                fix="Make a new plan against the router's present state.",
            ) from missing

    def _move(self, change: Change, row: dict[str, str]) -> None:
        place = self.place_of(change)
        if place is row:
            return
        self.tables[change.path].remove(row)
        self._insert(change.path, row, place)

    def _insert(self, path: str, row: dict[str, str], place: Row | None) -> None:
        table = self.tables[path]
        table.insert(len(table) if place is None else table.place(place), row)

    def config(self) -> dict[str, list[dict[str, str]]]:
        """What of the rows is configuration, by meaning; the order counts where the menu is ordered."""
        return {
            path: _ordered([config_of(row, self.schema.get(path)) for row in rows], self.schema.get(path))
            for path, rows in self.tables.items()
        }

    def _add(self, change: Change) -> dict[str, str]:
        place = self.place_of(change)
        self._added += 1
        row = {".id": f"*new{self._added}"}
        self._insert(change.path, row, place)
        self._write(change, row)
        return row

    def _write(self, change: Change, row: dict[str, str]) -> None:
        values = change.after or {}
        self.tables[change.path].write(row, values)
        self.written.setdefault((change.path, row.get(".id", "")), {}).update(values)


def ref_of(row: Row, rows: Sequence[Row], menu: MenuSpec | None) -> dict[str, str]:
    """What names the row among these: its key, and which one it is where several look the same."""
    key = key_of(row, menu)
    if row.get("dynamic") == "true":
        key["dynamic"] = "true"
    equals = alike(rows, key, menu)
    if len(equals) < _SEVERAL:
        return key
    place = next((n for n, each in enumerate(equals) if each is row or _same_id(each, row)), None)
    return key if place is None else {**key, NTH: f"{place}/{len(equals)}"}


def follower_of(row: Row, rows: Sequence[Row], menu: MenuSpec | None) -> Mapping[str, str] | None:
    """What names the place of a row in an ordered menu: the row behind it, None for the last.

    Named as it is once the row itself has left.
    """
    index = next(n for n, held in enumerate(rows) if held is row or _same_id(held, row))
    rest = [*rows[:index], *rows[index + 1 :]]
    return ref_of(rest[index], rest, menu) if index < len(rest) else None


def find_row(
    rows: Sequence[dict[str, str]], path: str, key: Mapping[str, str], menu: MenuSpec | None
) -> dict[str, str]:
    """The row that a key means: by its natural key, or by all of its configuration.

    Raises:
        Conflict: none, or another number of rows that look the same than there were.
    """
    found = alike(rows, key, menu)
    place, _, count = key.get(NTH, "0/1").partition("/")
    if len(found) != int(count):
        raise Conflict(
            f"{path}: {len(found)} rows fit {describe_key(key, menu)}.",
            fix="Make a new plan against the router's present state.",
        )
    return found[int(place)]


def alike(rows: Sequence[R], key: Mapping[str, str], menu: MenuSpec | None) -> list[R]:
    """The rows that a key fits: of those that have its values, the ones with the least beside them.

    A secret need not be shown; a row that shows it fits better.
    """
    if menu is not None and menu.is_singleton:
        return list(rows[:1])
    secrets = menu.secret_names() if menu else frozenset()
    found = [
        row
        for row in near(rows, key)
        if (row.get("dynamic") != "true" or "dynamic" in key)
        and matches(row, {n: v for n, v in key.items() if n in row or n not in secrets}, menu)
    ]
    if len(found) < _SEVERAL or is_natural(key, menu):
        return found
    distances = [(len(key.keys() - row.keys()), len(configured(row, menu))) for row in found]
    return [row for row, far in zip(found, distances, strict=True) if far == min(distances)]


def is_natural(key: Mapping[str, str], menu: MenuSpec | None) -> bool:
    """Whether the key is the menu's natural one, which no two rows share as a rule."""
    return menu is not None and bool(menu.keys) and key.keys() - {NTH, "dynamic"} == set(menu.keys)


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
    words = [
        f"{visible(name)}={shown_value(name, value, secrets)}" for name, value in key.items() if name != NTH
    ]
    return ", ".join([*words, *nth_words(key)]) or "the row"


def nth_words(key: Mapping[str, str]) -> tuple[str, ...]:
    """Which row a key means of several that look the same, in words; nothing where it is the only one."""
    if NTH not in key:
        return ()
    place, _, count = key[NTH].partition("/")
    return (f"number {int(place) + 1} of {count} that look the same",)


def _same_id(one: Row, other: Row) -> bool:
    return ".id" in one and one.get(".id") == other.get(".id")


def _ordered(rows: Iterable[dict[str, str]], menu: MenuSpec | None) -> list[dict[str, str]]:
    listed = list(rows)
    if menu is not None and menu.ordered:
        return listed
    return sorted(listed, key=lambda row: sorted(row.items()))
