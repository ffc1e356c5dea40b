"""The manager's own login is rotated: the new one gets in before the old one goes, whatever happens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from fakes.mortal import SURVIVED, run_mortal
from world import World, configured, reopened, set_comment, world

from routeros_mcp.emulator import RouterSpec, User, branch_fleet

pytestmark = pytest.mark.slow

USERS, SCHEDULER = "/user", "/system/scheduler"
DEADLINE_S = 200
PAST_S = 230
PATIENCE: dict[str, Any] = {"deadman_timeout_s": DEADLINE_S, "deadman_tick_s": 5}
MOMENTS = 44


def quick(**more: Any) -> RouterSpec:
    return replace(branch_fleet(1)[0], time_scale=20, **more)


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world(specs=[quick()], **PATIENCE) as place:
        yield place


async def planned(w: World, **more: Any) -> dict[str, Any]:
    return await w.call("plan_create", devices=["all"], recipe="user_rotation", **more)


def users(w: World) -> dict[str, bool]:
    """The router's users, and whether they may log in."""
    rows = [row for row in w.router().rows(USERS) if row["name"] != "monitor"]
    return {row["name"]: row["disabled"] == "false" for row in rows}


async def stored(w: World) -> str:
    """The user name of the login that is used."""
    target = await w.ports.connections.target(await w.device())
    return target.login.username


async def gets_in(w: World) -> bool:
    tested = await w.call("device_test", device=w.names[0])
    return all(stage["ok"] for stage in tested["stages"])


async def test_the_new_login_is_the_only_one_that_gets_in_afterwards(w: World) -> None:
    old = w.router().username
    plan = await planned(w)
    assert (plan["risk"], plan.get("management_path"), plan.get("no_dead_man_switch")) == ("high", [], [])
    done = await w.carry_out(plan["plan_id"])
    assert (done["status"], w.states(done)) == ("applied", ["confirmed"]), done
    assert users(w) == {old: False, f"{old}-2": True}
    assert await stored(w) == f"{old}-2"
    assert await gets_in(w)
    assert (await w.change(set_comment("x")))["status"] == "applied"
    assert w.router().rows(SCHEDULER) == []


async def test_the_new_password_is_told_to_nobody(w: World) -> None:
    plan = await planned(w)
    await w.carry_out(plan["plan_id"])
    (added,) = [r for r in w.router().writes if r.path.endswith("/user/add")]
    password = json.loads(added.body)["password"]
    told = [plan, await w.call("plan_get", plan_id=plan["plan_id"])]
    told.append(await w.call("audit_search", plan_id=plan["plan_id"], limit=200))
    entries = [r.text for r in w.router().writes if r.path.endswith("/scheduler/add")]
    assert len(password) == 32
    assert password not in json.dumps(told) + "".join(entries)
    assert password.encode() not in w.database.read_bytes()


async def test_a_rotation_is_rolled_back_to_the_old_login_and_done_again(w: World) -> None:
    before, old = configured(w.router(), USERS), w.router().username
    plan = await planned(w)
    await w.carry_out(plan["plan_id"])
    await w.roll_back_and_wait(plan["plan_id"])
    undone = await w.call("plan_get", plan_id=plan["plan_id"])
    assert (undone["status"], w.states(undone)) == ("rolled_back", ["rolled_back"]), undone
    assert configured(w.router(), USERS) == before
    assert (await stored(w), await gets_in(w)) == (old, True)
    for name in (f"{old}-2", f"{old}-3"):
        done = await w.carry_out((await planned(w))["plan_id"])
        assert (done["status"], await stored(w)) == ("applied", name)


