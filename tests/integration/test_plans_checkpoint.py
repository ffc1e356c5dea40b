"""Plans under a checkpoint: what nobody confirms a router undoes by loading its backup, with a restart."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from fakes.mortal import SURVIVED, run_mortal
from world import DNS, ToolFailed, World, add_address, configured, principal, reopened, set_dns, world

from routeros_mcp.domain.models import Role
from routeros_mcp.emulator import RouterSpec, User, branch_fleet

pytestmark = pytest.mark.slow

SCHEDULER, FILES, SECRET = "/system/scheduler", "/file", "/ppp/secret"
DEADLINE_S = 200
PAST_S = 260
PATIENCE: dict[str, Any] = {"deadman_timeout_s": DEADLINE_S, "deadman_tick_s": 5}
ANNA = {"name": "anna", "service": "l2tp", "password": "kumquat-Xylophone-77"}
NEW_PASSWORD = {"op": "set", "path": SECRET, "match": {"name": "anna"}, "values": {"password": "next-77"}}
CHANGES = (set_dns("192.0.2.53"), add_address("192.0.2.1/24"), NEW_PASSWORD)


def quick(**more: Any) -> RouterSpec:
    return replace(branch_fleet(1)[0], time_scale=20, **more)


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world(specs=[quick()], **PATIENCE) as place:
        place.router().add(SECRET, ANNA)
        yield place


def names(w: World, path: str) -> list[str]:
    return [row["name"] for row in w.router().rows(path)]


def checkpoints(w: World) -> list[str]:
    return [name for name in names(w, FILES) if "rmcp-cp-" in name]


def state_of(w: World) -> list[list[dict[str, str]]]:
    shown = [configured(w.router(), path) for path in (DNS, "/ip/address", SECRET)]
    return [[{k: v for k, v in row.items() if k != "cache-used"} for row in rows] for rows in shown]


async def begun(w: World, *operations: dict[str, Any]) -> tuple[str, str]:
    plan = await w.plan(*operations, guard="checkpoint")
    await w.approve(plan["plan_id"])
    return plan["plan_id"], (await w.call("plan_apply", plan_id=plan["plan_id"]))["job_id"]


async def refused(w: World) -> str:
    """Carry out a plan that is refused before its first write; why."""
    before = state_of(w)
    plan = await w.plan(*CHANGES, guard="checkpoint")
    done = await w.carry_out(plan["plan_id"])
    assert (done["status"], w.states(done)) == ("failed", ["not_applied"])
    assert (state_of(w), names(w, SCHEDULER), checkpoints(w)) == (before, [], [])
    return str(done["device_states"][0]["message"])


async def test_a_confirmed_plan_leaves_neither_entry_nor_file_behind(w: World) -> None:
    plan = await w.plan(*CHANGES, guard="checkpoint")
    assert plan["risk"] == "high"
    assert "restarts" in " ".join(plan["checkpoint"])
    assert "certificates" in " ".join(plan["checkpoint"])
    assert plan["no_dead_man_switch"] == []
    done = await w.carry_out(plan["plan_id"])
    assert (done["status"], w.states(done)) == ("applied", ["confirmed"])
    sent = [request.path.removeprefix("/rest") for request in w.router().writes]
    add, remove = f"{SCHEDULER}/add", f"{SCHEDULER}/remove"
    assert sent[:3] == ["/system/backup/save", add, add]
    assert sent[-3:] == [remove, remove, f"{FILES}/remove"]
    assert (names(w, SCHEDULER), checkpoints(w)) == ([], [])


async def test_what_is_not_confirmed_the_router_undoes_by_its_backup(w: World) -> None:
    before = state_of(w)
    w.router().faults.drop_before(1, f"{SCHEDULER}/remove")
    plan_id, job_id = await begun(w, *CHANGES)
    await w.router().until(lambda: any(r.path.endswith("scheduler/remove") for r in w.router().writes))
    assert state_of(w) != before
    assert len(checkpoints(w)) == 1
    await w.router().advance(PAST_S)
    await w.ended(job_id)
    plan = await w.call("plan_get", plan_id=plan_id)
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"]), plan
    assert (state_of(w), names(w, SCHEDULER), checkpoints(w)) == (before, [], [])


async def test_a_restart_before_the_confirmation_loads_the_backup_too(w: World) -> None:
    before = state_of(w)
    w.router().faults.hang("/ip/address/add")
    plan_id, job_id = await begun(w, *CHANGES)
    await w.router().until(lambda: "/ip/address/add" in w.sent())
    w.router().faults.clear()
    w.router().reboot()
    await w.router().advance(120)
    await w.ended(job_id)
    plan = await w.call("plan_get", plan_id=plan_id)
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
    assert (state_of(w), names(w, SCHEDULER), checkpoints(w)) == (before, [], [])


async def test_a_change_that_no_row_shows_is_called_undone_only_after_a_restart(w: World) -> None:
    w.router().add("/user", {"name": "bob", "group": "read", "password": "old-77"})
    secret = {"op": "set", "path": "/user", "match": {"name": "bob"}, "values": {"password": "new-77"}}
    w.router().faults.drop_before(1, f"{SCHEDULER}/remove")
    plan_id, job_id = await begun(w, secret)
    await w.router().until(lambda: any(r.path.endswith("scheduler/remove") for r in w.router().writes))
    await w.router().advance(PAST_S)
    await w.ended(job_id)
    plan = await w.call("plan_get", plan_id=plan_id)
    assert w.states(plan) == ["rolled_back"]
    bob = w.router().store.table("/user").find("bob")
    assert bob is not None
    assert bob.values["password"] == "old-77"


async def whatever_tells(w: World) -> AsyncIterator[object]:
    """The answers of all that shows a router's scheduler, or what somebody plans with it, to other people."""
    for role in (Role.READ_ONLY, Role.ADMIN):
        somebody = principal(role, subject=f"user:{role}")
        shown = {"devices": ["all"], "path": SCHEDULER}
        for more in ({}, {"where": {"on-event": "~password"}}, {"fields": ["on-event"], "sort": "on-event"}):
            yield await w.call("routeros_read", who=somebody, **shown, **more)
    yield await w.call("snapshot_capture", devices=["all"])
    (taken,) = (await w.call("snapshot_list", devices=["all"]))["snapshots"]
    yield await w.call("snapshot_get", snapshot_id=taken["snapshot_id"], limit=2000)
    yield await w.call("config_search", devices=["all"], words="backup")
    yield await w.call("config_diff", device=w.router().name)
    yield await w.call("log_search", devices=["all"])
    entry = {"name": names(w, SCHEDULER)[0]}
    for wish in (
        {"op": "set", "path": SCHEDULER, "match": entry, "values": {"on-event": ":nothing"}},
        {"op": "remove", "path": SCHEDULER, "match": entry},
    ):
        plan = await w.plan(wish)
        yield plan
        with contextlib.suppress(ToolFailed):
            await w.approve(plan["plan_id"])
        yield await w.call("plan_get", plan_id=plan["plan_id"])


