"""What a reader asks of rows beyond an exact match: comparisons, order, equality of whole answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.errors import InvalidParams

TypedRow = Mapping[str, object]

_OPERATORS = ("!=", ">=", "<=", ">", "<", "~")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a `where`: `=` is the router's own exact match, the others are judged here."""

    name: str
    operator: str
    value: str


def parse_conditions(where: Mapping[str, object]) -> tuple[Condition, ...]:
    """Read `{"name": "ether1", "rx-byte": ">1000", "comment": "~uplink", "disabled": false}`."""
    return tuple(_condition(name, value) for name, value in where.items())


def exact_matches(conditions: Iterable[Condition]) -> dict[str, str]:
    return {c.name: c.value for c in conditions if c.operator == "="}


def matching(rows: Iterable[TypedRow], conditions: Sequence[Condition]) -> list[TypedRow]:
    """Rows that satisfy every condition other than the exact matches, which the router has judged."""
    judged = [c for c in conditions if c.operator != "="]
    return [row for row in rows if all(_holds(row.get(c.name), c) for c in judged)]


def sort_rows(rows: list[TypedRow], sort: str | None) -> list[TypedRow]:
    """Order by one property, `-name` descending; rows without it come last. None keeps the router's order."""
    if not sort:
        return rows
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    having = [row for row in rows if row.get(name) is not None]
    lacking = [row for row in rows if row.get(name) is None]
    having.sort(key=lambda row: _sort_key(row[name]), reverse=descending)
    return having + lacking


def fingerprint(rows: Sequence[TypedRow]) -> str:
    """Equal for answers that differ in nothing but row ids."""
    bare = [{name: value for name, value in row.items() if name != ".id"} for row in rows]
    return json.dumps(bare, sort_keys=True, default=str)


def _condition(name: str, value: object) -> Condition:
    if isinstance(value, bool):
        return Condition(name, "=", "true" if value else "false")
    text = str(value)
    operator = next((op for op in _OPERATORS if text.startswith(op)), "=")
    return Condition(name, operator, text if operator == "=" else text.removeprefix(operator).strip())


def _holds(value: object, condition: Condition) -> bool:
    if value is None:
        return condition.operator == "!="
    if condition.operator == "!=":
        return _text(value) != condition.value
    if condition.operator == "~":
        return condition.value.casefold() in _text(value).casefold()
    return _compares(value, condition)


def _compares(value: object, condition: Condition) -> bool:
    try:
        left, right = float(_text(value)), float(condition.value)
    except ValueError as error:
        raise InvalidParams(
            f"where {condition.name}: {condition.operator}{condition.value} compares numbers, "
            f"and {condition.name} is none.",
            fix="Use an exact value, or ~text to look for a part of it.",
        ) from error
    comparisons: dict[str, Callable[[float, float], bool]] = {
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
    }
    return comparisons[condition.operator](left, right)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sort_key(value: object) -> tuple[int, float, str]:
    if isinstance(value, (int, float)):
        return (0, float(value), "")
    return (1, 0.0, str(value).casefold())
