"""Dead-man switches as operators arm them: which ones bring a locked-out router back, and which do not."""

from __future__ import annotations

import pytest
from timed_router import ADMIN, SCHEDULER, WRITER, answers, is_silent, messages, only, post, powered

from routeros_mcp.emulator import Router, User

FILTER = "/ip/firewall/filter"
LOCK_OUT = {"chain": "input", "action": "drop", "comment": "chg:1"}
INVERSE = (
    f":do {{{FILTER}/remove [find comment=chg:1]}} on-error={{}}; "
    f":do {{{SCHEDULER}/remove [find name=rev-boot-1]}} on-error={{}}; "
    f"{SCHEDULER}/remove [find name=rev-1]"
)
POLICY = "ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon"


async def arm(router: Router, name: str = "rev-1", user: User = ADMIN, **values: str) -> None:
    entry = {"name": name, "interval": "2m", "on_event": INVERSE, "policy": POLICY} | values
    assert (await post(router, f"{SCHEDULER}/add", user, **entry)).status_code == 200


async def lock_out(router: Router) -> None:
    """Apply the change that cuts the manager off."""
    assert (await post(router, f"{FILTER}/add", **LOCK_OUT)).status_code == 200
    assert await is_silent(router)


async def test_a_script_takes_the_change_back_and_then_itself() -> None:
    async with powered() as router:
        await arm(router)
        await lock_out(router)
        await router.advance(119)
        assert await is_silent(router)
        await router.advance(1)
        assert await answers(router)
        assert router.rows(FILTER) == router.rows(SCHEDULER) == []


async def test_a_service_that_was_switched_off_listens_again() -> None:
    async with powered() as router:
        await arm(router, on_event="/ip/service/set www-ssl disabled=no; /system/scheduler/remove rev-1")
        row = only(router, "/ip/service", name="www-ssl", dynamic="false")
        await post(router, "/ip/service/set", numbers=row[".id"], disabled="yes")
        assert await is_silent(router)
        await router.advance(120)
        assert await answers(router)


async def test_a_switch_that_was_disarmed_in_time_does_nothing() -> None:
    async with powered() as router:
        await arm(router)
        assert (await post(router, f"{FILTER}/add", **LOCK_OUT | {"chain": "forward"})).status_code == 200
        await router.advance(100)
        row = only(router, SCHEDULER, name="rev-1")
        await post(router, f"{SCHEDULER}/remove", numbers=row[".id"])
        await router.advance(3_600)
        assert len(router.rows(FILTER)) == 1


async def test_a_cut_link_does_not_keep_the_router_from_reverting() -> None:
    async with powered() as router:
        await arm(router)
        router.add(FILTER, LOCK_OUT)
        router.faults.down()
        await router.advance(120)
        router.faults.up()
        assert await answers(router)


@pytest.mark.parametrize(
    ("entry", "has_reverted"),
    [
        ({"start_time": "startup"}, False),
        ({}, True),
        ({"start_time": "startup", "interval": "0s", "on_event": f":delay 60s; {INVERSE}"}, True),
    ],
)
async def test_which_single_entry_survives_a_reboot(entry: dict[str, str], has_reverted: bool) -> None:
    async with powered(boot_s=20) as router:
        await arm(router, **entry)
        await lock_out(router)
        router.reboot()
        await router.advance(3_600)
        assert await is_silent(router) != has_reverted


async def test_without_a_clock_only_the_second_entry_brings_the_router_back() -> None:
    for has_second in (False, True):
        async with powered(board="RB750Gr3", clock_at_boot="1970") as router:
            await arm(router)
            if has_second:
                text = f":delay 60s; {INVERSE}"
                await arm(router, "rev-boot-1", start_time="startup", interval="0s", on_event=text)
            await lock_out(router)
            router.reboot()
            await router.advance(62)
            assert await is_silent(router)
            await router.advance(2)
            assert await is_silent(router) != has_second
            await router.advance(86_400)
            assert await is_silent(router) != has_second
            assert len(router.rows(SCHEDULER)) == (not has_second)


