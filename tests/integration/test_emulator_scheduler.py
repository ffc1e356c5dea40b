"""What the scheduler of an emulated router runs, and when: on its own clock, which the tests let pass."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from timed_router import ADMIN, SCHEDULER, WRITER, messages, only, post, powered, schedule

from routeros_mcp.emulator import Fleet, Router, RouterSpec, User


def entry(router: Router, name: str = "job") -> Mapping[str, str]:
    return only(router, SCHEDULER, name=name)


def runs(router: Router) -> int:
    return messages(router).count("ran")


def errors(router: Router) -> list[str]:
    return messages(router, "script,error")


async def test_an_entry_runs_one_interval_after_it_was_added_and_then_again() -> None:
    async with powered() as router:
        schedule(router)
        assert (entry(router)["run-count"], entry(router)["next-run"]) == ("0", "2026-11-19 12:02:00")
        await router.advance(119)
        assert runs(router) == 0
        await router.advance(1)
        assert (runs(router), entry(router)["run-count"]) == (1, "1")
        await router.advance(600)
        assert (runs(router), entry(router)["next-run"]) == (6, "2026-11-19 12:14:00")


async def test_a_start_in_the_future_is_the_first_run() -> None:
    async with powered() as router:
        schedule(router, start_date="2026-11-19", start_time="13:00:00", interval="0s")
        assert entry(router)["next-run"] == "2026-11-19 13:00:00"
        await router.advance(3_599)
        assert runs(router) == 0
        await router.advance(86_400)
        assert runs(router) == 1
        assert "next-run" not in entry(router)


async def test_a_start_in_the_past_aligns_the_runs() -> None:
    async with powered() as router:
        schedule(router, start_date="2026-11-18", start_time="00:00:30", interval="7m")
        await router.advance(420)
        assert runs(router) == 1
        assert entry(router)["next-run"] == "2026-11-19 12:10:30"


async def test_a_disabled_entry_waits_until_it_is_enabled() -> None:
    async with powered() as router:
        number = schedule(router, disabled="yes")
        await router.advance(600)
        assert (runs(router), "next-run" in entry(router)) == (0, False)
        router.edit(SCHEDULER, number, {"disabled": "no"})
        await router.advance(120)
        assert runs(router) == 1


async def test_old_versions_write_dates_as_they_did() -> None:
    async with powered(version="7.8") as router:
        schedule(router)
        assert entry(router)["start-date"] == "nov/19/2026"
        assert entry(router)["next-run"] == "nov/19/2026 12:02:00"


async def test_an_entry_may_name_a_script() -> None:
    async with powered() as router:
        router.add("/system/script", {"name": "note", "source": ":log info ran"})
        schedule(router, on_event="note")
        await router.advance(120)
        assert runs(router) == 1
        (script,) = router.rows("/system/script")
        assert (script["run-count"], script["last-started"]) == ("1", "2026-11-19 12:02:00")


async def test_a_script_that_pauses_goes_on_when_the_time_has_come() -> None:
    async with powered() as router:
        schedule(router, on_event=":log info ran; :delay 60s; :log info ran; /system/scheduler/remove job")
        await router.advance(120)
        assert (runs(router), len(router.rows("/system/script/job"))) == (1, 1)
        await router.advance(59)
        assert runs(router) == 1
        await router.advance(1)
        assert (runs(router), router.rows(SCHEDULER), router.rows("/system/script/job")) == (2, [], [])


async def test_events_of_several_routers_run_in_order_of_time() -> None:
    seen: list[str] = []
    specs = [RouterSpec(name="a"), RouterSpec(name="b")]
    async with Fleet.running(specs) as fleet, asyncio.TaskGroup() as tasks:
        for name, interval in (("a", "90s"), ("b", "1m")):
            schedule(fleet[name], interval=interval)
            tasks.create_task(tell(fleet[name], seen, 2))
        await asyncio.sleep(0)
        await fleet.advance(200)
    assert seen == ["b 1", "a 1", "b 2", "a 2"]


async def tell(router: Router, seen: list[str], most: int) -> None:
    """Note each run of the router's one entry as it happens."""
    for number in range(1, most + 1):
        await router.until(lambda number=number: entry(router)["run-count"] == str(number))
        seen.append(f"{router.name} {number}")


async def test_time_passes_by_itself_and_faster_where_asked() -> None:
    async with Fleet.running([RouterSpec(name="core", time_scale=1000.0)]) as fleet:
        schedule(fleet["core"], interval="1s")
        await fleet["core"].until(lambda: runs(fleet["core"]) >= 2)


# Who it runs as.


async def test_a_failing_script_leaves_its_error_in_the_log() -> None:
    async with powered() as router:
        schedule(router, on_event="/ip/address/remove *99; :log info ran")
        await router.advance(120)
        assert runs(router) == 0
        assert len(errors(router)) == 2
        assert "no such item" in errors(router)[0]
        assert "job" in errors(router)[1]


async def test_an_entry_lacking_a_policy_leaves_only_a_line_in_the_log() -> None:
    async with powered() as router:
        schedule(router, policy="read,write,test", on_event="/system/reboot")
        await router.advance(130)
        assert any("not enough permissions (9)" in message for message in errors(router))
        assert entry(router)["run-count"] == "1"


async def test_a_named_script_needs_no_more_than_the_entry_may() -> None:
    async with powered() as router:
        router.add("/system/script", {"name": "note", "source": ":log info ran"})
        schedule(router, on_event="note", policy="read,write")
        await router.advance(120)
        assert (runs(router), errors(router)[0]) == (0, "not enough permissions (9)")
        router.edit("/system/script", "note", {"dont-require-permissions": "yes"})
        await router.advance(120)
        assert runs(router) == 1


