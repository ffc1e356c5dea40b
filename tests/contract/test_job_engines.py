"""What every job runner does: within one process, and by the durable queue on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from fakes.job_bench import DURABLE, IN_PROCESS, Bench, Runner, bench

from routeros_mcp.domain.errors import Conflict, DatabaseUnavailable, RouterosMcpError
from routeros_mcp.domain.models import JobDomain, JobStatus, JobType
from routeros_mcp.domain.ports import JobOutcome, LostLease

pytestmark = pytest.mark.slow

NewUrl = Callable[[str], str]


ENGINES = [
    (IN_PROCESS, "sqlite"),
    (DURABLE, "sqlite"),
    pytest.param((DURABLE, "postgresql+asyncpg")),
]


@pytest.fixture(params=ENGINES)
async def place(request: pytest.FixtureRequest, new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Bench]:
    kind, database = request.param
    async with bench(kind, new_url(database), tmp_path) as made:
        yield made


async def queued_in_vain(place: Bench, runner: Runner) -> None:
    async with place.uow() as tx:
        await runner.enqueue(tx, await tx.jobs.add(JobDomain(id="lost", job_type=JobType.APPLY_PLAN)))
        raise RouterosMcpError("the caller's own")


async def test_a_queued_job_is_run_once_and_one_that_was_rolled_back_never(place: Bench) -> None:
    async with place.runner() as runner:
        with pytest.raises(RouterosMcpError):
            await queued_in_vain(place, runner)
        await place.add(runner)
        ended = await place.ended(runner)
    assert (ended.status, ended.result_summary, ended.attempts) == (JobStatus.SUCCESS, "run: done", 1)
    assert ended.finished_at is not None
    assert place.script.runs == [("run", "j1", ended.fence)]


async def test_a_job_that_fails_is_looked_into_and_takes_no_other_with_it(place: Bench) -> None:
    async def act(job: JobDomain) -> JobOutcome:
        if job.id == "bug":
            raise ValueError(job.id)
        if job.id == "expected":
            raise Conflict("The device is busy.")
        return JobOutcome(JobStatus.SUCCESS, "fine")

    place.script.act = act
    async with place.runner() as runner:
        for key in ("bug", "expected", "good"):
            await place.add(runner, key)
        ended = {key: await place.ended(runner, key) for key in ("bug", "expected", "good")}
    assert [job.status for job in ended.values()] == [JobStatus.FAILED, JobStatus.FAILED, JobStatus.SUCCESS]
    assert ended["bug"].error_message == "The server hit a bug; it was logged. recover: done"
    assert ended["expected"].error_message == "The device is busy. recover: done"


async def test_a_job_that_was_cut_off_is_taken_up_by_the_next_process(place: Bench) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def hang(job: JobDomain) -> JobOutcome:
        begun.set()
        await never.wait()
        return JobOutcome(JobStatus.FAILED, job.id)

    place.script.act, place.drain_s = hang, 0
    async with asyncio.timeout(20), place.runner() as runner:
        await place.add(runner)
        await begun.wait()
    cut = await place.job()
    assert cut.status is JobStatus.RUNNING
    place.script.act = None
    async with place.runner() as runner:
        ended = await place.ended(runner)
    assert (ended.result_summary, ended.attempts) == ("run: done", 2)
    assert ended.fence > cut.fence


async def test_a_job_that_never_began_is_begun_by_the_next_process(place: Bench) -> None:
    async with place.runner() as runner, place.uow() as tx:
        await tx.jobs.add(JobDomain(id="j1", job_type=JobType.APPLY_PLAN))
        del runner
    async with place.runner() as runner:
        assert (await place.ended(runner)).result_summary == "run: done"


async def test_a_run_that_was_overtaken_records_nothing(place: Bench) -> None:
    async def overtaken(job: JobDomain) -> JobOutcome:
        await place.change(job.id, fence=job.fence + 1, result_summary="another's")
        return JobOutcome(JobStatus.SUCCESS, "mine")

    place.script.act, place.drain_s = overtaken, 20
    async with place.runner() as runner:
        await place.add(runner)
        await place.until(lambda: bool(place.script.runs))
        place.script.act = None
    assert (await place.job()).result_summary != "mine"


@pytest.mark.parametrize("error", [LostLease("lost"), DatabaseUnavailable("gone")])
async def test_a_run_that_lost_its_right_or_its_database_leaves_the_job_to_be_done(
    place: Bench, error: Exception
) -> None:
    async def lose(job: JobDomain) -> JobOutcome:
        place.script.act = None
        raise error

    place.script.act, place.drain_s = lose, 20
    async with place.runner() as runner:
        await place.add(runner)
        await place.until(lambda: bool(place.script.runs))
    assert "recover" not in place.script.kinds
    if place.kind == DURABLE:
        async with place.runner() as runner:
            assert (await place.ended(runner)).result_summary == "run: done"


async def test_waiting_ends_when_the_time_is_over(place: Bench) -> None:
    go = asyncio.Event()

    async def hold(job: JobDomain) -> JobOutcome:
        await go.wait()
        return JobOutcome(JobStatus.SUCCESS, job.id)

    place.script.act = hold
    async with place.runner() as runner:
        await place.add(runner)
        async with asyncio.timeout(10):
            await runner.wait("j1", 0.05)
        assert not (await place.job()).status.is_final
        go.set()
        await place.ended(runner)
