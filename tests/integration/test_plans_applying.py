"""Applying: drift is refused, failures halt and undo, lost answers are found out and never repeated."""

from __future__ import annotations

import asyncio

import pytest
from world import (
    DNS,
    FILTER,
    World,
    add_address,
    configured,
    only,
    principal,
    remove_rule,
    set_comment,
    set_dns,
    world,
)

from routeros_mcp.domain.models import Role
from routeros_mcp.emulator import READS, WRITES, Request

ADDRESS = "/ip/address"


def on(path: str) -> object:
    return lambda request: request.path == f"/rest{path}"


async def test_a_drifted_row_stops_the_plan_before_the_first_write_and_is_named() -> None:
    async with world(2) as w:
        plan_id = (await w.plan(set_dns("192.0.2.53"), set_comment("uplink")))["plan_id"]
        w.router(0).edit(DNS, None, {"servers": "198.51.100.1"})
        plan = await w.carry_out(plan_id)
        assert (plan["status"], w.states(plan)) == ("failed", ["drifted", "planned"])
        assert [w.sent(name) for name in w.names] == [[], []]
        message = plan["device_states"][0]["message"]
        assert "/ip/dns servers" in message
        assert "198.51.100.1" in message


async def test_an_edit_outside_of_what_the_plan_touches_is_no_drift(small_world: World) -> None:
    w = small_world
    plan_id = (await w.plan(set_comment("uplink")))["plan_id"]
    w.router().edit("/interface", "ether2", {"comment": "somebody else's"})
    w.router().edit(DNS, None, {"servers": "198.51.100.1"})
    assert (await w.carry_out(plan_id))["status"] == "applied"


async def test_a_row_that_has_appeared_meanwhile_is_drift(small_world: World) -> None:
    w = small_world
    plan_id = (await w.plan(add_address("192.0.2.1/24")))["plan_id"]
    w.router().add(ADDRESS, {"address": "192.0.2.1/24", "interface": "ether1"})
    plan = await w.carry_out(plan_id)
    assert w.states(plan) == ["drifted"]
    assert w.sent() == []


@pytest.mark.parametrize("meanwhile", ["removed", "edited"])
async def test_a_rule_is_not_added_when_the_one_before_which_it_goes_has_changed(
    small_world: World, meanwhile: str
) -> None:
    w = small_world
    values = {"chain": "input", "action": "accept", "comment": "new"}
    operation = {"op": "add", "path": FILTER, "values": values, "before": {"comment": "management"}}
    plan_id = (await w.plan(operation))["plan_id"]
    (item,) = [r[".id"] for r in w.router().rows(FILTER) if r["comment"] == "management"]
    if meanwhile == "removed":
        w.router().remove(FILTER, item)
    else:
        w.router().edit(FILTER, item, {"chain": "output"})
    plan = await w.carry_out(plan_id)
    assert w.states(plan) == ["drifted"]
    assert w.sent() == []


async def test_a_failure_at_the_canary_leaves_later_routers_untouched() -> None:
    async with world(3) as w:
        plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
        w.router(0).faults.down()
        plan = await w.carry_out(plan_id)
        assert (plan["status"], w.states(plan)) == ("failed", ["not_applied", "planned", "planned"])
        assert [w.sent(name) for name in w.names] == [[], [], []]


async def test_a_failure_in_a_later_wave_halts_what_has_not_begun() -> None:
    async with world(9) as w:
        plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
        for name in w.names[2:7]:
            w.fleet[name].edit(DNS, None, {"servers": "198.51.100.1"})
        plan = await w.carry_out(plan_id)
        assert plan["status"] == "halted"
        assert w.states(plan) == ["confirmed"] * 2 + ["drifted"] * 5 + ["planned"] * 2
        assert [bool(w.sent(name)) for name in w.names] == [True] * 2 + [False] * 7


