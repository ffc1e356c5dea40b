"""Copies of a running database: SQLite's online backup, PostgreSQL's own dump."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from routeros_mcp.domain.errors import SetupError


async def backup(url: str, target: Path) -> None:
    """Copy the database to a new file that only its owner can read.

    Raises:
        SetupError: the target exists, or PostgreSQL's own tool is missing or failed.
    """
    await asyncio.to_thread(_reserve, target)
    parsed = make_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            await asyncio.to_thread(_copy_sqlite, str(parsed.database), target)
        else:
            await _dump_postgresql(parsed, target)
    except (SetupError, sqlite3.Error):
        await asyncio.to_thread(target.unlink)
        raise


def _reserve(target: Path) -> None:
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise SetupError(f"{target} cannot be made: {error.strerror}.", fix="Name a new file.") from error


def _copy_sqlite(source: str, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


async def _dump_postgresql(url: URL, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise SetupError("pg_dump is not installed.", fix="Install PostgreSQL's client programs.")
    plain = url.set(drivername="postgresql", password=None)
    # The password goes by the environment: every user of the machine can read a command line.
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    process = await asyncio.create_subprocess_exec(
        program,
        "--format=custom",
        f"--file={target}",
        f"--dbname={plain.render_as_string()}",
        env={**os.environ, **password},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode != 0:
        words = errors.decode(errors="replace").strip().splitlines() or ["no message"]
        raise SetupError(f"pg_dump failed: {words[0]}", fix="Use a pg_dump as new as the server.")
