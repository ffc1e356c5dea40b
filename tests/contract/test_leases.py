"""Leases of devices and heartbeats of workers, on each database; and that nothing is written without."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from world import World, set_comment, set_dns

from routeros_mcp.domain.models import JobDomain, JobType, StepState
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

LONG_S = 60.0


def run_of(fence: int, key: str = "j1") -> JobDomain:
    return JobDomain(id=key, job_type=JobType.APPLY_PLAN, owner="w1", fence=fence)


async def stored(uow: SqlUnitOfWork, *jobs: JobDomain) -> None:
    async with uow() as tx:
        for job in jobs:
            await tx.jobs.save(job)


async def test_a_device_is_leased_to_one_run_and_a_later_run_of_the_job_takes_it_over(
    uow: SqlUnitOfWork,
) -> None:
    await stored(uow, run_of(1), run_of(1, "other"))
    async with uow() as tx:
        assert await tx.leases.take("d1", run_of(1), LONG_S)
        assert not await tx.leases.take("d1", run_of(9, "other"), LONG_S)
        assert 0 < await tx.leases.left_s("d1", "j1", 1) <= LONG_S
        assert await tx.leases.take("d1", run_of(2), LONG_S)
        assert not await tx.leases.take("d1", run_of(1), LONG_S)
        assert await tx.leases.left_s("d1", "j1", 1) == 0
    async with uow() as tx:
        assert await tx.leases.left_s("d1", "j1", 2) == 0  # the job itself knows nothing of this run yet
    await stored(uow, run_of(2))
    async with uow() as tx:
        assert await tx.leases.left_s("d1", "j1", 2) > 0
        await tx.leases.release("j1", 2, "d1")
        assert await tx.leases.take("d1", run_of(1, "other"), LONG_S)


async def test_a_lease_that_has_run_out_is_anybodys_and_is_not_renewed(uow: SqlUnitOfWork) -> None:
    await stored(uow, run_of(1), run_of(1, "other"))
    async with uow() as tx:
        assert await tx.leases.take("d1", run_of(1), 0)
        await tx.leases.renew("j1", 1, LONG_S)
        assert await tx.leases.left_s("d1", "j1", 1) == 0
        assert await tx.leases.take("d1", run_of(1, "other"), 1)
        await tx.leases.renew("other", 1, LONG_S)
        assert await tx.leases.left_s("d1", "other", 1) > 1


async def test_a_worker_lives_as_long_as_it_is_heard_of(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.workers.beat("w1", "here")
        await tx.workers.beat("w2", "there")
        await tx.workers.beat("w1", "here")
        assert sorted(await tx.workers.living(LONG_S)) == ["w1", "w2"]
        await tx.workers.forget("w1")
        assert await tx.workers.living(LONG_S) == ["w2"]
        assert await tx.workers.living(-1) == []
        await tx.workers.forget(silent_s=LONG_S)
        assert await tx.workers.living(LONG_S) == ["w2"]
        await tx.workers.forget(silent_s=-1)
        assert await tx.workers.living(LONG_S) == []


@pytest.mark.parametrize("loss", ["UPDATE jobs SET fence = fence + 1", "DELETE FROM device_leases"])
async def test_a_run_that_loses_its_right_meanwhile_sends_and_records_nothing_more(
    small_world: World, loss: str
) -> None:
    w = small_world
    w.is_left_open = True
    plan_id = (await w.plan(set_dns("192.0.2.53"), set_comment("x")))["plan_id"]
    await w.approve(plan_id)
    w.router().faults.slow(0.5, on="/ip/dns/set")
    job = await w.call("plan_apply", plan_id=plan_id)
    async with asyncio.timeout(20):
        await w.router().until(lambda: bool(w.router().writes and w.sent()))
    with closing(sqlite3.connect(w.database)) as connection, connection:
        connection.execute(loss)
    await w.app.runner.wait(job["job_id"], 20)
    assert w.sent() == ["/ip/dns/set"]
    assert (await w.call("job_get", job_id=job["job_id"]))["status"] == "running"
    async with w.ports.uow.read() as tx:
        (step,) = await tx.plans.steps_of(plan_id)
        (row,) = await tx.plans.devices_of(plan_id)
    assert (step.state, row.state) == (StepState.INTENT, StepState.INTENT)
