"""An MCP client that looks at the network from an emulated router: what it is offered, what it sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_world import server
from world import World, world

from routeros_mcp.emulator import branch_fleet

DIAGNOSTICS = {"ping", "traceroute", "bandwidth_test"}


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world(specs=[replace(spec, pace=0.0) for spec in branch_fleet(1)]) as place:
        yield place


async def test_diagnostics_wait_to_be_asked_for(w: World) -> None:
    async with Client(server(w)) as client:
        assert not DIAGNOSTICS & {tool.name for tool in (await client.list_tools()).tools}
        with pytest.raises(MCPError):
            await client.call_tool("ping", {"device": w.names[0], "address": "192.0.2.1"})
    async with Client(server(w, "default", "diagnose")) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert DIAGNOSTICS | {"device_list", "log_search", "interface_rates"} <= names


async def test_a_client_sees_a_ping_go_on(w: World) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(done: float, total: float | None, message: str | None) -> None:
        seen.append((done, total, message))

    async with asyncio.timeout(30), Client(server(w, "diagnose")) as client:
        asked = {"device": w.names[0], "address": "192.0.2.1", "count": 20}
        answer = await client.call_tool("ping", asked, progress_callback=note)
    assert [(done, total) for done, total, _ in seen] == [(5, 20), (10, 20), (15, 20), (20, 20)]
    assert seen[0][2] == "5 of 5 answered"
    assert answer.structured_content is not None
    assert answer.structured_content["received"] == 20


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("log_search", {"devices": ["all"]}),
        ("interface_rates", {"devices": ["all"]}),
        ("traceroute", {"address": "192.0.2.77"}),
        ("bandwidth_test", {"address": "192.0.2.9"}),
    ],
)
async def test_each_of_them_answers_through_the_protocol(
    w: World, tool: str, arguments: dict[str, Any]
) -> None:
    device = {} if "devices" in arguments else {"device": w.names[0]}
    async with asyncio.timeout(30), Client(server(w, "all")) as client:
        answer = await client.call_tool(tool, {**device, **arguments})
    assert not answer.is_error
    assert answer.structured_content is not None
    assert answer.structured_content["untrusted"] is True
