"""Resources, prompts and completions as an MCP client sees them, in both eras."""

from __future__ import annotations

import json

import pytest
from mcp import Client, MCPError
from mcp.types import (
    INVALID_PARAMS,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
    TextResourceContents,
)
from mcp_toy import CATALOG, ToyBackend, toy_server

from routeros_mcp.domain.errors import DatabaseUnavailable
from routeros_mcp.domain.models import Scope
from routeros_mcp.mcp.catalog import Catalog, ToolSpec
from routeros_mcp.mcp.outcomes import NOT_AVAILABLE
from routeros_mcp.mcp.server import build_server
from routeros_mcp.surface.prompts import PROMPTS
from routeros_mcp.surface.resources import RESOURCES

pytestmark = pytest.mark.parametrize("mode", ["auto", "legacy"])

OVERVIEW = "device://edge-01/overview"


def every_tool() -> Catalog:
    """The toy's tools, and a name for each tool that the surface mentions."""
    wanted = {tool for prompt in PROMPTS for tool in prompt.tools} | {each.tool for each in RESOURCES}
    made = {
        name: ToolSpec(
            toolset="made",
            tier="fundamental",
            scope=Scope.READ,
            effect="read",
            wire={"name": name, "description": name, "inputSchema": {"type": "object"}},
        )
        for name in wanted
    }
    return Catalog({**made, **CATALOG.tools})


async def test_reading_a_resource_is_calling_its_tool_with_the_same_audit(mode: str) -> None:
    backend = ToyBackend()
    async with Client(toy_server(backend), mode=mode) as client:
        (contents,) = (await client.read_resource(OVERVIEW)).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.mime_type == "application/json"
    assert json.loads(contents.text) == {"summary": "done", "done": True}
    assert [entry.tool_name for entry in backend.audit.entries] == ["device_get"]


@pytest.mark.parametrize(
    "uri", ["device://edge-99/overview", "plan://p1", "nothing://at/all", "device://edge-01"]
)
async def test_what_is_not_there_or_out_of_sight_is_not_found(mode: str, uri: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        with pytest.raises(MCPError) as raised:
            await client.read_resource(uri)
    assert raised.value.code == INVALID_PARAMS
    assert raised.value.error.data == {"uri": uri}


async def test_a_resource_beyond_the_callers_scopes_does_not_exist(mode: str) -> None:
    async with Client(toy_server(ToyBackend(scopes=frozenset({Scope.WRITE}))), mode=mode) as client:
        assert (await client.list_resource_templates()).resource_templates == []
        with pytest.raises(MCPError) as raised:
            await client.read_resource(OVERVIEW)
    assert raised.value.code == INVALID_PARAMS


async def test_other_failures_of_a_resource_carry_the_code_and_the_remedy(mode: str) -> None:
    backend = ToyBackend(failure=DatabaseUnavailable("The database is locked.", fix="Stop the other server."))
    async with Client(toy_server(backend), mode=mode) as client:
        with pytest.raises(MCPError) as raised:
            await client.read_resource(OVERVIEW)
    assert raised.value.code == NOT_AVAILABLE
    assert raised.value.message == "[database_unavailable] The database is locked. Stop the other server."
    assert raised.value.error.data == {"code": "database_unavailable", "retryable": True}


async def test_resources_and_prompts_are_listed_when_their_tools_are_offered(mode: str) -> None:
    server = build_server(ToyBackend(), catalog=every_tool())
    async with Client(server, mode=mode) as client:
        fixed = {resource.uri for resource in (await client.list_resources()).resources}
        templates = {
            each.uri_template for each in (await client.list_resource_templates()).resource_templates
        }
        prompts = (await client.list_prompts()).prompts
    assert fixed == {"fleet://overview", "audit://events"}
    assert fixed | templates == {resource.uri_template for resource in RESOURCES}
    assert {prompt.name for prompt in prompts} == {prompt.name for prompt in PROMPTS}
    assert all(prompt.description and prompt.title for prompt in prompts)


async def test_a_prompt_whose_tools_are_not_offered_is_hidden(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        assert (await client.list_prompts()).prompts == []
        with pytest.raises(MCPError) as raised:
            await client.get_prompt("security_audit", {})
    assert raised.value.code == INVALID_PARAMS


async def test_a_prompt_is_filled_in_with_its_arguments_and_defaults(mode: str) -> None:
    async with Client(build_server(ToyBackend(), catalog=every_tool()), mode=mode) as client:
        given = {"devices": "tag:site=ams", "dns_servers": "192.0.2.53"}
        result = await client.get_prompt("dns_ntp_rollout", given)
    (message,) = result.messages
    assert isinstance(message.content, TextContent)
    assert "tag:site=ams. DNS servers: 192.0.2.53. NTP servers: leave as they are." in message.content.text
    assert "`routeros-mcp plan approve PLAN`" in message.content.text


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("no_such_prompt", {}, "Unknown prompt"),
        ("troubleshoot_device", {}, "needs the argument 'device'"),
        ("troubleshoot_device", {"device": " "}, "needs the argument 'device'"),
        ("troubleshoot_device", {"device": "edge-01", "sympton": "slow"}, "no argument 'sympton'"),
        ("troubleshoot_device", {"device": "x" * 501}, "longer than 500"),
    ],
)
async def test_a_wrong_prompt_or_argument_is_a_protocol_error(
    mode: str, name: str, arguments: dict[str, str], problem: str
) -> None:
    async with Client(build_server(ToyBackend(), catalog=every_tool()), mode=mode) as client:
        with pytest.raises(MCPError, match=problem) as raised:
            await client.get_prompt(name, arguments)
    assert raised.value.code == INVALID_PARAMS


async def test_device_names_and_ids_are_completed_from_what_the_caller_sees(mode: str) -> None:
    template = ResourceTemplateReference(type="ref/resource", uri="device://{device}/overview")
    prompt = PromptReference(type="ref/prompt", name="troubleshoot_device")
    async with Client(toy_server(), mode=mode) as client:
        by_name = await client.complete(template, {"name": "device", "value": "EDGE"})
        by_id = await client.complete(prompt, {"name": "device", "value": "id-3"})
        other = await client.complete(prompt, {"name": "symptom", "value": "slow"})
        hidden = await client.complete(prompt, {"name": "plan_id", "value": ""})
    assert by_name.completion.values == ["edge-01", "edge-02"]
    assert by_id.completion.values == ["id-3"]
    assert other.completion.values == hidden.completion.values == []


async def test_completion_is_silent_when_the_server_cannot_open(mode: str) -> None:
    backend = ToyBackend(failure=DatabaseUnavailable("The database is locked."))
    template = ResourceTemplateReference(type="ref/resource", uri="device://{device}/overview")
    async with Client(toy_server(backend), mode=mode) as client:
        answer = await client.complete(template, {"name": "device", "value": ""})
    assert answer.completion.values == []
