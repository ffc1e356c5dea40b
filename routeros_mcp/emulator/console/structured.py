"""`:serialize` and `:deserialize`: values as JSON, and from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from routeros_mcp.emulator.console import literals
from routeros_mcp.emulator.console.errors import ScriptError
from routeros_mcp.emulator.console.values import Array, Empty, Value, text_of, wrapped

_LITERALLY = "json.no-string-conversion"
_PRETTY = "json.pretty"


def _options(given: Mapping[str, Value]) -> set[str]:
    held = given.get("options", "")
    return {text_of(one) for one in held.values()} if isinstance(held, Array) else {text_of(held)}


def _check(given: Mapping[str, Value], name: str) -> None:
    for needed in ("value", name):
        if needed not in given:
            raise ScriptError(f"missing value(s) of argument(s) {needed}")
    if text_of(given[name]) != "json":
        raise ScriptError(f"input does not match any value of {name}")


def serialize(given: Mapping[str, Value]) -> Value:
    """Write a value as JSON, keys in order. A text that is a number becomes one, with six decimals.

    Source: vendor manual, Scripting; `options=json.no-string-conversion` leaves texts alone.

    Raises:
        ScriptError: another format, which is not there.
    """
    _check(given, "to")
    options = _options(given)
    style = _Style(is_literal=_LITERALLY in options, is_pretty=_PRETTY in options)
    return style.written(given["value"], 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """How JSON is written."""

    is_literal: bool
    is_pretty: bool

    def written(self, value: Value, level: int) -> str:
        match value:
            case bool() | int() | Empty():
                return json.dumps(None if isinstance(value, Empty) else value)
            case Array():
                return self._array(value, level)
            case str() if not self.is_literal and literals.number(value) is not None:
                return f"{literals.number(value)}.000000"
            case _:
                return json.dumps(text_of(value), ensure_ascii=False)

    def _array(self, array: Array, level: int) -> str:
        if array.keyed:
            colon = ": " if self.is_pretty else ":"
            members = [
                json.dumps(text_of(key), ensure_ascii=False) + colon + self.written(item, level + 1)
                for key, item in array.pairs()
            ]
            return self._bracketed("{}", members, level)
        return self._bracketed("[]", [self.written(item, level + 1) for item in array.items], level)

    def _bracketed(self, brackets: str, members: list[str], level: int) -> str:
        if not self.is_pretty or not members:
            return brackets[0] + ",".join(members) + brackets[1]
        gap, end = "\n" + "    " * level, "\n" + "    " * (level - 1)
        return brackets[0] + gap + f",{gap}".join(members) + end + brackets[1]


def deserialize(given: Mapping[str, Value]) -> Value:
    """Read JSON; texts that look like another type become one, unless told otherwise.

    Raises:
        ScriptError: it is no JSON, or another format.
    """
    _check(given, "from")
    try:
        loaded = json.loads(text_of(given["value"]), strict=False)
    except (json.JSONDecodeError, RecursionError, ValueError):
        raise ScriptError("failure: invalid json") from None
    return _value(loaded, is_literal=_LITERALLY in _options(given))


def _value(loaded: Any, *, is_literal: bool) -> Value:
    match loaded:
        case bool() | int():
            return loaded if isinstance(loaded, bool) else wrapped(loaded)
        case dict():
            return Array((), {str(key): _value(item, is_literal=is_literal) for key, item in loaded.items()})
        case list():
            return Array(_value(item, is_literal=is_literal) for item in loaded)
        case str():
            return loaded if is_literal else literals.read(loaded) if "," not in loaded else loaded
        case _:
            return "" if loaded is None else str(loaded)
