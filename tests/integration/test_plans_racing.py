"""One approval, many who would use it: exactly one job starts, on every database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from world import ToolFailed, World, principal, set_dns, world

from routeros_mcp.domain.models import Principal, Role, Scope

pytestmark = pytest.mark.slow

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql+asyncpg"])
NewUrl = Callable[[str], str]


async def race(w: World, plan_id: str) -> Counter[str]:
    """64 callers apply the plan at once; how many started it, and how the others were refused."""
    outcomes: Counter[str] = Counter()

    async def apply() -> None:
        try:
            job_id = (await w.call("plan_apply", plan_id=plan_id))["job_id"]
            outcomes["started"] += 1
            await w.ended(job_id)
        except ToolFailed as failed:
            outcomes[failed.code] += 1

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for _ in range(64):
            group.create_task(apply())
    return outcomes


async def races(url: str, count: int) -> None:
    async with world(1, database_url=url) as w:
        for number in range(count):
            plan_id = (await w.plan(set_dns(f"192.0.2.{number + 1}")))["plan_id"]
            await w.approve(plan_id)
            assert await race(w, plan_id) == {"started": 1, "conflict": 63}
            assert len((await w.call("job_list", plan_id=plan_id))["jobs"]) == 1
        assert w.executed() == count


@BOTH
async def test_of_64_applies_at_once_exactly_one_starts(new_url: NewUrl, kind: str) -> None:
    await races(new_url(kind), 1)


@BOTH
async def test_of_64_applies_of_each_of_many_plans_exactly_one_starts(new_url: NewUrl, kind: str) -> None:
    await races(new_url(kind), 5)


@pytest.mark.nightly
@BOTH
async def test_of_64_applies_of_each_of_twenty_plans_exactly_one_starts(new_url: NewUrl, kind: str) -> None:
    await races(new_url(kind), 20)


@BOTH
async def test_two_who_approve_at_once_are_both_counted_or_told_to_repeat(new_url: NewUrl, kind: str) -> None:
    operation = {"op": "set", "path": "/system/package/update", "values": {"channel": "testing"}}
    async with world(1, database_url=new_url(kind)) as w:
        for _ in range(2):
            plan_id = (await w.plan(operation))["plan_id"]
            people = [principal(Role.APPROVER, subject=f"user:p{number}") for number in range(4)]
            codes = await _approved_by(w, plan_id, people)
            plan = await w.call("plan_get", plan_id=plan_id)
            assert len(plan["approval"]["given"]) == codes["approved"] <= 2
            assert plan["status"] == ("approved" if codes["approved"] == 2 else "submitted")
            assert codes["approved"] + codes["conflict"] == 4


async def _approved_by(w: World, plan_id: str, people: list[Principal]) -> Counter[str]:
    assert all(Scope.APPROVE in one.scopes for one in people)
    codes: Counter[str] = Counter()

    async def approve(who: Principal) -> None:
        try:
            await w.approve(plan_id, who=who)
            codes["approved"] += 1
        except ToolFailed as failed:
            codes[failed.code] += 1

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for who in people:
            group.create_task(approve(who))
    return codes
