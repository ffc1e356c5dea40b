"""Making plans against live routers: what is planned, what is refused, what is shown."""

from __future__ import annotations

import pytest
from world import DNS, FILTER, World, add_address, configured, only, principal, remove_rule, set_dns, world

from routeros_mcp.domain.models import Role


async def test_a_recipe_plans_every_router_and_writes_to_none() -> None:
    async with world(3) as w:
        before = [configured(router, DNS) for router in w.fleet]
        arguments = {"dns_servers": ["192.0.2.53"], "ntp_servers": ["ntp.example.net"]}
        plan = await w.call("plan_create", devices=["all"], recipe="dns_ntp_rollout", arguments=arguments)
        assert (plan["status"], plan["risk"], plan["has_effect"]) == ("submitted", "low", True)
        assert sorted(name for group in plan["diff"] for name in group["devices"]) == w.names
        assert [configured(router, DNS) for router in w.fleet] == before
        assert [w.sent(name) for name in w.names] == [[], [], []]


async def test_explicit_operations_change_a_list_an_ordered_and_a_singleton_menu() -> None:
    async with world(1) as w:
        plan = await w.change(
            set_dns("192.0.2.53"),
            add_address("192.0.2.1/24"),
            {
                "op": "add",
                "path": FILTER,
                "values": {"chain": "input", "action": "accept", "comment": "new"},
                "before": {"comment": "management"},
            },
            remove_rule("defconf: drop invalid"),
            {"op": "set", "path": FILTER, "match": {"comment": "management"}, "values": {"log": True}},
        )
        assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
        rules = configured(w.router(), FILTER)
        comments = [rule["comment"] for rule in rules]
        assert "defconf: drop invalid" not in comments
        assert comments.index("new") == comments.index("management") - 1
        assert next(rule for rule in rules if rule["comment"] == "management")["log"] == "true"
        assert "192.0.2.1/24" in {row["address"] for row in w.router().rows("/ip/address")}
        assert w.router().rows(DNS)[0]["servers"] == "192.0.2.53"


async def test_a_plan_without_effect_says_so_and_is_not_stored(small_world: World) -> None:
    w = small_world
    await w.change(set_dns("192.0.2.53", "192.0.2.54"))
    again = await w.plan(set_dns("192.0.2.53", "192.0.2.54"))
    assert not again["has_effect"]
    assert again["unchanged"] == w.names
    assert "plan_id" not in again
    assert len((await w.call("plan_list"))["plans"]) == 1


async def test_planning_the_same_operations_twice_plans_nothing_the_second_time(small_world: World) -> None:
    wanted = (
        add_address("198.51.100.1/24"),
        {"op": "set", "path": "/ip/pool", "match": {"name": "office"}, "values": {"comment": "x"}},
        remove_rule("management"),
    )
    plan = await small_world.change(*wanted)
    assert plan["status"] == "applied"
    assert not (await small_world.plan(*wanted))["has_effect"]


async def test_the_diff_groups_routers_that_change_alike() -> None:
    async with world(2) as w:
        plan = await w.plan(add_address("192.0.2.1/24"))
        (group,) = plan["diff"]
        assert group["devices"] == w.names
        assert group["lines"] == ["+ /ip/address add address=192.0.2.1/24 interface=ether1"]


async def test_a_router_that_is_down_is_named_and_the_others_are_planned() -> None:
    async with world(2) as w:
        w.router(1).faults.down()
        plan = await w.plan(add_address("192.0.2.1/24"))
        assert [row["device"] for row in plan["not_planned"]] == [w.names[1]]
        assert [row["device"] for row in plan["device_states"]] == [w.names[0]]


@pytest.mark.parametrize(
    ("operation", "code", "words"),
    [
        ({"op": "set", "path": "/ip/dns", "values": {"sevrers": "x"}}, "invalid_params", "servers"),
        ({"op": "set", "path": "/interface", "values": {"comment": "x"}}, "invalid_params", "match"),
        (
            {"op": "add", "path": "/ip/address", "values": {"interface": "ether1"}},
            "invalid_params",
            "address",
        ),
        ({"op": "remove", "path": "/ip/dns"}, "invalid_params", "single"),
        (
            {"op": "set", "path": "/interface", "match": {"name": "ether99"}, "values": {"comment": "x"}},
            "not_found",
            "ether99",
        ),
        (
            {"op": "set", "path": FILTER, "match": {"chain": "input"}, "values": {"log": True}},
            "conflict",
            "all_matches",
        ),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_what_would_have_been_right(
    small_world: World, operation: dict[str, object], code: str, words: str
) -> None:
    failed = await small_world.fails("plan_create", devices=["all"], operations=[operation])
    assert failed.code == code
    assert words in f"{failed.message} {failed.fix}"


async def test_a_plan_takes_either_operations_or_a_recipe(small_world: World) -> None:
    both = {"operations": [set_dns("192.0.2.53")], "recipe": "dns_ntp_rollout"}
    assert (await small_world.fails("plan_create", devices=["all"], **both)).code == "invalid_params"
    assert (await small_world.fails("plan_create", devices=["all"])).code == "invalid_params"


async def test_a_reader_may_look_at_plans_and_make_none(small_world: World) -> None:
    w = small_world
    plan = await w.plan(set_dns("192.0.2.53"))
    reader = principal(Role.READ_ONLY)
    assert (await w.call("plan_get", who=reader, plan_id=plan["plan_id"]))["digest"] == plan["digest"]
    asked = {"devices": ["all"], "operations": [set_dns("192.0.2.54")]}
    assert (await w.fails("plan_create", who=reader, **asked)).code == "forbidden"


async def test_a_plan_with_a_device_out_of_sight_reads_like_one_that_does_not_exist() -> None:
    async with world(2) as w:
        plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
        half = principal(Role.ADMIN, devices=only(w.names[0]), subject="user:half")
        for tool in ("plan_get", "plan_cancel", "plan_apply", "plan_rollback"):
            hidden = await w.fails(tool, who=half, plan_id=plan_id)
            absent = await w.fails(tool, who=half, plan_id="none")
            assert hidden.code == absent.code == "not_found"
            assert hidden.message.replace(plan_id, "none") == absent.message
        assert (await w.call("plan_list", who=half))["plans"] == []


async def test_a_withdrawn_plan_cannot_be_approved_or_applied(small_world: World) -> None:
    w = small_world
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    assert (await w.call("plan_cancel", plan_id=plan_id, reason="no"))["status"] == "cancelled"
    assert (await w.fails("plan_apply", plan_id=plan_id)).code == "conflict"
    with pytest.raises(Exception, match="cancelled"):
        await w.approve(plan_id)


async def test_only_its_maker_or_an_admin_withdraws_a_plan(small_world: World) -> None:
    w = small_world
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    other = principal(Role.OPS_RW, subject="user:other")
    assert (await w.fails("plan_cancel", who=other, plan_id=plan_id)).code == "forbidden"
    assert (await w.call("plan_get", plan_id=plan_id))["status"] == "submitted"
