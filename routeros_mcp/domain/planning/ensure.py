"""Desired rows: which changes bring a menu to hold them, in the wanted order, with the fewest steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routeros_mcp.domain.errors import Conflict, InvalidParams
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.changing import (
    add_change,
    move_change,
    own_rows,
    place_before,
    remove_change,
    set_change,
)
from routeros_mcp.domain.planning.operations import Operation, check, required_of
from routeros_mcp.domain.planning.ordering import Placement, placements
from routeros_mcp.domain.planning.rows import describe_key
from routeros_mcp.domain.planning.table import fitting
from routeros_mcp.domain.redaction import is_secret_name

Wanted = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensure:
    """A menu shall hold these rows, or, with `absent`, none of them.

    `keys` name the properties by which a row is found, never its position; without them the menu's natural
    keys do. `scope` are values that all rows in question have, such as `{"chain": "input"}`: with `exact` the
    rows within it that are not wanted go. In an ordered menu the rows shall stand in the order given, and
    before the row that has the values of `before`.
    """

    path: str
    rows: tuple[Wanted, ...]
    keys: tuple[str, ...] = ()
    scope: Mapping[str, str] = field(default_factory=dict)
    exact: bool = False
    absent: bool = False
    before: Mapping[str, str] | None = None

    @property
    def names(self) -> frozenset[str]:
        """Every property that it names."""
        in_rows = (name for row in self.rows for name in row)
        return frozenset((*in_rows, *self.keys, *self.scope, *(self.before or {})))


def check_ensure(wish: Ensure, menu: MenuSpec | None) -> tuple[str, ...]:
    """Check a wish's form; returns warnings.

    Raises:
        InvalidParams: no rows, nothing that names them, a row twice, or a property that cannot be meant.
    """
    if not wish.rows and not wish.exact:
        raise InvalidParams(f"ensure {wish.path} names no rows.", fix="Give `rows`.")
    if wish.exact and not wish.scope:
        raise InvalidParams(
            f"ensure {wish.path}: `exact` removes rows and needs a `scope`.",
            fix="Give the values that mark your rows, such as {'list': 'blocked'}.",
        )
    if wish.before is not None and not (menu is not None and menu.ordered):
        raise InvalidParams(f"{wish.path} is not ordered: nothing goes `before`.", fix="Leave `before` out.")
    keys = keys_of(wish, menu)
    _refuse_twins(wish, keys)
    words = [word for row in wish.rows for word in _check_row(wish, row, keys, menu)]
    return tuple(dict.fromkeys(words))


def keys_of(wish: Ensure, menu: MenuSpec | None) -> tuple[str, ...]:
    """The properties that name a row.

    Raises:
        InvalidParams: the menu has no natural key and the wish names none.
    """
    keys = wish.keys or (menu.keys if menu is not None else ())
    if not keys:
        raise InvalidParams(
            f"Nothing names a row of {wish.path}: rows may look alike there.",
            fix="Give each row a comment of its own and `keys`: ['comment'].",
        )
    return keys


def ensure_changes(
    device_id: str, wish: Ensure, menu: MenuSpec | None, rows: Sequence[Row]
) -> Iterator[Change]:
    """The changes in the order in which they are to be made: rows from first to last, removals at the end.

    Each is to be applied to the rows at hand before the next is asked for: they name places by rows.

    Raises:
        Conflict: several rows where one was meant, or a row to stand before that is not there.
    """
    held = _Held(wish, menu, rows)
    if wish.absent:
        yield from (remove_change(device_id, wish.path, row, menu, rows) for row in held.found())
        return
    order = {step.item: step.before for step in held.steps()}
    for number, wanted in enumerate(wish.rows):
        yield from _ensure_one(device_id, held, wanted, str(number), order)
    for row in held.surplus():
        yield remove_change(device_id, wish.path, row, menu, rows)


def _ensure_one(
    device_id: str, held: _Held, wanted: Wanted, token: str, order: Mapping[str, str | None]
) -> Iterator[Change]:
    row, wish = held.row_of(wanted), held.wish
    if row is None:
        _refuse_incomplete(held, {**wish.scope, **wanted})
        position = place_before(order.get(token), held.rows, held.menu)
        yield add_change(device_id, wish.path, {**wish.scope, **wanted}, position)
        return
    item_id = row.get(".id", "")
    if item_id in order:
        position = place_before(order[item_id], held.rows, held.menu)
        yield move_change(device_id, wish.path, row, held.menu, position, held.rows)
    change = set_change(device_id, wish.path, row, wanted, held.menu, held.rows)
    if change.after:
        yield change


@dataclass(frozen=True, slots=True)
class _Held:
    """The rows that the router has, as the wish sees them. `rows` changes while the changes are made."""

    wish: Ensure
    menu: MenuSpec | None
    rows: Sequence[Row]

    def row_of(self, wanted: Wanted) -> Row | None:
        key = self._key(wanted)
        found = self._within(key)
        if len(found) > 1:
            raise Conflict(
                f"{self.wish.path} has {len(found)} rows with {describe_key(key, self.menu)}.",
                fix="Give narrower `keys`.",
            )
        return found[0] if found else None

    def found(self) -> list[Row]:
        rows = (self.row_of(wanted) for wanted in self.wish.rows)
        return [row for row in rows if row is not None]

    def surplus(self) -> list[Row]:
        if not self.wish.exact:
            return []
        kept = {id(row) for row in self.found()}
        return [row for row in self._within({}) if id(row) not in kept]

    def steps(self) -> Sequence[Placement]:
        """Where rows have to go that are new or stand elsewhere; a row of another menu has no place."""
        if self.menu is None or not self.menu.ordered:
            return []
        wanted = [self._token(number, row) for number, row in enumerate(self.wish.rows)]
        present = [row.get(".id", "") for row in self.rows]
        anchor = self._anchor()
        if anchor is None:
            return placements(present, wanted)
        here = present[: present.index(anchor)]
        return placements([*here, anchor], [*wanted, anchor])

    def _token(self, number: int, wanted: Wanted) -> str:
        row = self.row_of(wanted)
        return row.get(".id", "") if row is not None else str(number)

    def _anchor(self) -> str | None:
        if self.wish.before is None:
            return None
        found = fitting(self.rows, self.wish.before, self.menu)
        if len(found) != 1:
            named = describe_key(self.wish.before, self.menu)
            raise Conflict(
                f"{self.wish.path} has {len(found)} rows with {named}.", fix="Name one row in `before`."
            )
        return found[0].get(".id", "")

    def _within(self, key: Mapping[str, str]) -> list[Row]:
        """Somebody's rows of the wish's scope that have this key."""
        named = fitting(self.rows, key, self.menu)
        return own_rows(fitting(named, self.wish.scope, self.menu))

    def _key(self, wanted: Wanted) -> dict[str, str]:
        return {
            name: value for name in keys_of(self.wish, self.menu) if (value := wanted.get(name)) is not None
        }


def _check_row(wish: Ensure, row: Wanted, keys: Sequence[str], menu: MenuSpec | None) -> tuple[str, ...]:
    missing = [name for name in keys if row.get(name) is None]
    if missing:
        raise InvalidParams(
            f"ensure {wish.path}: a row lacks {', '.join(missing)}, by which it is found.",
            fix="Give it in each of `rows`.",
        )
    if wish.absent:
        match = {name: value for name, value in row.items() if value is not None}
        return check(Operation(op=ChangeOp.REMOVE, path=wish.path, match=match), menu)
    values = {**wish.scope, **row}
    match = {name: value for name in keys if (value := row.get(name)) is not None}
    return check(Operation(op=ChangeOp.SET, path=wish.path, match=match, values=values), menu)


def _refuse_incomplete(held: _Held, values: Wanted) -> None:
    missing = required_of(held.menu, values)
    if missing:
        named = describe_key({n: v for n in keys_of(held.wish, held.menu) if (v := values.get(n))}, held.menu)
        raise Conflict(
            f"{held.wish.path} has no row with {named}, and a new one needs {', '.join(missing)}.",
            fix="Give them in `rows`.",
        )


def _refuse_twins(wish: Ensure, keys: Sequence[str]) -> None:
    seen: set[tuple[str | None, ...]] = set()
    for row in wish.rows:
        key = tuple(row.get(name) for name in keys)
        if key in seen:
            shown = ", ".join(
                f"{n}={'***' if is_secret_name(n) else v}" for n, v in zip(keys, key, strict=True)
            )
            raise InvalidParams(
                f"ensure {wish.path}: two rows have {shown}.", fix="Give each row a key of its own."
            )
        seen.add(key)
