"""The durable queue: part of our transactions, disposable, run by one process on SQLite."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from fakes.job_bench import DURABLE, Bench, bench

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import JobDomain, JobType
from routeros_mcp.infra.clock import SystemClock
from routeros_mcp.infra.db import migrations
from routeros_mcp.infra.db.engine import synchronous_url
from routeros_mcp.infra.db.full_text import SEARCH_INDEX
from routeros_mcp.infra.db.migrations import ENGINE_TABLES
from routeros_mcp.infra.db.models import Base
from routeros_mcp.infra.jobs.durable import DurableRunner, Role
from routeros_mcp.infra.jobs.engine import DurableEngine

NewUrl = Callable[[str], str]
BOTH = ["sqlite", "postgresql+asyncpg"]


@pytest.fixture(params=BOTH)
async def durable(request: pytest.FixtureRequest, new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(DURABLE, new_url(request.param), tmp_path) as made:
        yield made


@pytest.fixture
async def embedded(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(DURABLE, new_url("sqlite"), tmp_path) as made:
        yield made


async def store(place: Bench, engine: DurableEngine, job_id: str, *numbers: int) -> None:
    """A job and its places in the queue, in one transaction."""
    async with place.uow() as tx:
        await tx.jobs.add(JobDomain(id=job_id, job_type=JobType.APPLY_PLAN))
        for number in numbers:
            await tx.in_session(lambda session, number=number: engine.enqueue(session, job_id, number))


def rows_of(place: Bench, table: str, statement: str) -> None:
    """Work on a table of the engine's, past the engine."""
    if place.url.startswith("sqlite"):
        with closing(sqlite3.connect(place.url.partition(":///")[2])) as connection, connection:
            connection.execute(statement.format(table))
        return
    with psycopg.connect(synchronous_url(place.url)) as connection:
        connection.execute(statement.format(f"dbos.{table}").encode())


async def test_a_place_in_the_queue_is_part_of_the_transaction_and_is_given_once(durable: Bench) -> None:
    ran: asyncio.Queue[str] = asyncio.Queue()
    async with durable.engine() as engine, asyncio.timeout(20):
        await engine.launch("one", ran.put)
        with pytest.raises(Conflict):
            await store(durable, engine, "lost", 1, 1)
        await store(durable, engine, "kept", 1)
        assert await ran.get() == "kept"
        with pytest.raises(Conflict):
            await store(durable, engine, "kept", 1)
        await store(durable, engine, "last", 1)
        assert await ran.get() == "last"
    async with durable.uow.read() as tx:
        assert [job.id for job in await tx.jobs.unfinished()] == ["kept", "last"]


async def test_the_engines_rows_may_be_lost(durable: Bench) -> None:
    async with durable.runner(Role.WORKER) as runner:
        await durable.add(runner, "before")
        await durable.ended(runner, "before")
    async with durable.runner(Role.CLIENT) as client:
        await durable.add(client)
    rows_of(durable, "workflow_status", "DELETE FROM {}")
    async with durable.runner(Role.WORKER) as runner:
        assert (await durable.ended(runner)).result_summary == "run: done"
    assert durable.script.kinds == ["run", "run"]


async def test_what_has_ended_is_swept_from_the_queue(durable: Bench) -> None:
    ran: asyncio.Queue[str] = asyncio.Queue()
    async with durable.engine() as engine, asyncio.timeout(20):
        await engine.launch("one", ran.put)
        await store(durable, engine, "j1", 1)
        await ran.get()
        while await engine.queued():
            await asyncio.sleep(0)
        now = SystemClock().now()
        assert await engine.sweep(now - timedelta(hours=1)) == 0
        assert await engine.sweep(now + timedelta(hours=1)) == 1


async def test_what_a_dead_executor_had_taken_is_queued_again_and_only_once(durable: Bench) -> None:
    """The contract with the pinned version: its `_recover_pending_workflows`."""
    ran: asyncio.Queue[str] = asyncio.Queue()
    async with durable.engine() as engine, asyncio.timeout(20):
        await engine.launch("living", ran.put)
        await store(durable, engine, "j1", 1)
        await ran.get()
        while await engine.queued():
            await asyncio.sleep(0)
        rows_of(durable, "workflow_status", "UPDATE {} SET status = 'PENDING', executor_id = 'dead'")
        assert [each.executor for each in await engine.queued()] == ["dead"]
        await engine.recover(["dead"])
        await engine.recover(["dead"])
        assert await ran.get() == "j1"
        while await engine.queued():
            await asyncio.sleep(0)
        assert ran.empty()


async def test_neither_variables_nor_files_of_others_change_the_engine(
    embedded: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = "import os; from routeros_mcp.infra.jobs import engine; engine._library(); " + (
        "from dbos._utils import GlobalParams as g; assert not g.dbos_cloud and not g.app_version, g; "
        "import logging; assert logging.getLogger('dbos').level == logging.WARNING"
    )
    hostile = {"DBOS__CLOUD": "true", "DBOS__APPVERSION": "x", "DBOS__VMID": "y", "DBOS_APP_NAME": "z"}
    told = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        cwd=tmp_path,
        env={**os.environ, **hostile},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await told.communicate()
    assert (told.returncode, said) == (0, b"")


async def test_on_sqlite_the_engines_tables_are_known_to_the_schemas_check(embedded: Bench) -> None:
    async with embedded.runner(Role.WORKER):
        pass
    with closing(sqlite3.connect(embedded.url.partition(":///")[2])) as connection:
        found = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    assert found >= ENGINE_TABLES
    ours = {*Base.metadata.tables, "alembic_version"}
    assert {name for name in found - ENGINE_TABLES - ours if not name.startswith(SEARCH_INDEX)} == set()
    assert list(await migrations.verify(embedded.url)) == []


async def test_of_two_servers_on_one_data_directory_one_runs_the_jobs_until_it_ends(embedded: Bench) -> None:
    async with AsyncExitStack() as first, embedded.runner(Role.SERVER) as second:
        third = await first.enter_async_context(embedded.runner(Role.SERVER))
        assert isinstance(second, DurableRunner)
        assert isinstance(third, DurableRunner)
        await embedded.until(lambda: second.runs_jobs)
        assert not third.runs_jobs
        await embedded.add(third, "by-third")
        assert (await embedded.ended(third, "by-third")).owner == second.owner


async def test_a_command_leaves_its_job_to_a_server_and_runs_it_where_there_is_none(embedded: Bench) -> None:
    async with embedded.runner(Role.WORKER) as server, embedded.runner(Role.COMMAND) as command:
        await embedded.add(command)
        assert (await embedded.ended(command)).owner == server.owner
    async with embedded.runner(Role.COMMAND) as command:
        assert isinstance(command, DurableRunner)
        assert not command.runs_jobs
        await embedded.add(command, "j2")
        assert (await embedded.ended(command, "j2")).owner == command.owner


async def test_a_server_takes_over_when_the_one_before_it_ends(embedded: Bench) -> None:
    async with AsyncExitStack() as first:
        await first.enter_async_context(embedded.runner(Role.WORKER))
        async with embedded.runner(Role.SERVER) as second:
            await first.aclose()
            await embedded.add(second)
            assert (await embedded.ended(second)).owner == second.owner
