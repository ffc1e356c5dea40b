"""The schema's versions: alembic's scripts, found in a checkout and in an installed wheel alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from routeros_mcp.domain.errors import SchemaBehind
from routeros_mcp.infra.db.engine import is_memory, open_migration_engine
from routeros_mcp.infra.db.failures import connecting
from routeros_mcp.infra.db.full_text import SEARCH_INDEX

if TYPE_CHECKING:
    from alembic.config import Config

T = TypeVar("T")

_UPGRADE = "routeros-mcp db upgrade"
_INSTALLED = Path(__file__).parent / "alembic"
_CHECKOUT = Path(__file__).parents[3] / "alembic"

ENGINE_TABLES = frozenset(
    {
        "application_versions",
        "dbos_migrations",
        "notifications",
        "operation_outputs",
        "queues",
        "streams",
        "workflow_events",
        "workflow_events_history",
        "workflow_input",
        "workflow_output",
        "workflow_schedules",
        "workflow_status",
    }
)
"""What the job engine makes for itself: beside our tables on SQLite, in a schema of its own elsewhere."""

# Alembic keeps the running migration in module globals: one at a time per process.
_alembic = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One step of the schema; `down` is the step before it."""

    id: str
    down: str | None
    purpose: str


def scripts() -> Path:
    """Return the folder with alembic's `env.py`."""
    return _INSTALLED if (_INSTALLED / "env.py").exists() else _CHECKOUT


def head() -> str:
    """Return the newest revision; told by the file names, since loading alembic takes a while."""
    names = [path.stem.split("_") for path in (scripts() / "versions").glob("[0-9]*.py")]
    date, number, *_ = max(names, key=lambda name: (int(name[0]), int(name[1])))
    return f"{date}_{number}"


def history() -> Sequence[Revision]:
    """Return the revisions, newest first."""
    from alembic.script import ScriptDirectory

    walked = ScriptDirectory.from_config(_config({})).walk_revisions()
    return [
        Revision(id=one.revision, down=_single(one.down_revision), purpose=one.doc or "") for one in walked
    ]


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to the revision; an older one is a no-op. Only one process migrates at a time."""
    await _run(url, lambda command, config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    """Take the schema back to the revision, or to nothing with `base`."""
    await _run(url, lambda command, config: command.downgrade(config, revision))


async def stamp(url: str, revision: str = "head") -> None:
    """Record a revision without running anything."""
    await _run(url, lambda command, config: command.stamp(config, revision))


async def current(url: str) -> str | None:
    """Return the revision that the database is at, None for one that was never migrated."""
    return await _asked(url, _current)


async def _asked(url: str, question: Callable[[Connection], T]) -> T:
    engine = open_migration_engine(url)
    try:
        with connecting(url):
            async with engine.connect() as connection:
                return await connection.run_sync(question)
    finally:
        await engine.dispose()


async def is_behind(url: str) -> bool:
    """Whether the schema is older than this program, or missing."""
    return await current(url) != head()


async def require_current(url: str) -> None:
    """Refuse a schema that this program does not fit.

    Raises:
        SchemaBehind: it is older, or newer.
    """
    found, has_queue = await _asked(url, _standing)
    if found == head() and has_queue:
        return
    if found == head():
        raise SchemaBehind("The job queue has no tables in the database yet.", fix=f"Run `{_UPGRADE}`.")
    _refuse_newer(found)
    raise SchemaBehind(
        f"The database schema is at {found or 'nothing'}, this program needs {head()}.",
        fix=f"Run `{_UPGRADE}`.",
    )


def _refuse_newer(found: str | None) -> None:
    if found not in {None, *(revision.id for revision in history())}:
        raise SchemaBehind(
            f"The database schema is at {found}, which this program does not know: it is newer.",
            fix="Install the version of the program that made it, or a later one.",
        )


async def verify(url: str) -> Sequence[str]:
    """Compare the database with the tables this program expects; empty when they agree."""
    engine = open_migration_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_differences)
    finally:
        await engine.dispose()


def belongs_to(dialect: str) -> Callable[..., bool]:
    """Return alembic's `include_object`, leaving out what this kind of database does not have."""

    def include(item: Any, name: str | None, kind: str, *_: object) -> bool:
        if kind == "table" and (name or "").startswith(SEARCH_INDEX):
            return False  # SQLite's index, and the tables it keeps itself in
        if kind == "table" and name in ENGINE_TABLES:
            return False
        searched = kind == "index" and item.dialect_options["postgresql"]["using"] == "gin"
        return dialect == "postgresql" or not searched

    return include


async def bring_up_to_date(engine: AsyncEngine) -> None:
    """Create or upgrade the embedded database.

    One whose tables were made without migrations belongs to a script and is left alone.
    """
    async with engine.connect() as connection:
        found = await connection.run_sync(_current)
        unmanaged = found is None and await connection.run_sync(_has_tables)
        if found == head() or unmanaged:
            return
        if is_memory(engine.url):
            # The database lives in this connection: no thread can migrate it from another.
            await connection.rollback()
            await connection.run_sync(_upgrade_here)
            await connection.commit()
            return
    url = engine.url.render_as_string(hide_password=False)
    _refuse_newer(found)
    await upgrade(url)


async def _run(url: str, action: Callable[[Any, Config], None]) -> None:
    await asyncio.to_thread(_run_here, {"url": url}, action)


def _run_here(attributes: dict[str, Any], action: Callable[[Any, Config], None]) -> None:
    from alembic import command

    with _alembic:
        action(command, _config(attributes))


def _upgrade_here(connection: Connection) -> None:
    _run_here({"connection": connection}, lambda command, config: command.upgrade(config, "head"))


def _config(attributes: dict[str, Any]) -> Config:
    from alembic.config import Config

    config = Config(attributes=attributes)
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return str(found) if found else None


def _standing(connection: Connection) -> tuple[str | None, bool]:
    """The revision, and whether the job queue is there; on SQLite it makes its tables by itself."""
    on_sqlite = connection.dialect.name == "sqlite"
    return _current(connection), on_sqlite or inspect(connection).has_table("workflow_status", schema="dbos")


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table("devices")


def _differences(connection: Connection) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from routeros_mcp.infra.db.models import Base

    options = {"compare_type": True, "include_object": belongs_to(connection.dialect.name)}
    context = MigrationContext.configure(connection, opts=options)
    return [_described(difference) for difference in compare_metadata(context, Base.metadata)]


def _described(difference: Any) -> str:
    return " ".join(str(part) for part in difference) if isinstance(difference, tuple) else str(difference)


def _single(down: Any) -> str | None:
    return down if isinstance(down, str) else None
