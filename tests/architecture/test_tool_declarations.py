"""What every declared tool owes to the models that read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from source_tree import ROOT

from routeros_mcp.toolkit.spec import AnyTool
from routeros_mcp.tools import TOOLSETS

MOST_DESCRIPTION_CHARACTERS = 200
COMMANDS = {"ping", "traceroute"}  # named after what everybody calls them
SAYS_ITSELF = {"cursor", "limit", "name", "reason"}
TOOLS = [pytest.param(tool, id=tool.name) for toolset in TOOLSETS for tool in toolset.tools]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_described_in_one_breath(tool: AnyTool) -> None:
    assert len(tool.description) <= MOST_DESCRIPTION_CHARACTERS
    assert tool.description.endswith(".")
    assert "_" in tool.name or tool.name in COMMANDS, "Tools are named noun_verb."


@pytest.mark.parametrize("tool", TOOLS)
def test_each_parameter_says_what_it_takes(tool: AnyTool) -> None:
    schema = tool.params.model_json_schema()
    silent = [name for part in (schema, *schema.get("$defs", {}).values()) for name in undescribed(part)]
    assert silent == [], "Put a docstring below the field, unless its name or its choices say all."


@pytest.mark.parametrize("tool", TOOLS)
def test_each_parameter_has_bounds(tool: AnyTool) -> None:
    schema = tool.params.model_json_schema()
    open_ended = [name for name, each in schema.get("properties", {}).items() if not is_bounded(each)]
    assert open_ended == [], "Give numbers a range, texts a length, lists a size."


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_has_its_place_in_the_reference(tool: AnyTool) -> None:
    assert f"### {tool.name}\n" in (ROOT / "docs/reference/tools.md").read_text("utf-8")


def undescribed(schema: Mapping[str, Any]) -> Iterator[str]:
    for name, each in schema.get("properties", {}).items():
        told = "description" in each or name in SAYS_ITSELF or name.endswith("_id")
        if not told and not all(has_choices(option) for option in options(each)):
            yield name


def has_choices(schema: Mapping[str, Any]) -> bool:
    """Tell a value whose type says what it can be."""
    return bool({"enum", "const", "$ref"} & schema.keys())


def is_bounded(schema: Mapping[str, Any]) -> bool:
    return all(any(key in option for key in limits(option)) for option in options(schema))


def limits(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The keywords of which one must be there for the type of the value."""
    choices = ("enum", "const", "$ref")
    match schema.get("type"):
        case "string":
            return ("maxLength", "format", "pattern", *choices)
        case "integer" | "number":
            return ("maximum", "exclusiveMaximum", *choices)
        case "array":
            return ("maxItems",)
        case "object":
            return ("maxProperties",)
        case _:
            return tuple(schema)


def options(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The alternatives of a value, but for null."""
    return [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
