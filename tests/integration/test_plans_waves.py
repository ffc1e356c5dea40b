"""A plan over many routers: waves that are kept, leaves first, and rolled back in parts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from world import DNS, ToolFailed, World, reopened, set_dns, world

pytestmark = pytest.mark.slow

NEIGHBOURS = "/ip/neighbor"


async def approved(w: World, **rollout: Any) -> str:
    plan_id: str = (await w.plan(set_dns("192.0.2.53"), rollout=rollout))["plan_id"]
    await w.approve(plan_id)
    return plan_id


async def rolled_out(w: World, **rollout: Any) -> dict[str, Any]:
    """The job that has carried a plan out."""
    return await w.apply_and_wait(await approved(w, **rollout))


def changed(w: World) -> list[bool]:
    return [w.router(name).rows(DNS)[0]["servers"] == "192.0.2.53" for name in w.names]


def hears(w: World, at: int, *others: int) -> None:
    """Let the router have these neighbours and no other."""
    router = w.router(at)
    for row in router.rows(NEIGHBOURS):
        router.remove(NEIGHBOURS, row[".id"])
    for other in others:
        router.add(NEIGHBOURS, {"identity": w.names[other], "interface": "ether1"})


def first_writes(w: World) -> list[str]:
    """The routers in the order in which they were written to."""
    return sorted(w.names, key=lambda name: w.router(name).writes[0].at)


async def test_the_canary_goes_first_and_each_wave_is_told_with_its_gate() -> None:
    async with world(4) as w:
        job = await rolled_out(w, waves=["1", "2", "100%"])
        assert job["status"] == "success"
        assert job["waves"] == [
            {"wave": 1, "done": 1, "total": 1, "gate": "passed"},
            {"wave": 2, "done": 2, "total": 2, "gate": "passed"},
            {"wave": 3, "done": 1, "total": 1, "gate": "passed"},
        ]
        plan = await w.call("plan_get", plan_id=job["plan_id"])
        assert [row["wave"] for row in plan["device_states"]] == [1, 2, 2, 3]
        assert plan["job"]["waves"] == job["waves"]
        order = first_writes(w)
        assert (order[0], set(order[1:3])) == (w.names[0], set(w.names[1:3]))


@pytest.mark.parametrize(("waves", "word"), [(["half"], "half"), (["50%"], "left")])
async def test_waves_that_are_none_are_refused_with_an_example(
    small_world: World, waves: list[str], word: str
) -> None:
    operations = [set_dns("192.0.2.53")]
    refused = await small_world.fails(
        "plan_create", devices=["all"], operations=operations, rollout={"waves": waves}
    )
    assert (refused.code, word in refused.message) == ("invalid_params", True)
    assert "100%" in refused.fix


async def test_the_options_are_shown_and_covered_by_the_digest(small_world: World) -> None:
    w = small_world
    plain = await w.plan(set_dns("192.0.2.53"))
    assert plain["rollout"] == {
        "waves": ["1", "10%", "100%"],
        "parallel": 5,
        "on_failure": "roll_back_device",
        "gates": True,
        "soak_s": 0.0,
    }
    soaked = await w.plan(set_dns("192.0.2.53"), rollout={"soak_s": 5})
    assert soaked["rollout"] == {**plain["rollout"], "soak_s": 5.0}
    assert soaked["digest"] != plain["digest"]
    with closing(sqlite3.connect(w.database)) as connection, connection:
        connection.execute("UPDATE plans SET options = json_set(options, '$.rollout.gates', json('false'))")
    with pytest.raises(ToolFailed, match="altered"):
        await w.approve(plain["plan_id"])


# -- the order of the network --------------------------------------------------------------------------------


async def test_leaves_of_the_network_go_before_what_they_hang_on() -> None:
    async with world(4) as w:
        hears(w, 0, 1, 2)
        hears(w, 1)
        hears(w, 2, 3)
        hears(w, 3)
        job = await rolled_out(w, waves=["1"])
        assert (job["status"], job["order"]) == ("success", "leaves of the network first")
        assert first_writes(w) == [w.names[at] for at in (1, 3, 0, 2)]
        assert [row["device"] for row in job["devices"]] == first_writes(w)


async def test_neighbours_that_cannot_be_read_are_said_and_stop_nothing() -> None:
    async with world(3) as w:
        w.router(1).faults.drop_before(None, NEIGHBOURS)
        job = await rolled_out(w)
        assert job["status"] == "success"
        assert job["order"].endswith(f"the neighbours of {w.names[1]} could not be read")


async def test_waves_are_told_once_and_kept_over_a_restart() -> None:
    async with world(3) as w:
        hears(w, 0, 1, 2)
        plan_id = await approved(w, waves=["1"])
        w.router(1).faults.slow(0.3, on=f"{DNS}/set")
        job = await w.call("plan_apply", plan_id=plan_id)
        await w.router(1).until(lambda: bool(w.router(1).writes))
        await w.call("job_cancel", job_id=job["job_id"], mode="pause")
        paused = await w.ended(job["job_id"])
        assert [row["wave"] for row in paused["devices"]] == [1, 2, 3]
        hears(w, 0)
        async with reopened(w) as again:
            await again.call("plan_apply", plan_id=plan_id, resume=True)
            ended = await again.ended(job["job_id"])
        assert (ended["status"], ended["done"]) == ("success", 3)
        assert [row["device"] for row in ended["devices"]] == first_writes(w)
        assert first_writes(w) == [w.names[at] for at in (1, 2, 0)]
        assert [w.executed(name) for name in w.names] == [1, 1, 1]


# -- parts ---------------------------------------------------------------------------------------------------


async def test_one_device_and_then_one_wave_are_rolled_back_and_the_plan_tells_the_truth() -> None:
    async with world(4) as w:
        plan_id = (await rolled_out(w, waves=["2", "100%"]))["plan_id"]
        await w.call("plan_rollback", plan_id=plan_id, devices=[w.names[3]], wait_s=20)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("partially_applied", ["confirmed"] * 3 + ["rolled_back"])
        assert (plan["job"]["status"], changed(w)) == ("success", [True, True, True, False])
        job = await w.call("plan_rollback", plan_id=plan_id, wave=1, wait_s=20)
        assert (job["total"], job["done"]) == (2, 2)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert w.states(plan) == ["rolled_back", "rolled_back", "confirmed", "rolled_back"]
        assert (plan["status"], changed(w)) == ("partially_applied", [False, False, True, False])
        await w.call("plan_rollback", plan_id=plan_id, wait_s=20)
        assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rolled_back"
        assert changed(w) == [False] * 4


@pytest.mark.parametrize(
    ("part", "word"),
    [({"devices": ["nobody"]}, "nobody"), ({"wave": 9}, "wave 9")],
)
async def test_a_part_that_the_plan_does_not_have_is_refused(
    small_world: World, part: dict[str, Any], word: str
) -> None:
    w = small_world
    plan_id = (await w.change(set_dns("192.0.2.53")))["plan_id"]
    refused = await w.fails("plan_rollback", plan_id=plan_id, **part)
    assert (refused.code, word in refused.message) == ("invalid_params", True)
    assert (await w.call("plan_get", plan_id=plan_id))["status"] == "applied"


# -- the report ----------------------------------------------------------------------------------------------


async def test_the_report_tells_per_device_what_was_done_and_stands_in_the_audit_trail() -> None:
    async with world(3) as w:
        w.router(1).faults.drop_before(2, f"{DNS}/set")
        job = await rolled_out(w)
        assert job["status"] == "failed"
        assert "wave 2" in job["stopped"]
        told = [(row["accepted"], row["reverted"], row["read_back"]) for row in job["devices"]]
        assert told == [(1, 0, "as planned"), (0, 0, "not written to"), (0, 0, "not begun")]
        assert job["devices"][0]["gate"] == {"verdict": "passed", "reasons": []}
        (event,) = (await w.call("audit_search", action="REPORT", plan_id=job["plan_id"]))["events"]
        assert event["result"] == "FAILURE"
        undone = await w.roll_back_and_wait(job["plan_id"])
        assert undone["devices"][0]["reverted"] == 1
        page = await w.call("audit_search", action="REPORT", plan_id=job["plan_id"])
        assert [event["result"] for event in page["events"]] == ["SUCCESS", "FAILURE"]
