"""Processes of their own for tests, forked from one that has imported the program already."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1]
_PRELOADED = [
    "world",
    "aiosqlite",
    "dbos",
    "asyncpg",
    "alembic.runtime.migration",
    "sqlalchemy.dialects.sqlite.aiosqlite",
]


def forked(target: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start the target in a new process; it ends with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    _start_server()
    process = context.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def _start_server() -> None:
    """The server does not take our path over before Python 3.14: it would import nothing beforehand."""
    held = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(_TESTS), *([held] if held else [])])
    try:
        forkserver.ensure_running()
    finally:
        if held is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = held