@pytest.mark.parametrize("path", ["/user/set", "/user/add"])
@pytest.mark.parametrize(("fault", "times"), [("drop_after", 1), ("drop_before", 1), ("drop_before", 2)])
async def test_a_lost_answer_leaves_a_login_that_gets_in(w: World, path: str, fault: str, times: int) -> None:
    old = w.router().username
    plan = await planned(w)
    getattr(w.router().faults, fault)(times, f"/rest{path}")
    done = await w.carry_out(plan["plan_id"])
    is_done = times == 1
    assert (w.states(done)[0] == "confirmed") is is_done
    assert w.states(done)[0] in {"confirmed", "not_applied", "rolled_back"}
    assert users(w)[await stored(w)]
    assert (await stored(w) == old) is not is_done
    assert await gets_in(w)


async def test_a_new_login_that_does_not_get_in_is_taken_back(w: World) -> None:
    before, old = configured(w.router(), USERS), w.router().username
    plan = await planned(w)

    def from_the_new(request: Any) -> bool:
        return bool(request.user == f"{old}-2")

    w.router().faults.unauthorized(None, from_the_new)
    done = await w.carry_out(plan["plan_id"])
    assert (done["status"], w.states(done)) == ("rolled_back", ["rolled_back"]), done
    assert configured(w.router(), USERS) == before
    assert (await stored(w), await gets_in(w)) == (old, True)


async def test_what_nobody_confirms_the_router_takes_back_and_the_old_login_is_used_again(w: World) -> None:
    before, old = configured(w.router(), USERS), w.router().username
    plan = await planned(w)
    w.router().faults.drop_before(1, f"{SCHEDULER}/remove")
    await w.approve(plan["plan_id"])
    job = await w.call("plan_apply", plan_id=plan["plan_id"])
    await w.router().until(lambda: any(r.path.endswith("scheduler/remove") for r in w.router().writes))
    assert await stored(w) == f"{old}-2"
    await w.router().advance(PAST_S)
    await w.ended(job["job_id"])
    ended = await w.call("plan_get", plan_id=plan["plan_id"])
    assert (ended["status"], w.states(ended)) == ("rolled_back", ["rolled_back"]), ended
    assert configured(w.router(), USERS) == before
    assert (await stored(w), await gets_in(w)) == (old, True)


async def test_a_login_that_may_not_make_users_makes_none() -> None:
    user = User(name="writer", password="writer-password", group="narrow")
    policy = "read,write,test,rest-api,api,sensitive,!policy"
    spec = quick(users=(user,))
    group = {"/user/group": [{"name": "narrow", "policy": policy}]}
    async with world(specs=[replace(spec, config={**spec.config, **group})]) as w:
        done = await w.carry_out((await planned(w))["plan_id"])
        assert (done["status"], w.states(done)) == ("failed", ["not_applied"])
        assert (users(w), await stored(w)) == ({"writer": True}, "writer")


async def killed(dies_at: int) -> int:
    """Rotate in a process that is killed at the moment; the stored login gets in afterwards."""
    async with world(specs=[quick()], **PATIENCE) as w:
        old = w.router().username
        plan_id = (await planned(w))["plan_id"]
        await w.approve(plan_id)
        code = await run_mortal(w.settings, "plan_apply", plan_id, dies_at)
        await w.router().advance(PAST_S)
        async with reopened(w) as again:
            for job in (await again.call("job_list", plan_id=plan_id))["jobs"]:
                await again.ended(job["job_id"])
            plan = await again.call("plan_get", plan_id=plan_id)
            name = await stored(again)
            assert users(w)[name], (dies_at, plan)
            assert await gets_in(again)
            is_done = plan["status"] == "applied"
            assert users(w) == ({old: False, f"{old}-2": True} if is_done else {old: True}), (dies_at, plan)
            assert (name == old) is not is_done
            assert w.router().rows(SCHEDULER) == []
        return code


async def test_a_server_that_dies_on_the_way_finds_the_login_that_gets_in() -> None:
    assert await killed(27) != SURVIVED


@pytest.mark.parametrize("dies_at", range(1, MOMENTS, 6))
async def test_at_whatever_moment_the_server_dies_its_login_gets_in(dies_at: int) -> None:
    await killed(dies_at)