async def test_a_refused_write_in_the_middle_rolls_the_device_back(small_world: World) -> None:
    w = small_world
    before = [configured(w.router(), path) for path in (DNS, ADDRESS, FILTER)]
    plan = await w.change(
        set_dns("192.0.2.53"),
        remove_rule("defconf: drop invalid"),
        add_address("192.0.2.1/24"),
        add_address("198.51.100.1/24", "no-such-interface"),
    )
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
    assert [configured(w.router(), path) for path in (DNS, ADDRESS, FILTER)] == before
    assert plan["device_states"][0]["code"] == "router_refused"


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/ip/dns/set", set_dns("192.0.2.53")),
        ("/ip/address/add", add_address("192.0.2.1/24")),
        ("/ip/firewall/filter/remove", remove_rule("management")),
    ],
    ids=["set", "add", "remove"],
)
class TestALostAnswer:
    async def test_after_the_write_has_happened_counts_as_done(
        self, small_world: World, path: str, operation: dict[str, object]
    ) -> None:
        w = small_world
        w.router().faults.drop_after(1, on(path))
        plan = await w.change(operation)
        assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
        assert (w.sent(), w.executed()) == ([path], 1)

    async def test_before_the_write_has_happened_lets_it_be_sent_once_more(
        self, small_world: World, path: str, operation: dict[str, object]
    ) -> None:
        w = small_world
        w.router().faults.drop_before(1, on(path))
        plan = await w.change(operation)
        assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
        assert (w.sent(), w.executed()) == ([path] * 2, 1)

    async def test_before_the_write_has_happened_counts_as_not_done_the_second_time(
        self, small_world: World, path: str, operation: dict[str, object]
    ) -> None:
        w = small_world
        w.router().faults.drop_before(9, on(path))
        before = configured(w.router(), f"/{path.strip('/').rpartition('/')[0]}")
        plan = await w.change(operation)
        assert (plan["status"], w.states(plan)) == ("failed", ["not_applied"])
        assert (w.sent(), w.executed()) == ([path] * 2, 0)
        assert configured(w.router(), f"/{path.strip('/').rpartition('/')[0]}") == before

    async def test_of_a_write_that_lands_late_is_waited_for(
        self, path: str, operation: dict[str, object]
    ) -> None:
        async with world(1, settle_s=1) as w:
            w.router().faults.late(0.2, 1, on(path))
            plan = await w.change(operation)
            assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
            assert (w.sent(), w.executed()) == ([path], 1)


async def test_a_write_lost_twice_in_the_middle_takes_back_what_was_done_before(small_world: World) -> None:
    w = small_world
    before = configured(w.router(), DNS)
    w.router().faults.drop_before(2, on("/ip/address/add"))
    plan = await w.change(set_dns("192.0.2.53"), add_address("192.0.2.1/24"))
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
    assert configured(w.router(), DNS) == before
    assert w.sent() == ["/ip/dns/set", "/ip/address/add", "/ip/address/add", "/ip/dns/set"]


async def test_each_change_may_be_sent_once_more_whatever_was_lost_before_it(small_world: World) -> None:
    w = small_world
    w.router().faults.drop_before(1, on("/ip/dns/set"))
    w.router().faults.drop_before(1, on("/ip/address/add"))
    plan = await w.change(set_dns("192.0.2.53"), add_address("192.0.2.1/24"))
    assert w.states(plan) == ["confirmed"]
    assert w.sent() == ["/ip/dns/set"] * 2 + ["/ip/address/add"] * 2


async def test_what_has_changed_since_it_was_lost_is_not_sent_once_more(small_world: World) -> None:
    """Somebody else has the row after it was proven not to be written, and before it is written again."""
    w = small_world
    looks = 0

    def edited(request: Request) -> bool:
        nonlocal looks
        looks += bool(w.sent()) and request.path == "/rest/interface"
        if looks == 3:  # settled by the first two, at once and at the end
            w.router().edit("/interface", "ether1", {"comment": "somebody else's"})
        return False

    w.router().faults.drop_before(1, on("/interface/set"))
    w.router().faults.drop_before(1, edited)
    plan = await w.change(set_comment("ours"))
    assert (plan["status"], w.states(plan)) == ("failed", ["not_applied"])
    assert w.sent() == ["/interface/set"]
    assert w.router().rows("/interface")[0]["comment"] == "somebody else's"


async def test_a_removed_twin_is_told_from_the_rule_that_looks_the_same(small_world: World) -> None:
    w = small_world
    rule = {"chain": "forward", "action": "passthrough", "comment": "twin"}
    first, second = (w.router().add(FILTER, rule) for _ in range(2))
    w.router().faults.drop_after(1, on(f"{FILTER}/remove"))
    plan = await w.change({"op": "remove", "path": FILTER, "match": {".id": first}})
    assert w.states(plan) == ["confirmed"]
    w.router().faults.drop_before(2, on(f"{FILTER}/add"))
    await w.roll_back_and_wait(plan["plan_id"])
    plan = await w.call("plan_get", plan_id=plan["plan_id"])
    assert w.states(plan) == ["rollback_failed"]
    assert [r[".id"] for r in w.router().rows(FILTER) if r["comment"] == "twin"] == [second]


