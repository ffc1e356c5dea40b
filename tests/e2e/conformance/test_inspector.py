"""The MCP Inspector, an independent client, lists and calls over stdio in both eras."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from mcp_peers import FIXTURES, node
from mcp_toy import CATALOG

pytestmark = [pytest.mark.external, pytest.mark.parametrize("era", ["legacy", "modern"])]

INSPECTOR = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
TOY = [sys.executable, str(Path(__file__).with_name("mcp_toy_stdio.py"))]
SURFACE = [sys.executable, "-m", FIXTURES, "--no-fixtures", "--stdio"]
DEADLINE_S = 120
TOOL_ERROR = 5


async def inspect(era: str, server: list[str], *arguments: str) -> tuple[int, str]:
    async with asyncio.timeout(DEADLINE_S):
        return await node(
            INSPECTOR,
            *("--cli", "--protocol-era", era, "-q", "--format", "json", *arguments, *server),
        )


def lab(directory: Path) -> list[str]:
    """What the README tells a client to start."""
    return [sys.executable, "-m", "routeros_mcp", "--data-dir", str(directory / "lab"), "lab", "--stdio"]


async def test_it_lists_the_whole_surface_without_portability_errors(era: str) -> None:
    code, output = await inspect(era, SURFACE, "--strict", "--method", "tools/list")
    assert code == 0, output


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("device_list", {}),
        ("fleet_overview", {}),
        ("routeros_read", {"devices": ["all"], "path": "/ip/address", "limit": 3}),
        ("health_check", {"devices": ["all"]}),
        ("snapshot_capture", {"devices": ["all"]}),
        (
            "plan_create",
            {"devices": ["all"], "recipe": "dns_ntp_rollout", "arguments": {"dns_servers": ["192.0.2.53"]}},
        ),
        ("audit_search", {"limit": 5}),
    ],
)
async def test_it_calls_the_lab_and_accepts_the_result(
    era: str, tool: str, arguments: dict[str, object], tmp_path: Path
) -> None:
    call = ["--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments)]
    code, output = await inspect(era, lab(tmp_path), *call)
    assert code == 0, output
    assert json.loads(output)["result"]["structuredContent"]["summary"]


async def test_it_calls_a_tool_and_accepts_the_result(era: str) -> None:
    call = ["--method", "tools/call", "--tool-name", "device_list", "--tool-args-json", '{"limit": 2}']
    code, output = await inspect(era, TOY, *call)
    assert code == 0, output
    assert json.loads(output)["result"]["structuredContent"]["summary"] == "2 devices"


async def test_it_accepts_a_tool_error(era: str) -> None:
    call = ["--method", "tools/call", "--tool-name", "device_get", "--tool-args-json", '{"device": "broken"}']
    code, output = await inspect(era, TOY, *call)
    assert code == TOOL_ERROR, output
    assert "[conflict] The device is being changed. Wait for the job." in output


async def test_it_sees_the_tools_in_their_order(era: str) -> None:
    code, output = await inspect(era, TOY, "--method", "tools/list")
    assert code == 0, output
    assert [tool["name"] for tool in json.loads(output)["result"]["tools"]] == list(CATALOG.tools)
