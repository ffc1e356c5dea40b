"""The main job as a newcomer meets it: the lab, a real MCP client, and a person who approves."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_person import person_running
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

RESOLVERS = "192.0.2.53,192.0.2.54"


class Assistant:
    """Calls tools and reads their answers, as an assistant does."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self._client.call_tool(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        assert not result.is_error, content.text
        assert json.loads(content.text) == result.structured_content
        return result.structured_content

    async def refused(self, tool: str, **arguments: Any) -> str:
        result = await self._client.call_tool(tool, arguments)
        (content,) = result.content
        assert result.is_error
        assert isinstance(content, TextContent)
        return content.text

    async def resolvers(self) -> dict[str, str]:
        """DNS servers by router."""
        reading = await self.ask("routeros_read", devices=["all"], path="/ip/dns", fields=["servers"])
        return {d: group["rows"][0]["servers"] for group in reading["groups"] for d in group["devices"]}

    async def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        return await self.ask("job_get", job_id=job["job_id"], wait_s=50)


@asynccontextmanager
async def lab(directory: Path, mode: Any) -> AsyncIterator[Assistant]:
    """The lab over stdio; what it tells the person who started it is in `screen`."""
    with (directory / "screen").open("w") as screen:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "routeros_mcp", "--data-dir", str(directory / "lab"), "lab", "--stdio"],
            env={**os.environ, "COLUMNS": "120"},
        )
        from mcp.client.stdio import stdio_client

        async with Client(stdio_client(server, errlog=screen), mode=mode) as client:
            yield Assistant(client)


def passphrase(directory: Path) -> str:
    found = re.search(r"Passphrase of approver: (\S+)", (directory / "screen").read_text())
    assert found
    return found[1]


async def approve(directory: Path, plan: str, typed: str) -> None:
    where = ("--data-dir", str(directory / "lab"))
    async with person_running(
        *where, "plan", "approve", plan, "--as", "approver", env=dict(os.environ)
    ) as person:
        await person.answers("Type .* to approve exactly this: ", "yes")
        await person.answers("Passphrase of approver: ", typed)
        ended = await person.leaves()
    assert ended.code == 0, ended.everything


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
async def test_a_fleet_is_changed_and_restored_with_a_second_persons_approval(
    tmp_path: Path, mode: str
) -> None:
    async with asyncio.timeout(100), lab(tmp_path, mode) as assistant:
        before = await assistant.resolvers()
        assert len(before) == 6
        plan = await assistant.ask(
            "plan_create",
            devices=["all"],
            recipe="dns_ntp_rollout",
            arguments={"dns_servers": RESOLVERS.split(",")},
        )
        assert "not approved" in await assistant.refused("plan_apply", plan_id=plan["plan_id"])
        await approve(tmp_path, plan["plan_id"], passphrase(tmp_path))
        applied = await assistant.ended(await assistant.ask("plan_apply", plan_id=plan["plan_id"]))
        assert applied["status"] == "success"
        assert await assistant.resolvers() == dict.fromkeys(before, RESOLVERS)
        restored = await assistant.ended(await assistant.ask("plan_rollback", plan_id=plan["plan_id"]))
        assert restored["status"] == "success"
        assert await assistant.resolvers() == before
        trail = await assistant.ask("audit_search", plan_id=plan["plan_id"], limit=100)
        assert {"user:approver", f"local:{os.environ.get('USER', 'root')}"} & {
            e["user"] for e in trail["events"]
        }
        assert (await assistant.ask("audit_verify"))["intact"]
    secret = passphrase(tmp_path)
    assert all(secret.encode() not in path.read_bytes() for path in (tmp_path / "lab").iterdir())


async def test_the_spare_router_is_registered_by_an_assistant_that_sees_no_password(tmp_path: Path) -> None:
    async with asyncio.timeout(60), lab(tmp_path, "auto") as assistant:
        await assistant.ask("fleet_overview")
        found = re.search(r"device_register of (\S+)", (tmp_path / "screen").read_text())
        assert found
        made = await assistant.ask(
            "device_register", name="spare", address=found[1], environment="lab", login_profile="lab"
        )
        assert (made["status"], made["stages"][-1]["ok"]) == ("healthy", True)
        assert "outside the management networks" in await assistant.refused(
            "device_register", name="far", address="198.51.100.1", environment="lab", login_profile="lab"
        )
