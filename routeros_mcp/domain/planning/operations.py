"""What callers ask for: set, add and remove on rows of a menu, checked against the menu's schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models import ChangeOp, MenuKind, MenuSpec, ValueType
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.values import did_you_mean, property_spec, same
from routeros_mcp.domain.values.dialect import (
    canonical_path,
    canonical_row,
    canonical_values,
    missing_from,
    renaming_notes,
)


class Naming(Protocol):
    """Whatever names properties of a menu."""

    @property
    def path(self) -> str: ...

    @property
    def names(self) -> frozenset[str]: ...


NTH = ".nth"
"""In what names a row: which one it is of so many that look the same, as in `1/3` (counted from 0)."""
COMMAND = ".command"
"""Under this name a change holds the command that it sends."""
_ALWAYS_WRITABLE = frozenset({"comment", "disabled"})
SUPPORTED = (ChangeOp.SET, ChangeOp.ADD, ChangeOp.REMOVE, ChangeOp.MOVE)
_SWITCHES = {"enable": "no", "disable": "yes"}
"""Commands that come down to setting `disabled`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One wish for one menu.

    `match` picks rows by exact values (by meaning: `yes` is `true`, `60s` is `1m`); a singleton needs none.
    More than one row is an error unless `all_matches`. `before` places an added row in an ordered menu.
    """

    op: ChangeOp
    path: str
    match: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str | None] = field(default_factory=dict)
    before: Mapping[str, str] | None = None
    all_matches: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Every property that it names."""
        return frozenset((*self.values, *self.match, *(self.before or {})))


def plain_form(
    word: str, path: str, values: Mapping[str, str | None]
) -> tuple[ChangeOp, Mapping[str, str | None]]:
    """What a caller's word comes down to: `unset`, `enable` and `disable` are ways to set.

    Raises:
        InvalidParams: `unset` with a value, `enable` or `disable` with properties, or any other command.
    """
    if word in _SWITCHES:
        if values:
            raise InvalidParams(f"{word} {path} takes no `values`.", fix="Give `match` only.")
        return ChangeOp.SET, {"disabled": _SWITCHES[word]}
    if word == ChangeOp.UNSET:
        given = sorted(name for name, value in values.items() if value is not None)
        if given or not values:
            raise InvalidParams(
                f"unset {path} takes properties without values.", fix='Give `values`: {"comment": null}.'
            )
        return ChangeOp.SET, values
    if word not in SUPPORTED:
        can = ", ".join([*SUPPORTED, ChangeOp.UNSET, *_SWITCHES])
        raise InvalidParams(f"{word} {path} cannot be planned.", fix=f"Use one of {can}, or command.")
    return ChangeOp(word), values


def in_newest_names(operation: Operation) -> tuple[Operation, tuple[str, ...]]:
    """The operation as plans keep it, and notes on the older names that it used."""
    path = canonical_path(operation.path)
    changed = replace(
        operation,
        path=path,
        match=canonical_row(path, operation.match),
        values=canonical_values(path, operation.values),
        before=None if operation.before is None else canonical_row(path, operation.before),
    )
    return changed, renaming_notes(path, sorted(operation.names))


def check(operation: Operation, menu: MenuSpec | None) -> tuple[str, ...]:
    """Check an operation's form; returns warnings.

    Raises:
        InvalidParams: it cannot be meant: an unknown or read-only property, nothing to write, no row named.
    """
    if operation.op not in SUPPORTED:
        raise InvalidParams(f"{operation.op} is not supported.", fix=f"Use {', '.join(SUPPORTED)}.")
    _check_parts(operation, menu)
    if menu is None:
        return (f"The schema knows no menu {operation.path}: its properties are not checked.",)
    _check_kind(operation, menu)
    _check_values(operation, menu)
    unknown = unknown_names(operation, menu)
    if menu.from_manual and unknown:
        return (f"The manual does not list {', '.join(unknown)} of {menu.path}: they are not checked.",)
    _check_names(operation, menu)
    return ()


def refuse_too_new(operation: Naming, release: Release | None) -> None:
    """Raises InvalidParams for what came only with a later release than the router's."""
    for name, since in missing_from(operation.path, operation.names, release).items():
        raise InvalidParams(
            f"{operation.path} {name} came with RouterOS {since}; the router runs {release}.",
            fix="Leave it out, or upgrade the router first.",
        )


def unknown_names(operation: Naming, menu: MenuSpec | None) -> tuple[str, ...]:
    """The properties that the operation names and the menu does not have; none for an unknown menu."""
    if menu is None:
        return ()
    known = {*menu.properties, *_ALWAYS_WRITABLE, ".id"}
    return tuple(sorted(operation.names - known))


