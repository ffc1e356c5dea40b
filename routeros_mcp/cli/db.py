"""`routeros-mcp db`: the database and its schema, also where the program itself refuses to open it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from rich.console import Console

from routeros_mcp.cli.errors import FAILED
from routeros_mcp.cli.installation import settings_of
from routeros_mcp.cli.logs import configure_logging
from routeros_mcp.cli.output import Payload, show, shown, table, waiting
from routeros_mcp.config import Settings
from routeros_mcp.domain.errors import DatabaseUnavailable, InvalidParams
from routeros_mcp.infra.db import backups, migrations
from routeros_mcp.infra.db.engine import synchronous_url
from routeros_mcp.infra.db.failures import connecting
from routeros_mcp.infra.jobs import engine

T = TypeVar("T")


def upgrade(chosen: argparse.Namespace) -> int:
    settings = settings_of(chosen)
    _check_revision(chosen.revision, "head")
    _make_embedded(settings)

    async def upgraded(url: str) -> None:
        await migrations.upgrade(url, chosen.revision)
        if settings.is_postgresql:
            await engine.migrate(synchronous_url(url))

    return _migrated(chosen, settings, upgraded)


def downgrade(chosen: argparse.Namespace) -> int:
    settings = settings_of(chosen)
    _check_revision(chosen.revision, "base")
    _require_there(settings)
    return _migrated(chosen, settings, lambda url: migrations.downgrade(url, chosen.revision))


def stamp(chosen: argparse.Namespace) -> int:
    settings = settings_of(chosen)
    _check_revision(chosen.revision, "head", "base")
    _require_there(settings)
    return _migrated(chosen, settings, lambda url: migrations.stamp(url, chosen.revision))


def current(chosen: argparse.Namespace) -> int:
    settings = settings_of(chosen)
    _require_there(settings)
    show(chosen, _position(_run(settings, migrations.current)), _view_line)
    return 0


def history(chosen: argparse.Namespace) -> int:
    head = migrations.head()
    rows = [
        {"revision": one.id, "down": one.down, "purpose": one.purpose, "is_head": one.id == head}
        for one in migrations.history()
    ]
    show(chosen, {"revisions": rows}, _view_history)
    return 0


def verify(chosen: argparse.Namespace) -> int:
    settings = settings_of(chosen)
    _require_there(settings)
    found = list(_run(settings, migrations.verify))
    summary = "The database is as expected." if not found else f"The database differs: {len(found)} point(s)."
    show(chosen, {"summary": summary, "differences": found}, _view_differences)
    return FAILED if found else 0


def backup(chosen: argparse.Namespace) -> int:
    settings = settings_of(chosen)
    _require_there(settings)
    try:
        with waiting("Copying the database…"):
            _run(settings, lambda url: backups.backup(url, chosen.file))
    except sqlite3.Error as error:
        raise DatabaseUnavailable(
            f"The database cannot be copied: {error}.", fix="Run `routeros-mcp db current`."
        ) from error
    size = chosen.file.stat().st_size
    told = {"summary": f"{chosen.file}: {size} bytes.", "file": str(chosen.file), "size_bytes": size}
    show(chosen, told, _view_line)
    return 0


def _migrated(
    chosen: argparse.Namespace, settings: Settings, change: Callable[[str], Awaitable[None]]
) -> int:
    with waiting("Migrating the schema…"):
        _run(settings, change)
        position = _position(_run(settings, migrations.current))
    show(chosen, position, _view_line)
    return 0


def _run(settings: Settings, work: Callable[[str], Awaitable[T]]) -> T:
    configure_logging(settings, quiet=True)
    url = settings.async_database_url

    async def connected() -> T:
        with connecting(url):
            return await work(url)

    return asyncio.run(connected())


def _position(revision: str | None) -> dict[str, Any]:
    head = migrations.head()
    ahead = "" if revision == head else f"; this program needs {head}: run `routeros-mcp db upgrade`"
    return {
        "summary": f"The schema is at {revision or 'nothing'}{ahead}.",
        "revision": revision,
        "head": head,
        "is_current": revision == head,
    }


def _check_revision(wanted: str, *words: str) -> None:
    known = [one.id for one in migrations.history()]
    if wanted not in {*known, *words}:
        listed = ", ".join((*words, *known))
        raise InvalidParams(f"There is no revision {wanted!r}.", fix=f"Use one of: {listed}.")


def _require_there(settings: Settings) -> None:
    """SQLite would make an empty file of what is only looked at."""
    path = settings.database_file
    if path is not None and not path.exists():
        raise DatabaseUnavailable(f"There is no database at {path}.", fix="Run `routeros-mcp db upgrade`.")


def _make_embedded(settings: Settings) -> None:
    path = settings.database_file
    if path is None or path.exists():
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseUnavailable(
            f"The database {path} cannot be made: {error.strerror}.", fix="Check ROUTEROS_MCP_DATA_DIR."
        ) from error


def _view_line(console: Console, payload: Payload) -> None:
    console.print(shown(payload["summary"]), soft_wrap=True)


def _view_history(console: Console, payload: Payload) -> None:
    rows = table("REVISION", "AFTER", "PURPOSE")
    for one in payload["revisions"]:
        mark = " (head)" if one["is_head"] else ""
        rows.add_row(shown(f"{one['revision']}{mark}", "bold"), shown(one["down"]), shown(one["purpose"]))
    console.print(rows)


def _view_differences(console: Console, payload: Payload) -> None:
    _view_line(console, payload)
    for line in payload["differences"]:
        console.print(shown(f"  {line}", "yellow"), soft_wrap=True)
