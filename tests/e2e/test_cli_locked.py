"""A database that another program holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from cli_shell import Shell, shell

__all__ = ["shell"]  # the fixture

pytestmark = pytest.mark.slow  # SQLite waits half a minute for the lock


async def test_a_locked_database_is_told_in_one_line_and_loses_nothing(shell: Shell) -> None:
    assert (await shell.run("device", "list")).code == 0
    with closing(sqlite3.connect(shell.data_dir / "routeros-mcp.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = await shell.run("device", "list")
        other.execute("ROLLBACK")
    assert refused.code != 0
    assert "locked" in refused.err
    assert "routeros-mcp db current" in refused.err
    assert "Traceback" not in refused.err
    assert (await shell.run("device", "list")).code == 0
    assert (await shell.run("audit", "verify")).code == 0