def matches(row: Row, wanted: Mapping[str, str], menu: MenuSpec | None) -> bool:
    """Whether the row has all the wanted values, by meaning. A property left unset counts as `false`."""
    return all(_matches_one(row, name, value, menu) for name, value in wanted.items() if name != NTH)


def _matches_one(row: Row, name: str, value: str, menu: MenuSpec | None) -> bool:
    held = row.get(name)
    prop = property_spec(menu, name)
    if held is None and prop is not None and prop.type is ValueType.BOOLEAN:
        held = "false"
    return held is not None and same(held, value, prop)


def _check_parts(operation: Operation, menu: MenuSpec | None) -> None:
    single = menu is not None and menu.is_singleton
    match operation.op:
        case ChangeOp.SET if not operation.values:
            raise InvalidParams(f"set {operation.path} changes nothing.", fix="Give `values`.")
        case ChangeOp.ADD if not operation.values:
            raise InvalidParams(f"add {operation.path} has no properties.", fix="Give `values`.")
        case ChangeOp.ADD if operation.match:
            raise InvalidParams(f"add {operation.path} takes no `match`.", fix="Give `values` only.")
        case ChangeOp.REMOVE | ChangeOp.MOVE if operation.values:
            raise InvalidParams(
                f"{operation.op} {operation.path} takes no `values`.", fix="Give `match` only."
            )
        case ChangeOp.MOVE if menu is not None and not menu.ordered:
            raise InvalidParams(f"{operation.path} is not ordered: nothing is moved.", fix="Leave it out.")
        case ChangeOp.SET | ChangeOp.REMOVE | ChangeOp.MOVE if (
            not operation.match and menu is not None and not single
        ):
            raise InvalidParams(
                f"{operation.op} {operation.path} names no row.",
                fix="Give `match`, such as {'name': 'ether1'}.",
            )
        case _:
            return


def _check_kind(operation: Operation, menu: MenuSpec) -> None:
    if menu.kind is MenuKind.COMMANDS:
        raise InvalidParams(f"{menu.path} holds commands and no rows.", fix="Choose a menu below it.")
    if menu.is_singleton and (operation.op is not ChangeOp.SET or operation.match):
        raise InvalidParams(f"{menu.path} is a single object: it can only be set.", fix="Use set, no match.")
    if menu.commands and operation.op not in menu.commands and not menu.from_manual:
        can = ", ".join(c for c in menu.commands if c in set(SUPPORTED)) or "nothing"
        raise InvalidParams(f"{menu.path} has no {operation.op}.", fix=f"It offers: {can}.")


def _check_names(operation: Operation, menu: MenuSpec) -> None:
    writable = set(menu.writable_names()) | _ALWAYS_WRITABLE
    for name in operation.values:
        if name in writable:
            continue
        if name in menu.properties:
            raise InvalidParams(f"{menu.path} {name} is read-only.", fix=_valid(writable))
        raise InvalidParams(
            f"{menu.path} has no property {name!r}{did_you_mean(name, writable)}.", fix=_valid(writable)
        )
    known = set(menu.properties) | _ALWAYS_WRITABLE | {".id"}
    for name in [*operation.match, *(operation.before or {})]:
        if name not in known:
            raise InvalidParams(
                f"{menu.path} has no property {name!r}{did_you_mean(name, known)}.", fix=_valid(known)
            )


def _check_values(operation: Operation, menu: MenuSpec) -> None:
    missing = required_of(menu, operation.values) if operation.op is ChangeOp.ADD else ()
    if missing:
        raise InvalidParams(f"add {menu.path} needs {', '.join(missing)}.", fix="Add them to `values`.")
    for name, value in operation.values.items():
        if value is not None and len(value.encode()) > _LONGEST_VALUE:
            raise InvalidParams(f"{menu.path} {name} is too long.", fix=f"At most {_LONGEST_VALUE} bytes.")


def required_of(menu: MenuSpec | None, values: Mapping[str, str | None]) -> tuple[str, ...]:
    """What a new row of the menu needs and the values lack."""
    properties = menu.properties.values() if menu is not None else ()
    return tuple(sorted(prop.name for prop in properties if prop.required and values.get(prop.name) is None))


_LONGEST_VALUE = 61_000
"""Above about 61,250 bytes RouterOS answers `contents too long`."""


def _valid(names: Iterable[str]) -> str:
    return f"Valid: {', '.join(sorted(names))}."
