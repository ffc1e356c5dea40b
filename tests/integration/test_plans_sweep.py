"""What dead-man switches leave on routers: ours and over goes, all else is told and left."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from world import World, add_address, reopened, set_dns, world

from routeros_mcp.app import Ports
from routeros_mcp.domain.models import JobDomain, JobType
from routeros_mcp.domain.planning.deadman import nonce_for
from routeros_mcp.infra.clock import SystemClock
from routeros_mcp.infra.jobs.durable import Role as JobRole
from routeros_mcp.toolkit.pipeline import Success

pytestmark = pytest.mark.slow

SCHEDULER, FILES = "/system/scheduler", "/file"
FOREIGN = "0123456789ab"


def leave(w: World, nonce: str) -> None:
    """Put there what a switch of this nonce consists of, and what it leaves when it has fired."""
    for name in (f"rmcp-dm-{nonce}", f"rmcp-dm-{nonce}-boot", f"rmcp-reverted-{nonce}"):
        w.router().add(SCHEDULER, {"name": name, "interval": "1h", "on-event": ":nothing"})
    w.router().add(FILES, {"name": f"rmcp-cp-{nonce}.backup", "contents": "x"})


def left(w: World) -> set[str]:
    rows = [*w.router().rows(SCHEDULER), *w.router().rows(FILES)]
    return {row["name"] for row in rows if "rmcp-" in row["name"]}


async def swept(w: World, **more: Any) -> dict[str, Any]:
    answer = await w.app.terminal.call(w.admin, "device_sweep", {"devices": ["all"], **more})
    assert isinstance(answer, Success), answer
    return answer.result.payload()


def fates(told: dict[str, Any]) -> dict[str, str]:
    return {find["name"]: find["fate"] for find in told["found"]}


async def test_orphans_of_ended_plans_go_and_those_of_others_stay(small_world: World) -> None:
    w = small_world
    plan = await w.change(add_address("192.0.2.1/24"))
    nonce = nonce_for(plan["plan_id"], (await w.device()).id)
    leave(w, nonce)
    leave(w, FOREIGN)
    every = left(w)
    assert set(fates(await swept(w, dry_run=True)).values()) == {"orphan", "foreign"}
    assert left(w) == every
    w.router().ledger_clear()
    (boot,) = [r[".id"] for r in w.router().rows(SCHEDULER) if r["name"] == f"rmcp-dm-{nonce}-boot"]
    told = await swept(w)
    assert left(w) == {name for name in every if FOREIGN in name}
    assert {name for name, fate in fates(told).items() if fate == "removed"} == every - left(w)
    assert boot in w.router().writes[0].text
    page = await w.call("audit_search", tool="device_sweep", action="WRITE", plan_id=plan["plan_id"])
    assert [event["result"] for event in page["events"]].count("SUCCESS") == 4


async def test_what_belongs_to_a_plan_that_is_not_over_is_left() -> None:
    async with world(1, settle_s=0.1) as w:
        w.router().faults.drop_before(100, "/ip/address/add")
        plan_id = (await w.plan(set_dns("192.0.2.53"), add_address("192.0.2.1/24")))["plan_id"]
        nonce = nonce_for(plan_id, (await w.device()).id)
        await w.approve(plan_id)
        w.router().faults.hang("/ip/dns/set")
        job = await w.call("plan_apply", plan_id=plan_id)
        await w.router().until(lambda: "/ip/dns/set" in w.sent())
        assert set(fates(await swept(w)).values()) == {"in_use"}
        assert {f"rmcp-dm-{nonce}", f"rmcp-dm-{nonce}-boot"} == left(w)
        w.router().faults.clear()
        await w.ended(job["job_id"])


async def test_a_router_that_another_job_holds_is_left_to_the_next_sweep(small_world: World) -> None:
    w = small_world
    plan = await w.change(add_address("192.0.2.1/24"))
    device = await w.device()
    leave(w, nonce_for(plan["plan_id"], device.id))
    other = JobDomain(id="other", job_type=JobType.APPLY_PLAN, owner="somebody", fence=1)
    async with w.ports.uow() as tx:
        assert await tx.leases.take(device.id, other, 60)
    told, every = await swept(w), left(w)
    assert set(fates(told).values()) == {"orphan"}
    assert all("Another job is at work" in find["why"] for find in told["found"])
    async with w.ports.uow() as tx:
        await tx.leases.release(other.id, other.fence)
    assert set(fates(await swept(w)).values()) == {"removed"}
    assert (len(every), left(w)) == (4, set())


async def test_what_an_ended_plan_has_left_stays_while_another_is_at_work_on_the_router() -> None:
    async with world(1, settle_s=0.1) as w:
        old = await w.change(add_address("192.0.2.1/24"))
        nonce = nonce_for(old["plan_id"], (await w.device()).id)
        w.router().faults.hang("/ip/dns/set")
        plan_id = (await w.plan(set_dns("192.0.2.53"), add_address("192.0.2.2/24")))["plan_id"]
        await w.approve(plan_id)
        job = await w.call("plan_apply", plan_id=plan_id)
        await w.router().until(lambda: "/ip/dns/set" in w.sent())
        leave(w, nonce)
        told = await swept(w)
        assert {find["fate"] for find in told["found"] if nonce in find["name"]} == {"orphan"}
        assert "at work" in json.dumps(told)
        w.router().faults.clear()
        await w.ended(job["job_id"])
        await swept(w)
        assert not any(nonce in name for name in left(w))


@dataclass
class Shifted(SystemClock):
    """A clock that is ahead of the real one, by what the test says."""

    by: timedelta = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


def ahead(clock: Shifted) -> Callable[[Ports], Ports]:
    return lambda ports: replace(ports, clock=clock)


def noon_after(days: int) -> timedelta:
    """From now to the noon of a day to come, UTC."""
    now = SystemClock().now()
    return now.replace(hour=12, minute=0) + timedelta(days=days) - now


async def test_the_night_s_sweep_tells_of_every_router_and_comes_once_in_its_period() -> None:
    clock = Shifted()
    async with world(3, adapt=ahead(clock)) as w:
        leave(w, FOREIGN)
        w.router(1).faults.down()
        due = w.app.services.sweeps.queue_due
        assert await due() is None, "registered today: there is nothing to sweep yet"
        clock.by = noon_after(days=1)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(due()) for _ in range(8)]
        (queued,) = [job for job in (task.result() for task in asked) if job is not None]
        job = await w.ended(queued.id)
        assert (job["job_type"], job["status"], job["requested_by"]) == ("SWEEP", "success", "service:sweep")
        assert job["result"] == "2 looked at, 0 removed, 4 left as they are, 1 out of reach"
        assert Counter(line["state"] for line in job["devices"]) == {"foreign": 4, "unreachable": 1}
        assert [each["job_id"] for each in (await w.call("job_list"))["jobs"]] == [queued.id]
        (line,) = (await w.call("audit_search", tool="device_sweep"))["events"]
        assert line["user"] == "service:sweep"
        for hours, is_due in ((0, False), (11, False), (12.5, True)):
            clock.by = noon_after(days=1) + timedelta(hours=hours)
            found = await due()
            assert (found is not None) is is_due, hours
            if found is not None:
                await w.ended(found.id)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql+asyncpg"])
async def test_of_many_processes_one_queues_the_sweep(new_url: Callable[[str], str], kind: str) -> None:
    clock = Shifted(by=noon_after(days=1))
    async with world(1, adapt=ahead(clock), database_url=new_url(kind)) as w, asyncio.TaskGroup() as group:
        asked = [group.create_task(w.app.services.sweeps.queue_due()) for _ in range(16)]
        (queued,) = [job for task in asked if (job := await task) is not None]
        assert (await w.ended(queued.id))["status"] == "success"


async def test_a_late_sweep_puts_off_the_next() -> None:
    clock = Shifted(by=noon_after(days=1) + timedelta(hours=11))
    async with world(1, adapt=ahead(clock)) as w:
        for hours, is_due in ((0, True), (2, False), (13, True)):
            clock.by = noon_after(days=1) + timedelta(hours=11 + hours)
            queued = await w.app.services.sweeps.queue_due()
            assert (queued is not None) is is_due, hours
            if queued is not None:
                await w.ended(queued.id)


async def test_a_process_that_runs_jobs_sweeps_by_itself_and_not_again_after_a_restart() -> None:
    clock = Shifted(by=noon_after(days=1))
    async with world(1, worker_heartbeat_s=0.1) as w:
        async with reopened(w, ahead(clock), role=JobRole.SERVER) as again:
            await w.router().until(lambda: any(r.path.startswith("/rest/file") for r in w.router().ledger))
            (job,) = (await again.call("job_list"))["jobs"]
            assert (await again.ended(job["job_id"]))["result"].startswith("1 looked at")
        clock.by += timedelta(minutes=1)
        async with reopened(w, ahead(clock), role=JobRole.SERVER) as again:
            assert fates(await swept(again)) == {}
            by = [each["requested_by"] for each in (await again.call("job_list"))["jobs"]]
            assert by == [again.admin.subject, "service:sweep"]


async def test_no_sweep_where_it_is_switched_off() -> None:
    clock = Shifted(by=noon_after(days=1))
    async with world(1, adapt=ahead(clock), sweep_interval_h=0) as w:
        assert await w.app.services.sweeps.queue_due() is None
