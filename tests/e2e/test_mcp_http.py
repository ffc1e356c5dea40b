"""The server over Streamable HTTP: who may connect, and how it starts and stops."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_toy import ToyBackend, toy_server

from routeros_mcp.domain.errors import SetupError
from routeros_mcp.mcp.http import http_app, serve_http

URL = "http://127.0.0.1:8000/mcp"
ANY = str(ipaddress.IPv4Address(0))
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@asynccontextmanager
async def web(
    backend: ToyBackend | None = None, **allowed: tuple[str, ...]
) -> AsyncIterator[httpx2.AsyncClient]:
    server = toy_server(backend)
    app = http_app(server, **allowed)
    async with (
        server.session_manager.run(),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


async def post(client: httpx2.AsyncClient, **headers: str) -> int:
    accepts = {"accept": "application/json, text/event-stream"}
    return (await client.post("/mcp", json=PING, headers={**accepts, **headers})).status_code


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_lists_and_calls_in_both_eras(mode: str) -> None:
    async with (
        asyncio.timeout(20),
        web() as http,
        Client(streamable_http_client(URL, http_client=http), mode=mode) as client,
    ):
        assert "device_list" in {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("device_list", {})
        assert result.structured_content is not None
        assert result.structured_content["summary"] == "3 devices"


async def test_a_foreign_host_is_misdirected_and_a_foreign_origin_forbidden() -> None:
    async with web() as http:
        assert await post(http, host="evil.example:8000") == 421
        assert await post(http, origin="https://evil.example") == 403
        assert await post(http, origin="http://localhost:8000") not in {403, 421}


async def test_a_reverse_proxys_host_and_origin_can_be_allowed() -> None:
    allowed = {"allowed_hosts": ("mcp.example.net",), "allowed_origins": ("https://console.example.net",)}
    async with web(**allowed) as http:
        assert await post(http, host="mcp.example.net") not in {403, 421}
        assert await post(http, host="mcp.example.net:8443") not in {403, 421}
        assert await post(http, origin="https://console.example.net") not in {403, 421}
        assert await post(http, host="mcp.example.net.evil.example") == 421


async def test_liveness_needs_no_session() -> None:
    async with web() as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("host", [ANY, "::", "192.0.2.1", "mcp.example.net"])
async def test_only_loopback_addresses_are_listened_on(host: str) -> None:
    with pytest.raises(SetupError, match="not a loopback address") as raised:
        await serve_http(toy_server(), host=host, port=0)
    assert "SSH tunnel" in raised.value.fix


async def test_a_taken_port_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"Cannot listen on 127.0.0.1 port {port}"):
            await serve_http(toy_server(), port=port)


async def test_a_free_port_is_reported_and_a_signal_stops_the_server_with_streams_open() -> None:
    ready: asyncio.Queue[str] = asyncio.Queue()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        serving = group.create_task(serve_http(toy_server(), port=0, on_ready=ready.put_nowait))
        url = await ready.get()
        async with Client(url) as client, client.listen(tools_list_changed=True) as changes:
            assert "device_list" in {tool.name for tool in (await client.list_tools()).tools}
            os.kill(os.getpid(), signal.SIGTERM)
            assert [event async for event in changes] == []
        await serving


async def test_a_client_that_hangs_up_cancels_its_call() -> None:
    backend = ToyBackend()
    ready: asyncio.Queue[str] = asyncio.Queue()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(serve_http(toy_server(backend), port=0, on_ready=ready.put_nowait))
        async with Client(await ready.get()) as client, asyncio.TaskGroup() as calls:
            waiting = calls.create_task(client.call_tool("wait_for_ever", {}))
            await backend.latch.started.wait()
            waiting.cancel()
        await backend.latch.ended.wait()
        os.kill(os.getpid(), signal.SIGTERM)
