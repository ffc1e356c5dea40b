"""How an emulated router goes down and comes back: in order, forgetful, and at times with a loss."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from timed_router import ADMIN, OTHER, answers, http, is_silent, logged_in, messages, only, post, powered

from routeros_mcp.emulator import Fleet, Router, RouterSpec

FILES = "/file"
LEASES = "/ip/dhcp-server/lease"
LISTS = "/ip/firewall/address-list"
BOUND = {
    "active-address": "10.0.0.50",
    "address": "10.0.0.50",
    "expires-after": "20m",
    "mac-address": "0A:00:00:00:00:01",
    "status": "bound",
}


def uptime(router: Router) -> str:
    return router.rows("/system/resource")[0]["uptime"]


async def is_lost(client: httpx.AsyncClient, path: str, **arguments: str) -> bool:
    """Say whether the line was lost before an answer came."""
    try:
        await client.post(path, json=arguments)
    except httpx.TransportError:
        return True
    return False


async def test_a_reboot_answers_then_drops_the_line_and_comes_back_when_it_has_booted() -> None:
    async with powered(boot_s=30) as router, http(router) as client:
        answer = await client.post("/system/reboot", json={})
        assert (answer.status_code, answer.json()) == (200, [])
        await router.advance(1)
        with pytest.raises(httpx.TransportError):
            await client.get("/system/identity")
        assert await is_silent(router)
        await router.advance(33)
        assert await is_silent(router)
        await router.advance(1)
        assert await answers(router)
        assert uptime(router) == "5s"


async def test_a_reboot_in_real_time_comes_back_by_itself() -> None:
    spec = RouterSpec(name="core", users=(ADMIN,), time_scale=1000.0)
    async with Fleet.running([spec]) as fleet:
        router = fleet["core"]
        router.reboot()
        await router.until(lambda: not router.power.is_serving)
        await router.until(lambda: router.power.is_serving)
        assert await answers(router)


async def test_the_console_may_reboot_the_router_and_its_sessions_end() -> None:
    async with powered() as router, logged_in(router) as connection:
        await connection.run("/system/reboot")
        await router.advance(10)
        await connection.wait_closed()
        assert router.rows("/user/active") == []
        assert messages(router) == ["router rebooted by admin"]


async def test_a_login_without_the_policy_reboots_nothing() -> None:
    config = {"/user/group": [{"name": "poll", "policy": "read,write,api,rest-api"}]}
    async with powered(config=config) as router:
        router.edit("/user", OTHER.name, {"group": "poll"})
        answer = await post(router, "/system/reboot", OTHER)
        assert (answer.status_code, answer.json()["detail"]) == (500, "not enough permissions (9)")
        await router.advance(10)
        assert uptime(router) == "1h12m50s"


async def test_what_was_in_memory_is_gone_and_what_was_configured_is_not() -> None:
    async with powered() as router:
        await answers(router)
        router.add(LISTS, {"list": "blocked", "address": "192.0.2.1", "timeout": "1d"})
        router.add(LISTS, {"list": "blocked", "address": "192.0.2.2"})
        router.add(LEASES, BOUND | {"dynamic": "true"})
        kept = router.add(LEASES, BOUND | {"address": "10.0.0.51", "mac-address": "0A:00:00:00:00:02"})
        rule = router.add("/ip/firewall/filter", {"chain": "forward", "bytes": "500", "packets": "5"})
        router.add(FILES, {"name": "notes.txt", "contents": "kept on a CHR"})
        router.reboot()
        await router.advance(10)
        assert [row["address"] for row in router.rows(LISTS)] == ["192.0.2.2"]
        (lease,) = router.rows(LEASES)
        assert (lease[".id"], lease["status"], lease["last-seen"]) == (kept, "waiting", "never")
        assert "active-address" not in lease
        assert only(router, "/ip/firewall/filter", bytes="0", packets="0")[".id"] == rule
        assert len(router.rows(FILES)) == 1
        assert router.rows("/user/active") == router.rows("/system/history") == []


async def test_global_variables_do_not_outlive_a_reboot() -> None:
    async def kind_of_mark() -> object:
        script = ":global mark; :put [:typeof $mark]"
        return (await post(router, "/execute", script=script, as_string="")).json()["ret"]

    async with powered() as router:
        await post(router, "/execute", script=":global mark set", as_string="")
        assert await kind_of_mark() == "str\r\n"
        router.reboot()
        await router.advance(10)
        assert await kind_of_mark() == "nothing\r\n"


@pytest.mark.parametrize(
    ("board", "kept"), [("RB750Gr3", ["flash/b.rsc"]), ("CHR", ["a.rsc", "flash/b.rsc"])]
)
async def test_boards_with_a_flash_folder_keep_only_what_is_in_it(board: str, kept: list[str]) -> None:
    async with powered(board=board) as router:
        for name in ("a.rsc", "flash/b.rsc"):
            router.add(FILES, {"name": name, "contents": "x"})
        router.reboot()
        await router.advance(10)
        assert [row["name"] for row in router.rows(FILES)] == kept


async def test_a_cut_link_stays_cut_through_a_reboot() -> None:
    async with powered() as router:
        router.faults.down()
        router.reboot()
        await router.advance(10)
        assert await is_silent(router)
        router.faults.up()
        assert await answers(router)


async def test_a_mended_link_does_not_help_while_the_router_boots() -> None:
    async with powered(boot_s=60) as router:
        router.reboot()
        await router.advance(1)
        router.faults.up()
        assert await is_silent(router)
        await router.advance(65)
        assert await answers(router)


async def test_a_request_that_waits_in_the_queue_dies_with_the_reboot() -> None:
    async with powered() as router:
        async with asyncio.TaskGroup() as tasks, http(router) as client:
            waiting = tasks.create_task(is_lost(client, "/ping", address="192.0.2.1"))
            await router.until(lambda: len(router.ledger) == 1)
            router.reboot()
            await router.advance(10)
            assert await waiting
        assert await answers(router)


# Power cuts.


async def test_a_power_cut_loses_what_was_written_last_and_says_so() -> None:
    async with powered() as router:
        router.edit("/system/identity", None, {"name": "early"})
        router.add(LISTS, {"list": "a", "address": "192.0.2.1"})
        await router.advance(60)
        router.edit("/system/identity", None, {"name": "late"})
        router.remove(LISTS, router.rows(LISTS)[0][".id"])
        router.add(LISTS, {"list": "b", "address": "192.0.2.2"})
        router.power_cut(lost_s=30)
        await router.advance(10)
        assert router.rows("/system/identity") == [{"name": "early"}]
        assert [row["address"] for row in router.rows(LISTS)] == ["192.0.2.1"]
        assert messages(router) == ["router was rebooted without proper shutdown, probably power outage"]
        assert await answers(router)


async def test_what_the_flash_was_given_outlives_a_power_cut() -> None:
    async with powered() as router:
        router.edit("/system/identity", None, {"name": "old"})
        await router.advance(40.1)
        router.power_cut()
        await router.advance(10)
        assert router.rows("/system/identity") == [{"name": "old"}]


async def test_the_rhythm_of_the_flash_decides_and_none_loses_nothing() -> None:
    for write_back_s, name in ((0.0, "new"), (1e9, "core")):
        async with powered(write_back_s=write_back_s) as router:
            router.edit("/system/identity", None, {"name": "new"})
            router.power_cut()
            await router.advance(10)
            assert router.rows("/system/identity") == [{"name": name}]


@pytest.mark.parametrize(("is_half_written", "sizes"), [(False, ["4"]), (True, ["4", "3"])])
async def test_files_of_the_last_moment_are_lost_or_half_there(
    is_half_written: bool, sizes: list[str]
) -> None:
    async with powered() as router, http(router) as client:
        await client.put("/file", json={"name": "old.txt", "contents": "1234"})
        await router.advance(60)
        await client.put("/file", json={"name": "new.txt", "contents": "123456"})
        router.power_cut(lost_s=30, is_half_written=is_half_written)
        await router.advance(10)
        assert [row["size"] for row in router.rows(FILES)] == sizes


async def test_a_router_that_is_down_is_not_cut_again() -> None:
    async with powered(boot_s=60) as router:
        router.reboot()
        await router.advance(1)
        router.power_cut()
        await router.advance(64)
        assert messages(router) == ["router rebooted by admin"]
