"""Plans, their journal, jobs and people."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from records import (
    approval,
    device,
    job,
    minutes,
    plan,
    plan_device,
    step,
    user,
    whole_approval,
    whole_job,
    whole_plan,
    whole_plan_device,
    whole_step,
    whole_user,
)

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import JobStatus, PlanStatus, StepState
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork


async def test_every_field_of_a_plan_and_its_parts_comes_back(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.plans.add(whole_plan())
        await tx.plans.save_device(whole_plan_device())
        await tx.plans.save_step(whole_step())
        await tx.plans.save_approval(whole_approval())
        await tx.jobs.save(whole_job())
        await tx.users.save(whole_user())
    async with uow.read() as tx:
        found = [
            await tx.plans.get("p1"),
            *await tx.plans.devices_of("p1"),
            *await tx.plans.steps_of("p1"),
            *await tx.plans.approvals_of(["p1"]),
            await tx.jobs.get("j1"),
            await tx.users.get_by_name("bob"),
        ]
    assert [replace(one, created_at=None, updated_at=None) for one in found] == [
        whole_plan(),
        whole_plan_device(),
        whole_step(),
        whole_approval(),
        whole_job(),
        whole_user(),
    ]


async def test_a_plan_moves_on_only_from_the_status_and_version_that_were_read(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        read = await tx.plans.add(plan(status=PlanStatus.APPROVED))
    async with uow() as tx:
        applying = await tx.plans.transition(
            replace(read, status=PlanStatus.APPLYING), expected=PlanStatus.APPROVED
        )
    assert (applying.status, applying.version) == (PlanStatus.APPLYING, 2)
    with pytest.raises(Conflict, match="Plan p1 is applying, not approved"):
        async with uow() as tx:
            await tx.plans.transition(replace(read, status=PlanStatus.APPLYING), expected=PlanStatus.APPROVED)
    with pytest.raises(Conflict, match="Somebody else changed plan p1"):
        async with uow() as tx:
            await tx.plans.transition(replace(read, status=PlanStatus.FAILED), expected=PlanStatus.APPLYING)
    with pytest.raises(Conflict):
        async with uow() as tx:
            await tx.plans.transition(plan("nowhere"), expected=PlanStatus.DRAFT)


async def test_plans_are_paged_newest_first_by_status_and_author(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for number in range(5):
            author = "ann" if number % 2 else "bob"
            await tx.plans.add(plan(f"p{number}", created_by=author, created_at=minutes(number)))
        first = await tx.plans.page(status=PlanStatus.DRAFT, created_by="bob", limit=2)
        rest = await tx.plans.page(
            status=PlanStatus.DRAFT, created_by="bob", limit=2, cursor=first.next_cursor
        )
        nothing = await tx.plans.page(status=PlanStatus.FAILED, created_by=None, limit=2)
    assert [one.id for one in (*first.items, *rest.items)] == ["p4", "p2", "p0"]
    assert (rest.next_cursor, nothing.items) == (None, ())


async def test_progress_is_kept_in_rows_that_are_replaced(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.plans.add(plan())
        await tx.plans.save_device(plan_device("pd2", device_id="b", position=1))
        await tx.plans.save_device(plan_device("pd1", position=0))
        await tx.plans.save_step(step("s2", sequence=2))
        await tx.plans.save_step(step("s1", sequence=1))
        await tx.plans.save_step(step("s3", device_id="b"))
    async with uow() as tx:
        await tx.plans.save_device(plan_device("pd1", state=StepState.CONFIRMED))
        await tx.plans.save_step(step("s1", state=StepState.ACKED, item_id="*9"))
    async with uow.read() as tx:
        devices = await tx.plans.devices_of("p1")
        steps = await tx.plans.steps_of("p1", "id-edge-01")
        assert len(await tx.plans.steps_of("p1")) == 3
    assert [(one.id, one.state) for one in devices] == [
        ("pd1", StepState.CONFIRMED),
        ("pd2", StepState.PLANNED),
    ]
    assert [(one.id, one.state, one.item_id) for one in steps] == [
        ("s1", StepState.ACKED, "*9"),
        ("s2", StepState.INTENT, None),
    ]


async def test_approvals_are_those_of_the_plans_asked_for_oldest_first(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for key in ("p1", "p2"):
            await tx.plans.add(plan(key))
        await tx.plans.save_approval(approval("later", approved_at=minutes(9)))
        await tx.plans.save_approval(approval("first", approved_at=minutes(1)))
        await tx.plans.save_approval(approval("other", plan_id="p2"))
    async with uow() as tx:
        await tx.plans.save_approval(approval("first", approved_at=minutes(1), consumed_at=minutes(2)))
    async with uow.read() as tx:
        found = await tx.plans.approvals_of(["p1"])
        assert len(await tx.plans.approvals_of(["p1", "p2"])) == 3
        assert await tx.plans.approvals_of([]) == ()
    assert [(one.id, one.consumed_at) for one in found] == [("first", minutes(2)), ("later", None)]


async def test_stale_are_plans_that_wait_past_their_time_or_that_of_their_approval(
    uow: SqlUnitOfWork,
) -> None:
    past, now, ahead = minutes(-1), minutes(0), minutes(1)
    waiting = {"status": PlanStatus.SUBMITTED, "expires_at": ahead}
    async with uow() as tx:
        await tx.plans.add(plan("a", **waiting))
        await tx.plans.add(plan("b", **waiting | {"expires_at": past}))
        await tx.plans.add(plan("c", **waiting | {"expires_at": now, "status": PlanStatus.APPROVED}))
        lapsed = {"status": PlanStatus.APPROVED, "approval_expires_at": past}
        await tx.plans.add(plan("d", **waiting | lapsed))
        await tx.plans.add(plan("e", **waiting | lapsed | {"approval_expires_at": ahead}))
        for status in set(PlanStatus) - {PlanStatus.SUBMITTED, PlanStatus.APPROVED}:
            await tx.plans.add(plan(f"is-{status}", status=status, expires_at=past, approval_expires_at=past))
        assert {one.id for one in await tx.plans.stale(now, limit=10)} == {"b", "c", "d"}
        assert len(await tx.plans.stale(now, limit=2)) == 2


async def test_what_was_touched_lately_is_told_by_when_applying_began(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.plans.add(plan("a", device_ids=("d1", "d2"), approval_consumed_at=minutes(5)))
        await tx.plans.add(plan("b", device_ids=("d2", "d3"), approval_consumed_at=minutes(6)))
        await tx.plans.add(plan("c", device_ids=("d4",), approval_consumed_at=minutes(-5)))
        await tx.plans.add(plan("d", device_ids=("d5",)))
        assert await tx.plans.touched_since(minutes(0)) == {"d1", "d2", "d3"}


async def test_a_plan_has_a_router_once(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.plans.add(plan())
        await tx.plans.save_device(plan_device("a"))
    with pytest.raises(Conflict):
        async with uow() as tx:
            await tx.plans.save_device(plan_device("b"))


async def test_the_journal_survives_the_router_but_not_the_plan(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        await tx.plans.add(plan())
        await tx.plans.save_device(plan_device())
        await tx.plans.save_step(step())
        await tx.jobs.add(job(plan_id="p1"))
        await tx.devices.delete("id-edge-01")
        assert len(await tx.plans.steps_of("p1")) == len(await tx.plans.devices_of("p1")) == 1
        await tx.plans.delete("p1")
        assert await tx.plans.steps_of("p1") == await tx.plans.devices_of("p1") == ()
        assert await tx.jobs.get_by_id("j1") is None


async def test_unfinished_jobs_are_those_that_wait_or_run(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for number, status in enumerate(JobStatus):
            await tx.jobs.add(job(f"j{number}", status=status, created_at=minutes(-number)))
        found = await tx.jobs.unfinished()
    assert [one.status for one in found] == [JobStatus.RUNNING, JobStatus.PENDING]


async def test_jobs_are_paged_by_status_and_plan(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.plans.add(plan())
        for number in range(3):
            await tx.jobs.add(job(f"j{number}", plan_id="p1", created_at=minutes(number)))
        await tx.jobs.add(job("other", status=JobStatus.FAILED))
        page = await tx.jobs.page(status=JobStatus.PENDING, plan_id="p1", limit=2)
        rest = await tx.jobs.page(status=None, plan_id="p1", limit=2, cursor=page.next_cursor)
        failed = await tx.jobs.page(status=JobStatus.FAILED, plan_id=None, limit=2)
    assert [one.id for one in (*page.items, *rest.items)] == ["j2", "j1", "j0"]
    assert [one.id for one in failed.items] == ["other"]


async def test_plans_and_jobs_belong_to_the_environments_of_their_routers(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        await tx.devices.add(device("edge-02", environment="prod"))
        await tx.plans.add(plan("lab", device_ids=("id-edge-01",)))
        await tx.plans.add(plan("both", device_ids=("id-edge-01", "id-edge-02")))
        await tx.jobs.add(job("nobody", device_ids=("x",)))
        assert [one.id for one in await tx.plans.list_by_environment("lab")] == ["both", "lab"]
        assert [one.id for one in await tx.plans.list_by_environment("prod")] == ["both"]
        assert await tx.jobs.list_paginated(environment="lab") == ((), 0)


async def test_users_have_unique_names_and_are_listed_by_them(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.users.add(user("zoe"))
        await tx.users.add(user("bob"))
        assert [one.name for one in await tx.users.all()] == ["bob", "zoe"]
        assert [one.name for one in await tx.users.list_by_environment("lab")] == ["bob", "zoe"]
    with pytest.raises(Conflict, match="A user named bob exists already"):
        async with uow() as tx:
            await tx.users.save(user("bob", id="other"))


async def test_changes_of_one_job_from_several_tasks_all_count(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.jobs.add(job("j1"))

    async def advance() -> None:
        async with uow() as tx:
            held = await tx.jobs.lock("j1")
            await tx.jobs.save(replace(held, progress_done=held.progress_done + 1))

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(advance())
    async with uow.read() as tx:
        assert (await tx.jobs.get("j1")).progress_done == 8


async def test_a_job_that_is_not_there_cannot_be_locked(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        with pytest.raises(NotFound):
            await tx.jobs.lock("none")
