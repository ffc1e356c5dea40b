"""A job whose runs kill their process is given up: it ends, its devices are read back, and it says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes.mortal import SURVIVED, run_mortal
from world import World, reopened, set_comment, set_dns, world

pytestmark = pytest.mark.slow

DEATHS = 2
SETTINGS = {"job_deaths": DEATHS, "deadman_timeout_s": 2, "settle_s": 0.5}
"""Given up as soon as nothing can land and no switch can fire any more: after 2.5 seconds."""
MOST_LIVES = 30


async def begun(w: World, dies_at: str) -> str:
    """A plan of two changes, without a dead-man switch, whose process has died at the first one."""
    plan_id = (await w.plan(set_dns("192.0.2.53"), set_comment("uplink")))["plan_id"]
    await w.approve(plan_id)
    assert await run_mortal(w.settings, "plan_apply", plan_id, dies_at) != SURVIVED
    return str(plan_id)


async def lives(w: World, plan_id: str, dies_at: str) -> int:
    """How many more processes die there until one lives."""
    for count in range(MOST_LIVES):
        if await run_mortal(w.settings, "plan_apply", plan_id, dies_at) == SURVIVED:
            return count
    raise AssertionError(f"all of {MOST_LIVES} processes have died at {dies_at}")


async def told(w: World, plan_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    async with reopened(w) as again:
        (job,) = (await again.call("job_list", plan_id=plan_id))["jobs"]
        return await again.call("plan_get", plan_id=plan_id), job


async def test_a_job_that_kills_each_process_before_it_gets_anywhere_ends_and_is_read_back() -> None:
    async with world(1, **SETTINGS) as w:
        plan_id = await begun(w, "sent")
        assert await lives(w, plan_id, "claimed") >= DEATHS
        plan, job = await told(w, plan_id)
        assert job["status"] == "failed"
        assert job["error"].startswith("Given up: its process died ")
        assert (plan["status"], w.states(plan)) == ("halted", ["needs_human"])
        assert "1 of 2 changes are in place" in plan["device_states"][0]["message"]
        assert (w.sent(), w.executed()) == (["/ip/dns/set"], 1)


async def test_a_job_that_gets_further_with_each_death_is_not_given_up() -> None:
    async with world(4, **{**SETTINGS, "job_deaths": 1}, rollout_gates=False, rollout_parallel=1) as w:
        plan_id = await begun(w, "released")
        assert await lives(w, plan_id, "released") == len(w.names) - 1
        plan, job = await told(w, plan_id)
        assert (job["status"], plan["status"]) == ("success", "applied")
        assert [w.executed(name) for name in w.names] == [2] * len(w.names)


async def test_a_device_whose_reading_has_killed_a_process_is_not_read_once_more() -> None:
    async with world(1, **SETTINGS) as w:
        w.is_left_open = True
        plan_id = await begun(w, "sent")
        async with w.ports.uow() as tx:
            (row,) = await tx.plans.devices_of(plan_id)
            await tx.plans.save_device(replace(row, error_code="READING_BACK"))
        await lives(w, plan_id, "claimed")
        plan, job = await told(w, plan_id)
        assert (job["status"], w.states(plan)) == ("failed", ["unknown"])
        assert "The process that read the device back has died" in plan["device_states"][0]["message"]
        assert w.executed() == 1
