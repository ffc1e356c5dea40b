"""kill -9 at every moment of a job: nothing is sent twice, and what is said afterwards is true."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.mortal import SURVIVED, run_mortal
from world import DNS, FILTER, World, add_address, configured, remove_rule, reopened, set_dns, world

from routeros_mcp.emulator import Router

ADDRESS = "/ip/address"
OPERATIONS = (set_dns("192.0.2.53"), add_address("192.0.2.1/24"), remove_rule("defconf: drop invalid"))
LAST_MOMENT = 48
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
    """The plan and its jobs once the program has been started again and has looked around."""
    async with reopened(w) as again:
        for job in (await again.call("job_list", plan_id=plan_id))["jobs"]:
            await again.ended(job["job_id"])
        verdict = await again.call("audit_verify")
        assert verdict["intact"], verdict
        jobs = (await again.call("job_list", plan_id=plan_id))["jobs"]
        return await again.call("plan_get", plan_id=plan_id), jobs


def assert_true_after_apply(w: World, plan: dict[str, Any]) -> None:
    shown = in_place(w.router())
    state, truth = (plan["status"], *w.states(plan)), sum(shown)
    expected = {
        0: {
            ("approved", "planned"),
            ("failed", "planned"),
            ("failed", "not_applied"),
            ("rolled_back", "rolled_back"),
        },
        3: {("applied", "confirmed")},
    }
    assert state in expected[truth]
    assert not w.router().rows("/system/scheduler")


def assert_not_sent_again(w: World, sent: list[str]) -> None:
    """A job that had not begun is begun by the next process; one that had is read back, and sends nothing."""
    assert w.sent() == sent or not sent
    assert len(w.sent()) == len(set(w.sent()))


async def killed_while_applying(dies_at: int) -> int:
    async with world(1, deadman_timeout_s=DEADLINE_S) as w:
        before = rows_of(w.router())
        plan_id = (await w.plan(*OPERATIONS))["plan_id"]
        await w.approve(plan_id)
        code = await run_mortal(w.settings, "plan_apply", plan_id, dies_at)
        sent = w.sent()
        assert len(sent) == len(set(sent))
        await w.router().advance(DEADLINE_S + 5)
        plan, jobs = await after_restart(w, plan_id)
        assert_not_sent_again(w, sent)
        assert_true_after_apply(w, plan)
        if code != SURVIVED:
            assert [job["status"] for job in jobs] in ([], ["interrupted"], ["success"])
        if plan["status"] == "applied":
            await w.roll_back_and_wait(plan_id)
            assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rolled_back"
            assert rows_of(w.router()) == before
        return code


async def killed_while_rolling_back(dies_at: int) -> int:
    async with world(1) as w:
        before = rows_of(w.router())
        plan_id = (await w.change(*OPERATIONS))["plan_id"]
        w.router().ledger_clear()
        code = await run_mortal(w.settings, "plan_rollback", plan_id, dies_at)
        sent = w.sent()
        assert len(sent) == len(set(sent))
        plan, _ = await after_restart(w, plan_id)
        assert_not_sent_again(w, sent)
        if plan["status"] == "rolled_back":
            assert rows_of(w.router()) == before
            return code
        assert any(in_place(w.router()))
        await w.roll_back_and_wait(plan_id)
        assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rolled_back"
        assert rows_of(w.router()) == before
        assert len(w.sent()) == 3
        return code


@pytest.mark.parametrize("dies_at", [2, 9, 10, 11, 17, 25])
async def test_a_process_killed_while_applying_leaves_the_truth_behind(dies_at: int) -> None:
    assert await killed_while_applying(dies_at) != SURVIVED


@pytest.mark.parametrize("dies_at", [9, 10, 11, 16])
async def test_a_process_killed_while_rolling_back_leaves_the_truth_behind(dies_at: int) -> None:
    assert await killed_while_rolling_back(dies_at) != SURVIVED


@pytest.mark.slow
@pytest.mark.parametrize("dies_at", range(1, LAST_MOMENT))
async def test_at_whatever_moment_a_process_is_killed_it_leaves_the_truth_behind(dies_at: int) -> None:
    await killed_while_applying(dies_at)
    await killed_while_rolling_back(dies_at)


async def test_there_is_no_moment_after_the_last_one_that_is_tried() -> None:
    assert await killed_while_applying(LAST_MOMENT) == SURVIVED