async def test_the_password_of_the_backup_is_told_to_nobody(
    w: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    w.router().faults.drop_before(1, f"{SCHEDULER}/remove")
    plan_id, job_id = await begun(w, *CHANGES)
    await w.router().until(lambda: any(r.path.endswith("scheduler/remove") for r in w.router().writes))
    (saved,) = [r for r in w.router().writes if r.path.endswith("/backup/save")]
    password = json.loads(saved.body)["password"]
    answers = [json.dumps(answer) async for answer in whatever_tells(w)]
    assert "/system/backup/load" in answers[0]
    assert sum("/system/backup/load" in answer for answer in answers) > 8
    await w.router().advance(PAST_S)
    await w.ended(job_id)
    answers.append(json.dumps(await w.call("plan_get", plan_id=plan_id)))
    answers.append(json.dumps(await w.call("audit_search", limit=200)))
    assert len(password) >= 32
    assert [answer for answer in answers if password in answer] == []
    files = [w.database, w.database.with_name(f"{w.database.name}-wal")]
    assert [file for file in files if file.exists() and password.encode() in file.read_bytes()] == []
    assert password not in caplog.text


@pytest.mark.parametrize("dies_at", [30, *(pytest.param(moment) for moment in (8, 15, 22, 36))])
async def test_a_server_that_dies_under_a_checkpoint_tells_the_truth_afterwards(dies_at: int) -> None:
    async with world(specs=[quick()], **PATIENCE) as w:
        w.router().add(SECRET, ANNA)
        before = state_of(w)
        plan_id = (await w.plan(*CHANGES, guard="checkpoint"))["plan_id"]
        await w.approve(plan_id)
        assert await run_mortal(w.settings, "plan_apply", plan_id, dies_at) != SURVIVED
        await w.router().advance(PAST_S)
        async with reopened(w) as again:
            for job in (await again.call("job_list", plan_id=plan_id))["jobs"]:
                await again.ended(job["job_id"])
            plan = await again.call("plan_get", plan_id=plan_id)
        assert w.states(plan)[0] in {"rolled_back", "not_applied", "confirmed"}, plan
        assert (state_of(w) == before) is (w.states(plan) != ["confirmed"])
        assert (names(w, SCHEDULER), checkpoints(w)) == ([], [])


async def test_a_full_router_is_left_alone(w: World) -> None:
    w.router().set_resource(**{"free-hdd-space": 500_000})
    assert "488 KiB of storage left" in await refused(w)


async def test_a_login_that_may_not_restart_the_router_may_not_promise_to() -> None:
    user = User(name="writer", password="writer-password", group="narrow")
    policy = "read,write,policy,test,ftp,password,rest-api,api,sensitive,!reboot"
    spec = quick(users=(user,))
    group = {"/user/group": [{"name": "narrow", "policy": policy}]}
    async with world(specs=[replace(spec, config={**spec.config, **group})]) as w:
        w.router().add(SECRET, ANNA)
        assert "lacks reboot" in await refused(w)
        assert w.router().writes == []


async def test_a_script_that_is_asked_for_and_cannot_be_is_no_plan(w: World) -> None:
    failed = await w.fails("plan_create", devices=["all"], operations=[NEW_PASSWORD], guard="script")
    assert failed.code == "conflict"
    assert "checkpoint" in failed.fix


async def test_a_checkpoint_is_part_of_what_is_approved(w: World) -> None:
    plain = await w.plan(*CHANGES)
    under = await w.plan(*CHANGES, guard="checkpoint")
    assert "checkpoint" not in plain or plain["checkpoint"] == []
    assert plain["digest"] != under["digest"]


async def test_what_may_cut_the_manager_off_is_approved_under_a_checkpoint_alone(w: World) -> None:
    values = {"chain": "input", "action": "drop", "limit": "1000,1000:packet", "comment": "flood"}
    rule = {"op": "add", "path": "/ip/firewall/filter", "values": values, "before": {"comment": "management"}}
    bare = await w.plan(rule, NEW_PASSWORD)
    assert bare["management_path"][0]["verdict"] == "at_risk"
    with pytest.raises(ToolFailed, match="guard=checkpoint"):
        await w.approve(bare["plan_id"])
    under = await w.plan(rule, NEW_PASSWORD, guard="checkpoint")
    assert (await w.approve(under["plan_id"]))["status"] == "approved"
