"""`serve` on an installation that is not usable as it stands."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

SETUP = 3


async def serve(*arguments: str, env: Mapping[str, str]) -> tuple[int | None, str]:
    """Start the server, let its client leave at once; exit code and standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "routeros_mcp", "serve", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **env},
    )
    async with asyncio.timeout(40):
        _, said = await process.communicate()
    return process.returncode, said.decode()


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


@pytest.mark.parametrize("transport", [(), ("--http", "--port", "0")], ids=["stdio", "http"])
async def test_a_schema_that_is_behind_keeps_the_server_from_starting(
    new_empty_url: Callable[[str], str], tmp_path: Path, transport: tuple[str, ...]
) -> None:
    url = await asyncio.to_thread(new_empty_url, "postgresql+asyncpg")
    env = {"ROUTEROS_MCP_DATABASE_URL": url, "ROUTEROS_MCP_DATA_DIR": str(tmp_path)}
    code, said = await serve(*transport, env=env)
    assert (code, "routeros-mcp db upgrade" in last_line(said)) == (SETUP, True)


async def test_a_key_that_is_none_keeps_the_http_server_from_starting(tmp_path: Path) -> None:
    env = {"ROUTEROS_MCP_MASTER_KEY": "not a key", "ROUTEROS_MCP_DATA_DIR": str(tmp_path)}
    code, said = await serve("--http", "--port", "0", env=env)
    assert (code, "ROUTEROS_MCP_MASTER_KEY" in last_line(said)) == (SETUP, True)
    assert "not a key" not in said


async def test_production_does_not_start_with_a_key_that_it_made_itself(tmp_path: Path) -> None:
    env = {"ROUTEROS_MCP_ENVIRONMENT": "prod", "ROUTEROS_MCP_DATA_DIR": str(tmp_path)}
    code, said = await serve("--http", "--port", "0", env=env)
    assert (code, "master" in last_line(said)) == (SETUP, True)
    assert not (tmp_path / "master.key").exists()


async def test_a_file_that_is_no_database_keeps_the_http_server_from_starting(tmp_path: Path) -> None:
    (tmp_path / "routeros-mcp.db").write_text("these are notes, and no database at all\n" * 100)
    code, said = await serve("--http", "--port", "0", env={"ROUTEROS_MCP_DATA_DIR": str(tmp_path)})
    assert (code, "Traceback" in said) == (SETUP, False)
    assert (tmp_path / "routeros-mcp.db").read_text().startswith("these are notes")
