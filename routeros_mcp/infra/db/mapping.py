"""The one place that copies fields between records and rows: by name, by the record's type hints."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

E = TypeVar("E")
Convert = Callable[[Any], Any]

_RESERVED = {"metadata": "metadata_"}
"""Record fields whose name a declarative class keeps for itself."""
_AS_THEY_ARE = {str, int, float, bool, bytes, datetime}


def attribute_of(field_name: str) -> str:
    """Return the row attribute that mirrors a record's field."""
    return _RESERVED.get(field_name, field_name)


def attributes_of(record: type[Any]) -> tuple[str, ...]:
    """Return the row attributes that mirror a record, in the record's order."""
    return tuple(attribute_of(field.name) for field in fields(record))


def from_values(values: Iterable[Any], record: type[E]) -> E:
    """Build the record from row values in the order of `attributes_of`."""
    kind: Any = record
    return record(
        **{name: decode(value) for (name, decode), value in zip(_decoders(kind), values, strict=True)}
    )


def to_record(row: object, record: type[E]) -> E:
    """Build the record from an object with the row's attributes."""
    return from_values([getattr(row, name) for name in attributes_of(record)], record)


def to_values(record: Any) -> dict[str, Any]:
    """Return the row attributes of a record as plain values that any driver takes."""
    kind: Any = type(record)
    return {attribute: encode(getattr(record, name)) for name, attribute, encode in _encoders(kind)}


@cache
def _encoders(record: Any) -> tuple[tuple[str, str, Convert], ...]:
    hints = get_type_hints(record)
    return tuple(
        (field.name, attribute_of(field.name), _encoder(hints[field.name])) for field in fields(record)
    )


def _encoder(hint: Any) -> Convert:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _optional(_encoder(next(one for one in arguments if one is not type(None))))
    if hint in _AS_THEY_ARE:
        return _same
    # A StrEnum's text is its value, and a plain word may stand for a member.
    return str if isinstance(hint, type) and issubclass(hint, Enum) else _plain


@cache
def _decoders(record: Any) -> tuple[tuple[str, Convert], ...]:
    hints = get_type_hints(record)
    return tuple((field.name, _decoder(hints[field.name])) for field in fields(record))


def _decoder(hint: Any) -> Convert:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _optional(_decoder(next(one for one in arguments if one is not type(None))))
    if origin is tuple:
        each = _decoder(arguments[0])
        return lambda values: tuple(each(value) for value in values)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        return _nested(hint)
    return _same


def _same(value: Any) -> Any:
    return value


def _optional(decode: Convert) -> Convert:
    return lambda value: None if value is None else decode(value)


def _nested(record: Any) -> Convert:
    """Read a record inside JSON; a field that an older version did not store takes its default.

    One that only an older version knows is left out.
    """
    decoders = dict(_decoders(record))
    return lambda stored: record(
        **{name: decoders[name](value) for name, value in stored.items() if name in decoders}
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
