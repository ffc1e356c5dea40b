"""toolspec.json and the schemas in it."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, Field

from routeros_mcp.domain.models import Effect, Scope, Tier
from routeros_mcp.mcp import toolspec
from routeros_mcp.mcp.catalog import ALL, DEFAULT, Catalog
from routeros_mcp.mcp.completion import SOURCES
from routeros_mcp.mcp.schemas import input_schema, output_schema
from routeros_mcp.surface.instructions import INSTRUCTIONS
from routeros_mcp.surface.prompts import PROMPTS
from routeros_mcp.surface.resources import RESOURCES
from routeros_mcp.toolkit.spec import Call, DeviceParams, Params, Result, Toolset, Traits

MOST_TOOLS = 30
MOST_TOKENS = 8_000
CHARACTERS_PER_TOKEN = 4


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Leaf(BaseModel):
    title: str
    colour: Colour | None


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Wanted(Params):
    limit: int = Field(default=10, ge=1, le=100)
    """How many."""
    colour: Colour | None = None
    """Only this colour."""
    either: int | str | None = None


class Found(Result):
    leaves: list[Leaf]
    """The leaves."""
    cursor: str | None
    either: int | str | None
    anything: Any
    kind: Literal["a", "b"] = "a"
    colour: Colour | None = None


class Unsetting(Params):
    values: dict[str, str | None]


class Forest(Result):
    first: Tree


class Nested(Params):
    tree: Tree


def test_an_input_schema_is_closed_short_and_says_what_is_optional_by_leaving_it_out() -> None:
    assert input_schema(Wanted) == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": 100,
                "default": 10,
                "description": "How many.",
            },
            "colour": {"type": "string", "enum": ["red", "green"], "description": "Only this colour."},
            "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        },
    }


def test_a_value_that_may_be_null_inside_a_mapping_stays_so() -> None:
    values = input_schema(Unsetting)["properties"]["values"]
    assert values["additionalProperties"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_an_output_schema_outlines_the_fields_without_defaults_behind_the_summary() -> None:
    assert output_schema(Found) == {
        "type": "object",
        "properties": {
            "summary": {"type": "string"},
            "leaves": {"type": "array"},
            "cursor": {"type": "string"},
            "either": {"type": ["integer", "string"]},
            "anything": {},
        },
        "required": ["summary"],
    }


def test_what_a_result_sends_fits_its_output_schema() -> None:
    found = Found(leaves=[Leaf(title="x", colour=None)], cursor=None, either=None, anything=None)
    jsonschema.validate(found.payload(), output_schema(Found))


def test_a_recursive_parameter_keeps_its_definition() -> None:
    schema = input_schema(Nested)
    assert schema["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    jsonschema.validate({"tree": {"name": "a", "children": [{"name": "b"}]}}, schema)
    jsonschema.validate(Forest(first=Tree(name="a")).payload(), output_schema(Forest))


@pytest.mark.parametrize(
    ("effect", "hints"),
    [(Effect.READ, (True, False)), (Effect.RECORD, (False, False)), (Effect.CHANGE, (False, True))],
)
def test_hints_follow_from_the_declaration(effect: Effect, hints: tuple[bool, bool]) -> None:
    toolset = Toolset("toy", "Toy.")
    traits = Traits(tier=Tier.FUNDAMENTAL, scope=Scope.READ, effect=effect, idempotent=False)

    @toolset.tool("Toy", traits)
    async def toy_tool(call: Call, params: DeviceParams) -> Result:
        """Toy."""
        return Result()

    annotations = Catalog.parse(toolspec.generate([toolset])).tools["toy_tool"].wire["annotations"]
    assert (annotations["readOnlyHint"], annotations["destructiveHint"]) == hints
    assert annotations["idempotentHint"] is False
    assert annotations["openWorldHint"] is True


def test_the_file_is_what_would_be_generated() -> None:
    assert toolspec.main(["--check"]) == 0, "run: python -m routeros_mcp.mcp.toolspec"


def test_the_default_list_fits_the_budget() -> None:
    offered = Catalog.shipped().offering({DEFAULT}, read_only=False)
    tools = [dict(tool.wire) for tool in offered.tools.values()]
    size = len(json.dumps({"tools": tools}, separators=(",", ":"), ensure_ascii=False))
    assert len(tools) <= MOST_TOOLS
    assert size / CHARACTERS_PER_TOKEN <= MOST_TOKENS


def test_diagnostics_are_offered_on_request_only() -> None:
    def offered(*toolsets: str) -> set[str]:
        return {
            tool.toolset for tool in Catalog.shipped().offering(set(toolsets), read_only=False).tools.values()
        }

    assert "diagnose" not in offered(DEFAULT)
    assert offered(DEFAULT, "diagnose") == offered(ALL) == offered(DEFAULT) | {"diagnose"}
    assert offered("diagnose") == {"diagnose"}


def test_every_tool_has_a_plain_name_and_says_what_it_is_for() -> None:
    for name, tool in Catalog.shipped().tools.items():
        assert re.fullmatch(r"[a-z][a-z_]{2,63}", name)
        assert tool.wire["title"]
        assert tool.wire["description"]


def test_prompts_resources_and_instructions_name_tools_that_exist() -> None:
    known = set(Catalog.shipped().tools)
    for prompt in PROMPTS:
        assert prompt.tools
        assert prompt.tools <= known, prompt.name
    assert {resource.tool for resource in RESOURCES} <= known
    assert set(re.findall(r"\b[a-z]+_[a-z_]+\b", INSTRUCTIONS)) <= known


def test_completions_ask_list_tools_for_what_they_answer() -> None:
    tools = Catalog.shipped().tools
    for source in SOURCES.values():
        wire = tools[source.tool].wire
        assert source.rows in wire["outputSchema"]["properties"]
        jsonschema.validate(source.arguments, wire["inputSchema"])


def test_resources_give_their_tools_arguments_that_they_take() -> None:
    tools = Catalog.shipped().tools
    for resource in RESOURCES:
        schema = tools[resource.tool].wire["inputSchema"]
        given = resource.call_arguments(dict.fromkeys(resource.arguments.values(), "x"))
        assert set(given) <= set(schema["properties"]), resource.name
        assert set(schema.get("required", ())) <= set(given), resource.name
