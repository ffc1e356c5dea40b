"""Health: what is measured, what is reused, when a device counts as gone and when it is back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.clock import FakeClock
from world import World, set_comment, world


async def check(w: World) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = (await w.call("health_check", devices=["all"]))["devices"]
    return rows


@pytest.mark.parametrize(
    ("figures", "status", "word"),
    [
        ({"cpu_load": 79}, "healthy", ""),
        ({"cpu_load": 80}, "warning", "cpu at 80%"),
        ({"cpu_load": 95}, "critical", "cpu at 95%"),
        ({"free_memory": 1024}, "critical", "memory"),
        ({"free_hdd_space": 1024}, "critical", "disk"),
        ({"uptime_s": 59}, "warning", "up for only 59 s"),
        ({"uptime_s": 60}, "healthy", ""),
    ],
)
async def test_figures_are_judged_by_the_thresholds(
    small_world: World, figures: dict[str, float], status: str, word: str
) -> None:
    small_world.router().set_resource(**figures)
    (row,) = await check(small_world)
    assert row["status"] == status
    assert word in " ".join(row["reasons"])


@pytest.mark.parametrize(("celsius", "status"), [(69.0, "healthy"), (70.0, "warning"), (80.0, "critical")])
async def test_a_hot_router_is_told(small_world: World, celsius: float, status: str) -> None:
    small_world.router().set_temperature(celsius)
    (row,) = await check(small_world)
    assert (row["status"], row["temperature_celsius"]) == (status, celsius)


async def test_three_failures_make_a_device_unreachable_and_one_success_brings_it_back() -> None:
    async with world(1, health_reuse_s=0) as w:
        await check(w)
        w.router().faults.down()
        seen = [(await check(w))[0]["device_status"] for _ in range(3)]
        assert seen == ["degraded", "degraded", "unreachable"]
        overview = await w.call("fleet_overview")
        assert [row["status"] for row in overview["problems"]] == ["unreachable"]
        w.router().faults.up()
        assert (await check(w))[0]["device_status"] == "healthy"
        assert (await w.call("device_get", device=w.names[0]))["consecutive_failures"] == 0
        assert (await w.call("fleet_overview"))["problems"] == []


async def test_a_fresh_result_is_reused_and_a_failure_never_is() -> None:
    clock = FakeClock(held=True)
    async with world(2, adapt=lambda ports: replace(ports, clock=clock)) as w:
        w.router(1).faults.down()
        await check(w)
        w.router(1).faults.up()
        asked = len(w.router(0).ledger)
        clock.advance(timedelta(seconds=29))
        rows = {row["device"]: row for row in await check(w)}
        assert rows[w.names[0]]["reused"] is True
        assert len(w.router(0).ledger) == asked
        assert "reused" not in rows[w.names[1]]
        assert rows[w.names[1]]["status"] == "healthy"
        clock.advance(timedelta(seconds=1))
        assert all("reused" not in row for row in await check(w) if row["device"] == w.names[0])


async def test_a_router_that_hangs_costs_its_own_time_out_and_hides_no_other() -> None:
    async with world(3, router_read_timeout_s=1.5) as w:
        w.router(1).faults.hang()
        rows = await check(w)
        assert (rows[0]["device"], rows[0]["status"]) == (w.names[1], "critical")
        assert [row["status"] for row in rows[1:]] == ["healthy", "healthy"]
        assert rows[0]["error_code"] in {"device_unreachable", "deadline_exceeded"}


@pytest.mark.parametrize("fault", ["garbage", "oversize", "session_closed", "unauthorized"])
async def test_a_router_that_talks_nonsense_is_critical_and_hides_no_other(fault: str) -> None:
    async with world(2, router_max_answer_bytes=100_000) as w:
        switch = getattr(w.router(0).faults, fault)
        switch(1_000_000, 9) if fault == "oversize" else switch(9)
        rows = {row["device"]: row["status"] for row in await check(w)}
        assert rows == {w.names[0]: "critical", w.names[1]: "healthy"}


@pytest.mark.parametrize(
    "figures", [{"cpu-load": "nan"}, {"free-memory": "inf"}, {"total-memory": "-inf"}, {"cpu-load": "?"}]
)
async def test_figures_that_are_no_numbers_are_an_error_of_that_router_only(
    figures: dict[str, str],
) -> None:
    async with world(2) as w:
        w.router(0).store.overrides.update(figures)
        rows = {row["device"]: row for row in await check(w)}
        assert rows[w.names[0]]["error_code"] == "bad_value"
        assert rows[w.names[1]]["status"] == "healthy"


async def test_history_counts_checks_and_failures_in_buckets() -> None:
    async with world(1, health_reuse_s=0) as w:
        w.router().set_resource(cpu_load=10)
        await check(w)
        w.router().set_resource(cpu_load=30)
        await check(w)
        w.router().faults.down()
        await check(w)
        history = await w.call("health_history", device=w.names[0], bucket="day")
        assert sum(bucket["checks"] for bucket in history["buckets"]) == 3
        assert sum(bucket["failures"] for bucket in history["buckets"]) == 1
        assert max(bucket.get("cpu_max", 0) for bucket in history["buckets"]) == 30.0


async def test_one_low_risk_change_is_shown_dry_and_made_when_asked(small_world: World) -> None:
    w = small_world
    asked = {"device": w.names[0], "operation": set_comment("uplink")}
    dry = await w.call("change_apply", **asked)
    assert (dry["dry_run"], dry["risk"], w.sent()) == (True, "low", [])
    made = await w.call("change_apply", **asked, dry_run=False)
    assert (made["status"], made["approved_by"]) == ("applied", "policy:low-risk")
    assert w.router().rows("/interface")[0]["comment"] == "uplink"
    again = await w.call("change_apply", **asked, dry_run=False)
    assert (again["has_effect"], len(w.sent())) == (False, 1)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/ip/pool", "values": {"name": "p", "ranges": "192.0.2.10-192.0.2.20"}},
        {
            "op": "set",
            "path": "/ip/firewall/filter",
            "match": {"comment": "management"},
            "values": {"log": 1},
        },
        {"op": "add", "path": "/user", "values": {"name": "eve", "group": "full", "password": "evil-evil"}},
        {"op": "set", "path": "/snmp/community", "match": {"name": "public"}, "values": {"name": "mine"}},
    ],
    ids=["medium", "high", "login", "community"],
)
async def test_more_than_low_risk_is_not_made_without_a_second_person(
    small_world: World, operation: dict[str, object]
) -> None:
    w = small_world
    failed = await w.fails("change_apply", device=w.names[0], operation=operation, dry_run=False)
    assert failed.code == "forbidden"
    assert w.sent() == []
    assert {plan["status"] for plan in (await w.call("plan_list"))["plans"]} == {"cancelled"}
