"""A person at a terminal of their own, and a program that has none."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PATIENCE_S = 20.0
_ON_TERMINAL = """\
import fcntl, os, sys, termios
terminal = int(sys.argv[1])
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
os.close(terminal)
os.execv(sys.executable, [sys.executable, "-m", "routeros_mcp", *sys.argv[2:]])
"""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: what a pipe got from it, and what the terminal has shown."""

    code: int
    out: str
    err: str
    seen: str = ""

    @property
    def everything(self) -> str:
        return self.out + self.err + self.seen


class Person:
    """Reads the terminal until a question comes up, and types."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self._process = process
        self._master = master
        self._seen = ""
        self._read = 0
        self._came = asyncio.Event()
        os.set_blocking(master, False)
        asyncio.get_running_loop().add_reader(master, self._look)

    async def answers(self, question: str, line: str) -> None:
        """Type the line once the question is on the terminal."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not (found := re.search(question, self._seen[self._read :])):
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            self._process.kill()
            ended = await self.leaves()
            raise AssertionError(f"{question!r} was never asked: {ended}") from None
        self._read += found.end()
        os.write(self._master, f"{line}\n".encode())

    async def leaves(self) -> Ended:
        async with asyncio.timeout(_PATIENCE_S):
            out, err = await self._process.communicate()
        self._look()
        assert self._process.returncode is not None
        return Ended(code=self._process.returncode, out=out.decode(), err=err.decode(), seen=self._seen)

    def _look(self) -> None:
        # The test keeps the other side open too, or the terminal would be gone until the command opens it.
        with suppress(BlockingIOError):
            self._seen += os.read(self._master, 65_536).decode()
            self._came.set()


@asynccontextmanager
async def person_running(*words: str, env: Mapping[str, str]) -> AsyncIterator[Person]:
    """Run a command with a controlling terminal; its standard streams lead elsewhere."""
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _ON_TERMINAL, str(slave), *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        pass_fds=(slave,),
        env={**env, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield Person(process, master)
    finally:
        asyncio.get_running_loop().remove_reader(master)
        if process.returncode is None:
            process.kill()
            await process.communicate()
        os.close(master)
        os.close(slave)


async def program_running(*words: str, env: Mapping[str, str], stdin: str = "") -> Ended:
    """Run a command without a terminal, with an input that somebody has prepared."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "routeros_mcp", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**env, "PYTHONPATH": str(ROOT)},
    )
    async with asyncio.timeout(_PATIENCE_S):
        out, err = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return Ended(code=process.returncode, out=out.decode(), err=err.decode())
