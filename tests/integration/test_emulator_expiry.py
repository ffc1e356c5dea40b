"""What time does to the rows of an emulated router, to its watches, its log and its device-mode."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from timed_router import OTHER, answers, http, logged_in, messages, only, post, powered

from routeros_mcp.emulator import Router

LISTS, LEASES, CACHE, ARP = "/ip/firewall/address-list", "/ip/dhcp-server/lease", "/ip/dns/cache", "/ip/arp"
WATCH = "/tool/netwatch"
MAC = "0A:00:00:00:00:01"
LEASE = {
    "active-address": "10.0.0.50",
    "active-mac-address": MAC,
    "active-server": "office",
    "address": "10.0.0.50",
    "expires-after": "50m",
    "last-seen": "10m",
    "mac-address": MAC,
    "server": "office",
    "status": "bound",
}
OFFICE = {
    "/ip/dhcp-server": [{"name": "office", "interface": "ether2", "lease-time": "1h"}],
    "/ip/address": [{"address": "10.0.0.1/24", "interface": "ether2"}],
}


# Rows that count.


async def test_an_address_list_entry_counts_down_and_goes() -> None:
    async with powered() as router:
        router.add(LISTS, {"list": "a", "address": "192.0.2.1", "timeout": "1h"})
        router.add(LISTS, {"list": "a", "address": "192.0.2.2"})
        await router.advance(600)
        assert only(router, LISTS, address="192.0.2.1")["timeout"] == "50m"
        number = only(router, LISTS, address="192.0.2.1")[".id"]
        router.edit(LISTS, number, {"timeout": "2h"})
        await router.advance(7_199)
        assert only(router, LISTS, address="192.0.2.1")["timeout"] == "1s"
        await router.advance(1)
        assert [row["address"] for row in router.rows(LISTS)] == ["192.0.2.2"]
        assert (await post(router, f"{LISTS}/remove", numbers=number)).status_code == 404


async def test_what_was_configured_counts_from_the_moment_of_power_on() -> None:
    config = {CACHE: [{"name": "a", "ttl": "4m12s"}, {"name": "b", "ttl": "1d", "static": "true"}]}
    async with powered(config=config) as router:
        await router.advance(60)
        assert [row["ttl"] for row in router.rows(CACHE)] == ["3m12s", "1d"]
        await router.advance(192)
        assert [row["name"] for row in router.rows(CACHE)] == ["b"]


async def test_a_word_in_place_of_a_duration_does_not_count() -> None:
    async with powered(config={LISTS: [{"list": "a", "address": "192.0.2.1", "timeout": "none"}]}) as router:
        await router.advance(86_400)
        assert router.rows(LISTS)[0]["timeout"] == "none"


async def test_a_living_client_renews_its_lease_at_half_time() -> None:
    async with powered(config=OFFICE | {LEASES: [LEASE | {"dynamic": "true"}]}) as router:
        shown = []
        for _ in range(5):
            await router.advance(600)
            (lease,) = router.rows(LEASES)
            shown.append((lease["expires-after"], lease["last-seen"]))
        assert shown == [("40m", "20m"), ("1h", "0s"), ("50m", "10m"), ("40m", "20m"), ("1h", "0s")]


async def test_the_lease_of_a_silent_client_runs_out() -> None:
    static = LEASE | {
        "address": "10.0.0.51",
        "active-address": "10.0.0.51",
        "mac-address": "0A:00:00:00:00:02",
    }
    async with powered(config=OFFICE | {LEASES: [LEASE | {"dynamic": "true"}, static]}) as router:
        await router.advance(300)
        router.faults.silence("10.0.0.50")
        router.faults.silence("10.0.0.51")
        await router.advance(2_699)
        assert [row["expires-after"] for row in router.rows(LEASES)] == ["1s", "1s"]
        await router.advance(1)
        (lease,) = router.rows(LEASES)
        assert (lease["address"], lease["status"], lease["last-seen"]) == ("10.0.0.51", "waiting", "1h")
        assert "expires-after" not in lease


async def test_arp_doubts_and_forgets_a_silent_host() -> None:
    row = {"address": "10.0.0.50", "mac-address": MAC, "interface": "ether2", "dynamic": "true"}
    async with powered(config=OFFICE | {ARP: [row | {"status": "reachable"}]}) as router:
        router.faults.silence(MAC)
        await router.advance(31)
        assert router.rows(ARP)[0]["status"] == "stale"
        router.faults.revive(MAC)
        assert router.rows(ARP)[0]["status"] == "reachable"
        router.faults.silence(MAC)
        await router.advance(60)
        assert router.rows(ARP) == []


async def test_neighbours_sessions_and_dhcp_clients_count() -> None:
    config = {
        "/ip/neighbor": [{"identity": "isp", "age": "25s"}],
        "/ppp/active": [{"name": "u1", "uptime": "5m12s"}],
        "/ip/dhcp-client": [{"interface": "ether1", "expires-after": "20m"}],
    }
    async with powered(config=config) as router:
        await router.advance(10)
        assert router.rows("/ip/neighbor")[0]["age"] == "5s"
        assert router.rows("/ppp/active")[0]["uptime"] == "5m22s"
        assert router.rows("/ip/dhcp-client")[0]["expires-after"] == "19m50s"


async def test_ssh_sessions_are_listed_while_they_last_and_rest_logins_until_a_reboot() -> None:
    async with powered() as router:
        async with logged_in(router):
            assert len(router.rows("/user/active")) == 1
        await router.until(lambda: messages(router)[-1] == "user admin logged out from 127.0.0.1 via ssh")
        assert await answers(router)
        await router.advance(86_400)
        assert [row["via"] for row in router.rows("/user/active")] == ["rest-api", "api"]
        router.reboot()
        await router.advance(10)
        assert router.rows("/user/active") == []


# The log.


async def test_the_log_keeps_a_thousand_lines_or_as_many_as_it_is_told() -> None:
    async with powered() as router, http(router) as client:
        note = {"script": ":log info x; " * 5, "as-string": ""}
        memory = only(router, "/system/logging/action", name="memory")[".id"]
        router.edit("/system/logging/action", memory, {"memory-lines": "3"})
        await client.post("/execute", json=note)
        assert messages(router) == ["x"] * 3
        router.edit("/system/logging/action", memory, {"memory-lines": "1000"})
        for _ in range(10):
            await client.post("/execute", json={"script": ":log info x; " * 101, "as-string": ""})
        assert messages(router) == ["x"] * 1000


async def test_lines_are_stamped_with_the_time_of_the_router() -> None:
    async with powered() as router:
        router.edit("/system/clock", None, {"date": "2026-12-24", "time": "18:00:00"})
        await router.advance(61)
        assert await answers(router)
        assert router.rows("/log")[-1]["time"] == "2026-12-24 18:01:01"


# Netwatch.


def watched(router: Router) -> tuple[str, str | None]:
    (row,) = router.rows(WATCH)
    return row["status"], row.get("since")


def notes(router: Router) -> list[str]:
    return messages(router, "script,info")


async def test_a_watched_host_is_unknown_then_up_then_down_and_its_scripts_run() -> None:
    async with powered(config=OFFICE) as router:
        scripts = {"up-script": ":log info came", "down-script": ":log info went"}
        router.add(WATCH, {"host": "10.0.0.9", "interval": "30s", **scripts})
        assert watched(router) == ("unknown", None)
        await router.advance(30)
        assert (watched(router), notes(router)) == (("up", "2026-11-19 12:00:30"), ["came"])
        router.faults.silence("10.0.0.9")
        await router.advance(29)
        assert watched(router)[0] == "up"
        await router.advance(1)
        assert (watched(router), notes(router)) == (("down", "2026-11-19 12:01:00"), ["came", "went"])
        router.faults.revive("10.0.0.9")
        router.reboot()
        await router.advance(6)
        assert watched(router) == ("unknown", None)
        await router.advance(30)
        assert watched(router)[0] == "up"


async def test_a_boot_is_no_outage() -> None:
    async with powered(config=OFFICE) as router:
        watch = {"host": "10.0.0.9", "interval": "1s", "down-script": ":log info went"}
        router.add(WATCH, watch)
        await router.advance(1)
        note = "/system/note/set note=started"
        router.add("/system/scheduler", {"name": "hello", "start-time": "startup", "on-event": note})
        router.reboot()
        await router.advance(10)
        assert (watched(router)[0], notes(router)) == ("up", [])
        assert router.rows("/system/note")[0]["note"] == "started"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("10.0.0.1", "up"),
        ("10.0.0.9", "up"),
        ("192.0.2.1", "down"),
        ("198.51.100.1", "up"),
        ("203.0.113.1", "down"),
        ("files.lan", "up"),
        ("nowhere.lan", "down"),
    ],
)
async def test_a_host_answers_when_a_route_leads_to_it(host: str, status: str) -> None:
    config = OFFICE | {
        "/ip/dns/static": [{"name": "files.lan", "address": "10.0.0.10"}],
        "/ip/route": [
            {"dst-address": "198.51.100.0/24", "gateway": "10.0.0.2"},
            {"dst-address": "203.0.113.0/24", "gateway": "10.0.0.3"},
        ],
    }
    async with powered(config=config) as router:
        router.faults.silence("10.0.0.3")
        router.add(WATCH, {"host": host})
        await router.advance(10)
        assert watched(router)[0] == status


async def test_a_change_of_the_configuration_may_lose_a_host() -> None:
    async with powered(config=OFFICE | {WATCH: [{"host": "10.0.0.9", "status": "up"}]}) as router:
        await router.advance(3_600)
        assert watched(router) == ("up", None)
        router.edit("/interface", "ether2", {"disabled": "yes"})
        await router.advance(10)
        assert watched(router)[0] == "down"


async def test_an_idle_router_has_nothing_to_wake_up_for() -> None:
    async with powered(config=OFFICE | {WATCH: [{"host": "10.0.0.9", "status": "up"}]}) as router:
        assert router.power.driver.next_due() is None
        router.edit("/interface", "ether2", {"comment": "x"})
        await router.advance(11)
        assert router.power.driver.next_due() is None


# Device-mode.

MODE, UPDATE = "/system/device-mode", "/system/device-mode/update"


async def is_cut_off(router: Router, **arguments: str) -> bool:
    try:
        return (await post(router, UPDATE, **arguments)).status_code == 400
    except httpx.TransportError:
        return True


async def test_device_mode_reads_and_on_some_versions_crashes() -> None:
    async with powered(version="7.21.4") as router, http(router) as client:
        assert (await client.get(MODE)).status_code == 500
        assert (await client.post(f"{MODE}/print", json={})).status_code == 500
        assert router.rows(MODE)[0]["mode"] == "advanced"
    async with powered() as router, http(router) as client:
        shown = (await client.get(MODE)).json()
        assert (shown["mode"], shown["scheduler"], shown["traffic-gen"]) == ("advanced", "true", "false")
        assert (await client.post(f"{MODE}/print", json={})).json() == [shown]


async def test_an_unknown_mode_or_feature_waits_for_nobody() -> None:
    async with powered() as router:
        for wrong in ({"mode": "castle"}, {"scheduler": "maybe"}, {"bogus": "yes"}):
            assert (await post(router, UPDATE, **wrong)).status_code == 400
        assert await answers(router)


async def test_an_update_blocks_everybody_until_the_button_is_pressed() -> None:
    async with powered() as router:
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(is_cut_off(router, mode="home"))
            await router.until(lambda: len(router.ledger) == 1)
            assert not await answers(router, within_s=0.3)
            router.press_button()
            await router.advance(10)
            assert await asking
        shown = router.rows(MODE)[0]
        assert (shown["mode"], shown["scheduler"], shown["fetch"]) == ("home", "false", "false")
        assert router.rows("/system/resource")[0]["uptime"] == "10s"
        assert await answers(router)


async def test_a_cold_start_confirms_as_the_button_does() -> None:
    async with powered() as router:
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(is_cut_off(router, scheduler="no"))
            await router.until(lambda: len(router.ledger) == 1)
            router.power_cut()
            await router.advance(10)
            assert await asking
        assert router.rows(MODE)[0]["scheduler"] == "false"


async def test_an_update_that_nobody_confirms_is_given_up_and_the_others_are_answered() -> None:
    async with powered(cap_s=0.2) as router:
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(is_cut_off(router, mode="home", activation_timeout="1m"))
            await router.until(lambda: len(router.ledger) == 1)
            other = tasks.create_task(post(router, "/system/identity/print", OTHER))
            await router.until(lambda: len(router.ledger) == 2)
            await router.advance(60)
            assert (await other).status_code == 200
            assert await asking
        assert router.rows(MODE)[0]["mode"] == "advanced"
        assert router.rows(MODE)[0]["attempt-count"] == "1"
        router.press_button()
        await router.advance(10)
        assert router.rows(MODE)[0]["mode"] == "advanced"
