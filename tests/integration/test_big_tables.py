"""Menus that may be huge: counted before they are read, never read whole, refused with the count."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from world import World, world

from routeros_mcp.domain.models.big_tables import BIG_TABLES
from routeros_mcp.emulator import Router, RouterSpec, branch_fleet

LIST = "/ip/firewall/address-list"
ROUTE = "/ip/route"
MANY = 40


def crowded() -> RouterSpec:
    branch = branch_fleet(1)[0]
    entries = [{"list": f"l{n % 4}", "address": f"198.51.100.{n}"} for n in range(MANY)]
    routes = [{"dst-address": f"10.{n}.0.0/16", "gateway": "ether1", "dynamic": "true"} for n in range(MANY)]
    own = [{"dst-address": "203.0.113.0/24", "gateway": "192.0.2.1"}]
    more = {LIST: [*branch.config.get(LIST, ()), *entries], ROUTE: [*routes, *own]}
    return replace(
        branch, config={**branch.config, **more}, manager_address="127.0.0.1", management_address=""
    )


@contextlib.asynccontextmanager
async def crowd(limit: int = 20) -> AsyncIterator[World]:
    async with world(specs=[crowded()], router_most_rows=limit) as w:
        w.router().ledger_clear()
        yield w


def body(request: Any) -> dict[str, Any]:
    return json.loads(request.text or "{}")


def reads(router: Router) -> list[tuple[str, dict[str, Any]]]:
    """What was read of big tables: menu and body of each request that is not a write."""
    found = []
    for request in router.ledger:
        path = request.path.removeprefix("/rest").partition("?")[0]
        menu = path.removesuffix("/print")
        if menu in BIG_TABLES and (request.method == "GET" or path.endswith("/print")):
            found.append((menu, body(request) if path.endswith("/print") else {}))
    return found


def assert_careful(router: Router) -> None:
    """Each read named its properties, and was counted with the same conditions before."""
    counted: list[tuple[str, object]] = []
    for menu, asked in reads(router):
        if "count-only" in asked:
            counted.append((menu, asked.get(".query")))
            continue
        assert asked.get(".proplist"), f"{menu} was read whole"
        assert (menu, asked.get(".query")) in counted, f"{menu} was not counted"


async def test_no_way_of_reading_takes_a_big_table_whole(small_world: World) -> None:
    w = small_world
    for path in sorted(BIG_TABLES):
        with contextlib.suppress(Exception):
            await w.call("routeros_read", devices=["all"], path=path)
    await w.call("log_search", devices=["all"])
    await w.call("health_check", devices=["all"])
    await w.call("device_test", device=w.router().name)
    await w.call("interface_rates", devices=["all"])
    await w.plan(
        {"op": "add", "path": ROUTE, "values": {"dst-address": "203.0.113.0/24", "gateway": "ether1"}}
    )
    await w.change({"op": "add", "path": LIST, "values": {"list": "blocked", "address": "203.0.113.9"}})
    assert len({menu for menu, _ in reads(w.router())}) > 10
    assert_careful(w.router())


async def test_a_table_above_the_limit_is_refused_with_its_count() -> None:
    async with crowd() as w:
        failed = await w.fails("routeros_read", devices=["all"], path=LIST)
        rows = len(w.router().rows(LIST))
        assert (failed.code, failed.data["rows"]) == ("invalid_params", rows)
        assert f"{rows} rows" in failed.message
        assert "`where`" in failed.fix
        assert all("count-only" in asked for _, asked in reads(w.router()))


async def test_a_table_above_the_limit_is_read_in_parts() -> None:
    async with crowd() as w:
        found = await w.call("routeros_read", devices=["all"], path=LIST, where={"list": "l1"})
        assert found["groups"][0]["total_rows"] == MANY // 4
        (count, read) = reads(w.router())
        assert count[1][".query"] == read[1][".query"] == ["list=l1"]


async def test_small_menus_cost_one_request() -> None:
    async with crowd() as w:
        await w.call("routeros_read", devices=["all"], path="/ip/dns/static")
        assert [request.path for request in w.router().ledger] == ["/rest/ip/dns/static"]


async def test_a_plan_reads_of_a_big_table_what_it_concerns() -> None:
    async with crowd() as w:
        add = {"op": "add", "path": LIST, "values": {"list": "l1", "address": "203.0.113.9"}}
        move = {"op": "set", "path": LIST, "match": {"list": "l2", "address": "198.51.100.2"}}
        plan = await w.change(add, {**move, "values": {"list": "l3"}})
        assert plan["status"] == "applied"
        undone = await w.roll_back_and_wait(plan["plan_id"])
        assert undone["status"] == "success", undone
        rows = {(row["list"], row["address"]) for row in w.router().rows(LIST)}
        assert ("l2", "198.51.100.2") in rows
        assert ("l1", "203.0.113.9") not in rows
        asked = {word for _, request in reads(w.router()) for word in request[".query"]}
        assert {"list=l1", "list=l2", "list=l3"} <= asked
        told = {word.partition("=")[0] for word in asked}
        assert told <= {"list", "address", "name", "dynamic", "-dynamic", "#|", "dst-address"}
        assert_careful(w.router())


async def test_a_plan_for_routes_leaves_learned_routes_unread() -> None:
    async with crowd() as w:
        wish = {"op": "set", "path": ROUTE, "match": {"dst-address": "203.0.113.0/24"}}
        plan = await w.change({**wish, "values": {"distance": "7"}})
        assert plan["status"] == "applied"
        learned = [asked for menu, asked in reads(w.router()) if menu == ROUTE]
        told = [{word.partition("=")[0] for word in asked[".query"]} for asked in learned]
        assert all({"dynamic", "dst-address"} & words for words in told)


async def test_a_plan_that_would_need_the_whole_table_is_refused() -> None:
    async with crowd() as w:
        wish = {"op": "remove", "path": LIST, "match": {"address": "198.51.100.2"}}
        failed = await w.fails("plan_create", devices=["all"], operations=[wish])
        assert (failed.code, failed.data["rows"]) == ("invalid_params", len(w.router().rows(LIST)))


@pytest.mark.parametrize("path", ["/file", "/routing/route"])
async def test_costly_properties_are_left_out_unless_asked_for(path: str) -> None:
    async with crowd() as w:
        with contextlib.suppress(Exception):
            await w.call("routeros_read", devices=["all"], path=path)
        lists = [asked[".proplist"] for _, asked in reads(w.router()) if ".proplist" in asked]
        assert lists
        assert not {"contents", "debug.route-ptr"} & set(lists[0])
