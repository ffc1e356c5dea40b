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
_NOISE = frozenset({"title", "discriminator"})
_NULL = {"type": "null"}


def input_schema(model: type[BaseModel]) -> Schema:
    """What a tool accepts: an object that admits no further properties; the tool's own words describe it."""
    schema: Schema = _slim(_flat(model.model_json_schema()))
    schema.pop("description", None)
    return schema


def output_schema(model: type[BaseModel]) -> Schema:
    """What a tool answers: the types of the result's fields that have no default, behind `summary`.

    Only an outline: in full, outputs would be half of the list of tools, and whoever reads an answer sees its
    rows anyway. Fields that hold nothing are left out of answers, so none but `summary` is required.
    """
    schema = model.model_json_schema(mode="validation")
    defs: dict[str, Schema] = schema.get("$defs", {})
    held = schema.get("properties", {})
    fields = {name: _outline(held[name], defs) for name in held if name in schema.get("required", ())}
    return {
        "type": "object",
        "properties": {"summary": {"type": "string"}, **fields},
        "required": ["summary"],
    }


def _outline(schema: Schema, defs: dict[str, Schema]) -> Schema:
    types = sorted(_types(schema, defs) - {"null"})
    match types:
        case []:
            return {}
        case [single]:
            return {"type": single}
        case several:
            return {"type": several}


def _types(schema: Schema, defs: dict[str, Schema]) -> set[str]:
    if "$ref" in schema:
        return _types(defs[schema["$ref"].removeprefix(_REF)], defs)
    if "anyOf" in schema:
        return {kind for option in schema["anyOf"] for kind in _types(option, defs)}
    return {schema["type"]} if "type" in schema else set()


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


def _slim(schema: Any) -> Any:
    """Drop what only adds length; names of properties are never taken for keywords."""
    if not isinstance(schema, dict):
        return schema
    kept: Schema = {}
    for keyword, value in schema.items():
        if keyword in _NAMED:
            kept[keyword] = {name: _slim(_present(each)) for name, each in value.items()}
        elif keyword in _MANY:
            kept[keyword] = [_slim(each) for each in value]
        elif keyword in _ONE:
            kept[keyword] = _slim(value)
        elif keyword not in _NOISE:
            kept[keyword] = value
    return kept


def _present(schema: Schema) -> Schema:
    """What a property holds when it is there: `T | None = None` reads as an optional `T`."""
    options = schema.get("anyOf", ())
    if schema.get("default", ...) is not None or _NULL not in options:
        return schema
    rest = {keyword: value for keyword, value in schema.items() if keyword not in {"anyOf", "default"}}
    left = [option for option in options if option != _NULL]
    return {**left[0], **rest} if len(left) == 1 else {**rest, "anyOf": left}
