"""Turn a RouterOS row of strings into numbers, booleans, seconds and ISO times, as far as types are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from routeros_mcp.domain.errors import WireError
from routeros_mcp.domain.models import MenuSpec, ValueType
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.values.names import PRESENCE_FLAGS, property_spec
from routeros_mcp.domain.values.parse import parse_bool, parse_datetime, parse_duration
from routeros_mcp.domain.values.text import clean_text

Scalar = str | int | float | bool

_INTEGER = re.compile(r"-?[0-9]{1,30}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_NAME_LIMIT = 100


def typed_row(row: Row, menu: MenuSpec | None, *, gmt_offset: timedelta | None = None) -> dict[str, object]:
    """Give every property of the row the type that its menu declares; never raises.

    Names stay the router's. Durations are numbers of seconds, moments ISO 8601 (with the zone when
    `gmt_offset` is known), lists stay comma-joined, and a value that does not read as its type stays
    cleaned text.
    """
    return {clean_text(name, _NAME_LIMIT): _typed(name, text, menu, gmt_offset) for name, text in row.items()}


def _typed(name: str, text: str, menu: MenuSpec | None, gmt_offset: timedelta | None) -> Scalar:
    known = property_spec(menu, name)
    if known is None:
        return clean_text(text)
    if not text and known.type is ValueType.BOOLEAN and name in PRESENCE_FLAGS:
        return True
    return typed_value(text, known.type, gmt_offset=gmt_offset)


def typed_value(text: str, kind: ValueType, *, gmt_offset: timedelta | None = None) -> Scalar:
    """Read one value as its type; text that does not read as it comes back cleaned, never a guess.

    An ENUM of yes and no stays text, since RouterOS itself keeps it apart from a boolean.
    """
    try:
        if kind is ValueType.DATETIME:
            return parse_datetime(text, gmt_offset).isoformat()
        reader = _READERS.get(kind)
        return reader(text) if reader else clean_text(text)
    except WireError:
        return clean_text(text)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise WireError("not an integer")
    return int(text)


def _number(text: str) -> int | float:
    return float(text) if _DECIMAL.fullmatch(text) else _integer(text)


def _seconds(text: str) -> int | float:
    seconds = parse_duration(text).total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


_READERS: dict[ValueType, Callable[[str], Scalar]] = {
    ValueType.INTEGER: _integer,
    ValueType.NUMBER: _number,
    ValueType.BOOLEAN: parse_bool,
    ValueType.DURATION: _seconds,
}
