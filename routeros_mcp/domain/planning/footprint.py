"""What a plan touches: the rows as they were, and what the router must show after what it has accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from routeros_mcp.domain.errors import Conflict, Drifted
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.inverse import carry_out
from routeros_mcp.domain.planning.operations import matches
from routeros_mcp.domain.planning.rows import (
    RowModel,
    Schema,
    alike,
    config_of,
    describe_key,
    find_row,
    is_natural,
    key_of,
    ref_of,
)
from routeros_mcp.domain.planning.table import Table, fitting
from routeros_mcp.domain.redaction import is_secret_name, redact_script
from routeros_mcp.domain.values import property_spec, same

Image = Mapping[str, object]
"""`{path, key, row}` for a row as configured, `{path, absent}` for values that no row may have."""
_Tables = Mapping[str, Sequence[Row]]
V = TypeVar("V")


class Finding(StrEnum):
    """What the rows tell of a change that was sent."""

    AFTER = "after"
    BEFORE = "before"
    NEITHER = "neither"
    UNTOLD = "untold"
    """It would look the same before and after: a secret that the router does not show."""


@dataclass(frozen=True, slots=True)
class Done:
    """A change that the router has accepted, and what undoes it."""

    change: Change
    inverse: Change


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a change applies in the rows just read; ids that are good for this one request."""

    item_id: str | None = None
    before_id: str | None = None


def pre_image(changes: Sequence[Change], model: RowModel) -> tuple[Image, ...]:
    """The rows that the changes touch, as they are before the first of them, in the router's order.

    Rows that look the same as a touched one, before or after, belong to them, and in an ordered menu the
    rows that mark places: elsewhere in the order a change, or undoing it, would mean something else.
    """
    trial = model.copy()
    ids: dict[str, set[str]] = {}
    absent: dict[str, Image] = {}
    for change in changes:
        named = _marks(change, trial)
        absent.update(_absent(change, model))
        row = trial.apply(change)
        if change.op is ChangeOp.REMOVE:
            named += [trial.place_of(change) or {}]
        if change.op is ChangeOp.MOVE:
            named += _ahead(named[-1], model.tables[change.path])
        else:
            named += _like(change, row, trial)
        ids.setdefault(change.path, set()).update(row.get(".id", "") for row in named)
    rows = [
        _row_image(path, row, model)
        for path, wanted in ids.items()
        for row in model.tables[path]
        if row.get(".id", "") in wanted
    ]
    return (*rows, *absent.values())


def drift(images: Sequence[Image], tables: _Tables, schema: Schema) -> tuple[str, ...]:
    """How the router differs from the pre-images, in words; empty when it does not."""
    return Footprint.of(images, schema).differences(tables)


