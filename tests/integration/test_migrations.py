"""The schema's versions: build, carry data down and up, agree with the models, say what to do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from databases import PostgresServer
from sqlalchemy import MetaData, column, insert, inspect, literal_column, select, table, text
from sqlalchemy.ext.asyncio import AsyncEngine

from routeros_mcp.config import Settings
from routeros_mcp.domain.errors import SchemaBehind, SetupError
from routeros_mcp.infra.db import migrations
from routeros_mcp.infra.db.backups import backup
from routeros_mcp.infra.db.engine import open_migration_engine, synchronous_url
from routeros_mcp.infra.db.full_text import SEARCH_INDEX
from routeros_mcp.infra.db.models import Base
from routeros_mcp.infra.db.session import DatabaseSessionManager
from routeros_mcp.infra.jobs import engine as queue

NewUrl = Callable[[str], str]
DERIVED = {"config_words", "device_leases", "plan_approvals", "workers"}
"""Made anew by those who need it, from other tables or by approving again: a downgrade may lose it."""

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql+asyncpg"])
MOMENT = "2026-01-01 00:00:00.000000+00:00"

ROWS: dict[str, dict[str, object]] = {
    "devices": {
        "id": "d",
        "name": "n",
        "management_address": "a:1",
        "environment": "lab",
        "tags": '{"a": "b"}',
    },
    "credentials": {
        "id": "c",
        "device_id": "d",
        "kind": "routeros_rest",
        "username": "u",
        "encrypted_secret": "v1.a.b.c",
    },
    "health_checks": {"id": "h", "device_id": "d", "timestamp": MOMENT, "status": "healthy"},
    "snapshots": {"id": "s", "device_id": "d", "timestamp": MOMENT, "kind": "config", "data": b"\x00x"},
    "config_words": {"id": "w", "device_id": "d", "snapshot_id": "s", "number": 1, "words": "x"},
    "plans": {"id": "p", "created_by": "ann", "tool_name": "t", "device_ids": '["d"]'},
    "plan_approvals": {
        "id": "pa",
        "plan_id": "p",
        "approver": "user:bob",
        "role": "approver",
        "digest": "d",
        "policy_digest": "e",
        "approved_at": MOMENT,
        "expires_at": MOMENT,
        "mac": "m",
    },
    "plan_devices": {"id": "pd", "plan_id": "p", "device_id": "d", "position": 0},
    "plan_steps": {
        "id": "ps",
        "plan_id": "p",
        "device_id": "d",
        "sequence": 1,
        "direction": "apply",
        "change": "{}",
        "state": "intent",
    },
    "jobs": {"id": "j", "job_type": "APPLY_PLAN", "plan_id": "p"},
    "workers": {"id": "w", "host": "h", "seen_at": MOMENT},
    "device_leases": {"id": "d", "job_id": "j", "owner": "w", "fence": 1, "expires_at": MOMENT},
    "audit_events": {
        "id": "e",
        "timestamp": MOMENT,
        "user_sub": "ann",
        "user_role": "admin",
        "device_id": "d",
        "action": "WRITE",
        "tool_name": "t",
        "tool_tier": "advanced",
        "result": "SUCCESS",
        "sequence": 1,
    },
    "audit_retention": {"id": "r"},
    "users": {"id": "u", "name": "bob", "role": "approver", "passphrase_hash": "x"},
}


@pytest.fixture
async def opened() -> AsyncIterator[Callable[[str], AsyncEngine]]:
    engines: list[AsyncEngine] = []

    def make(url: str) -> AsyncEngine:
        engines.append(open_migration_engine(url))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.dispose()


def literal(value: object) -> str:
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return str(value) if isinstance(value, int) else f"'{value}'"


async def fill(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for name, row in ROWS.items():
            values = {key: literal_column(literal(value)) for key, value in row.items()}
            await connection.execute(insert(table(name, *map(column, row))).values(values))


async def contents(engine: AsyncEngine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as the database itself describes them."""

    def read(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
        found = MetaData()
        found.reflect(connection)
        return {
            one.name: sorted(map(tuple, connection.execute(select(one))), key=str)
            for one in found.sorted_tables
            if not one.name.startswith(SEARCH_INDEX)
        }

    async with engine.connect() as connection:
        return await connection.run_sync(read)


def described(connection: Any) -> dict[str, Any]:
    """What an inspector sees, in an order of its own."""
    seen = inspect(connection)
    parts = ("columns", "indexes", "foreign_keys", "unique_constraints", "check_constraints")
    return {
        f"{name} {part}": sorted(map(spelled, getattr(seen, f"get_{part}")(name)))
        for name in sorted(seen.get_table_names())
        if name != "alembic_version" and not name.startswith(SEARCH_INDEX)
        for part in parts
    }


def spelled(part: Any) -> str:
    if isinstance(part, dict):
        return str({key: spelled(value) for key, value in sorted(part.items())})
    return str(part)


@pytest.mark.slow
@BOTH
async def test_every_revision_goes_up_down_and_up_with_rows_in_every_table(
    new_empty_url: NewUrl, opened: Callable[[str], AsyncEngine], kind: str
) -> None:
    url = new_empty_url(kind)
    engine = opened(url)
    revisions = [revision.id for revision in reversed(migrations.history())]
    await migrations.upgrade(url)
    assert set(ROWS) == set(Base.metadata.tables)
    await fill(engine)
    before = await contents(engine)
    assert all(len(rows) == 1 for rows in before.values())
    for revision in reversed(revisions[:-1]):
        await migrations.downgrade(url, revision)
        await migrations.upgrade(url)
        after = await contents(engine)
        assert {name: rows for name, rows in after.items() if rows or name not in DERIVED} == {
            name: rows for name, rows in before.items() if after[name] or name not in DERIVED
        }
    await migrations.downgrade(url, "base")
    assert set(await contents(engine)) <= {"alembic_version"}
    assert await migrations.current(url) is None
    await migrations.upgrade(url)
    assert await migrations.current(url) == migrations.head() == revisions[-1]
    assert not any(rows for name, rows in (await contents(engine)).items() if name != "alembic_version")


@BOTH
async def test_migrations_and_models_build_the_same_schema(
    new_empty_url: NewUrl, opened: Callable[[str], AsyncEngine], kind: str
) -> None:
    migrated, created = opened(new_empty_url(kind)), opened(new_empty_url(kind))
    await migrations.upgrade(migrated.url.render_as_string(hide_password=False))
    async with created.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with migrated.connect() as one, created.connect() as other:
        assert await one.run_sync(described) == await other.run_sync(described)


@BOTH
async def test_a_migrated_database_differs_in_nothing_and_a_changed_one_is_told(
    new_url: NewUrl, opened: Callable[[str], AsyncEngine], kind: str
) -> None:
    url = new_url(kind)
    assert await migrations.verify(url) == []
    async with opened(url).begin() as connection:
        await connection.execute(text("ALTER TABLE users ADD COLUMN shoe_size INTEGER"))
    (difference,) = await migrations.verify(url)
    assert "shoe_size" in difference


@BOTH
async def test_a_schema_that_is_behind_names_the_command(new_empty_url: NewUrl, kind: str) -> None:
    url = new_empty_url(kind)
    assert await migrations.is_behind(url)
    with pytest.raises(SchemaBehind) as caught:
        await migrations.require_current(url)
    assert "routeros-mcp db upgrade" in caught.value.fix
    await migrations.upgrade(url)
    if kind != "sqlite":  # there the job queue makes its tables by itself
        with pytest.raises(SchemaBehind, match="queue") as caught:
            await migrations.require_current(url)
        assert "routeros-mcp db upgrade" in caught.value.fix
        await queue.migrate(synchronous_url(url))
    await migrations.require_current(url)
    assert not await migrations.is_behind(url)


async def test_a_schema_from_the_future_is_refused(
    new_url: NewUrl, opened: Callable[[str], AsyncEngine]
) -> None:
    url = new_url("sqlite")
    async with opened(url).begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '29991231_1'"))
    with pytest.raises(SchemaBehind, match="newer"):
        await migrations.require_current(url)
    with pytest.raises(SchemaBehind, match="newer"):
        await DatabaseSessionManager(Settings(database_url=url)).init()


async def test_stamping_records_a_revision_and_does_nothing_else(
    new_empty_url: NewUrl, opened: Callable[[str], AsyncEngine]
) -> None:
    url = new_empty_url("sqlite")
    await migrations.stamp(url)
    assert await migrations.current(url) == migrations.head()
    assert set(await contents(opened(url))) == {"alembic_version"}


def test_the_head_told_by_file_names_is_alembics() -> None:
    history = migrations.history()
    assert migrations.head() == history[0].id
    assert history[-1].down is None
    assert all(revision.purpose for revision in history)


@pytest.mark.slow
@BOTH
async def test_two_that_migrate_at_once_do_not_disturb_each_other(new_empty_url: NewUrl, kind: str) -> None:
    url = new_empty_url(kind)
    program = (
        f"import asyncio; from routeros_mcp.infra.db import migrations as m; asyncio.run(m.upgrade({url!r}))"
    )
    command = [sys.executable, "-c", program]
    async with asyncio.timeout(60):
        started = [
            await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)
        ]
        ended = [await process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    assert await migrations.verify(url) == []


async def test_alembics_own_command_builds_and_checks_from_the_checkout(new_empty_url: NewUrl) -> None:
    url = new_empty_url("sqlite").replace("+aiosqlite", "")

    async def alembic(*words: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "alembic", "-x", f"url={url}", *words),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    async with asyncio.timeout(60):
        assert (await alembic("upgrade", "head"))[0] == 0
        code, words = await alembic("check")
    assert code == 0, words
    assert "No new upgrade operations" in words


def test_the_migrations_use_nothing_of_the_program() -> None:
    for script in (migrations.scripts() / "versions").glob("*.py"):
        assert "import routeros_mcp" not in script.read_text()
        assert "from routeros_mcp" not in script.read_text()


async def test_an_embedded_database_made_by_a_script_is_left_alone(
    new_empty_url: NewUrl, opened: Callable[[str], AsyncEngine]
) -> None:
    url = new_empty_url("sqlite")
    async with opened(url).begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    manager = DatabaseSessionManager(Settings(database_url=url))
    await manager.init()
    await manager.close()
    assert await migrations.current(url) is None


async def test_a_backup_is_a_private_and_whole_copy(
    new_url: NewUrl, opened: Callable[[str], AsyncEngine], tmp_path: Path
) -> None:
    url = new_url("sqlite")
    await fill(opened(url))
    target = tmp_path / "copy.db"
    await backup(url, target)
    assert target.stat().st_mode & 0o077 == 0
    assert await contents(opened(f"sqlite+aiosqlite:///{target}")) == await contents(opened(url))
    with pytest.raises(SetupError, match="cannot be made"):
        await backup(url, target)


async def test_a_backup_of_postgresql_needs_its_own_program(
    new_url: NewUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="pg_dump is not installed"):
        await backup(new_url("postgresql+asyncpg"), tmp_path / "copy.dump")
    assert not (tmp_path / "copy.dump").exists()


async def test_a_backup_of_postgresql_is_its_own_dump(
    new_url: NewUrl, postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, target = new_url("postgresql+asyncpg"), tmp_path / "copy.dump"
    monkeypatch.setenv("PATH", str(postgres_server.programs))
    await backup(url, target)
    assert target.read_bytes().startswith(b"PGDMP")


async def test_a_failed_backup_leaves_no_file_and_no_password_in_its_words(
    new_url: NewUrl, postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del new_url
    monkeypatch.setenv("PATH", str(postgres_server.programs))
    target = tmp_path / "copy.dump"
    with pytest.raises(SetupError, match="pg_dump failed") as caught:
        await backup(f"postgresql+asyncpg://ann:hunter2@/x?host={tmp_path}", target)
    assert "hunter2" not in str(caught.value)
    assert not target.exists()
