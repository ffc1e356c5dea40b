"""One add that a router carries out twice: the younger row is taken away, or a person has to look."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from world import FILTER, World, add_address, configured, set_dns, world

from routeros_mcp.emulator import WRITES, Request, branch_fleet

RULE = {"chain": "forward", "action": "passthrough", "comment": "new"}
ADD: dict[str, Any] = {"op": "add", "path": FILTER, "values": RULE, "before": {"comment": "management"}}
ADDED, REMOVED = f"{FILTER}/add", f"{FILTER}/remove"
DEADLINE_S, PAST_S = 200, 230


@pytest.fixture
async def w() -> AsyncIterator[World]:
    """A branch office whose time runs fast, so that its dead-man switch is soon seen to tick."""
    spec = replace(branch_fleet(1)[0], time_scale=20)
    async with world(specs=[spec], deadman_timeout_s=DEADLINE_S, deadman_tick_s=5) as place:
        yield place


def ours(w: World) -> list[dict[str, str]]:
    return [row for row in w.router().rows(FILTER) if row.get("comment") == "new"]


async def undone_by_the_router(w: World, last: str) -> dict[str, Any]:
    """Carry the plan out until the router has undone what could not be put right; the device then."""
    plan_id = (await w.plan(ADD))["plan_id"]
    await w.approve(plan_id)
    job = await w.call("plan_apply", plan_id=plan_id)
    await w.router().until(lambda: last in w.sent())
    await w.router().advance(PAST_S)
    (device,) = (await w.ended(job["job_id"]))["devices"]
    return device


async def test_the_younger_of_two_rows_is_taken_away_with_an_intent_of_its_own(w: World) -> None:
    w.router().faults.twice(1, ADDED)
    plan = await w.change(ADD, set_dns("192.0.2.53"))
    assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
    assert w.sent() == [ADDED, "/ip/dns/set", REMOVED]
    async with w.ports.uow.read() as tx:
        trail = [
            (e.metadata["path"], e.metadata["op"], e.result)
            async for e in tx.audit.chain()
            if e.action == "WRITE"
        ]
    assert [result for path, op, result in trail if (path, op) == (FILTER, "remove")] == [
        "ATTEMPT",
        "SUCCESS",
    ]
    (kept,) = ours(w)
    (taken,) = [json.loads(each.body)[".id"] for each in w.router().writes if each.path == f"/rest{REMOVED}"]
    assert int(kept[".id"][1:], 16) < int(taken[1:], 16)
    assert not (await w.call("plan_create", devices=["all"], operations=[ADD]))["has_effect"]


@pytest.mark.slow
async def test_a_plan_that_had_twins_is_rolled_back_like_any_other(w: World) -> None:
    before = configured(w.router(), FILTER)
    w.router().faults.twice(2, ADDED)
    plan = await w.change(ADD, {**ADD, "values": {**RULE, "log": True}})
    assert [row.get("log", "false") for row in ours(w)] == ["false", "true"]
    await w.roll_back_and_wait(plan["plan_id"])
    assert configured(w.router(), FILTER) == before


async def test_no_lost_answer_keeps_a_twin_from_being_taken_away(w: World) -> None:
    def doubled(request: Request) -> bool:
        if not WRITES(request) and w.sent() == [ADDED] and len(ours(w)) == 1:
            w.router().add(FILTER, RULE)
        return False

    w.router().faults.drop_before(1, doubled)
    w.router().faults.drop_after(1, ADDED)
    w.router().faults.drop_after(1, REMOVED)
    plan = await w.change({"op": "add", "path": FILTER, "values": RULE})
    assert w.states(plan) == ["confirmed"]
    assert (w.sent(), len(ours(w))) == ([ADDED, REMOVED], 1)


async def test_a_row_that_the_router_refused_the_second_time_is_there(w: World) -> None:
    """Menus with a natural key take no twin: the refusal is the second answer, the row the first one's."""
    w.router().faults.twice(1, "/ip/address/add")
    plan = await w.change(add_address("192.0.2.1/24"))
    assert w.states(plan) == ["confirmed"]
    assert w.sent() == ["/ip/address/add"]


@pytest.mark.slow
async def test_a_removal_that_got_lost_is_not_sent_again(w: World) -> None:
    w.router().faults.twice(1, ADDED)
    w.router().faults.drop_before(9, REMOVED)
    device = await undone_by_the_router(w, REMOVED)
    assert device["state"] != "confirmed"
    assert w.sent() == [ADDED, REMOVED]


@pytest.mark.slow
async def test_twins_that_differ_are_for_a_person(w: World) -> None:
    def edited(request: Request) -> bool:
        if not WRITES(request) and len(rows := ours(w)) > 1:
            w.router().edit(FILTER, rows[1][".id"], {"log": "true"})
        return False

    w.router().faults.twice(1, ADDED)
    w.router().faults.drop_before(1, edited)
    device = await undone_by_the_router(w, ADDED)
    assert device["state"] != "confirmed"
    assert w.sent() == [ADDED]