@dataclass(slots=True)
class Footprint:
    """The rows that a plan concerns on one router, as they are after what the router has accepted so far."""

    model: RowModel
    start: Mapping[str, Sequence[Row]]
    absent: Sequence[tuple[str, Mapping[str, str]]] = ()
    removed: tuple[tuple[str, Row], ...] = ()
    """Rows as they were when they went: a plan may have written to them before."""

    @classmethod
    def of(cls, images: Sequence[Image], schema: Schema) -> Footprint:
        tables: dict[str, list[dict[str, str]]] = {str(image["path"]): [] for image in images}
        for number, image in enumerate(images):
            if "row" in image:
                rows = tables[str(image["path"])]
                dynamic = {"dynamic": "true"} if "dynamic" in _strings(image["key"]) else {}
                rows.append({".id": f"*image{number}", **_strings(image["row"]), **dynamic})
        absent = [(str(i["path"]), _strings(i["absent"])) for i in images if "absent" in i]
        return cls(RowModel.of(schema, tables, is_part=True), tables, absent)

    def apply(self, change: Change) -> Change:
        """The router has accepted the change; what undoes it.

        Raises:
            Conflict: the change names no row, or nothing undoes it.
        """
        if change.op is ChangeOp.REMOVE:
            self.removed = (*self.removed, (change.path, dict(self.model.find(change))))
        return carry_out(change, self.model)

    def judge(self, change: Change, tables: _Tables) -> Finding:
        """Whether the rows are those after the change or those before it."""
        before, after = self._before(change), replace(self, model=self.model.copy())
        after.apply(change)
        is_after, is_before = not after.differences(tables), not before.differences(tables)
        if is_after:
            return Finding.UNTOLD if is_before and change.after else Finding.AFTER
        return Finding.BEFORE if is_before else Finding.NEITHER

    def _before(self, change: Change) -> Footprint:
        """The same rows, comparing also what the change is about to write where only a part is compared."""
        model = self.model.copy()
        if change.op is ChangeOp.SET:
            row = model.find(change)
            written = model.written.get((change.path, row.get(".id", "")))
            if written is not None:
                written.update({name: row.get(name) for name in change.after or {} if name not in written})
        return replace(self, model=model)

    def locate(self, change: Change, rows: Sequence[Row]) -> Whereabouts:
        """Find the change's row, and the place where one goes, in rows just read.

        Raises:
            Drifted: the row is not as it has to be right before the change.
            Conflict: it is not there, or its place is not.
        """
        path, menu = change.path, self.model.schema.get(change.path)
        live = RowModel.of({path: menu}, {path: rows})
        if change.op is ChangeOp.ADD:
            words = _Compared(self, path, live.tables[path]).appeared(_present(change.after))
            before = live.place_of(change)
            found: Row = {}
        else:
            found = live.find(change)
            words = self.changed(path, self.model.find(change), found)
            before = live.place_of(change) if change.op is ChangeOp.MOVE else None
        if words:
            raise Drifted(f"It has changed right before the write: {'; '.join(words)}.", fix="Look at it.")
        return Whereabouts(found.get(".id"), before.get(".id") if before is not None else None)

    def differences(self, tables: _Tables) -> tuple[str, ...]:
        """How the rows differ from those that there have to be, in words; menus not given are left out."""
        words = [
            word
            for path in self.model.tables
            if path in tables
            for word in _Compared(self, path, Table(tables[path], self.model.schema.get(path))).words()
        ]
        return tuple(dict.fromkeys(words))

    def changed(self, path: str, expected: Row, row: Row) -> list[str]:
        """How a row read differs from one of the model's: in what was written to it, else in all of it."""
        schema = self.model.schema
        given = self.model.written.get((path, expected.get(".id", "")))
        if given is None:
            return row_differences(config_of(expected, schema.get(path)), row, path, schema)
        return _differences(given, row, path, schema)


@dataclass(slots=True)
class _Compared:
    """The rows of one menu beside those that there have to be."""

    footprint: Footprint
    path: str
    live: Table
    menu: MenuSpec | None = field(init=False)
    wanted: Table = field(init=False)

    def __post_init__(self) -> None:
        model = self.footprint.model
        self.menu, self.wanted = model.schema.get(self.path), model.tables[self.path]

    def words(self) -> list[str]:
        words, places = [], []
        for row in self.wanted:
            try:
                found = self._found(row)
            except Conflict:
                words.append(f"{self.path}: the row {self._named(row)} is gone")
                continue
            places.append(self.live.place(found))
            words += [f"{self.path} {self._label(row)}{word}" for word in self._changed(row, found)]
        if self.menu is not None and self.menu.ordered and places != sorted(places):
            words.append(f"{self.path}: the rows stand in another order")
        absent = (values for path, values in self.footprint.absent if path == self.path)
        return [*words, *self._come_back(), *(word for each in absent for word in self.appeared(each))]

    def appeared(self, values: Mapping[str, str]) -> list[str]:
        """Whether more rows have the values than there have to be."""
        if len(_fitting(self.live, values, self.menu)) <= len(_fitting(self.wanted, values, self.menu)):
            return []
        return [f"{self.path}: a row with {describe_key(values, self.menu)} has appeared"]

    def _found(self, row: Row) -> Row:
        ref = ref_of(row, self.wanted, self.menu)
        return find_row(self.live, self.path, ref, self.menu)

    def _changed(self, row: Row, found: Row) -> list[str]:
        return self.footprint.changed(self.path, row, found)

    def _come_back(self) -> list[str]:
        kept = {row.get(".id") for row in self.wanted}
        at_first = self.footprint.start.get(self.path, ())
        at_last = [row for path, row in self.footprint.removed if path == self.path]
        return [
            f"{self.path}: a removed row is there again"
            for row in (*(row for row in at_first if row.get(".id") not in kept), *at_last)
            if self._same_as(self.live, row) > self._same_as(self.wanted, row)
        ]

    def _named(self, row: Row) -> str:
        return describe_key(key_of(row, self.menu), self.menu)

    def _label(self, row: Row) -> str:
        return "" if self.menu is not None and self.menu.is_singleton else f"[{self._named(row)}] "

    def _same_as(self, table: Table, row: Row) -> int:
        """How many rows a removed row would be taken for."""
        key, config = key_of(row, self.menu), config_of(row, self.menu)
        if is_natural(key, self.menu):
            return len(alike(table, key, self.menu))
        return sum(1 for each in table.near(config) if config_of(each, self.menu) == config)


