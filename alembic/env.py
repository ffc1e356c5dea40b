"""Runs the migrations: one process at a time, each upgrade all or nothing."""

import asyncio
from logging.config import fileConfig

from sqlalchemy import Connection, text

from alembic import context
from routeros_mcp.config import async_url, get_settings
from routeros_mcp.infra.db.engine import open_migration_engine
from routeros_mcp.infra.db.migrations import belongs_to
from routeros_mcp.infra.db.models import Base

ADVISORY_LOCK = 7_305_011_220


def database_url() -> str:
    """Take the URL of the caller, else `-x url=…`, else of the settings."""
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get("url")
    return async_url(given) if given else get_settings().async_database_url


def migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # A lock of the session: it must outlive the commits between revisions.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_object=belongs_to(connection.dialect.name),
        render_as_batch=connection.dialect.name == "sqlite",
        # SQLite can do it, whatever alembic assumes: a killed upgrade leaves the old schema.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_database() -> None:
    engine = open_migration_engine(database_url())
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def print_sql() -> None:
    context.configure(url=database_url(), literal_binds=True, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    print_sql()
elif "connection" in context.config.attributes:
    migrate(context.config.attributes["connection"])
else:
    asyncio.run(migrate_database())
