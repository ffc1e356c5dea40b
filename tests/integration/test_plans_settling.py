"""What becomes of each kind of write whose answer is lost: what is told and what the router holds agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from world import FILTER, World, configured, world

from routeros_mcp.emulator import Request, Router

pytestmark = pytest.mark.slow

ADDRESS = "/ip/address"
MENUS = (FILTER, ADDRESS, "/interface")
OFFICE = {"address": "192.0.2.1/24", "interface": "ether1"}
RULE = {"chain": "forward", "action": "passthrough", "comment": "new"}
ICMP = {"comment": "defconf: accept ICMP"}
FIRST = {"comment": "defconf: accept established"}
WRITES: dict[str, dict[str, Any]] = {
    "add, natural key": {"op": "add", "path": ADDRESS, "values": OFFICE},
    "add, no key": {"op": "add", "path": FILTER, "values": RULE},
    "add, no key, at a place": {"op": "add", "path": FILTER, "values": RULE, "before": ICMP},
    "set, natural key": {
        "op": "set", "path": "/interface", "match": {"name": "ether1"}, "values": {"comment": "x"}},
    "set, no key": {"op": "set", "path": FILTER, "match": ICMP, "values": {"log": True}},
    "unset, no key": {"op": "unset", "path": FILTER, "match": ICMP, "values": {"comment": None}},
    "disable": {"op": "disable", "path": FILTER, "match": ICMP},
    "remove, natural key": {"op": "remove", "path": ADDRESS, "match": {"comment": "office"}},
    "remove, no key": {"op": "remove", "path": FILTER, "match": ICMP},
    "move": {"op": "move", "path": FILTER, "match": ICMP, "before": FIRST},
}  # fmt: skip
LANDS: dict[str, Callable[[Router, Callable[[Request], bool]], None]] = {
    "never": lambda router, on: router.faults.drop_before(2, on),
    "only when it is sent once more": lambda router, on: router.faults.drop_before(1, on),
    "and is not answered": lambda router, on: router.faults.drop_after(1, on),
    "and is half answered": lambda router, on: router.faults.half_answer(1, on),
    "late": lambda router, on: router.faults.late(0.2, 1, on),
}
QUICK = {("add, no key, at a place", "late"), ("move", "and is not answered"), ("remove, no key", "never")}
EACH = [
    pytest.param(write, lands, marks=() if (write, lands) in QUICK else pytest.mark.slow)
    for write in WRITES
    for lands in LANDS
]


def rows_of(w: World) -> list[list[dict[str, str]]]:
    return [configured(w.router(), path) for path in MENUS]


def is_plans_own(request: Request) -> bool:
    return request.is_write and "/system/scheduler" not in request.path


@pytest.mark.parametrize(("write", "lands"), EACH)
async def test_a_write_whose_answer_is_lost_is_found_out(write: str, lands: str) -> None:
    async with world(1, settle_s=1) as w:
        before = rows_of(w)
        plan_id = (await w.plan(WRITES[write]))["plan_id"]
        LANDS[lands](w.router(), is_plans_own)
        plan = await w.carry_out(plan_id)
        told, happened = (plan["status"], *w.states(plan)), lands != "never"
        tries = 2 if lands in {"never", "only when it is sent once more"} else 1
        assert told == (("applied", "confirmed") if happened else ("failed", "not_applied"))
        assert (len(w.sent()), w.executed()) == (tries, int(happened))
        assert (rows_of(w) != before) is happened
        if happened:
            if not write.startswith("unset"):
                again = await w.call("plan_create", devices=["all"], operations=[WRITES[write]])
                assert not again["has_effect"]
            LANDS[lands](w.router(), is_plans_own)
            await w.roll_back_and_wait(plan_id)
            plan = await w.call("plan_get", plan_id=plan_id)
            assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
            assert rows_of(w) == before or "natural" in write
            assert (len(w.sent()), w.executed()) == (2 * tries, 2)


async def test_a_change_by_somebody_else_in_the_middle_of_a_lost_answer_is_for_a_person() -> None:
    async with world(1) as w:
        plan_id = (await w.plan(WRITES["set, natural key"]))["plan_id"]

        def edited(request: Request) -> bool:
            if request.path != "/rest/interface/set":
                return False
            w.router().edit("/interface", "ether1", {"comment": "somebody else's"})
            return True

        w.router().faults.drop_before(1, edited)
        plan = await w.carry_out(plan_id)
        assert (plan["status"], w.states(plan)) == ("halted", ["needs_human"])
        assert w.router().rows("/interface")[0]["comment"] == "somebody else's"
        assert w.sent() == ["/interface/set"]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({"op": "unset", "path": FILTER, "match": ICMP, "values": {"comment": "x"}}, "without values"),
        ({"op": "enable", "path": FILTER, "match": ICMP, "values": {"log": True}}, "takes no `values`"),
        ({"op": "move", "path": ADDRESS, "match": {"comment": "office"}}, "no move|not ordered"),
        ({"op": "set", "path": FILTER, "match": ICMP, "values": {"coment": "x"}}, "did you mean comment"),
    ],
)
async def test_an_operation_that_cannot_be_meant_says_what_can(
    small_world: World, operation: dict[str, Any], words: str
) -> None:
    refused = await small_world.fails("plan_create", devices=["all"], operations=[operation])
    assert refused.code == "invalid_params"
    assert any(word in refused.message for word in words.split("|"))