async def test_a_router_that_goes_silent_after_a_write_is_left_as_unknown_and_locked() -> None:
    async with world(1, settle_s=0.2) as w:
        router = w.router()
        plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
        await w.approve(plan_id)

        def going_silent(request: Request) -> bool:
            if request.path == "/rest/ip/dns/set":
                asyncio.get_running_loop().call_soon(router.faults.down)
                return True
            return False

        router.faults.drop_after(1, going_silent)
        await w.apply_and_wait(plan_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("halted", ["unknown"])
        router.faults.up()
        other = (await w.plan(set_comment("x")))["plan_id"]
        await w.approve(other)
        assert (await w.fails("plan_apply", plan_id=other)).code == "conflict"
        await w.roll_back_and_wait(plan_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
        assert (await w.apply_and_wait(other))["status"] == "success"


async def test_a_look_before_the_end_proves_nothing_when_the_router_is_gone_at_the_end() -> None:
    async with world(1, settle_s=0.3) as w:
        router = w.router()
        looks = 0

        def gone_after_one_look(request: Request) -> bool:
            nonlocal looks
            looks += request.path == "/rest/ip/dns" and bool(router.writes)
            return looks > 1 and READS(request)

        router.faults.drop_before(100, gone_after_one_look)
        router.faults.late(60, 1, WRITES)
        plan = await w.change(set_dns("192.0.2.53"))
        assert (plan["status"], w.states(plan)) == ("halted", ["unknown"])


async def test_writes_are_sent_in_the_order_of_the_operations_and_never_with_put(small_world: World) -> None:
    w = small_world
    await w.change(add_address("192.0.2.1/24"), set_dns("192.0.2.53"), remove_rule("management"))
    assert w.sent() == ["/ip/address/add", "/ip/dns/set", "/ip/firewall/filter/remove"]
    assert {request.method for request in w.router().ledger} <= {"GET", "POST"}


async def test_each_write_has_its_intent_and_its_outcome_in_the_audit_trail(small_world: World) -> None:
    w = small_world
    plan = await w.change(set_dns("192.0.2.53"), set_comment("uplink"))
    page = await w.call("audit_search", action="WRITE", plan_id=plan["plan_id"])
    assert [event["result"] for event in reversed(page["events"])] == ["ATTEMPT", "SUCCESS"] * 2
    assert {event["device"] for event in page["events"]} == set(w.names)


async def test_a_cancelled_job_begins_no_further_device() -> None:
    async with world(3) as w:
        plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
        await w.approve(plan_id)
        w.router(0).faults.slow(0.3, on="/ip/dns/set")
        job = await w.call("plan_apply", plan_id=plan_id)
        await w.call("job_cancel", job_id=job["job_id"])
        ended = await w.ended(job["job_id"])
        assert ended["status"] == "cancelled"
        assert {row["state"] for row in ended["devices"][1:]} == {"planned"}
        assert w.sent(1) == w.sent(2) == []


async def test_a_jobs_devices_must_all_be_in_sight_to_see_it() -> None:
    async with world(2) as w:
        plan = await w.change(set_dns("192.0.2.53"))
        (job,) = (await w.call("job_list", plan_id=plan["plan_id"]))["jobs"]
        half = principal(Role.ADMIN, devices=only(w.names[0]), subject="user:half")
        for tool in ("job_get", "job_cancel"):
            hidden = await w.fails(tool, who=half, job_id=job["job_id"])
            absent = await w.fails(tool, who=half, job_id="none")
            assert hidden.code == absent.code == "not_found"
            assert hidden.message.replace(job["job_id"], "none") == absent.message
        assert (await w.call("job_list", who=half))["jobs"] == []


async def test_a_rule_is_moved_by_removing_it_and_adding_it_elsewhere(small_world: World) -> None:
    w = small_world
    before = configured(w.router(), FILTER)
    rule = next(row for row in before if row["comment"] == "defconf: accept ICMP")
    plan = await w.change(
        remove_rule("defconf: accept ICMP"),
        {"op": "add", "path": FILTER, "values": rule, "before": {"comment": "defconf: accept established"}},
    )
    assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
    assert configured(w.router(), FILTER)[0] == rule
    await w.roll_back_and_wait(plan["plan_id"])
    assert configured(w.router(), FILTER) == before