async def test_the_second_entry_waits_again_when_the_router_reboots_while_it_pauses() -> None:
    async with powered() as router:
        text = f":delay 60s; {INVERSE}"
        await arm(router, "rev-boot-1", start_time="startup", interval="0s", on_event=text)
        await lock_out(router)
        for _ in range(3):
            router.reboot()
            await router.advance(50)
            assert await is_silent(router)
        await router.advance(20)
        assert await answers(router)


async def test_a_power_cut_may_lose_the_change_and_the_switch_alike() -> None:
    async with powered() as router:
        await arm(router)
        await lock_out(router)
        router.power_cut(lost_s=10)
        await router.advance(10)
        assert await answers(router)
        assert router.rows(SCHEDULER) == []


async def test_a_switch_armed_by_somebody_who_may_too_little_reverts_nothing() -> None:
    async with powered() as router:
        load = '/system/backup/load name=rp password=""'
        assert (await post(router, "/system/backup/save", name="rp", password="")).status_code == 200
        await arm(router, user=WRITER, on_event=load)
        await lock_out(router)
        await router.advance(3_600)
        assert await is_silent(router)
        assert "not enough permissions (9)" in " ".join(messages(router, "script,error"))


async def test_a_flagged_device_never_reverts() -> None:
    async with powered(config={"/system/device-mode": [{"flagged": "true"}]}) as router:
        await arm(router)
        await lock_out(router)
        await router.advance(3_600)
        assert await is_silent(router)


# The binary checkpoint.


async def checkpoint(router: Router, name: str) -> None:
    """Save, then arm: what is restored does not hold the switch."""
    answer = await post(router, "/system/backup/save", name=name, password="", dont_encrypt="yes")
    assert answer.status_code == 200
    assert int(only(router, "/file", name=f"{name}.backup")["size"]) > 0
    await arm(router, on_event=f'/system/backup/load name={name} password=""')


@pytest.mark.parametrize("board", ["CHR", "RB750Gr3"])
async def test_a_checkpoint_restores_everything_with_a_reboot(board: str) -> None:
    async with powered(board=board, boot_s=40) as router:
        await checkpoint(router, "flash/rp-1")
        router.edit("/system/identity", None, {"name": "somebody-else-s-work"})
        await lock_out(router)
        await router.advance(120 + 40 + 5)
        assert await answers(router)
        assert router.rows(FILTER) == router.rows(SCHEDULER) == []
        assert router.rows("/system/identity") == [{"name": "core"}]
        assert messages(router) == [
            "router rebooted by admin",
            "user admin logged in from 127.0.0.1 via rest-api",
        ]
        await router.advance(3_600)
        assert router.rows("/system/resource")[0]["uptime"] == "1h5s"


async def test_a_checkpoint_in_memory_does_not_outlive_a_reboot() -> None:
    async with powered(board="RB750Gr3") as router:
        await checkpoint(router, "rp-1")
        await lock_out(router)
        router.reboot()
        await router.advance(3_600)
        assert await is_silent(router)
        assert "backup file not found" in " ".join(messages(router, "script,error"))


async def test_a_switch_armed_before_the_save_reboots_the_router_for_ever() -> None:
    async with powered() as router:
        await arm(router, on_event='/system/backup/load name=rp password=""')
        await post(router, "/system/backup/save", name="rp", password="")
        await router.advance(3_660)
        assert router.rows("/system/resource")[0]["uptime"] == "1m"
        assert len(router.rows(SCHEDULER)) == 1


# Netwatch in place of the scheduler.


async def test_netwatch_reverts_when_the_manager_is_out_of_reach() -> None:
    async with powered() as router:
        watch = {
            "host": "127.0.0.1",
            "interval": "10s",
            "down-script": f"{FILTER}/remove [find comment=chg:1]",
        }
        router.add("/tool/netwatch", watch)
        await router.advance(10)
        router.add(FILTER, LOCK_OUT | {"disabled": "yes"})
        router.faults.down()
        await router.advance(10)
        assert router.rows(FILTER) == []