async def test_device_mode_may_switch_the_scheduler_off() -> None:
    async with powered(config={"/system/device-mode": [{"mode": "home"}]}) as router:
        schedule(router)
        await router.advance(600)
        assert (runs(router), entry(router)["run-count"]) == (0, "0")


async def test_a_flagged_device_runs_nothing() -> None:
    async with powered(config={"/system/device-mode": [{"flagged": "true"}]}) as router:
        schedule(router)
        await router.advance(600)
        assert runs(router) == 0


@pytest.mark.parametrize(
    ("user", "policy"),
    [
        (ADMIN, "ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon"),
        (WRITER, "reboot,read,write,test,password,sniff,sensitive,romon"),
    ],
)
async def test_an_entry_gets_no_policy_that_its_maker_lacks(user: User, policy: str) -> None:
    async with powered() as router:
        asked = "ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon"
        for name, more in (("unasked", {}), ("asked", {"policy": asked})):
            answer = await post(router, f"{SCHEDULER}/add", user, name=name, interval="2m", **more)
            assert answer.status_code == 200
            assert (entry(router, name)["policy"], entry(router, name)["owner"]) == (policy, user.name)
        answer = await post(router, f"{SCHEDULER}/set", user, numbers="asked", policy=asked)
        assert entry(router, "asked")["policy"] == policy


# Boots.


@pytest.mark.parametrize(("interval", "expected"), [("0s", 1), ("2m", 0)])
async def test_only_an_entry_without_interval_runs_at_startup(interval: str, expected: int) -> None:
    async with powered() as router:
        schedule(router, start_time="startup", interval=interval)
        assert "next-run" not in entry(router)
        await router.advance(600)
        assert runs(router) == 0
        router.reboot()
        await router.advance(2.5)
        assert runs(router) == 0
        await router.advance(600)
        assert runs(router) == expected


async def test_startup_comes_before_interfaces_and_services() -> None:
    async with powered(config={"/ip/address": [{"address": "10.0.0.1/24", "interface": "ether1"}]}) as router:
        schedule(router, start_time="startup", interval="0s")
        router.reboot()
        await router.advance(3.5)
        assert runs(router) == 1
        assert [row["running"] for row in router.rows("/interface")] == ["false", "false"]
        assert router.rows("/ip/route") == []
        await router.advance(2)
        assert [row["running"] for row in router.rows("/interface")] == ["true", "true"]
        assert len(router.rows("/ip/route")) == 1


async def test_after_a_reboot_counts_begin_anew_and_runs_stay_aligned() -> None:
    async with powered(boot_s=50) as router:
        schedule(router)
        await router.advance(130)
        assert entry(router)["run-count"] == "1"
        router.reboot()
        await router.advance(60)
        assert (entry(router)["run-count"], entry(router)["next-run"]) == ("0", "2026-11-19 12:04:00")
        await router.advance(50)
        assert entry(router)["run-count"] == "1"


async def test_a_reboot_ends_a_script_that_pauses() -> None:
    async with powered() as router:
        schedule(router, interval="10m", on_event=":delay 60s; :log info ran")
        await router.advance(610)
        router.reboot()
        await router.advance(120)
        assert (runs(router), router.rows("/system/script/job")) == (0, [])


# Clocks that jump.


async def test_setting_the_clock_ahead_makes_what_it_passed_run_at_once_and_uptime_does_not_jump() -> None:
    async with powered() as router:
        schedule(router)
        before = router.rows("/system/resource")[0]["uptime"]
        router.edit("/system/clock", None, {"time": "12:30:00"})
        assert router.rows("/system/clock")[0]["time"] == "12:30:00"
        await router.advance(1)
        assert (runs(router), entry(router)["next-run"]) == (1, "2026-11-19 12:32:00")
        assert before == "1h12m40s"
        assert router.rows("/system/resource")[0]["uptime"] == "1h12m41s"


async def test_setting_the_clock_back_puts_runs_off() -> None:
    async with powered() as router:
        schedule(router)
        router.edit("/system/clock", None, {"date": "2026-11-19", "time": "11:00:00"})
        assert entry(router)["next-run"] == "2026-11-19 12:00:00"
        await router.advance(3_599)
        assert runs(router) == 0
        await router.advance(1)
        assert runs(router) == 1


async def test_a_board_without_a_clock_boots_in_1970_and_ntp_puts_it_right() -> None:
    ntp = {"/system/ntp/client": [{"enabled": "true", "servers": "192.0.2.123"}]}
    async with powered(board="RB750Gr3", clock_at_boot="1970", config=ntp) as router:
        schedule(router)
        router.reboot()
        await router.advance(10)
        assert router.rows("/system/clock")[0]["date"] == "1970-01-01"
        assert entry(router)["next-run"] == "2026-11-19 12:00:00"
        await router.advance(10)
        assert router.rows("/system/clock")[0]["date"] == "2026-11-19"
        assert runs(router) == 1


async def test_a_board_without_a_clock_and_without_ntp_waits_for_half_a_century() -> None:
    async with powered(board="RB750Gr3", clock_at_boot="1970") as router:
        schedule(router)
        router.reboot()
        await router.advance(7 * 86_400)
        assert runs(router) == 0


async def test_a_board_without_a_clock_may_go_on_from_the_time_it_saved() -> None:
    async with powered(board="RB750Gr3", boot_s=100) as router:
        schedule(router)
        router.reboot()
        await router.advance(100)
        assert router.rows("/system/clock")[0]["time"] == "12:00:00"
        await router.advance(120)
        assert runs(router) == 1
