"""Commands run in this process: their output, and what they leave behind in a directory of their own."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_person import Ended

from routeros_mcp.app import App, open_app
from routeros_mcp.cli import main
from routeros_mcp.config import Settings
from routeros_mcp.domain.models import SCOPES_OF_ROLE, Principal, Role
from routeros_mcp.emulator import Fleet, RouterSpec
from routeros_mcp.toolkit.pipeline import Success

PASSWORD = RouterSpec(name="any").users[0].password
ASSISTANT = Principal(subject="assistant", role=Role.OPS_RW, scopes=SCOPES_OF_ROLE[Role.OPS_RW])


@dataclass(frozen=True)
class Shell:
    """A data directory, and commands over it."""

    data_dir: Path

    @property
    def env(self) -> dict[str, str]:
        return dict(os.environ)

    @property
    def password_file(self) -> Path:
        path = self.data_dir / "router-password"
        path.touch(mode=0o600)
        path.write_text(f"{PASSWORD}\n")
        return path

    async def run(self, *words: object) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), logging_restored():
            try:
                code = await asyncio.to_thread(main, [str(word) for word in words])
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Ended(code=code, out=out.getvalue(), err=err.getvalue())

    async def answer(self, *words: object) -> dict[str, Any]:
        """The JSON answer of a command that has to succeed."""
        ended = await self.run(*words, "--json")
        assert ended.code == 0, ended.everything
        told: dict[str, Any] = json.loads(ended.out)
        return told

    async def add(self, fleet: Fleet, *names: str) -> None:
        for name in names:
            flags = ("--allow-professional-workflows", "--username", fleet[name].username)
            words = ("device", "add", name, fleet[name].address, *flags)
            await self.answer(*words, "--password-file", self.password_file)

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        async with open_app(Settings()) as app:
            yield app

    async def planned(self, *devices: str, path: str = "/ip/dns", **values: str) -> str:
        """The id of a plan that an assistant has made."""
        operation = {"op": "set", "path": path, "values": values}
        asked = {"devices": list(devices), "operations": [operation], "reason": "as agreed"}
        async with self.app() as app:
            made = await app.pipeline.call(ASSISTANT, "plan_create", asked)
        assert isinstance(made, Success), made
        return str(made.result.payload()["plan_id"])


@contextlib.contextmanager
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name in [name for name in os.environ if name.startswith("ROUTEROS_MCP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROUTEROS_MCP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ROUTEROS_MCP_MANAGEMENT_NETWORKS", '["127.0.0.0/8"]')
    return Shell(tmp_path)


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet.running([RouterSpec(name="edge-1"), RouterSpec(name="edge-2")]) as running:
        yield running
