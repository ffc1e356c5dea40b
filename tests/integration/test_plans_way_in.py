"""Plans that would lock their own manager out: seen when they are made, and again before the first write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from world import FILTER, World, add_address, configured, set_dns, world

from routeros_mcp.emulator import RouterSpec, branch_fleet


def managed(spec: RouterSpec) -> RouterSpec:
    """The router with the way in that its addresses, routes and rules were made for."""
    wan = next(row["address"] for row in spec.config["/ip/address"] if row["interface"] == "ether1")
    return replace(spec, manager_address="198.51.100.10", management_address=wan.partition("/")[0])


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world(specs=[managed(spec) for spec in branch_fleet(1)]) as place:
        yield place


def drop(**matchers: str) -> dict[str, Any]:
    return {"op": "add", "path": FILTER, "values": {"chain": "input", "action": "drop", **matchers}}


async def test_a_plan_that_cuts_the_manager_off_says_so_and_cannot_be_approved(w: World) -> None:
    plan = await w.plan({**drop(comment="closed"), "before": {"comment": "management"}})
    (way,) = plan["management_path"]
    assert (way["device"], way["verdict"], plan["risk"]) == (w.names[0], "cut", "high")
    assert "rule 4 (closed) keeps the manager's next connection out" in way["reasons"][0]
    refused = await _refused(w, plan["plan_id"])
    assert "cuts the manager off" in refused
    assert w.sent() == []


async def test_a_plan_that_leaves_the_way_in_open_is_not_held_up(w: World) -> None:
    plan = await w.change(drop(comment="behind the door"), add_address("192.0.2.1/24"))
    assert (plan["status"], plan.get("management_path", [])) == ("applied", [])


async def test_what_cannot_be_foreseen_raises_the_risk_and_may_be_approved(w: World) -> None:
    plan = await w.plan(
        drop(limit="10,5:packet", **{"src-address": "198.51.100.0/24"})
        | {"before": {"comment": "management"}}
    )
    assert (plan["management_path"][0]["verdict"], plan["risk"]) == ("at_risk", "high")
    assert "may cut the manager off" in " ".join(plan["risk_reasons"])
    await w.approve(plan["plan_id"])


async def test_a_change_at_once_is_refused_where_the_way_in_is_at_risk(w: World) -> None:
    operation = {"op": "set", "path": "/interface", "match": {"name": "ether1"}, "values": {"disabled": True}}
    failed = await w.fails("change_apply", device=w.names[0], operation=operation, dry_run=False)
    assert failed.code == "forbidden"
    assert w.sent() == []


async def test_a_way_in_that_was_lost_since_the_plan_was_made_stops_it_before_the_first_write(
    w: World,
) -> None:
    """Between plan and apply somebody closes all other ways in by rules that the plan does not touch."""
    plan = await w.plan({"op": "remove", "path": FILTER, "match": {"comment": "management"}})
    assert plan.get("management_path", []) == []
    await w.approve(plan["plan_id"])
    w.router().add(FILTER, {"chain": "input", "action": "drop", "comment": "drop the rest"})
    w.router().ledger_clear()
    await w.apply_and_wait(plan["plan_id"])
    (state,) = (await w.call("plan_get", plan_id=plan["plan_id"]))["device_states"]
    assert state["state"] == "drifted"
    assert "would lock its manager out now" in state["message"]
    assert w.sent() == []


async def test_what_has_nothing_to_do_with_the_way_in_reads_nothing_more(w: World) -> None:
    w.router().ledger_clear()
    await w.plan(set_dns("192.0.2.53"))
    assert {request.path for request in w.router().ledger} == {"/rest/ip/dns"}


async def test_a_set_of_rules_is_planned_as_rows_in_order_and_rolled_back(w: World) -> None:
    before = configured(w.router(), FILTER)
    rows = [
        {"comment": "web", "chain": "input", "action": "accept", "protocol": "tcp", "dst-port": "8443"},
        {"comment": "management"},
        {"comment": "defconf: accept ICMP", "log": True},
    ]
    wish = {
        "op": "ensure",
        "path": FILTER,
        "rows": rows,
        "keys": ["comment"],
        "before": {"comment": "forward established"},
    }
    plan = await w.change(wish)
    assert plan["status"] == "applied"
    comments = [rule["comment"] for rule in configured(w.router(), FILTER)]
    order = [comments.index(str(row["comment"])) for row in rows]
    assert order == sorted(order)
    assert comments.index("forward established") > order[-1]
    assert not (await w.plan(wish))["has_effect"]
    await w.roll_back_and_wait(plan["plan_id"])
    assert configured(w.router(), FILTER) == before


async def test_an_address_list_is_brought_to_exactly_these_entries(w: World) -> None:
    path = "/ip/firewall/address-list"
    wish = {
        "op": "ensure",
        "path": path,
        "rows": [{"address": "198.51.100.0/24"}, {"address": "192.0.2.8", "comment": "jump host"}],
        "keys": ["address"],
        "scope": {"list": "management"},
        "exact": True,
    }
    before = configured(w.router(), path)
    plan = await w.change(wish)
    assert plan["status"] == "applied"
    listed = {row["address"] for row in w.router().rows(path) if row["list"] == "management"}
    assert listed == {"198.51.100.0/24", "192.0.2.8"}
    await w.roll_back_and_wait(plan["plan_id"])
    assert _sorted(configured(w.router(), path)) == _sorted(before)


@pytest.mark.slow
async def test_a_list_too_long_for_a_script_goes_without_a_switch_and_says_so(w: World) -> None:
    path = "/ip/firewall/address-list"
    rows = [{"address": f"198.18.{number // 250}.{number % 250 + 1}"} for number in range(300)]
    wish = {"op": "ensure", "path": path, "rows": rows, "keys": ["address"], "scope": {"list": "blocked"}}
    plan = await w.plan(wish)
    assert "too large to be undone by a script" in str(plan["no_dead_man_switch"])
    assert (await w.carry_out(plan["plan_id"]))["status"] == "applied"
    listed = {row["address"] for row in w.router().rows(path) if row["list"] == "blocked"}
    assert listed > {row["address"] for row in rows}
    await w.roll_back_and_wait(plan["plan_id"])
    assert not [row for row in w.router().rows(path) if row["address"].startswith("198.18.")]


async def test_arguments_of_another_operation_are_refused(w: World) -> None:
    failed = await w.fails(
        "plan_create", devices=["all"], operations=[{"op": "set", "path": "/ip/dns", "rows": [{}]}]
    )
    assert (failed.code, "takes no rows" in failed.message) == ("invalid_params", True)
    failed = await w.fails(
        "plan_create",
        devices=["all"],
        operations=[{"op": "ensure", "path": FILTER, "rows": [{"chain": "input"}]}],
    )
    assert "comment of its own" in failed.fix


def _sorted(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(
        ({k: v for k, v in row.items() if k != "creation-time"} for row in rows),
        key=lambda row: sorted(row.items()),
    )


async def _refused(w: World, plan_id: str) -> str:
    from world import ToolFailed

    with pytest.raises(ToolFailed) as caught:
        await w.approve(plan_id)
    return caught.value.message
