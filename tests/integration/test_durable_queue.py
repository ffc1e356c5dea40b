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

pytestmark = pytest.mark.slow

NewUrl = Callable[[str], str]
BOTH = ["sqlite", "postgresql+asyncpg"]
_LEASE = (
    "INSERT INTO {} (id, job_id, owner, fence, expires_at) VALUES ('d1', 'x', 'o', 9, '2099-01-01 00:00:00')"
)
_IMPORTING = """
import logging
from routeros_mcp.infra.jobs import engine
engine._library()
from dbos._utils import GlobalParams
assert not GlobalParams.dbos_cloud and not GlobalParams.app_version
assert logging.getLogger("dbos").level == logging.WARNING
"""


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


async def at_rest(engine: DurableEngine) -> None:
    """Return when the engine has recorded the end of all that it ran."""
    while True:
        if not await engine.queued():
            return


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
        await at_rest(engine)
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
        await at_rest(engine)
        rows_of(durable, "workflow_status", "UPDATE {} SET status = 'PENDING', executor_id = 'dead'")
        assert [each.executor for each in await engine.queued()] == ["dead"]
        await engine.recover(["dead"])
        await engine.recover(["dead"])
        assert await ran.get() == "j1"
        await at_rest(engine)
        assert ran.empty()


async def test_neither_variables_nor_files_of_others_change_the_engine(
    embedded: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hostile = {"DBOS__CLOUD": "true", "DBOS__APPVERSION": "x", "DBOS__VMID": "y", "DBOS_APP_NAME": "z"}
    told = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _IMPORTING,
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


async def test_of_two_servers_on_one_data_directory_one_runs_the_jobs_of_both(embedded: Bench) -> None:
    async with embedded.runner(Role.WORKER) as one, embedded.runner(Role.SERVER) as other:
        assert isinstance(other, DurableRunner)
        await embedded.add(other)
        assert (await embedded.ended(other)).owner == one.owner
        assert not other.runs_jobs


async def test_what_a_killed_server_was_at_is_gone_on_with_by_the_next(embedded: Bench) -> None:
    async with embedded.runner(Role.WORKER) as runner:
        await embedded.add(runner)
        await embedded.ended(runner)
    # as kill -9 leaves them behind
    rows_of(embedded, "workflow_status", "UPDATE {} SET status = 'PENDING', executor_id = 'embedded'")
    rows_of(embedded, "jobs", "UPDATE {} SET status = 'running', owner = 'the-dead', finished_at = NULL")
    rows_of(embedded, "device_leases", _LEASE)
    async with embedded.runner(Role.WORKER) as runner:
        assert (await embedded.ended(runner)).result_summary == "run: done"
    async with embedded.uow() as tx:
        assert await tx.leases.take("d1", await tx.jobs.get("j1"), 30)


async def test_a_job_can_be_queued_before_any_process_has_run_one(embedded: Bench) -> None:
    async with embedded.runner(Role.CLIENT) as client:
        await embedded.add(client)
    async with embedded.runner(Role.WORKER) as runner:
        assert (await embedded.ended(runner)).result_summary == "run: done"


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
