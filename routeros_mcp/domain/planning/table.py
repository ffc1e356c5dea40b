"""The rows of one menu in their order, found by what they hold without looking at each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar, cast, overload

from routeros_mcp.domain.models import MenuSpec, ValueType
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import NTH, matches
from routeros_mcp.domain.values import canonical, property_spec

R = TypeVar("R", bound=Row)
_Held = dict[str, str]
_FEW = 4
"""So few rows are looked at one by one: no other property is tried to find fewer."""


class Table(Sequence[_Held]):
    """A list of rows. A row that is in it is changed by `write` alone, which keeps the indexes true.

    Rows are told apart by identity: two that look the same are two.
    """

    def __init__(self, rows: Iterable[Row], menu: MenuSpec | None) -> None:
        self._rows = [dict(row) for row in rows]
        self._menu = menu
        self._secrets = menu.secret_names() if menu else frozenset()
        self._indexes: dict[str, dict[str, list[_Held]]] = {}
        self._places: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[_Held]:
        return iter(self._rows)

    @overload
    def __getitem__(self, place: int) -> _Held: ...
    @overload
    def __getitem__(self, place: slice) -> list[_Held]: ...
    def __getitem__(self, place: int | slice) -> _Held | list[_Held]:
        return self._rows[place]

    def copy(self) -> Table:
        return Table(self, self._menu)

    def near(self, values: Mapping[str, str | None]) -> Sequence[_Held]:
        """Rows among which are all that have these values by meaning; in order, and few if any value is rare.

        Secrets are not looked for: a router may not show them.
        """
        found = self._rows
        for name, value in values.items():
            if name == NTH or name in self._secrets or value is None:
                continue
            bucket = self._index(name).get(canonical(value, property_spec(self._menu, name)), [])
            if len(bucket) < len(found):
                found = bucket
            if len(found) <= _FEW:
                break
        return found if found is self._rows or len(found) <= 1 else sorted(found, key=self.place)

    def place(self, row: Row) -> int:
        """Which row it is, counted from 0; the row itself, not one that looks the same.

        Raises:
            KeyError: it is not in the table.
        """
        if not self._places:
            self._places = {id(held): number for number, held in enumerate(self._rows)}
        return self._places[id(row)]

    # -- changing ----------------------------------------------------------------------------------------

    def append(self, row: _Held) -> None:
        self.insert(len(self), row)

    def insert(self, place: int, row: _Held) -> None:
        if place < len(self._rows):
            self._places = {}
        elif self._places:
            self._places[id(row)] = place
        self._rows.insert(place, row)
        for name, index in self._indexes.items():
            self._enter(name, index, row)

    def remove(self, row: Row) -> None:
        """Take this row out.

        Raises:
            KeyError: it is not in the table.
        """
        del self._rows[self.place(row)]
        self._places = {}
        for name, index in self._indexes.items():
            self._leave(name, index, row)

    def write(self, row: _Held, values: Mapping[str, str | None]) -> None:
        """Give a row of the table these values; None takes a property from it."""
        indexes = [(name, self._indexes[name]) for name in values if name in self._indexes]
        for name, index in indexes:
            self._leave(name, index, row)
        for name, value in values.items():
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value
        for name, index in indexes:
            self._enter(name, index, row)

    # -- indexes -----------------------------------------------------------------------------------------

    def _index(self, name: str) -> dict[str, list[_Held]]:
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = {}
            for row in self._rows:
                self._enter(name, index, row)
        return index

    def _enter(self, name: str, index: dict[str, list[_Held]], row: _Held) -> None:
        value = self._meaning(name, row)
        if value is not None:
            index.setdefault(value, []).append(row)

    def _leave(self, name: str, index: dict[str, list[_Held]], row: Row) -> None:
        value = self._meaning(name, row)
        if value is not None:
            bucket = index[value]
            del bucket[next(number for number, held in enumerate(bucket) if held is row)]

    def _meaning(self, name: str, row: Row) -> str | None:
        """The value by which `matches` finds the row."""
        prop, value = property_spec(self._menu, name), row.get(name)
        if value is None and prop is not None and prop.type is ValueType.BOOLEAN:
            value = "false"
        return None if value is None else canonical(value, prop)


def near(rows: Sequence[R], values: Mapping[str, str | None]) -> Sequence[R]:
    """As `Table.near` where the rows are a table, else all of them."""
    return cast(Sequence[R], rows.near(values)) if isinstance(rows, Table) else rows


def fitting(rows: Sequence[R], values: Mapping[str, str], menu: MenuSpec | None) -> list[R]:
    """The rows that have all the values by meaning, in order."""
    return [row for row in near(rows, values) if matches(row, values, menu)]
