"""Engines for SQLite and PostgreSQL, set up so that transactions mean the same on both."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import AsyncAdaptedQueuePool, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

log = structlog.get_logger(__name__)

APPLICATION = "routeros-mcp"
DURABLE = "routeros_mcp_durable"
"""Execution option: the commit is on the disk before it returns, also where SQLite would defer that."""

_WAIT_S = 30
_QUEUE_POOL = 4
_RECYCLE_S = 3600
_STATEMENT_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What an engine needs to know; the URL names its asyncio driver."""

    url: str
    pool_size: int = 10
    max_overflow: int = 10
    echo: bool = False
    slow_query_ms: float = 500
    statement_timeout_s: float = 30


def is_memory(url: URL) -> bool:
    """Whether the database is SQLite's and lives in its only connection."""
    return url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}


def open_engine(options: EngineOptions) -> AsyncEngine:
    """Make the engine that writes. On SQLite it has one connection: writers queue for it and never fail."""
    url = make_url(options.url)
    if url.get_backend_name() == "sqlite":
        engine = _sqlite_engine(options, pool_size=1, max_overflow=0)
        _set_up_sqlite(engine.sync_engine, begin="BEGIN IMMEDIATE")
    else:
        engine = _postgresql_engine(options, url)
    _log_slow_queries(engine.sync_engine, options.slow_query_ms)
    return engine


def open_reader(options: EngineOptions, writer: AsyncEngine) -> AsyncEngine:
    """Make the engine that only reads; on SQLite in connections of its own, beside the writer."""
    if writer.dialect.name == "postgresql":
        return writer.execution_options(postgresql_readonly=True)
    if is_memory(writer.url):
        return writer
    engine = _sqlite_engine(options, pool_size=options.pool_size, max_overflow=options.max_overflow)
    _set_up_sqlite(engine.sync_engine, begin="BEGIN", pragmas={"query_only": "ON"})
    _log_slow_queries(engine.sync_engine, options.slow_query_ms)
    return engine


def open_synchronous_engine(url: str) -> Engine | None:
    """Make an engine for the job queue beside our tables on SQLite, as durable as our own; else None.

    The queue keeps its rows in the same file, so that a job and its place in the queue are one transaction.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    engine = create_engine(parsed.set(drivername="sqlite"), pool_size=_QUEUE_POOL, max_overflow=0)
    _set_up_sqlite(engine, begin=None, pragmas={"synchronous": "FULL"})
    return engine


def synchronous_url(url: str) -> str:
    """The URL without its asyncio driver, as psycopg's own programs take it."""
    parsed = make_url(url)
    parsed = parsed.set(drivername=parsed.get_backend_name())
    if "ssl" in parsed.query:  # asyncpg's word
        parsed = parsed.difference_update_query(["ssl"]).update_query_dict({"sslmode": parsed.query["ssl"]})
    return parsed.render_as_string(hide_password=False)


def open_migration_engine(url: str) -> AsyncEngine:
    """Make an engine without pool, statement timeout or, on SQLite, foreign keys.

    SQLite alters a table by copying it and dropping the old one: with foreign keys on, the drop would delete
    the rows of every table that refers to it.
    """
    engine = create_async_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine.sync_engine, begin="BEGIN IMMEDIATE", pragmas={"foreign_keys": "OFF"})
    return engine


def _sqlite_engine(options: EngineOptions, **pool: int) -> AsyncEngine:
    return create_async_engine(
        options.url, echo=options.echo, poolclass=AsyncAdaptedQueuePool, pool_timeout=_WAIT_S, **pool
    )


def _postgresql_engine(options: EngineOptions, url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        echo=options.echo,
        pool_size=options.pool_size,
        max_overflow=options.max_overflow,
        pool_pre_ping=True,
        pool_recycle=_RECYCLE_S,
        pool_timeout=_WAIT_S,
        connect_args=_postgresql_arguments(url, int(options.statement_timeout_s * 1000)),
    )


def _postgresql_arguments(url: URL, timeout_ms: int) -> dict[str, Any]:
    parameters = {
        "statement_timeout": str(timeout_ms),
        # A transaction that its program forgot would hold its locks for ever.
        "idle_in_transaction_session_timeout": str(2 * timeout_ms),
    }
    if url.get_driver_name() == "asyncpg":
        return {"timeout": _WAIT_S, "server_settings": {"application_name": APPLICATION, **parameters}}
    options = " ".join(f"-c {name}={value}" for name, value in parameters.items())
    return {"connect_timeout": _WAIT_S, "application_name": APPLICATION, "options": options}


def _set_up_sqlite(engine: Engine, *, begin: str | None, pragmas: dict[str, str] | None = None) -> None:
    settings = {
        "busy_timeout": str(_WAIT_S * 1000),
        "journal_mode": "WAL",
        "foreign_keys": "ON",
        "synchronous": "NORMAL",
        **(pragmas or {}),
    }

    def connected(connection: Any, record: object) -> None:
        del record
        # The driver must not begin transactions by itself: it begins them late and deferred, and a deferred
        # transaction that reads first and then writes fails at once beside another writer.
        connection.isolation_level = None if begin else "IMMEDIATE"
        cursor = connection.cursor()
        for name, value in settings.items():
            cursor.execute(f"PRAGMA {name}={value}")
        cursor.close()

    def begun(connection: Connection) -> None:
        _keep_durability(connection)
        connection.exec_driver_sql(str(begin))

    event.listen(engine, "connect", connected)
    if begin:  # else a library begins by itself, at its first write
        event.listen(engine, "begin", begun)


def _keep_durability(connection: Connection) -> None:
    """Set how hard a commit is, which SQLite takes outside of transactions only.

    In WAL mode NORMAL may lose the last commits in a power cut (sqlite.org/pragma.html#pragma_synchronous);
    an approved step must not be among them.
    """
    wanted = "FULL" if connection.get_execution_options().get(DURABLE) else "NORMAL"
    if connection.info.get("synchronous", "NORMAL") != wanted:
        connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
        connection.info["synchronous"] = wanted


def _log_slow_queries(engine: Engine, threshold_ms: float) -> None:
    def before(connection: Connection, *_: object) -> None:
        connection.info["query_started"] = time.perf_counter()

    def after(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        del cursor
        duration_ms = (time.perf_counter() - connection.info["query_started"]) * 1000
        if duration_ms >= threshold_ms:
            # Never the parameters: they hold sealed secrets and names.
            shown = " ".join(statement.split())[:_STATEMENT_SHOWN]
            log.warning("database_slow_query", duration_ms=round(duration_ms, 1), statement=shown)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
