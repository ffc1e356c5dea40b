"""Worker processes beside PostgreSQL: killed, frozen, told to end; no job is lost and none is done twice."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.worker_processes import WorkerProcess, worker_process
from world import World, set_comment, set_dns, world

from routeros_mcp.app import Ports
from routeros_mcp.infra.jobs.durable import Role

pytestmark = pytest.mark.slow
NewUrl = Callable[[str], str]
DEAD_S = 0.3


@pytest.fixture
async def place(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[World]:
    """A server that only queues, beside one router; workers die fast."""
    url = new_url("postgresql+asyncpg")
    timing = {"worker_heartbeat_s": 0.3, "worker_dead_s": 2, "settle_s": 1, "shutdown_drain_s": 20}
    async with world(1, directory=tmp_path, role=Role.CLIENT, database_url=url, **timing) as w:
        yield w


async def begun(w: World, slow_s: float = 3) -> str:
    """A job whose only write is under way at its router; its id."""
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    await w.approve(plan_id)
    w.router().faults.slow(slow_s, on="/ip/dns/set")
    job = await w.call("plan_apply", plan_id=plan_id)
    async with asyncio.timeout(60):
        await w.router().until(lambda: bool(w.router().writes))
    return str(job["job_id"])


async def owner_of(w: World, job_id: str) -> str:
    async with w.ports.uow.read() as tx:
        return str((await tx.jobs.get(job_id)).owner)


async def owner_and_other(
    w: World, job_id: str, one: WorkerProcess, two: WorkerProcess
) -> tuple[WorkerProcess, WorkerProcess]:
    owner = await owner_of(w, job_id)
    return (one, two) if f"-{one.process.pid}-" in owner else (two, one)


async def rest(w: World, job_id: str) -> dict[str, object]:
    async with asyncio.timeout(60):
        while (job := await w.call("job_get", job_id=job_id, wait_s=5))["status"] in {"pending", "running"}:
            pass
    return job


async def test_a_worker_that_is_killed_is_followed_by_another(place: World) -> None:
    w = place
    async with worker_process(w.settings) as one, worker_process(w.settings) as two:
        job_id = await begun(w)
        killed, peer = await owner_and_other(w, job_id, one, two)
        before = await owner_of(w, job_id)
        killed.signal(signal.SIGKILL)
        job = await rest(w, job_id)
        assert await owner_of(w, job_id) != before
        assert f"-{peer.process.pid}-" in await owner_of(w, job_id)
    assert job["status"] in {"interrupted", "success"}
    assert (w.sent(), w.executed()) == (["/ip/dns/set"], 1)


async def test_a_worker_that_was_frozen_and_wakes_records_nothing_and_sends_nothing(place: World) -> None:
    w = place
    async with worker_process(w.settings) as one, worker_process(w.settings) as two:
        job_id = await begun(w)
        frozen, _ = await owner_and_other(w, job_id, one, two)
        frozen.signal(signal.SIGSTOP)
        job = await rest(w, job_id)
        sent, told = w.sent(), await steps(w)
        frozen.signal(signal.SIGCONT)
        await frozen.until("job_lost")
        frozen.signal(signal.SIGTERM)
        assert await frozen.ended() == 0
    assert (w.sent(), await steps(w)) == (sent, told)
    assert (await w.call("job_get", job_id=job_id)) == job
    assert w.executed() == 1


async def steps(w: World) -> object:
    (plan,) = (await w.call("plan_list"))["plans"]
    async with w.ports.uow.read() as tx:
        return await tx.plans.steps_of(plan["plan_id"]), await tx.plans.devices_of(plan["plan_id"])


async def test_a_worker_that_is_told_to_end_lets_its_job_end(place: World) -> None:
    w = place
    async with worker_process(w.settings) as one:
        job_id = await begun(w, slow_s=1.5)
        one.signal(signal.SIGTERM)
        await one.until("worker_draining")
        assert await one.ended() == 0
    assert (await w.call("job_get", job_id=job_id))["status"] == "success"
    async with w.ports.uow.read() as tx:
        assert list(await tx.workers.living(60)) == []


async def test_on_sqlite_a_process_too_busy_to_renew_its_leases_keeps_them(tmp_path: Path) -> None:
    def busy(point: str) -> None:
        until = time.monotonic() + (2 * DEAD_S if point in {"compared", "intent"} else 0)
        while time.monotonic() < until:
            pass

    def adapt(ports: Ports) -> Ports:
        return replace(ports, crash_point=busy)

    timing = {"worker_heartbeat_s": DEAD_S / 3, "worker_dead_s": DEAD_S}
    async with world(1, directory=tmp_path, role=Role.SERVER, adapt=adapt, **timing) as w:
        plan = await w.change(set_dns("192.0.2.53"), set_comment("uplink"))
        assert (plan["status"], len(w.sent())) == ("applied", 2)
        async with w.ports.uow.read() as tx:
            assert (await tx.jobs.get(plan["job"]["job_id"])).attempts == 1


async def test_a_job_waits_for_a_worker_to_come(place: World) -> None:
    w = place
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    await w.approve(plan_id)
    job_id = (await w.call("plan_apply", plan_id=plan_id))["job_id"]
    assert (await w.call("job_get", job_id=job_id, wait_s=0.5))["status"] == "pending"
    async with worker_process(w.settings):
        assert (await rest(w, job_id))["status"] == "success"
