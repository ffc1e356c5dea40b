"""Nothing runs without the approval of a second person, for exactly what that person saw, once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.clock import FakeClock
from world import ToolFailed, World, configured, principal, set_dns, world

from routeros_mcp.domain.models import Role, Scope


async def submitted(w: World) -> str:
    plan_id: str = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    return plan_id


async def test_an_unapproved_plan_is_not_applied(small_world: World) -> None:
    failed = await small_world.fails("plan_apply", plan_id=await submitted(small_world))
    assert failed.code == "not_approved"
    assert small_world.sent() == []


async def test_the_maker_of_a_plan_cannot_approve_it(small_world: World) -> None:
    w = small_world
    plan_id = await submitted(w)
    both = replace(w.admin, scopes=frozenset(Scope))
    with pytest.raises(ToolFailed) as caught:
        await w.approve(plan_id, who=both)
    assert caught.value.code == "forbidden"
    assert (await w.call("plan_get", plan_id=plan_id))["status"] == "submitted"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OPS_RW, Role.READ_ONLY, Role.AUDITOR])
async def test_only_the_role_of_approver_approves(small_world: World, role: Role) -> None:
    w = small_world
    plan_id = await submitted(w)
    with pytest.raises(ToolFailed) as caught:
        await w.approve(plan_id, who=principal(role, subject="user:other"))
    assert caught.value.code == "forbidden"


async def test_approval_is_not_offered_to_models(small_world: World) -> None:
    w = small_world
    plan = await w.plan(set_dns("192.0.2.53"))
    arguments = {"plan_id": plan["plan_id"], "digest": plan["digest"]}
    assert (await w.fails("plan_approve", who=w.approver, **arguments)).code == "not_found"


async def test_another_person_approves_with_their_passphrase_and_the_plan_is_applied(
    small_world: World,
) -> None:
    w = small_world
    plan_id = await submitted(w)
    approved = await w.approve(plan_id, who=await w.authenticate())
    assert (approved["status"], approved["approved_by"]) == ("approved", "user:approver")
    job = await w.apply_and_wait(plan_id)
    assert (job["status"], job["done"]) == ("success", 1)
    assert w.router().rows("/ip/dns")[0]["servers"] == "192.0.2.53"


async def test_an_approval_of_another_digest_than_the_plans_is_refused(small_world: World) -> None:
    w = small_world
    plan_id = await submitted(w)
    answer = await w.app.terminal.call(w.approver, "plan_approve", {"plan_id": plan_id, "digest": "0" * 64})
    assert getattr(answer, "code", None) == "conflict"


async def test_a_rejected_plan_stays_rejected(small_world: World) -> None:
    w = small_world
    plan_id = await submitted(w)
    await w.app.terminal.call(w.approver, "plan_reject", {"plan_id": plan_id, "reason": "not now"})
    assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rejected"
    assert (await w.fails("plan_apply", plan_id=plan_id)).code == "conflict"
    with pytest.raises(ToolFailed):
        await w.approve(plan_id)


@pytest.mark.parametrize(("minutes", "applied"), [(14, True), (15, False), (600, False)])
async def test_an_approval_is_good_for_a_quarter_of_an_hour(minutes: int, applied: bool) -> None:
    clock = FakeClock(held=True)
    async with world(1, adapt=lambda ports: replace(ports, clock=clock)) as w:
        plan_id = await submitted(w)
        await w.approve(plan_id)
        clock.advance(timedelta(minutes=minutes))
        if applied:
            assert (await w.apply_and_wait(plan_id))["status"] == "success"
        else:
            assert (await w.fails("plan_apply", plan_id=plan_id)).code == "expired"
            assert w.sent() == []


async def test_a_plan_of_yesterday_cannot_be_approved_any_more() -> None:
    clock = FakeClock(held=True)
    async with world(1, adapt=lambda ports: replace(ports, clock=clock)) as w:
        plan_id = await submitted(w)
        clock.advance(timedelta(hours=24))
        with pytest.raises(ToolFailed) as caught:
            await w.approve(plan_id)
        assert caught.value.code == "expired"


async def test_an_applied_plan_is_not_applied_again(small_world: World) -> None:
    w = small_world
    plan = await w.change(set_dns("192.0.2.53"))
    assert (await w.fails("plan_apply", plan_id=plan["plan_id"])).code == "conflict"
    assert w.executed() == 1


async def test_a_device_that_another_plan_is_changing_is_not_changed_by_a_second_one() -> None:
    async with world(1, settle_s=1) as w:
        first, second = await submitted(w), await submitted(w)
        await w.approve(first)
        await w.approve(second)
        w.router().faults.slow(0.3, on="/ip/dns/set")
        job = await w.call("plan_apply", plan_id=first)
        assert (await w.fails("plan_apply", plan_id=second)).code == "conflict"
        assert (await w.ended(job["job_id"]))["status"] == "success"
        drifted = await w.apply_and_wait(second)
        assert drifted["devices"][0]["state"] == "drifted"


async def test_a_caller_who_hangs_up_does_not_come_between_approval_and_job(small_world: World) -> None:
    w = small_world
    before = configured(w.router(), "/ip/dns")
    for turns in range(12):
        plan_id = (await w.plan(set_dns(f"192.0.2.{turns + 1}")))["plan_id"]
        await w.approve(plan_id)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            calling = group.create_task(w.call("plan_apply", plan_id=plan_id))
            for _ in range(turns * 3):
                await asyncio.sleep(0)
            calling.cancel()
        for job in (await w.call("job_list", plan_id=plan_id))["jobs"]:
            assert (await w.ended(job["job_id"]))["status"] == "success"
        status = (await w.call("plan_get", plan_id=plan_id))["status"]
        assert status in {"approved", "applied"}
    assert configured(w.router(), "/ip/dns") != before or w.sent() == []
