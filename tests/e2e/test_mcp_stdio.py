"""The server as a child process on standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

SERVER = str(Path(__file__).with_name("mcp_cold_start.py"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


class Child:
    """A server that is spoken to line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        return await self.exchange({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})

    async def exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer

    async def said(self, start: str) -> str:
        """Wait for a line on standard error."""
        assert self.process.stderr is not None
        while line := (await self.process.stderr.readline()).decode():
            if line.startswith(start):
                return line
        raise AssertionError(f"standard error ended without {start!r}")


@asynccontextmanager
async def running() -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        SERVER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**20,
        env=ENVIRONMENT,
    )
    child = Child(process)
    async with asyncio.timeout(30):
        await child.exchange(INITIALIZE)
        try:
            yield child
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def test_nothing_slow_is_imported_before_the_first_list_is_answered() -> None:
    async with running() as child:
        await child.ask("tools/list", {})
        modules = json.loads((await child.said("MODULES ")).removeprefix("MODULES "))
    slow = {"sqlalchemy", "aiosqlite", "httpx", "h11", "asyncssh", "alembic", "rich", "structlog", "argon2"}
    ours = {
        "routeros_mcp.tools",
        "routeros_mcp.infra",
        "routeros_mcp.toolkit",
        "routeros_mcp.domain.services",
    }
    assert slow.isdisjoint(name.partition(".")[0] for name in modules)
    assert ours.isdisjoint(modules)


async def test_stray_output_of_the_server_and_its_children_stays_off_the_wire() -> None:
    async with running() as child:
        name = (await child.ask("tools/list", {}))["result"]["tools"][0]["name"]
        answer = await child.ask("tools/call", {"name": name, "arguments": {}})
        assert answer["result"]["content"][0]["text"] == "[schema_behind] The database is older. Upgrade it."
        await child.said("a stray print")
        await child.said("a stray child")


async def test_a_line_that_is_no_message_does_not_end_the_connection() -> None:
    async with running() as child:
        assert child.process.stdin is not None
        child.process.stdin.write(b"not json\n\xff\xfe\n[]\n")
        assert "tools" in (await child.ask("tools/list", {}))["result"]


async def test_the_end_of_input_ends_the_server() -> None:
    async with running() as child:
        assert child.process.stdin is not None
        child.process.stdin.close()
        await child.said("ENDED")
        assert await child.process.wait() == 0


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_server_in_order(stop: signal.Signals) -> None:
    async with running() as child:
        await child.ask("ping", {})
        child.process.send_signal(stop)
        await child.said("ENDED")
        assert await child.process.wait() == 0


async def test_output_to_a_file_is_served_without_the_event_loops_pipes(tmp_path: Path) -> None:
    written = tmp_path / "out.jsonl"
    with written.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, SERVER),
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT,
            limit=2**20,
        )
    assert process.stdin is not None
    for message in (INITIALIZE, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}):
        process.stdin.write(json.dumps(message).encode() + b"\n")
    async with asyncio.timeout(30):
        await Child(process).said("MODULES ")
        process.stdin.close()
        assert await process.wait() == 0
    answers = [json.loads(line) for line in written.read_text().splitlines()]
    assert [answer["id"] for answer in answers] == [0, 1]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_sdks_client_lists_and_calls_in_both_eras(mode: str) -> None:
    server = StdioServerParameters(command=sys.executable, args=[SERVER], env=ENVIRONMENT)
    async with asyncio.timeout(30), Client(server, mode=mode) as client:
        tools = (await client.list_tools()).tools
        result = await client.call_tool(tools[0].name, {})
    assert result.is_error
