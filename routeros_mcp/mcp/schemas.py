"""Turns pydantic's JSON Schemas into the short form that goes on the wire."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

_REF = "#/$defs/"
_SMALL = 160
_ONE = ("items", "additionalProperties", "not", "contains", "propertyNames")
_MANY = ("anyOf", "allOf", "oneOf", "prefixItems")
_NAMED = ("properties", "$defs", "patternProperties")
_NULL = {"type": "null"}


def input_schema(model: type[BaseModel]) -> Schema:
    """What a tool accepts: an object that admits no further properties."""
    return _short(model.model_json_schema(), noise=frozenset({"title", "discriminator"}))


def output_schema(model: type[BaseModel]) -> Schema:
    """What a tool answers: the result's fields behind `summary`; a field that may be null may be absent.

    Descriptions are left out: they are for the reader of arguments, and outputs are half of the list's size.
    """
    noise = frozenset({"title", "discriminator", "default", "description"})
    short = _short(_optional_when_nullable(model.model_json_schema(mode="validation")), noise=noise)
    return {
        **short,
        "type": "object",
        "properties": {"summary": {"type": "string"}, **short.get("properties", {})},
        "required": ["summary", *short.get("required", ())],
    }


def _short(schema: Schema, *, noise: frozenset[str]) -> Schema:
    short: Schema = _slim(_flat(schema), noise)
    return short


def _flat(schema: Schema) -> Schema:
    """Put definitions where they are used, if they are used once or are short; leaves first."""
    defs: dict[str, Schema] = dict(schema.get("$defs", {}))
    body: Schema = {keyword: value for keyword, value in schema.items() if keyword != "$defs"}
    while (
        name := next((name for name in defs if _is_inlined(name, [body, defs], defs[name])), None)
    ) is not None:
        definition = defs.pop(name)
        body = _inlined(body, name, definition)
        defs = {other: _inlined(each, name, definition) for other, each in defs.items()}
    return {**body, "$defs": defs} if defs else body


def _is_inlined(name: str, whole: object, definition: Schema) -> bool:
    text = json.dumps(definition)
    if _REF in text:
        return False
    return len(text) <= _SMALL or json.dumps(whole).count(f'"{_REF}{name}"') == 1


def _inlined(node: Any, name: str, definition: Schema) -> Any:
    if isinstance(node, list):
        return [_inlined(item, name, definition) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {keyword: _inlined(value, name, definition) for keyword, value in node.items()}
    if rest.get("$ref") != f"{_REF}{name}":
        return rest
    del rest["$ref"]
    return {**definition, **rest}


def _slim(schema: Any, noise: frozenset[str]) -> Any:
    """Drop the noise and the null alternatives; names of properties are never taken for keywords."""
    if not isinstance(schema, dict):
        return schema
    kept: Schema = {}
    for keyword, value in schema.items():
        if keyword in _NAMED:
            kept[keyword] = {name: _slim(each, noise) for name, each in value.items()}
        elif keyword in _MANY:
            kept[keyword] = [_slim(each, noise) for each in value]
        elif keyword in _ONE:
            kept[keyword] = _slim(value, noise)
        elif keyword not in noise:
            kept[keyword] = value
    return _without_null(kept)


def _without_null(schema: Schema) -> Schema:
    """Optional means absent: `T | None = None` reads as an optional `T`."""
    if _NULL not in schema.get("anyOf", ()):
        return schema
    options = [option for option in schema["anyOf"] if option != _NULL]
    rest = {keyword: value for keyword, value in schema.items() if keyword != "anyOf"}
    if rest.get("default", ...) is None:
        del rest["default"]
    return {**options[0], **rest} if len(options) == 1 else {**rest, "anyOf": options}


def _optional_when_nullable(node: Any) -> Any:
    if isinstance(node, list):
        return [_optional_when_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {keyword: _optional_when_nullable(value) for keyword, value in node.items()}
    if isinstance(changed.get("required"), list) and isinstance(changed.get("properties"), dict):
        properties = changed["properties"]
        required = [name for name in changed["required"] if not _nullable(properties[name])]
        changed = {**changed, "required": required}
    return changed


def _nullable(schema: Schema) -> bool:
    return _NULL in schema.get("anyOf", ()) or schema == _NULL
