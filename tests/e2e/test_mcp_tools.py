"""Tools as an MCP client sees them, in both eras of the protocol."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, TextContent, Tool
from mcp_toy import CATALOG, EVERYTHING, ToyBackend, toy_server

from routeros_mcp.domain.errors import SchemaBehind, SetupError
from routeros_mcp.domain.models import Scope
from routeros_mcp.mcp.lists import ListMemory

pytestmark = pytest.mark.parametrize("mode", ["auto", "legacy"])


def text_of(result: Any) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def names(client: Client) -> list[str]:
    return [tool.name for tool in (await client.list_tools()).tools]


async def test_the_list_holds_what_the_catalog_says_and_nothing_of_terminal_only_sets(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        assert await names(client) == list(CATALOG.tools)
        assert "credential_set" not in CATALOG.tools


async def test_the_remembered_list_equals_the_one_that_the_sdk_makes_each_time(mode: str) -> None:
    plain = toy_server()
    plain.middleware[:] = [each for each in plain.middleware if not isinstance(each, ListMemory)]
    async with Client(plain, mode=mode) as client:
        made = await client.list_tools()
    async with Client(toy_server(), mode=mode) as client:
        first, second = await client.list_tools(), await client.list_tools()
    assert first == second == made
    assert made.tools == [Tool.model_validate(tool.wire) for tool in CATALOG.tools.values()]


async def test_a_result_is_the_same_in_text_and_structure_with_the_summary_first(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        result = await client.call_tool("device_list", {"limit": 3})
    assert not result.is_error
    assert result.structured_content == json.loads(text_of(result))
    assert next(iter(result.structured_content)) == "summary"
    assert text_of(result).startswith('{"summary":"3 devices","devices":[{"id":"id-1",')
    assert "København" in text_of(result)
    assert result.meta is not None
    assert result.meta["routeros-mcp/request_id"] == "request-1"


async def test_a_domain_error_names_its_code_and_its_remedy_and_has_no_structure(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        result = await client.call_tool("device_get", {"device": "broken"})
    assert result.is_error
    assert result.structured_content is None
    assert text_of(result) == "[conflict] The device is being changed. Wait for the job."
    assert result.meta is not None
    assert result.meta["routeros-mcp/error"] == {
        "code": "conflict",
        "retryable": False,
        "request_id": "request-1",
        "data": {"job_id": "j1"},
    }


async def test_a_bug_keeps_its_details_to_itself(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        result = await client.call_tool("device_get", {"device": "bug"})
    assert text_of(result).startswith("[internal] ")
    assert "hunter2" not in result.model_dump_json()


async def test_an_unknown_argument_is_refused_and_the_right_one_suggested(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        result = await client.call_tool("device_list", {"limitt": 3})
    assert text_of(result).startswith(
        "[invalid_params] device_list has no argument 'limitt' (did you mean limit?)"
    )


async def test_an_unknown_tool_is_a_protocol_error(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        for name in ("no_such_tool", "credential_set"):
            with pytest.raises(MCPError) as raised:
                await client.call_tool(name, {})
            assert raised.value.code == INVALID_PARAMS


async def test_tools_beyond_the_callers_scopes_are_hidden_and_do_not_exist(mode: str) -> None:
    backend = ToyBackend(scopes=frozenset({Scope.READ}))
    async with Client(toy_server(backend), mode=mode) as client:
        assert "plan_apply" not in await names(client)
        with pytest.raises(MCPError) as raised:
            await client.call_tool("plan_apply", {"plan_id": "p1"})
    assert raised.value.code == INVALID_PARAMS


async def test_the_list_follows_the_scopes_of_each_caller(mode: str) -> None:
    backend = ToyBackend(scopes=frozenset({Scope.READ}))
    async with Client(toy_server(backend), mode=mode) as client:
        assert "plan_apply" not in await names(client)
        backend.scopes = EVERYTHING
        client_sees = (await client.session.list_tools()).tools
    assert "plan_apply" in {tool.name for tool in client_sees}


async def test_read_only_beats_the_choice_of_toolsets(mode: str) -> None:
    server = toy_server(read_only=True, toolsets=frozenset({"changes", "reads"}))
    async with Client(server, mode=mode) as client:
        assert "plan_apply" not in await names(client)
        with pytest.raises(MCPError):
            await client.call_tool("plan_apply", {"plan_id": "p1"})


async def test_only_the_chosen_toolsets_are_offered(mode: str) -> None:
    async with Client(toy_server(toolsets=frozenset({"changes"})), mode=mode) as client:
        assert await names(client) == ["plan_apply"]
    with pytest.raises(SetupError, match="no toolset 'chnges'"):
        toy_server(toolsets=frozenset({"chnges"}))


async def test_a_server_that_cannot_open_lists_its_tools_and_says_why_at_each_call(mode: str) -> None:
    failure = SchemaBehind("The database is older.", fix="Run: alembic upgrade head")
    async with Client(toy_server(ToyBackend(failure=failure)), mode=mode) as client:
        assert "device_list" in await names(client)
        result = await client.call_tool("device_list", {})
    assert result.is_error
    assert text_of(result) == "[schema_behind] The database is older. Run: alembic upgrade head"
    assert result.meta is not None
    assert result.meta["routeros-mcp/error"] == {"code": "schema_behind", "retryable": False}


async def test_a_start_that_fails_in_an_unforeseen_way_keeps_the_details_to_itself(mode: str) -> None:
    backend = ToyBackend(failure=OSError("postgresql://fleet:hunter2@db"))
    async with Client(toy_server(backend), mode=mode) as client:
        result = await client.call_tool("device_list", {})
        with pytest.raises(MCPError) as raised:
            await client.read_resource("device://edge-01/overview")
    assert result.is_error
    assert text_of(result) == "[internal] The server hit a bug; it was logged."
    assert raised.value.message == text_of(result)


async def test_progress_only_grows(mode: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(done: float, total: float | None, message: str | None) -> None:
        seen.append((done, total, message))

    async with Client(toy_server(), mode=mode) as client:
        await client.call_tool("count_up", {}, progress_callback=note)
        result = await client.call_tool("count_up", {})
    assert seen == [(1, 3, "1 of 3"), (2, 3, "2 of 3"), (3, 3, "3 of 3")]
    assert not result.is_error


async def test_a_client_that_cancels_its_request_cancels_the_call(mode: str) -> None:
    backend = ToyBackend()
    async with asyncio.timeout(10), Client(toy_server(backend), mode=mode) as client:
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(client.call_tool("wait_for_ever", {}))
            await backend.latch.started.wait()
            waiting.cancel()
        await backend.latch.ended.wait()


async def test_every_list_is_one_page_and_cursors_are_refused(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        for ask in (client.list_tools, client.list_prompts, client.list_resources):
            assert (await ask()).next_cursor is None
            with pytest.raises(MCPError) as raised:
                await ask(cursor="made-up")
            assert raised.value.code == INVALID_PARAMS


async def test_the_backend_is_warmed_once_after_the_first_list(mode: str) -> None:
    backend = ToyBackend()
    async with asyncio.timeout(10), Client(toy_server(backend), mode=mode) as client:
        await client.list_tools()
        await backend.warm_called.wait()
        backend.warm_called.clear()
        await client.session.list_tools()
        await client.call_tool("device_list", {})
    assert backend.warmed == 1


async def test_calls_are_audited_by_the_pipeline(mode: str) -> None:
    backend = ToyBackend()
    async with Client(toy_server(backend), mode=mode) as client:
        await client.call_tool("plan_apply", {"plan_id": "p1"})
    assert [(entry.tool_name, entry.result) for entry in backend.audit.entries] == [
        ("plan_apply", "ATTEMPT"),
        ("plan_apply", "SUCCESS"),
    ]


async def test_instructions_say_that_a_person_approves(mode: str) -> None:
    async with Client(toy_server(), mode=mode) as client:
        assert client.instructions is not None
        assert "routeros-mcp plan approve" in client.instructions
        assert client.server_info.name == "routeros-mcp"
