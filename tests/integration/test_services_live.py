"""Logs and rates of many routers, as one answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from world import World, world

from routeros_mcp.emulator import RouterSpec, branch_fleet

EAST = RouterSpec(
    name="east",
    site="coast",
    role="edge",
    version="7.23.2",
    config={
        "/system/clock": ({"gmt-offset": "+09:00"},),
        "/log": (
            {"time": "2026-01-01 08:00:00", "topics": "system,info,account", "message": "user a logged in"},
            {
                "time": "2026-01-01 10:00:00",
                "topics": "dhcp,warning",
                "message": "pool is <b>empty</b>\u202e",
            },
        ),
    },
)
WEST = RouterSpec(
    name="west",
    site="coast",
    role="edge",
    version="7.8",
    config={
        "/system/clock": ({"gmt-offset": "-03:00"},),
        "/log": (
            {"time": "2025-12-31 20:30:00", "topics": "interface,info", "message": "ether1 link down"},
            {"time": "2025-12-31 22:30:00", "topics": "interface,info", "message": "ether1 link up"},
        ),
    },
)


@pytest.fixture
async def coasts() -> AsyncIterator[World]:
    """Two routers twelve hours apart, one of each era of dates."""
    async with world(specs=[EAST, WEST]) as place:
        yield place


async def search(w: World, **more: Any) -> dict[str, Any]:
    return await w.call("log_search", devices=["all"], **{"until": "2026-06-01T00:00:00Z", **more})


def told(answer: dict[str, Any]) -> list[str]:
    return [line["message"] for line in answer["lines"]]


async def test_lines_of_all_routers_come_newest_first_whatever_their_zones(coasts: World) -> None:
    answer = await search(coasts)
    assert [(line["device"], line["time"]) for line in answer["lines"]] == [
        ("west", "2025-12-31T22:30:00-03:00"),
        ("east", "2026-01-01T10:00:00+09:00"),
        ("west", "2025-12-31T20:30:00-03:00"),
        ("east", "2026-01-01T08:00:00+09:00"),
    ]
    assert told(answer)[1] == "pool is <b>empty</b>"
    assert (answer["untrusted"], answer["lines"][1]["severity"]) == (True, "warning")
    assert answer["lines"][1]["topics"] == ["dhcp", "warning"]


@pytest.mark.parametrize(
    ("asked", "messages"),
    [
        ({"topics": ["dhcp", "account"]}, ["pool is <b>empty</b>", "user a logged in"]),
        ({"text": "LINK"}, ["ether1 link up", "ether1 link down"]),
        ({"severity": "warning"}, ["pool is <b>empty</b>"]),
        ({"since": "2026-01-01T01:00:00Z"}, ["ether1 link up", "pool is <b>empty</b>"]),
        ({"until": "2026-01-01T00:59:59+01:00"}, ["ether1 link down", "user a logged in"]),
        ({"topics": ["dhcp"], "text": "link"}, []),
    ],
)
async def test_lines_are_narrowed(coasts: World, asked: dict[str, Any], messages: list[str]) -> None:
    assert sorted(told(await search(coasts, **asked))) == sorted(messages)


async def test_pages_follow_each_other_while_new_lines_arrive(coasts: World) -> None:
    whole, seen, cursor = told(await search(coasts)), [], None
    while True:
        page = await search(coasts, limit=1, cursor=cursor)
        seen += told(page)
        cursor = page.get("next_cursor")
        coasts.router().add("/log", {"time": "2026-05-01 00:00:00", "topics": "system", "message": "new"})
        if cursor is None:
            break
    assert seen == whole


async def test_todays_lines_of_an_old_router_carry_its_zone(coasts: World) -> None:
    (line,) = (await coasts.call("log_search", devices=["west"], text="logged in", limit=1))["lines"]
    moment, now = datetime.fromisoformat(line["time"]), coasts.ports.clock.now()
    assert line["time"].endswith("-03:00")
    assert abs((now - moment).total_seconds()) < 120


async def test_a_zone_is_needed_to_ask_for_a_span_and_cursors_must_be_ours(coasts: World) -> None:
    for asked in ({"since": "2026-01-01T00:00:00"}, {"cursor": "W10"}, {"severity": "loud"}):
        assert (await coasts.fails("log_search", devices=["all"], **asked)).code == "invalid_params"


async def test_one_router_that_is_down_hides_no_line_of_the_others(coasts: World) -> None:
    coasts.router("west").faults.down()
    answer = await search(coasts)
    assert {line["device"] for line in answer["lines"]} == {"east"}
    assert [(row["device"], row["code"]) for row in answer["failed"]] == [("west", "device_unreachable")]


# -- rates -----------------------------------------------------------------------------------------------


async def test_the_busiest_interfaces_of_the_fleet_come_first() -> None:
    async with world(3) as w:
        seen: list[int] = []

        async def note(done: int, total: int, message: str) -> None:
            seen.append(done)

        answer = await w.call("interface_rates", devices=["all"], limit=5)
        loads = [row["rx_bits_per_second"] + row["tx_bits_per_second"] for row in answer["rates"]]
        assert loads == sorted(loads, reverse=True)
        assert loads[-1] > 0
        assert len(answer["rates"]) == 5
        assert answer["left_out"] > 0
        assert f"{answer['rates'][0]['device']} {answer['rates'][0]['interface']}" in answer["summary"]
        await w.app.pipeline.call(w.admin, "interface_rates", {"devices": ["all"]}, progress=note)
        assert seen == [1, 2, 3]


async def test_rates_can_be_asked_of_some_interfaces_and_skip_those_that_do_not_run() -> None:
    async with world(1) as w:
        w.router().edit("/interface", "ether3", {"disabled": "true"})
        answer = await w.call("interface_rates", devices=["all"], name="ETHER")
        names = {row["interface"] for row in answer["rates"]}
        assert {"ether1", "ether2"} <= names
        assert "ether3" not in names
        assert answer["not_running"] >= 1
        assert not [name for name in names if "ether" not in name]


async def test_many_interfaces_are_asked_in_several_requests() -> None:
    (spec,) = branch_fleet(1)
    vlans = tuple({"name": f"v{n}", "interface": "bridge", "vlan-id": str(n)} for n in range(100, 220))
    spec = replace(spec, config={**spec.config, "/interface/vlan": vlans})
    async with world(specs=[spec]) as w:
        answer = await w.call("interface_rates", devices=["all"], name="v1", limit=200)
        asked = [r for r in w.router().ledger if r.path.endswith("/monitor-traffic")]
        assert len(answer["rates"]) == 100
        assert len(asked) == 2


async def test_a_router_without_the_policy_test_or_out_of_reach_is_named(small_world: World) -> None:
    small_world.router().faults.down()
    failed = await small_world.fails("interface_rates", devices=["all"])
    assert failed.code == "device_unreachable"
