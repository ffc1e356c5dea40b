"""`routeros-mcp worker` and `serve` as processes of their own, to be killed, stopped and told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from routeros_mcp.config import Settings

_PASSED_ON = ("database_url", "data_dir", "master_key_file", "environment", "settle_s", "shutdown_drain_s")
_ALSO = ("worker_heartbeat_s", "worker_dead_s", "router_connect_timeout_s", "router_read_timeout_s")


@dataclass(slots=True, kw_only=True)
class WorkerProcess:
    """One worker; `said` is what it has logged so far."""

    process: asyncio.subprocess.Process
    name: str = ""
    said: list[str] = field(default_factory=list)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def until(self, words: str) -> None:
        """Return when it has logged these words."""
        assert self.process.stderr is not None
        async with asyncio.timeout(60):
            while not any(words in line for line in self.said):
                line = (await self.process.stderr.readline()).decode()
                assert line, "".join(self.said)
                self.said.append(line)

    async def ended(self) -> int:
        async with asyncio.timeout(60):
            await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def worker_process(settings: Settings) -> AsyncIterator[WorkerProcess]:
    """A worker that is ready; it is killed at the latest when the block is left."""
    given = {name: str(getattr(settings, name)) for name in (*_PASSED_ON, *_ALSO)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "routeros_mcp",
        "worker",
        env={
            **os.environ,
            **{f"ROUTEROS_MCP_{name.upper()}": value for name, value in given.items()},
            "ROUTEROS_MCP_MANAGEMENT_NETWORKS": "127.0.0.0/8",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    worker = WorkerProcess(process=process)
    try:
        await worker.until("worker_ready")
        yield worker
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
