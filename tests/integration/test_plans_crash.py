"""kill -9 at every moment of a job: it goes on where it was, sends nothing twice, and tells the truth."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.mortal import SURVIVED, run_mortal
from world import DNS, FILTER, World, add_address, configured, remove_rule, reopened, set_dns, world

from routeros_mcp.emulator import Router
from routeros_mcp.worker.context import CRASH_POINTS

pytestmark = pytest.mark.slow

ADDRESS = "/ip/address"
SCHEDULER = "/system/scheduler"
OPERATIONS = (set_dns("192.0.2.53"), add_address("192.0.2.1/24"), remove_rule("defconf: drop invalid"))
PLAIN = (set_dns("192.0.2.53"), {"op": "set", "path": "/ip/dns", "values": {"cache-size": "4096"}})
LAST_MOMENT = 52
DEADLINE_S = 60


def in_place(router: Router) -> list[bool]:
    """Which of the three changes the router shows."""
    return [
        router.rows(DNS)[0]["servers"] == "192.0.2.53",
        "192.0.2.1/24" in {row["address"] for row in router.rows(ADDRESS)},
        "defconf: drop invalid" not in {row.get("comment") for row in router.rows(FILTER)},
    ]


def rows_of(router: Router) -> list[list[dict[str, str]]]:
    return [configured(router, path) for path in (DNS, ADDRESS, FILTER)]


async def after_restart(w: World, plan_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The plan and its jobs once the program has been started again and has gone on."""
    async with reopened(w) as again:
        for job in (await again.call("job_list", plan_id=plan_id))["jobs"]:
            await again.ended(job["job_id"])
        verdict = await again.call("audit_verify")
        assert verdict["intact"], verdict
        jobs = (await again.call("job_list", plan_id=plan_id))["jobs"]
        return await again.call("plan_get", plan_id=plan_id), jobs


async def killed_while_applying(dies_at: int | str) -> int:
    """Killed, and started again at once: the plan is applied, each change sent at most twice, done once."""
    async with world(1, deadman_timeout_s=300) as w:
        before = rows_of(w.router())
        plan_id = (await w.plan(*OPERATIONS))["plan_id"]
        await w.approve(plan_id)
        code = await run_mortal(w.settings, "plan_apply", plan_id, dies_at)
        plan, jobs = await after_restart(w, plan_id)
        assert len(w.sent()) == len(set(w.sent())) == w.executed()
        assert not w.router().rows(SCHEDULER)
        if not jobs:
            assert (plan["status"], w.sent()) == ("approved", [])
            return code
        assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
        assert [job["status"] for job in jobs] == ["success"]
        assert all(in_place(w.router()))
        await w.roll_back_and_wait(plan_id)
        assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rolled_back"
        assert rows_of(w.router()) == before
        return code


async def killed_and_left_alone(dies_at: int | str) -> None:
    """Killed, and started again after the router has undone what nobody had confirmed."""
    async with world(1, deadman_timeout_s=DEADLINE_S) as w:
        before = rows_of(w.router())
        plan_id = (await w.plan(*OPERATIONS))["plan_id"]
        await w.approve(plan_id)
        await run_mortal(w.settings, "plan_apply", plan_id, dies_at)
        sent = w.sent()
        await w.router().advance(DEADLINE_S + 5)
        plan, jobs = await after_restart(w, plan_id)
        told = (plan["status"], *w.states(plan))
        if not jobs:
            assert (told, sent) == (("approved", "planned"), [])
            return
        if told == ("applied", "confirmed"):
            assert all(in_place(w.router()))
            assert len(w.sent()) == len(OPERATIONS)
        else:
            assert told == ("rolled_back", "rolled_back")
            assert (rows_of(w.router()), w.sent()) == (before, sent)
        assert not w.router().rows(SCHEDULER)


async def killed_while_rolling_back(dies_at: int | str) -> int:
    async with world(1) as w:
        before = rows_of(w.router())
        plan_id = (await w.change(*OPERATIONS))["plan_id"]
        w.router().ledger_clear()
        code = await run_mortal(w.settings, "plan_rollback", plan_id, dies_at)
        plan, jobs = await after_restart(w, plan_id)
        assert len(w.sent()) == len(set(w.sent())) == w.executed()
        if len(jobs) == 1:
            assert (plan["status"], w.sent()) == ("applied", [])
            return code
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
        assert rows_of(w.router()) == before
        assert len(w.sent()) == len(OPERATIONS)
        return code


@pytest.mark.parametrize("point", CRASH_POINTS)
async def test_a_process_killed_at_a_crash_point_goes_on_where_it_was(point: str) -> None:
    assert await killed_while_applying(point) != SURVIVED


@pytest.mark.parametrize("point", CRASH_POINTS[6:12])
async def test_a_process_killed_while_rolling_back_goes_on_where_it_was(point: str) -> None:
    assert await killed_while_rolling_back(point) != SURVIVED


@pytest.mark.parametrize("point", CRASH_POINTS[5:])
async def test_what_nobody_confirmed_in_time_has_been_undone_and_is_told_so(point: str) -> None:
    await killed_and_left_alone(point)


@pytest.mark.parametrize("point", CRASH_POINTS[6:12])
async def test_a_plan_without_a_switch_goes_on_too(point: str) -> None:
    async with world(1) as w:
        plan_id = (await w.plan(*PLAIN))["plan_id"]
        await w.approve(plan_id)
        assert await run_mortal(w.settings, "plan_apply", plan_id, point) != SURVIVED
        plan, _ = await after_restart(w, plan_id)
        assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
        assert (len(w.sent()), w.executed()) == (len(PLAIN), len(PLAIN))


@pytest.mark.nightly
@pytest.mark.parametrize("dies_at", range(1, LAST_MOMENT))
async def test_at_whatever_moment_a_process_is_killed_its_job_goes_on(dies_at: int) -> None:
    await killed_while_applying(dies_at)
    await killed_while_rolling_back(dies_at)
    await killed_and_left_alone(dies_at)


async def test_there_is_no_moment_after_the_last_one_that_is_tried() -> None:
    assert await killed_while_applying(LAST_MOMENT) == SURVIVED
