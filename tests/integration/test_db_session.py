"""Sessions over real databases: set-up, failures, and the script that users start from."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from routeros_mcp.config import Settings
from routeros_mcp.domain.errors import DatabaseUnavailable
from routeros_mcp.infra.db import session as sessions
from routeros_mcp.infra.db.models import Device
from routeros_mcp.infra.db.session import DatabaseSessionManager, get_session, get_session_manager


def row(key: str = "dev-001") -> Device:
    return Device(id=key, name=f"router-{key}", management_address="192.168.1.1:443", environment="lab")


async def user_script(settings: Settings) -> None:
    manager = DatabaseSessionManager(settings)
    await manager.init()

    async with manager.session() as session:
        device = Device(
            id="dev-001",
            name="router-lab-01",
            management_address="192.168.1.1:443",
            environment="lab",
            status="healthy",
            tags={"site": "main", "role": "edge"},
            allow_advanced_writes=True,
        )
        session.add(device)

    async with manager.session() as session:
        result = await session.execute(select(Device).where(Device.id == "dev-001"))
        device = result.scalar_one()
        assert device.tags == {"site": "main", "role": "edge"}
        device.status = "degraded"

    async with manager.session() as session:
        device = await session.get(Device, "dev-001")
        assert device is not None
        assert (device.status, device.version) == ("degraded", 2)
        assert device.updated_at >= device.created_at
        await session.execute(update(Device).where(Device.id == "dev-001").values(name="renamed"))
        await session.delete(device)

    async with manager.session() as session:
        assert (await session.execute(delete(Device))).rowcount == 0
    await manager.close()


@pytest.mark.parametrize(
    "url", ["sqlite:///{}/new/data.db", "sqlite+aiosqlite:///{}/x.db", "sqlite:///:memory:"]
)
async def test_the_users_script_runs_as_it_stands(tmp_path: Path, url: str) -> None:
    async with asyncio.timeout(20):
        await user_script(Settings(database_url=url.format(tmp_path)))


async def test_the_users_script_runs_on_postgresql(new_url: Callable[[str], str]) -> None:
    async with asyncio.timeout(20):
        await user_script(Settings(database_url=new_url("postgresql")))


async def test_a_manager_that_is_not_open_says_how_to_open_it(tmp_path: Path) -> None:
    manager = DatabaseSessionManager(Settings(database_url=f"sqlite:///{tmp_path}/x.db"))
    with pytest.raises(RuntimeError, match=r"call `await manager.init\(\)`"):
        _ = manager.engine
    with pytest.raises(RuntimeError, match="init"):
        async with manager.session():
            pass
    await manager.close()


async def test_opening_twice_is_once_and_a_closed_manager_opens_again(tmp_path: Path) -> None:
    manager = DatabaseSessionManager(Settings(database_url=f"sqlite:///{tmp_path}/x.db"))
    await manager.init()
    engine = manager.engine
    await manager.init()
    assert manager.engine is engine
    await manager.close()
    await manager.init()
    async with manager.session() as session:
        session.add(row())
    await manager.close()


async def test_an_error_in_the_block_rolls_back(manager: DatabaseSessionManager) -> None:
    async def fail() -> None:
        async with manager.session() as session:
            session.add(row())
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with manager.reader() as session:
        assert (await session.scalars(select(Device))).all() == []


async def test_sqlite_connections_are_set_up_for_sharing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    manager = DatabaseSessionManager(Settings(database_url=f"sqlite:///{path}"))
    await manager.init()
    wanted = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}

    async def pragmas(opened: object) -> dict[str, object]:
        async with opened as session:
            names = [*wanted, "synchronous", "query_only"]
            return {name: await session.scalar(text(f"PRAGMA {name}")) for name in names}

    assert await pragmas(manager.session()) == {**wanted, "synchronous": 1, "query_only": 0}
    assert await pragmas(manager.session(durable=True)) == {**wanted, "synchronous": 2, "query_only": 0}
    assert await pragmas(manager.session()) == {**wanted, "synchronous": 1, "query_only": 0}
    assert await pragmas(manager.reader()) == {**wanted, "synchronous": 1, "query_only": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await manager.close()


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
async def test_postgresql_connections_have_a_name_and_limits(
    new_url: Callable[[str], str], scheme: str
) -> None:
    settings = Settings(database_url=new_url(scheme), database_statement_timeout_s=7)
    manager = DatabaseSessionManager(settings)
    await manager.init()
    async with manager.session() as session:
        shown = [
            await session.scalar(text(f"SHOW {name}"))
            for name in ("application_name", "statement_timeout", "idle_in_transaction_session_timeout")
        ]
    assert shown == ["routeros-mcp", "7s", "14s"]
    await manager.close()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_server_out_of_reach_is_one_line_without_the_password(driver: str, tmp_path: Path) -> None:
    url = f"postgresql+{driver}://ann:hunter2@/fleet?host={tmp_path}"
    manager = DatabaseSessionManager(Settings(database_url=url))
    await manager.init()
    with pytest.raises(DatabaseUnavailable) as caught:
        async with asyncio.timeout(20), manager.session():
            pass
    assert "hunter2" not in str(caught.value)
    assert "\n" not in caught.value.message
    assert "routeros-mcp db current" in caught.value.fix
    assert caught.value.retryable
    await manager.close()


async def test_a_file_that_cannot_be_a_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, and long enough to be looked at" * 99)
    for place in (tmp_path, tmp_path / "text.db", tmp_path / "text.db" / "below.db"):
        manager = DatabaseSessionManager(Settings(database_url=f"sqlite:///{place}"))
        with pytest.raises(DatabaseUnavailable, match="cannot be used"):
            await manager.init()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_lost_connection_is_a_passing_failure_and_the_next_session_works(
    new_url: Callable[[str], str], driver: str
) -> None:
    manager = DatabaseSessionManager(Settings(database_url=new_url(f"postgresql+{driver}")))
    await manager.init()

    async def lose() -> None:
        async with manager.session() as session, manager.session() as other:
            victim = await session.scalar(text("SELECT pg_backend_pid()"))
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": victim})
            await session.execute(text("SELECT 1"))

    async with asyncio.timeout(20):
        with pytest.raises(DatabaseUnavailable) as caught:
            await lose()
        assert caught.value.data["transient"] is True
        async with manager.session() as session:
            assert await session.scalar(text("SELECT 1")) == 1
    await manager.close()


async def test_a_mistake_in_sql_is_not_taken_for_a_failing_database(manager: DatabaseSessionManager) -> None:
    async def repeat_a_name() -> None:
        async with manager.session() as session:
            session.add_all([row("a"), row("b")])
            await session.execute(update(Device).values(name="same"))

    with pytest.raises(IntegrityError):
        await repeat_a_name()


async def test_slow_statements_are_logged_without_their_values(new_url: Callable[[str], str]) -> None:
    settings = Settings(database_url=new_url("sqlite"), database_slow_query_ms=0.000001)
    manager = DatabaseSessionManager(settings)
    await manager.init()
    with capture_logs() as logs:
        async with manager.session() as session:
            session.add(row("secret-key"))
    await manager.close()
    inserts = [line for line in logs if line.get("statement", "").startswith("INSERT INTO devices")]
    assert [line["event"] for line in inserts] == ["database_slow_query"]
    assert inserts[0]["duration_ms"] >= 0
    assert "secret-key" not in str(logs)


async def test_the_pools_figures_tell_what_is_in_use(manager: DatabaseSessionManager) -> None:
    async with manager.session():
        assert manager.pool_figures()["in_use"] == 1
    assert manager.pool_figures()["in_use"] == 0


async def test_the_process_shares_one_manager_per_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/x.db")
    monkeypatch.setattr(sessions, "_managers", {})
    monkeypatch.setattr(sessions, "get_settings", lambda: settings)
    manager = get_session_manager()
    assert get_session_manager(settings) is manager
    await manager.init()
    dependency = get_session()
    async for session in dependency:
        session.add(row())
    async with manager.reader() as session:
        assert (await session.scalars(select(Device.id))).all() == ["dev-001"]
    await manager.close()


async def test_a_database_in_memory_serves_many_tasks_in_turn() -> None:
    manager = DatabaseSessionManager(Settings(database_url="sqlite:///:memory:"))
    await manager.init()

    async def add(key: str) -> None:
        async with manager.session() as session:
            session.add(row(key))

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        for number in range(10):
            tasks.create_task(add(f"d{number}"))
    async with manager.reader() as session:
        assert len((await session.scalars(select(Device.id))).all()) == 10
    await manager.close()