def _fitting(table: Table, values: Mapping[str, str], menu: MenuSpec | None) -> list[Row]:
    """The rows that have the values, as far as they show them."""
    near = (row for row in table.near(values) if row.get("dynamic") != "true")
    told = ((row, _readable(values, row, menu)) for row in near)
    return [row for row, shown in told if shown and matches(row, shown, menu)]


def row_differences(expected: Mapping[str, str], row: Row, path: str, schema: Schema) -> list[str]:
    """`name: was …, is …` for each configured property that differs."""
    menu = schema.get(path)
    live = config_of(row, menu)
    secret = menu.secret_names() if menu else frozenset()
    return [
        f"{name}: {_moved(expected.get(name), live.get(name), hidden=name in secret or is_secret_name(name))}"
        for name in sorted({*expected, *live})
        if not same(expected.get(name), live.get(name), property_spec(menu, name))
    ]


def _differences(values: Mapping[str, str | None], row: Row, path: str, schema: Schema) -> list[str]:
    """Properties that the row shows otherwise; a secret that cannot be read back counts as fulfilled."""
    menu = schema.get(path)
    secrets = menu.secret_names() if menu else frozenset()
    return [
        f"{name}: {_moved(value, row.get(name), hidden=name in secrets or is_secret_name(name))}"
        for name, value in values.items()
        if not same(row.get(name), value, property_spec(menu, name))
        and not (name in secrets and name not in row)
    ]


def is_invisible(change: Change, rows: Sequence[Row], menu: MenuSpec | None) -> bool:
    """Whether no row tells if the change is there: a command, or all it sets are secrets not shown."""
    if change.op is ChangeOp.COMMAND:
        return True
    if change.op is not ChangeOp.SET or not change.after:
        return False
    row = next(iter(alike(rows, change.key, menu)), {})
    return not _readable(change.after, row, menu)


def _readable(values: Mapping[str, V], row: Row, menu: MenuSpec | None) -> dict[str, V]:
    """The values without secrets that the row does not show."""
    secrets = menu.secret_names() if menu else frozenset()
    return {
        name: value for name, value in values.items() if name in row or value is None or name not in secrets
    }


def _marks(change: Change, trial: RowModel) -> list[Row]:
    """The rows that a change needs as they are: its own, all that look the same, those at its places."""
    rows, menu = trial.tables[change.path], trial.schema.get(change.path)
    place = trial.place_of(change) if change.op is not ChangeOp.REMOVE else None
    marks: list[Row] = [] if place is None else [place]
    if change.op is ChangeOp.ADD:
        return marks
    row = trial.find(change)
    if change.origin:
        rest = [held for held in rows if held is not row]
        marks.append(find_row(rest, change.path, change.origin, menu))
    return [*marks, *alike(rows, change.key, menu)]


def _like(change: Change, row: Row, trial: RowModel) -> list[Row]:
    """The rows that look like the one just changed, to somebody who may not see its secrets too."""
    table, menu = trial.tables[change.path], trial.schema.get(change.path)
    added = _present(change.after) if change.op is ChangeOp.ADD else {}
    return [*alike(table, key_of(row, menu), menu), *_fitting(table, added, menu)]


def _ahead(row: Row, rows: Sequence[Row]) -> list[Row]:
    """The row right before this one, if there is one: a moved row has to stand where it stood."""
    at = next((number for number, held in enumerate(rows) if held.get(".id") == row.get(".id")), 0)
    return list(rows[max(0, at - 1) : at])


def _absent(change: Change, start: RowModel) -> dict[str, Image]:
    if change.op is not ChangeOp.ADD:
        return {}
    absent = _present(change.after)
    if fitting(start.tables[change.path], absent, start.schema.get(change.path)):
        return {}  # the plan removes it first
    return {f"{change.path} {sorted(absent.items())}": {"path": change.path, "absent": absent}}


def _row_image(path: str, row: Row, model: RowModel) -> Image:
    config = config_of(row, model.schema.get(path))
    return {"path": path, "key": model.ref(path, row), "row": config}


def _present(values: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _strings(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _moved(expected: str | None, live: str | None, *, hidden: bool) -> str:
    return "changed" if hidden else f"was {_shown(expected)}, is {_shown(live)}"


def _shown(value: str | None) -> str:
    return "unset" if value is None else repr(redact_script(value))
