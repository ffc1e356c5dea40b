"""Jobs outlive the call, the heartbeat and the server; one that goes wrong takes no other with it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from fakes.clock import FakeClock
from world import World, opened, principal, reopened, set_comment, set_dns, world

from routeros_mcp.domain.models import JobDomain, JobStatus, JobType


def sql(w: World, statement: str) -> None:
    with closing(sqlite3.connect(w.database)) as connection, connection:
        connection.execute(statement)


async def approved(w: World, *operations: dict[str, object]) -> str:
    plan_id: str = (await w.plan(*operations))["plan_id"]
    await w.approve(plan_id)
    return plan_id


async def test_a_job_is_followed_to_its_end_and_listed(small_world: World) -> None:
    w = small_world
    plan_id = await approved(w, set_dns("192.0.2.53"))
    started = await w.call("plan_apply", plan_id=plan_id)
    assert (started["status"], started["done"], started["total"]) == ("pending", 0, 1)
    ended = await w.ended(started["job_id"])
    assert (ended["status"], ended["done"], ended["result"]) == ("success", 1, "applied: 1 confirmed")
    assert (await w.fails("job_cancel", job_id=started["job_id"])).code == "conflict"


async def test_waiting_for_a_job_ends_when_the_time_is_over(small_world: World) -> None:
    w = small_world
    w.router().faults.slow(0.5, on="/ip/dns/set")
    job = await w.call("plan_apply", plan_id=await approved(w, set_dns("192.0.2.53")))
    assert (await w.call("job_get", job_id=job["job_id"], wait_s=0.05))["status"] in {"pending", "running"}
    assert (await w.ended(job["job_id"]))["status"] == "success"


async def test_a_heartbeat_that_cannot_be_stored_cuts_no_job_off() -> None:
    clock = FakeClock(held=True)
    async with world(1, adapt=lambda ports: replace(ports, clock=clock)) as w:
        plan_id = await approved(w, set_dns("192.0.2.53"))
        w.router().faults.slow(0.3, on="/ip/dns/set")
        job = await w.call("plan_apply", plan_id=plan_id)
        async with asyncio.timeout(10):
            await w.router().until(lambda: bool(w.router().writes))
        with closing(sqlite3.connect(w.database, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 5000")
            connection.execute("BEGIN IMMEDIATE")
            clock.advance(timedelta(seconds=6))
            await asyncio.sleep(0)
            connection.execute("COMMIT")
        assert (await w.ended(job["job_id"]))["status"] == "success"


async def test_a_job_that_outlasts_the_end_of_the_server_is_cut_off_and_told_by_the_next() -> None:
    async with world(1) as w:
        plan_id = await approved(w, set_dns("192.0.2.53"), set_comment("x"))
        before = w.router().rows("/ip/dns")
        settings = w.settings.model_copy(update={"shutdown_drain_s": 0.1, "router_read_timeout_s": 1})
        w.router().faults.hang(lambda request: request.path == "/rest/interface/set")
        async with asyncio.timeout(10), opened(settings) as (app, _):
            await app.pipeline.call(principal(), "plan_apply", {"plan_id": plan_id})
            await w.router().until(lambda: len(w.router().writes) == 2)
        w.router().faults.clear()
        async with reopened(w) as again:
            (job,) = (await again.call("job_list"))["jobs"]
            assert (await again.ended(job["job_id"]))["status"] == "interrupted"
            plan = await again.call("plan_get", plan_id=plan_id)
            assert (plan["status"], again.states(plan)) == ("halted", ["needs_human"])
            assert len(w.sent()) == 2
            await again.roll_back_and_wait(plan_id)
            plan = await again.call("plan_get", plan_id=plan_id)
            assert plan["status"] == "rolled_back", plan["device_states"]
            assert w.router().rows("/ip/dns") == before


async def test_a_job_whose_process_died_before_it_began_is_begun_by_the_next(
    small_world: World,
) -> None:
    w = small_world
    plan_id = await approved(w, set_dns("192.0.2.53"))
    device = await w.device()
    orphan = JobDomain(
        id="orphan",
        job_type=JobType.APPLY_PLAN,
        status=JobStatus.PENDING,
        plan_id=plan_id,
        device_ids=(device.id,),
        owner=w.app.runner.owner.rpartition("/")[0] + "/0",
    )
    async with w.ports.uow() as tx:
        await tx.jobs.add(orphan)
    sql(w, "UPDATE plans SET status = 'applying'")
    async with reopened(w) as again:
        assert (await again.ended("orphan"))["status"] == "success"
        assert (await again.call("plan_get", plan_id=plan_id))["status"] == "applied"
    assert w.sent() == ["/ip/dns/set"]


async def test_a_write_sent_right_before_a_crash_is_waited_for_until_it_can_no_longer_land() -> None:
    async with world(1, settle_s=1) as w:
        plan_id = await approved(w, set_dns("192.0.2.53"))
        settings = w.settings.model_copy(update={"shutdown_drain_s": 0})
        w.router().faults.late(0.6)
        async with asyncio.timeout(10), opened(settings) as (app, _):
            await app.pipeline.call(principal(), "plan_apply", {"plan_id": plan_id})
            await w.router().until(lambda: bool(w.router().writes))
        async with reopened(w) as again:
            (job,) = (await again.call("job_list"))["jobs"]
            await again.ended(job["job_id"])
            plan = await again.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
        assert (w.sent(), w.executed()) == (["/ip/dns/set"], 1)


async def test_a_job_of_a_process_that_lives_is_left_to_it(small_world: World) -> None:
    w = small_world
    w.router().faults.slow(0.5, on="/ip/dns/set")
    job = await w.call("plan_apply", plan_id=await approved(w, set_dns("192.0.2.53")))
    async with asyncio.timeout(10):
        await w.router().until(lambda: bool(w.router().writes))
    async with reopened(w) as other:
        assert (await other.call("job_get", job_id=job["job_id"]))["status"] == "running"
    assert (await w.ended(job["job_id"]))["status"] == "success"


async def test_a_plan_that_was_concluded_before_the_crash_keeps_its_state(small_world: World) -> None:
    w = small_world
    plan = await w.change(set_dns("192.0.2.53"))
    sql(w, "UPDATE jobs SET status = 'running', owner = 'released'")
    async with reopened(w) as again:
        (job,) = (await again.call("job_list"))["jobs"]
        assert (await again.ended(job["job_id"]))["status"] == "interrupted"
        assert (await again.call("plan_get", plan_id=plan["plan_id"]))["status"] == "applied"


async def test_a_plan_outlives_its_deleted_device_for_whoever_sees_the_whole_fleet(
    small_world: World,
) -> None:
    w = small_world
    plan = await w.change(set_dns("192.0.2.53"))
    async with asyncio.timeout(20):
        device = await w.app.services.devices.find(principal(), w.names[0])
        await w.app.services.devices.remove(device)
        shown = await w.call("plan_get", plan_id=plan["plan_id"])
    assert (shown["status"], shown["device_states"][0]["state"]) == ("applied", "confirmed")
