"""Rolling back: everything as it was, in its order, and nobody's later edit lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from fakes.router import BrokenWriter
from world import (
    DNS,
    FILTER,
    World,
    add_address,
    configured,
    remove_rule,
    set_comment,
    set_dns,
    world,
)

ADDRESS = "/ip/address"
PLACES = (DNS, ADDRESS, FILTER, "/interface", "/ip/firewall/address-list", "/interface/vlan")


def everything(w: World) -> list[list[dict[str, str]]]:
    return [configured(w.router(), path) for path in PLACES]


async def rolled_back(w: World, plan_id: str) -> dict[str, object]:
    await w.roll_back_and_wait(plan_id)
    return await w.call("plan_get", plan_id=plan_id)


async def test_rolling_back_restores_every_row_and_the_order_of_the_rules(small_world: World) -> None:
    w = small_world
    before = everything(w)
    plan = await w.change(
        set_dns("192.0.2.53"),
        set_comment("uplink"),
        add_address("192.0.2.1/24"),
        remove_rule("defconf: drop invalid"),
        remove_rule("defconf: accept ICMP"),
        remove_rule("defconf: accept established"),
        remove_rule("defconf: drop new from WAN"),
        {"op": "set", "path": FILTER, "match": {"comment": "management"}, "values": {"log": True}},
    )
    assert plan["status"] == "applied"
    assert everything(w) != before
    plan = await rolled_back(w, plan["plan_id"])
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
    assert everything(w) == before


async def test_a_removed_and_a_renamed_row_come_back_under_their_names(small_world: World) -> None:
    w = small_world
    before = everything(w)
    plan = await w.change(
        {
            "op": "set",
            "path": "/interface/vlan",
            "match": {"name": "vlan20-voice"},
            "values": {"name": "vlan20-phones", "comment": "renamed"},
        },
        {"op": "remove", "path": "/interface/vlan", "match": {"name": "vlan30-guest"}},
    )
    assert {row["name"] for row in w.router().rows("/interface/vlan")} == {"vlan20-phones"}
    plan = await rolled_back(w, plan["plan_id"])
    assert plan["status"] == "rolled_back"
    assert sorted(everything(w)[5], key=str) == sorted(before[5], key=str)


async def test_a_row_added_and_then_set_by_one_plan_goes_again(small_world: World) -> None:
    w = small_world
    before = everything(w)
    entry = {"list": "blocked", "address": "203.0.113.77"}
    plan = await w.change(
        {"op": "add", "path": "/ip/firewall/address-list", "values": entry},
        {"op": "set", "path": "/ip/firewall/address-list", "match": entry, "values": {"comment": "why"}},
    )
    assert plan["status"] == "applied"
    assert (await rolled_back(w, plan["plan_id"]))["status"] == "rolled_back"
    assert everything(w) == before


@pytest.mark.parametrize("edited", ["the same property", "a row put back", "an added row removed"])
async def test_a_later_edit_by_somebody_else_is_not_overwritten(small_world: World, edited: str) -> None:
    w = small_world
    plan = await w.change(set_dns("192.0.2.53"), add_address("192.0.2.1/24"), remove_rule("management"))
    if edited == "the same property":
        w.router().edit(DNS, None, {"servers": "198.51.100.9"})
    elif edited == "a row put back":
        w.router().edit(ADDRESS, address_id(w), {"address": "192.0.2.2/24"})
    else:
        w.router().remove(ADDRESS, address_id(w))
    after = everything(w)
    sent = w.sent()
    plan = await rolled_back(w, plan["plan_id"])
    assert (plan["status"], w.states(plan)) == ("partially_applied", ["confirmed"])
    assert plan["device_states"][0]["code"] == "drifted"
    assert everything(w) == after
    assert w.sent() == sent


def address_id(w: World) -> str:
    return next(row[".id"] for row in w.router().rows(ADDRESS) if row["address"].startswith("192.0.2."))


async def test_a_rule_is_not_put_at_the_end_when_the_one_after_it_has_gone(small_world: World) -> None:
    w = small_world
    plan = await w.change(remove_rule("defconf: drop invalid"))
    (after,) = [r[".id"] for r in w.router().rows(FILTER) if r["comment"] == "defconf: accept ICMP"]
    w.router().remove(FILTER, after)
    left = configured(w.router(), FILTER)
    plan = await rolled_back(w, plan["plan_id"])
    assert (plan["status"], w.states(plan)) == ("partially_applied", ["confirmed"])
    assert "accept ICMP" in plan["device_states"][0]["message"]
    assert configured(w.router(), FILTER) == left


async def test_rolling_back_a_halted_plan_restores_only_what_was_changed() -> None:
    async with world(3) as w:
        plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
        before = [configured(w.router(n), DNS) for n in range(3)]
        w.router(1).faults.down()
        plan = await w.carry_out(plan_id)
        assert w.states(plan) == ["confirmed", "not_applied", "planned"]
        w.router(1).faults.up()
        plan = await rolled_back(w, plan_id)
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back", "not_applied", "planned"])
        assert [configured(w.router(n), DNS) for n in range(3)] == before
        assert [len(w.sent(n)) for n in range(3)] == [2, 0, 0]


async def test_a_router_that_is_down_can_be_rolled_back_later(small_world: World) -> None:
    w = small_world
    before = everything(w)
    plan = await w.change(set_dns("192.0.2.53"))
    w.router().faults.down()
    plan = await rolled_back(w, plan["plan_id"])
    assert (plan["status"], w.states(plan)) == ("partially_applied", ["confirmed"])
    w.router().faults.up()
    assert (await rolled_back(w, plan["plan_id"]))["status"] == "rolled_back"
    assert everything(w) == before


@pytest.mark.parametrize("path", ["/ip/dns/set", "/ip/firewall/filter/add", "/ip/address/remove"])
async def test_a_lost_answer_while_rolling_back_is_found_out(small_world: World, path: str) -> None:
    w = small_world
    before = everything(w)
    plan = await w.change(set_dns("192.0.2.53"), add_address("192.0.2.1/24"), remove_rule("management"))
    w.router().faults.drop_after(1, lambda request: request.path == f"/rest{path}")
    assert (await rolled_back(w, plan["plan_id"]))["status"] == "rolled_back"
    assert everything(w) == before
    assert len(w.sent()) == 6


async def test_a_roll_back_that_stopped_half_way_is_finished_by_the_next_one(small_world: World) -> None:
    w = small_world
    before = everything(w)
    plan = await w.change(remove_rule("defconf: drop invalid"), remove_rule("defconf: accept ICMP"))
    adds = 0

    def second_add(request: object) -> bool:
        nonlocal adds
        adds += getattr(request, "path", "") == f"/rest{FILTER}/add"
        return adds in {2, 3} and getattr(request, "is_write", False)

    w.router().faults.drop_before(2, second_add)
    plan = await rolled_back(w, plan["plan_id"])
    assert (plan["status"], w.states(plan)) == ("halted", ["rollback_failed"])
    plan = await rolled_back(w, plan["plan_id"])
    assert plan["status"] == "rolled_back"
    assert everything(w) == before


async def test_a_plan_that_changed_nothing_cannot_be_rolled_back(small_world: World) -> None:
    w = small_world
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    assert (await w.fails("plan_rollback", plan_id=plan_id)).code == "conflict"
    w.router().faults.down()
    assert (await w.carry_out(plan_id))["status"] == "failed"
    assert (await w.fails("plan_rollback", plan_id=plan_id)).code == "conflict"


async def test_a_bug_in_the_middle_leaves_a_plan_whose_state_is_true() -> None:
    def broken(ports: object) -> object:
        return replace(ports, writer=BrokenWriter(ports.writer, after=1))

    async with world(1, adapt=broken) as w:
        before = everything(w)
        plan = await w.change(set_dns("192.0.2.53"), set_comment("uplink"))
        assert (plan["status"], w.states(plan)) == ("halted", ["needs_human"])
        (job,) = (await w.call("job_list"))["jobs"]
        assert job["status"] == "failed"
        async with asyncio.timeout(10):
            plan = await rolled_back(w, plan["plan_id"])
        assert plan["status"] == "rolled_back"
        assert everything(w) == before
