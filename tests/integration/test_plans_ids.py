"""Ids of rows are never kept: plans find their rows under whatever ids the router gives them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from fakes.mortal import SURVIVED, run_mortal
from world import DNS, FILTER, World, add_address, configured, remove_rule, reopened, set_comment

pytestmark = pytest.mark.slow

LIST = "/ip/firewall/address-list"
PLACES = (DNS, FILTER, "/ip/address", "/interface", LIST)
RULE = {"chain": "input", "action": "accept", "comment": "new"}
OPERATIONS = (
    set_comment("uplink"),
    add_address("192.0.2.1/24"),
    remove_rule("defconf: drop invalid"),
    {"op": "add", "path": FILTER, "values": RULE, "before": {"comment": "management"}},
    {"op": "set", "path": FILTER, "match": {"comment": "management"}, "values": {"log": True}},
    {"op": "add", "path": LIST, "values": {"list": "blocked", "address": "203.0.113.77"}},
    {
        "op": "ensure",
        "path": FILTER,
        "rows": [{"comment": "defconf: drop new from WAN"}, {"comment": "forward established"}],
        "keys": ["comment"],
        "scope": {"chain": "forward"},
    },
)


def everything(w: World) -> list[list[dict[str, str]]]:
    return [configured(w.router(), path) for path in PLACES]


async def test_a_plan_stores_no_ids(small_world: World) -> None:
    w = small_world
    await w.plan(*OPERATIONS)
    with closing(sqlite3.connect(w.database)) as connection:
        (changes,) = connection.execute("SELECT changes FROM plans").fetchone()
        (images,) = connection.execute("SELECT pre_image FROM plan_devices").fetchone()
    ids = {row[".id"] for path in PLACES for row in w.router().rows(path) if ".id" in row}
    stored = json.dumps([json.loads(changes), json.loads(images)])
    assert '".id"' not in stored
    assert not [each for each in ids if f'"{each}"' in stored]


async def test_rows_are_found_that_have_other_ids_than_when_they_were_planned(small_world: World) -> None:
    w = small_world
    before = everything(w)
    plan_id = (await w.plan(*OPERATIONS))["plan_id"]
    w.router().renumber()
    plan = await w.carry_out(plan_id)
    assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"]), plan["device_states"]
    after = everything(w)
    w.router().renumber()
    await w.roll_back_and_wait(plan_id)
    plan = await w.call("plan_get", plan_id=plan_id)
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"]), plan["device_states"]
    assert everything(w) == before != after


@pytest.mark.parametrize("tool", ["plan_apply", "plan_rollback"])
async def test_rows_are_found_that_got_other_ids_while_the_server_was_away(
    small_world: World, tool: str
) -> None:
    w = small_world
    before = everything(w)
    plan_id = (await w.plan(*OPERATIONS))["plan_id"]
    if tool == "plan_apply":
        await w.approve(plan_id)
    else:
        await w.carry_out(plan_id)
    assert await run_mortal(w.settings, tool, plan_id, "sent") != SURVIVED
    w.router().renumber()
    async with reopened(w) as again:
        for job in (await again.call("job_list", plan_id=plan_id))["jobs"]:
            await again.ended(job["job_id"])
        plan = await again.call("plan_get", plan_id=plan_id)
        expected = ("applied", "confirmed") if tool == "plan_apply" else ("rolled_back", "rolled_back")
        assert (plan["status"], *w.states(plan)) == expected, plan["device_states"]
        if tool == "plan_apply":
            await again.roll_back_and_wait(plan_id)
        assert everything(w) == before
    assert len(w.sent()) == w.executed()


@pytest.mark.parametrize("chosen", [0, 1, 2])
async def test_one_of_several_rows_that_look_the_same_is_told_by_its_place(
    small_world: World, chosen: int
) -> None:
    w = small_world
    rule = {"chain": "forward", "action": "passthrough", "comment": "twin"}
    ids = []
    for number in range(3):
        ids.append(w.router().add(FILTER, rule))
        w.router().add(FILTER, {**rule, "comment": f"between {number}"})
    before = configured(w.router(), FILTER)
    operations = [
        {"op": "set", "path": FILTER, "match": {".id": ids[chosen]}, "values": {"log": True}},
        {"op": "remove", "path": FILTER, "match": {".id": ids[(chosen + 1) % 3]}},
    ]
    plan_id = (await w.plan(*operations))["plan_id"]
    w.router().renumber()
    assert (await w.carry_out(plan_id))["status"] == "applied"
    left = [row for row in configured(w.router(), FILTER) if row.get("comment") == "twin"]
    assert [row.get("log") == "true" for row in left].count(True) == 1
    assert len(left) == len(ids) - 1
    await w.roll_back_and_wait(plan_id)
    assert configured(w.router(), FILTER) == before
