"""Runs programs of others against our server: installs them once, starts servers, reads what they say."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGE_FILES = [ROOT / ".ci" / "package.json", ROOT / ".ci" / "package-lock.json"]
FIXTURES = "routeros_mcp.mcp.fixtures"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


async def peers() -> Path:
    """The directory with the Node programs; installed at first use, anew when the lock file changes."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in PACKAGE_FILES)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "routeros-mcp-ci"
    ready = cache / digest
    if not ready.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            await _install(Path(scratch))
            shutil.copytree(scratch, ready, symlinks=True, dirs_exist_ok=True)
    return ready


async def _install(where: Path) -> None:
    for file in PACKAGE_FILES:
        shutil.copy(file, where)
    code, output = await run("npm", "ci", "--no-audit", "--no-fund", cwd=where)
    assert code == 0, output


async def node(program: str, *arguments: str) -> tuple[int, str]:
    """Run a Node program of the peers with the Node that came with them."""
    modules = await peers() / "node_modules"
    path = f"{modules / 'node' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return await run("node", str(modules / program), *arguments, cwd=ROOT, PATH=path)


async def run(*command: str, cwd: Path, **environment: str) -> tuple[int, str]:
    """Run to the end; exit code and both outputs."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")


@asynccontextmanager
async def conformance_server(*options: str) -> AsyncIterator[str]:
    """The URL of a server with the suite's fixtures, or without them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", FIXTURES, "--port", "0", *options),
        env=ENVIRONMENT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.communicate()
