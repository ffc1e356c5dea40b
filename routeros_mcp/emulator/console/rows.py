"""Rows as a script sees them: with types, by filter, by what names them."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from routeros_mcp.emulator import views
from routeros_mcp.emulator.commands import locate
from routeros_mcp.emulator.console import literals
from routeros_mcp.emulator.console.errors import ScriptError
from routeros_mcp.emulator.console.machine import Machine
from routeros_mcp.emulator.console.scope import Scope
from routeros_mcp.emulator.console.tree import Node
from routeros_mcp.emulator.console.values import NOTHING, Array, Empty, Id, Value, text_of
from routeros_mcp.emulator.errors import Refusal
from routeros_mcp.emulator.menus.registry import Menu
from routeros_mcp.emulator.store import Row, Store

Shown = Mapping[str, str]
_TYPED = frozenset({"bool", "int", "duration", "ip", "prefix", "network"})
_FIGURES = ("/system/resource", "/interface")
_TIMES = frozenset({"uptime", "last-seen", "expires-after", "age"})
_HIDDEN = frozenset({".nextid", ".about"})


def typed(menu: Menu, name: str, text: str) -> Value:
    """Give a property its type; what has none of its own stays a string.

    Source: vendor manual, Tips and Tricks (an address with its length is a string); verified on 7.21 for
    times. The rest is assumed from the menus' field types.
    """
    if name == ".id":
        return Id(text)
    field = menu.fields.get(name)
    if name in _TIMES or (field is not None and field.kind in _TYPED):
        found = literals.read(text)
        return text if isinstance(found, Array) else found
    if field is not None and field.is_readonly and menu.path.startswith(_FIGURES):
        number = literals.number(text)
        return text if number is None else number
    return text


def typed_row(menu: Menu, shown: Shown) -> dict[str, Value]:
    return {name: typed(menu, name, text) for name, text in shown.items() if name not in _HIDDEN}


def selected(
    machine: Machine, path: str, where: Node | None, scope: Scope
) -> Generator[Any, Any, list[dict[str, str]]]:
    """Return the rows of a list menu that a filter keeps, in order."""
    store = machine.console.store
    rows = views.rows(store, path, with_secrets=machine.console.session.sees_secrets)
    machine.spend(len(rows) // 8)
    if where is None:
        return rows
    menu, kept = store.menu(path), []
    for row in rows:
        verdict: Value = yield machine.evaluate(where, scope.inner(_complete(menu, typed_row(menu, row))))
        if not isinstance(verdict, bool | Empty | str):
            raise ScriptError("conditional not boolean")
        if verdict is True or isinstance(verdict, str):
            kept.append(row)
    return kept


def _complete(menu: Menu, row: dict[str, Value]) -> dict[str, Value]:
    """Let a flag that is not set read as false, so that `!dynamic` finds rows."""
    absent = {field.name: False for field in menu.fields.values() if field.kind == "bool"}
    return {**absent, **row}


def keys_of(value: Value) -> Iterator[Value]:
    """Yield what a value names: ids, numbers or names, one or many, with commas or as a list."""
    match value:
        case Empty():
            return
        case Array():
            for item in value.values():
                yield from keys_of(item)
        case str() if "," in value:
            yield from (literals.read(part) for part in value.split(",") if part)
        case _:
            yield value


def ids(store: Store, path: str, value: Value) -> list[str]:
    """Return the ids that a value names: of rows by id, by position, or by name.

    Raises:
        ScriptError: no such row, or a name where rows have none.
    """
    return [_id(store, path, key) for key in keys_of(value)]


def _id(store: Store, path: str, key: Value) -> str:
    if isinstance(key, int) and not isinstance(key, bool):
        return _by_number(store, path, key)
    text = text_of(key)
    if not isinstance(key, Id) and not store.menu(path).has_names:
        raise ScriptError("expected item id")
    if isinstance(key, Id) and any(row[".id"] == text for row in views.rows(store, path)):
        return text
    return located(store, path, text)[1].id


def _by_number(store: Store, path: str, number: int) -> str:
    """Find a row by its name, if it is a number, or by its position in the menu."""
    named = store.table(path).find(str(number)) if store.menu(path).has_names else None
    if named is not None:
        return named.id
    rows = views.rows(store, path)
    if not 0 <= number < len(rows):
        raise ScriptError("no such item")
    return rows[number][".id"]


def located(store: Store, path: str, key: str) -> tuple[str, Row]:
    """Return a row and the menu that holds it.

    Raises:
        ScriptError: there is none.
    """
    try:
        return locate(store, path, key)
    except Refusal:
        raise ScriptError("no such item") from None


def as_array(menu: Menu, shown: Shown, names: list[str]) -> Array:
    """Return a row as a list by property, of all or of the named ones."""
    row = typed_row(menu, shown)
    wanted = {name: row.get(name, NOTHING) for name in names} if names else row
    return Array((), {name: value for name, value in wanted.items() if not isinstance(value, Empty)})
