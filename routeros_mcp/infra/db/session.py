"""Sessions: one short transaction each, committed on success and rolled back on error."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from routeros_mcp.config import Settings, get_settings
from routeros_mcp.infra.db import migrations
from routeros_mcp.infra.db.engine import DURABLE, EngineOptions, is_memory, open_engine, open_reader
from routeros_mcp.infra.db.failures import connecting, using


@dataclass(frozen=True, slots=True)
class _Engines:
    writer: AsyncEngine
    durable: AsyncEngine
    reader: AsyncEngine


class DatabaseSessionManager:
    """Owns the connections of one process to one database."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.async_database_url
        self._options = EngineOptions(
            url=self._url,
            pool_size=settings.database_pool_size,
            max_overflow=settings.database_max_overflow,
            echo=settings.database_echo,
            slow_query_ms=settings.database_slow_query_ms,
            statement_timeout_s=settings.database_statement_timeout_s,
        )
        self._engines: _Engines | None = None

    @property
    def engine(self) -> AsyncEngine:
        """The engine that writes.

        Raises:
            RuntimeError: `init()` has not been awaited.
        """
        return self._open.writer

    @property
    def _open(self) -> _Engines:
        if self._engines is None:
            raise RuntimeError("The database is not open: call `await manager.init()` first.")
        return self._engines

    async def init(self) -> None:
        """Open the engines; on SQLite also create the file and bring its schema up to date.

        Raises:
            DatabaseUnavailable: an SQLite file that cannot be used. PostgreSQL is asked by the first session.
        """
        if self._engines is not None:
            return
        with connecting(self._url):
            _make_private_file(self._url)
        writer = open_engine(self._options)
        self._engines = _Engines(
            writer, writer.execution_options(**{DURABLE: True}), open_reader(self._options, writer)
        )
        if writer.dialect.name == "sqlite":
            await self._bring_up_to_date(writer)

    async def _bring_up_to_date(self, writer: AsyncEngine) -> None:
        ready = False
        try:
            with connecting(self._url):
                await migrations.bring_up_to_date(writer)
            ready = True
        finally:
            if not ready:
                await self.close()

    async def close(self) -> None:
        """Close every connection; a closed manager may be opened again."""
        engines, self._engines = self._engines, None
        if engines is not None:
            await engines.reader.dispose()
            await engines.writer.dispose()

    @asynccontextmanager
    async def session(self, *, durable: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may write; `durable` survives a power cut on SQLite too.

        Raises:
            RuntimeError: `init()` has not been awaited.
            DatabaseUnavailable: out of reach, locked for too long, or full.
        """
        engine = self._open.durable if durable else self._open.writer
        async with self._transaction(engine) as session:
            yield session

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that the database itself keeps from writing."""
        async with self._transaction(self._open.reader) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        with using(self._url):
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                # Connect here, so that only failures to connect are reported as such.
                with connecting(self._url):
                    await session.connection()
                yield session

    def pool_figures(self) -> Mapping[str, int]:
        """Connections that are kept, in use and beyond the pool's size, for metrics."""
        pools = {engine.pool for engine in (self._open.writer, self._open.reader)}
        queues = [pool for pool in pools if isinstance(pool, AsyncAdaptedQueuePool)]
        return {
            "size": sum(pool.size() for pool in queues),
            "in_use": sum(pool.checkedout() for pool in queues),
            "overflow": sum(max(pool.overflow(), 0) for pool in queues),
        }


def _make_private_file(url: str) -> None:
    """Create the SQLite file readable by its owner only; its journal files take over the mode."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or is_memory(parsed) or parsed.query:
        return
    path = Path(str(parsed.database))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


_managers: dict[str, DatabaseSessionManager] = {}


def get_session_manager(settings: Settings | None = None) -> DatabaseSessionManager:
    """Return the process's manager for the settings' database: a convenience for scripts and ASGI."""
    chosen = settings or get_settings()
    return _managers.setdefault(chosen.async_database_url, DatabaseSessionManager(chosen))


async def get_session() -> AsyncIterator[AsyncSession]:
    """Yield a session of the process's manager, as ASGI frameworks expect their dependencies."""
    async with get_session_manager().session() as session:
        yield session
