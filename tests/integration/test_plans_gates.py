"""Health gates between waves, and rollouts that people stop: for now, for good, or to have them undone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from world import DNS, World, principal, set_comment, set_dns, world

from routeros_mcp.domain.models import Role
from routeros_mcp.emulator import Request

pytestmark = pytest.mark.slow

RESOURCE = "/rest/system/resource"
SLOW = partial(pytest.param)


async def approved(w: World, *operations: dict[str, Any], **rollout: Any) -> str:
    plan = await w.plan(*(operations or (set_dns("192.0.2.53"),)), rollout=rollout)
    await w.approve(plan["plan_id"])
    plan_id: str = plan["plan_id"]
    return plan_id


def once_written(w: World, at: int, happens: Callable[[], object]) -> None:
    """Let something happen to the router as soon as it has got its first write."""

    def sees(request: Request) -> bool:
        if request.path == f"/rest{DNS}/set":
            asyncio.get_running_loop().call_soon(happens)
        return False

    w.router(at).faults.drop_after(1, sees)


def loses_link(w: World, at: int) -> None:
    once_written(w, at, lambda: w.router(at).edit("/interface", "ether2", {"disabled": "true"}))


def is_loaded(w: World, at: int) -> None:
    once_written(w, at, lambda: w.router(at).set_resource(cpu_load=97))


async def paused_world(w: World) -> tuple[str, dict[str, Any]]:
    """A plan whose job has paused after the canary, and the job."""
    is_loaded(w, 0)
    plan_id = await approved(w)
    return plan_id, await w.apply_and_wait(plan_id)


@pytest.mark.parametrize(
    ("on_failure", "status", "states"),
    [
        SLOW("halt", "halted", ["confirmed", "confirmed", "confirmed", "planned"]),
        SLOW("roll_back_device", "halted", ["confirmed", "rolled_back", "confirmed", "planned"]),
        ("roll_back_wave", "halted", ["confirmed", "rolled_back", "rolled_back", "planned"]),
        SLOW("roll_back_all", "rolled_back", ["rolled_back", "rolled_back", "rolled_back", "planned"]),
    ],
)
async def test_a_failed_gate_halts_the_rollout_and_takes_back_what_was_agreed(
    on_failure: str, status: str, states: list[str]
) -> None:
    async with world(4) as w:
        loses_link(w, 1)
        plan_id = await approved(w, waves=["1", "2", "1"], on_failure=on_failure)
        job = await w.apply_and_wait(plan_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (job["status"], plan["status"], w.states(plan)) == ("failed", status, states)
        assert [wave.get("gate") for wave in job["waves"]] == ["passed", "failed", None]
        assert "ether2" in job["stopped"]
        assert w.names[1] in job["stopped"]
        servers = [w.router(at).rows(DNS)[0]["servers"] == "192.0.2.53" for at in range(4)]
        assert servers == [state == "confirmed" for state in states]


async def test_a_halted_plan_with_every_device_changed_is_not_called_applied(small_world: World) -> None:
    w = small_world
    loses_link(w, 0)
    plan_id = await approved(w, on_failure="halt")
    assert (await w.apply_and_wait(plan_id))["status"] == "failed"
    plan = await w.call("plan_get", plan_id=plan_id)
    assert (plan["status"], w.states(plan)) == ("halted", ["confirmed"])
    await w.roll_back_and_wait(plan_id)
    assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rolled_back"


async def test_a_link_that_is_only_coming_up_again_fails_no_gate(small_world: World) -> None:
    w = small_world
    router = w.router()
    loses_link(w, 0)
    looks = 0

    def comes_up(request: Request) -> bool:
        nonlocal looks
        looks += request.path == RESOURCE and bool(router.writes)
        if looks == 2:
            asyncio.get_running_loop().call_soon(
                lambda: router.edit("/interface", "ether2", {"disabled": "false"})
            )
        return False

    router.faults.drop_before(1, comes_up)
    job = await w.apply_and_wait(await approved(w))
    assert (job["status"], job["waves"][0]["gate"]) == ("success", "passed")
    assert looks > 1


async def test_a_link_that_the_plan_itself_takes_down_fails_no_gate(small_world: World) -> None:
    down = {"op": "set", "path": "/interface", "match": {"name": "ether2"}, "values": {"disabled": True}}
    job = await small_world.apply_and_wait(await approved(small_world, down))
    assert (job["status"], job["waves"][0]["gate"]) == ("success", "passed")


async def test_without_gates_nothing_is_measured(small_world: World) -> None:
    w = small_world
    loses_link(w, 0)
    job = await w.apply_and_wait(await approved(w, gates=False))
    assert (job["status"], "gate" in job["waves"][0]) == ("success", False)
    assert "gate" not in job["devices"][0]


async def test_an_inconclusive_gate_pauses_until_a_person_goes_on() -> None:
    async with world(3) as w:
        plan_id, job = await paused_world(w)
        assert (job["status"], job["done"], "97" in job["summary"]) == ("paused", 1, True)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("applying", ["confirmed", "planned", "planned"])
        assert "resume=true" in plan["next_step"]
        assert "finished_at" not in job

        other = (await w.plan(set_comment("x"), devices=[w.names[2]]))["plan_id"]
        await w.approve(other)
        assert (await w.fails("plan_apply", plan_id=other)).code == "conflict"
        assert (await w.fails("plan_apply", plan_id=plan_id)).code == "conflict"
        assert (await w.fails("plan_rollback", plan_id=plan_id, resume=True)).code == "conflict"
        reader = principal(Role.READ_ONLY, subject="user:reader")
        assert (await w.fails("plan_apply", who=reader, plan_id=plan_id, resume=True)).code == "forbidden"

        ended = await w.call("plan_apply", plan_id=plan_id, resume=True, wait_s=30)
        assert (ended["status"], ended["done"]) == ("success", 3)
        accepted = ended["waves"][0]
        assert (accepted["gate"], accepted["accepted_by"]) == ("inconclusive", w.admin.subject)
        assert [w.executed(name) for name in w.names] == [1, 1, 1]
        assert (await w.fails("plan_apply", plan_id=plan_id, resume=True)).code == "conflict"


async def test_a_resumed_rollout_halts_all_the_same_when_the_router_has_failed_meanwhile() -> None:
    async with world(2) as w:
        plan_id, _ = await paused_world(w)
        w.router(0).edit("/interface", "ether2", {"disabled": "true"})
        job = await w.call("plan_apply", plan_id=plan_id, resume=True, wait_s=30)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (job["status"], plan["status"]) == ("failed", "rolled_back")
        assert w.states(plan) == ["rolled_back", "planned"]


async def test_a_router_that_cannot_be_measured_after_its_wave_is_inconclusive() -> None:
    async with world(2) as w:
        router = w.router(0)
        router.faults.drop_before(None, lambda request: request.path == RESOURCE and bool(router.writes))
        plan_id = await approved(w)
        job = await w.apply_and_wait(plan_id)
        assert (job["status"], job["waves"][0]["gate"]) == ("paused", "inconclusive")
        assert "could not be measured" in job["waves"][0]["reasons"][0]
        assert w.sent(1) == []
        stopped = await w.call("job_cancel", job_id=job["job_id"])
        assert (await w.ended(stopped["job_id"]))["status"] == "cancelled"
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("halted", ["confirmed", "planned"])


async def test_a_paused_rollout_can_be_undone_instead() -> None:
    async with world(3) as w:
        plan_id, job = await paused_world(w)
        await w.call("job_cancel", job_id=job["job_id"], mode="roll_back")
        assert (await w.ended(job["job_id"]))["status"] == "cancelled"
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back", "planned", "planned"])


@pytest.mark.parametrize(
    ("mode", "status", "states"),
    [
        SLOW("pause", "applying", ["confirmed", "planned", "planned"]),
        SLOW("leave", "halted", ["confirmed", "planned", "planned"]),
        ("roll_back", "rolled_back", ["rolled_back", "planned", "planned"]),
    ],
)
async def test_who_stops_a_job_lets_the_device_under_way_finish(
    mode: str, status: str, states: list[str]
) -> None:
    async with world(3) as w:
        plan_id = await approved(w)
        w.router(0).faults.slow(0.3, on=f"{DNS}/set")
        job = await w.call("plan_apply", plan_id=plan_id)
        async with asyncio.timeout(10):
            await w.router(0).until(lambda: bool(w.router(0).writes))
        await w.call("job_cancel", job_id=job["job_id"], mode=mode)
        ended = await w.ended(job["job_id"])
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == (status, states)
        assert ended["status"] == ("paused" if mode == "pause" else "cancelled")
        assert w.sent(1) == w.sent(2) == []


async def test_a_job_that_rolls_back_pauses_and_goes_on_but_is_not_undone() -> None:
    async with world(2) as w:
        plan_id = await approved(w, waves=["1"])
        await w.apply_and_wait(plan_id)
        w.router(1).faults.slow(0.3, on=f"{DNS}/set")
        job = await w.call("plan_rollback", plan_id=plan_id)
        refused = await w.fails("job_cancel", job_id=job["job_id"], mode="roll_back")
        assert refused.code == "invalid_params"
        await w.call("job_cancel", job_id=job["job_id"], mode="pause")
        assert (await w.ended(job["job_id"]))["status"] == "paused"
        assert w.sent(0) == [f"{DNS}/set"]
        ended = await w.call("plan_rollback", plan_id=plan_id, resume=True, wait_s=30)
        assert ended["status"] == "success"
        assert [len(w.sent(at)) for at in range(2)] == [2, 2]


async def test_whoever_waits_is_told_the_progress_and_only_upwards() -> None:
    async with world(3) as w:
        told: list[tuple[int, int]] = []

        async def report(done: int, total: int, message: str) -> None:
            del message
            told.append((done, total))

        arguments = {"plan_id": await approved(w), "wait_s": 30}
        await w.app.pipeline.call(w.admin, "plan_apply", arguments, progress=report)
        assert told == sorted(told)
        assert told[-1] == (3, 3)
