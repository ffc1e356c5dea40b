"""A router that does not answer: how often it is tried, and that nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hostile_router import IDENTITY, HostileRouter, Talk, client, hostile, polite, target
from world import World, world

from routeros_mcp.domain.errors import DeviceError, DeviceUnreachable
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.routeros.rest import RestClient

LIMITS = Limits(connect_s=1, answer_s=1, pause_s=0)
CALLS = 200
CONNECTS_OF_A_READ = 2  # a read whose connection was lost is tried once more


async def reset(talk: Talk) -> None:
    talk.reset()


@pytest.fixture
async def dead() -> AsyncIterator[HostileRouter]:
    async with hostile(reset) as router:
        yield router


async def failure(rest: RestClient, router: HostileRouter) -> DeviceUnreachable:
    with pytest.raises(DeviceUnreachable) as caught:
        await rest.read(target(router), IDENTITY)
    return caught.value


async def test_two_hundred_calls_to_a_dead_router_are_three_tries_and_one_for_each_step(
    dead: HostileRouter,
) -> None:
    now = [0.0]
    async with client(LIMITS, monotonic=lambda: now[0], chance=lambda: 0.5) as rest:
        for _ in range(CALLS):
            await failure(rest, dead)
            now[0] += 1.0
    # 200 s hold the steps of 5, 10, 20, 40 and 80 s
    assert dead.connections <= CONNECTS_OF_A_READ * (3 + 5)


async def test_those_who_queue_for_a_dead_router_do_not_try_it_one_by_one(dead: HostileRouter) -> None:
    async with client(LIMITS) as rest, asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiting = [group.create_task(failure(rest, dead)) for _ in range(CALLS)]
    assert dead.connections <= CONNECTS_OF_A_READ * 3
    assert sum("tried again in" in task.result().message for task in waiting) == CALLS - 3


async def test_a_probe_and_forgetting_go_through_at_once(dead: HostileRouter) -> None:
    async with client(LIMITS) as rest:
        for _ in range(4):
            await failure(rest, dead)
        tried = dead.connections
        stages = await rest.probe(target(dead))
        assert (stages[-1].ok, dead.connections > tried) == (False, True)
        assert "tried again" not in (await failure(rest, dead)).message
        await failure(rest, dead)
        await failure(rest, dead)
        assert "tried again" in (await failure(rest, dead)).message
        await rest.forget("d1")
        assert "tried again" not in (await failure(rest, dead)).message


async def test_a_write_is_sent_whatever_the_reads_met(dead: HostileRouter) -> None:
    async with client(LIMITS) as rest:
        for _ in range(4):
            await failure(rest, dead)
        tried = dead.connections
        with pytest.raises(DeviceError):
            await rest.remove(target(dead), "/ip/address", "*1")
        assert dead.connections == tried + 1


async def test_one_router_that_is_left_alone_leaves_the_others_as_they_are(dead: HostileRouter) -> None:
    async with hostile(polite) as well, client(LIMITS) as rest:
        for _ in range(5):
            await failure(rest, dead)
            assert await rest.read(target(well, device_id="d2"), IDENTITY) == [{"name": "core"}]


async def checked(w: World) -> dict[str, str]:
    rows = (await w.call("health_check", devices=["all"]))["devices"]
    return {row["device"]: row["status"] for row in rows}


async def test_a_router_that_hangs_is_asked_no_more_and_a_test_brings_it_back() -> None:
    async with world(3, health_reuse_s=0, router_read_timeout_s=1.0, router_backoff_s=60) as w:
        lost, *others = w.names
        w.router(0).faults.hang()
        for _ in range(3):
            await checked(w)
        asked = len(w.router(0).ledger)
        failed = await w.fails("routeros_read", devices=[lost], path="/system/identity")
        assert (failed.code, "device_test" in failed.fix) == ("device_unreachable", True)
        assert len(w.router(0).ledger) == asked
        assert await checked(w) == {lost: "critical", **dict.fromkeys(others, "healthy")}
        w.router(0).faults.clear()
        await w.call("device_test", device=lost)
        await w.call("routeros_read", devices=[lost], path="/system/identity")


async def test_a_health_check_asks_a_lost_router_and_brings_it_back() -> None:
    async with world(1, health_reuse_s=0, router_read_timeout_s=1.0, router_backoff_s=60) as w:
        w.router(0).faults.down()
        for _ in range(4):
            assert set((await checked(w)).values()) == {"critical"}
        w.router(0).faults.clear()
        assert set((await checked(w)).values()) == {"healthy"}
        await w.call("routeros_read", devices=["all"], path="/system/identity")
