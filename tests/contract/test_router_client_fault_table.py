"""Every fault of the emulator's table, through our client: what is right to do about it is what is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import asyncssh
import pytest
from router_lab import LIMITS, Lab, lab
from ssh_lab import ssh_lab

from routeros_mcp.domain.errors import (
    BadAnswer,
    DeviceError,
    DeviceUnreachable,
    HostKeyChanged,
    LoginFailed,
    OutcomeUnknown,
    PinMismatch,
    PolicyDenied,
    RouterRefused,
    SessionCut,
)
from routeros_mcp.domain.ports import Query
from routeros_mcp.emulator import FAULTS, BadFault, Router, wanted

IDENTITY = Query(path="/system/identity")
NAME = [{"name": "core"}]
ADDRESS = "/ip/address"
VALUES = {"address": "192.0.2.1/24", "interface": "ether1"}
IMPATIENT = replace(LIMITS, answer_s=0.6)
# Short only where a test waits for the limit: elsewhere a busy machine would fail it.
LIMITS_OF = {"hang": IMPATIENT, "lossy": replace(LIMITS, connect_s=0.8)}
ENTRY = {"name": "rev-1", "interval": "2m", "on-event": ":log info x"}

Check = Callable[["Broken"], Awaitable[None]]
CHECKS: dict[str, Check] = {}


@dataclass(frozen=True)
class Broken:
    """A client and a router to switch faults on at."""

    place: Lab

    @property
    def router(self) -> Router:
        return self.place.router

    def switch_on(self, text: str) -> None:
        assert wanted(text).switch_on([self.router]) == 1

    async def read(self) -> object:
        return await self.place.client.read(self.place.target, IDENTITY)

    async def add(self) -> str:
        return await self.place.client.add(self.place.target, ADDRESS, VALUES)

    async def read_fails(self, kind: type[DeviceError]) -> DeviceError:
        with pytest.raises(kind) as caught:
            await self.read()
        return caught.value

    async def add_is_unknown(self, happened: bool) -> None:
        """The outcome is unknown, was asked for once, and is known after the router was read."""
        before = len(self.place.requests)
        with pytest.raises(OutcomeUnknown):
            await self.add()
        assert len(self.place.requests) == before + 1
        self.router.faults.clear()
        assert bool(await self.place.client.read(self.place.target, Query(path=ADDRESS))) is happened


def of(name: str) -> Callable[[Check], Check]:
    def take(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return take


@of("down")
async def refused_connections_are_unreachable_at_once(broken: Broken) -> None:
    broken.switch_on("down")
    assert (await broken.read_fails(DeviceUnreachable)).stage == "tcp"
    broken.router.faults.clear()
    assert await broken.read() == NAME


@of("reset")
async def a_reset_connection_has_sent_nothing(broken: Broken) -> None:
    broken.switch_on("reset::1")
    with pytest.raises(DeviceUnreachable):
        await broken.add()
    assert broken.place.requests == []
    assert await broken.add() == "*1"


@of("lossy")
async def a_lost_connection_is_given_up_after_the_time_for_connecting(broken: Broken) -> None:
    broken.switch_on("lossy::50")
    assert await broken.read() == NAME
    with pytest.raises(DeviceUnreachable) as caught:
        await broken.add()
    assert caught.value.stage == "tls"
    assert await broken.add() == "*1"


@of("latency")
async def what_is_late_is_waited_for(broken: Broken) -> None:
    broken.switch_on("latency::0.05/0.02")
    assert await broken.read() == NAME
    assert await broken.add() == "*1"


@of("flapping")
async def a_line_that_comes_back_is_used_again(broken: Broken) -> None:
    assert await broken.read() == NAME
    broken.switch_on("flapping::0.001/0.001")
    await broken.read_fails(DeviceUnreachable)
    with pytest.raises(DeviceError):
        await broken.add()
    broken.router.faults.clear()
    assert await broken.read() == NAME
    assert broken.router.rows(ADDRESS) == []


@of("slow")
async def slow_is_not_dead(broken: Broken) -> None:
    broken.switch_on("slow::0.05")
    assert await broken.add() == "*1"


@of("hang")
async def a_request_without_an_answer_ends_at_the_deadline(broken: Broken) -> None:
    broken.switch_on("hang")
    await broken.read_fails(DeviceUnreachable)
    await broken.add_is_unknown(happened=False)


@of("cap")
async def a_cut_session_is_named_and_not_repeated(broken: Broken) -> None:
    broken.switch_on("cap")
    await broken.read_fails(SessionCut)
    assert len(broken.place.requests) == 1
    await broken.add_is_unknown(happened=False)


@of("drop-before")
async def a_read_is_asked_again_when_it_was_dropped(broken: Broken) -> None:
    broken.switch_on("drop-before::1")
    assert await broken.read() == NAME
    broken.switch_on("drop-before")
    await broken.add_is_unknown(happened=False)


@of("drop-after")
async def a_write_whose_answer_was_dropped_is_not_sent_again(broken: Broken) -> None:
    broken.switch_on("drop-after::1")
    assert await broken.read() == NAME
    broken.switch_on("drop-after")
    await broken.add_is_unknown(happened=True)


@of("late")
async def a_write_that_may_still_happen_is_unknown(broken: Broken) -> None:
    broken.switch_on("late::60")
    assert await broken.read() == NAME
    await broken.add_is_unknown(happened=False)


@of("half-answer")
async def half_an_answer_is_none(broken: Broken) -> None:
    broken.switch_on("half-answer::1")
    assert await broken.read() == NAME
    broken.switch_on("half-answer")
    await broken.add_is_unknown(happened=True)


@of("garbage")
async def garbage_is_a_bad_answer_and_not_shown(broken: Broken) -> None:
    broken.switch_on("garbage")
    assert "half" not in str(await broken.read_fails(BadAnswer))
    assert len(broken.place.requests) == 1
    await broken.add_is_unknown(happened=True)


@of("oversize")
async def an_answer_without_end_is_not_read_to_its_end(broken: Broken) -> None:
    broken.switch_on("oversize::1000000")
    await broken.read_fails(BadAnswer)
    assert len(broken.place.requests) == 1


@of("wrong-body")
async def a_body_of_another_menu_is_not_believed(broken: Broken) -> None:
    broken.switch_on("wrong-body")
    stages = await broken.place.client.probe(broken.place.target)
    assert (stages[-1].ok, "lacks 'name'" in stages[-1].detail) == (False, True)


@of("after-boot")
async def a_router_that_has_just_started_is_asked_until_it_is_whole(broken: Broken) -> None:
    assert await broken.read() == NAME
    broken.switch_on("after-boot::1")
    first = (await broken.place.client.probe(broken.place.target))[-1]
    then = (await broken.place.client.probe(broken.place.target))[-1]
    assert (first.ok, then.ok) == (False, True)
    (resource,) = await broken.place.client.read(broken.place.target, Query(path="/system/resource"))
    assert "m" not in resource["uptime"]


@of("unauthorized")
async def a_401_is_believed_unless_a_connection_was_just_lost(broken: Broken) -> None:
    broken.switch_on("unauthorized")
    await broken.read_fails(LoginFailed)
    assert len(broken.place.requests) == 1
    broken.router.faults.clear()
    broken.router.faults.drop_before(2)
    await broken.read_fails(DeviceUnreachable)
    broken.switch_on("unauthorized::1")
    assert await broken.read() == NAME


@of("aborts-hurt")
async def after_a_time_out_the_router_is_given_time(_broken: Broken) -> None:
    async with lab(replace(IMPATIENT, pause_s=0.3)) as place:
        broken = Broken(place)
        broken.switch_on("aborts-hurt::0.2")
        broken.router.faults.hang(on="/ip/dns")
        with pytest.raises(DeviceUnreachable):
            await place.client.read(place.target, Query(path="/ip/dns"))
        assert await broken.read() == NAME
        assert place.requests == ["GET /rest/ip/dns", "GET /rest/system/identity"]


@of("wrong-certificate")
async def another_certificate_gets_no_login(broken: Broken) -> None:
    pinned = broken.place.target
    broken.switch_on("wrong-certificate")
    with pytest.raises(PinMismatch) as caught:
        await broken.place.client.read(pinned, IDENTITY)
    assert caught.value.data["presented"] == broken.router.fingerprint
    assert broken.place.requests == []


@of("wrong-host-key")
async def another_host_key_gets_no_login(_broken: Broken) -> None:
    async with ssh_lab() as place:
        pinned = place.target
        assert wanted("wrong-host-key").switch_on([place.router]) == 1
        with pytest.raises(HostKeyChanged):
            await place.ssh.export(pinned)
        assert place.router.ssh.attempts == []


@of("disk-full")
async def a_full_disk_is_reported_in_the_routers_words(broken: Broken) -> None:
    broken.switch_on("disk-full")
    with pytest.raises(RouterRefused, match="not enough space"):
        await broken.place.client.add(broken.place.target, "/file", {"name": "x.rsc", "contents": "x"})
    assert broken.router.rows("/file") == []
    (resource,) = await broken.place.client.read(broken.place.target, Query(path="/system/resource"))
    assert resource["free-hdd-space"] == "0"


@of("half-written-flash")
async def a_file_of_the_last_moment_is_read_back(broken: Broken) -> None:
    client, target = broken.place.client, broken.place.target
    await client.add(target, "/file", {"name": "x.rsc", "contents": "0123456789"})
    broken.switch_on("half-written-flash")
    (row,) = await client.read(target, Query(path="/file"))
    assert row["contents"] == "01234"


@of("policy-loss")
async def a_missing_policy_is_not_taken_for_a_bad_password(broken: Broken) -> None:
    broken.switch_on("policy-loss::write+policy")
    with pytest.raises(PolicyDenied):
        await broken.add()
    assert await broken.read() == NAME
    assert broken.router.rows(ADDRESS) == []


@of("device-mode")
async def what_the_device_mode_forbids_is_a_refusal(broken: Broken) -> None:
    broken.switch_on("device-mode")
    with pytest.raises(RouterRefused, match="device-mode"):
        await broken.place.client.add(broken.place.target, "/system/scheduler", ENTRY)
    assert broken.router.rows("/system/scheduler") == []
    assert await broken.add() == "*1"


@of("clock-jump")
async def uptime_tells_restarts_whatever_the_clock_says(broken: Broken) -> None:
    async def seen() -> tuple[str, str]:
        client, target = broken.place.client, broken.place.target
        (clock,) = await client.read(target, Query(path="/system/clock"))
        (resource,) = await client.read(target, Query(path="/system/resource"))
        return clock["date"], resource["uptime"][:5]

    before = await seen()
    broken.switch_on("clock-jump::172800")
    after = await seen()
    assert (after[0] > before[0], after[1]) == (True, before[1])


@of("reboot-during-arm")
async def an_arming_that_nobody_confirmed_is_unknown_until_read(broken: Broken) -> None:
    client, target = broken.place.client, broken.place.target
    broken.switch_on("reboot-during-arm")
    with pytest.raises(OutcomeUnknown):
        await client.add(target, "/system/scheduler", ENTRY)
    (row,) = await client.read(target, Query(path="/system/scheduler"))
    assert row["name"] == "rev-1"
    assert broken.place.requests.count("POST /rest/system/scheduler/add") == 1


@of("leaking-sessions")
async def leaking_sessions_do_not_stop_the_work(broken: Broken) -> None:
    broken.switch_on("leaking-sessions")
    assert [await broken.read() for _ in range(3)] == [NAME] * 3
    assert len(broken.router.rows("/user/active")) == 6


def test_every_fault_of_the_table_has_its_check() -> None:
    assert CHECKS.keys() == FAULTS.keys()
    assert all(kind.does and kind.right for kind in FAULTS.values())


@pytest.mark.parametrize("name", FAULTS)
async def test_the_client_does_what_is_right(name: str) -> None:
    async with lab(LIMITS_OF.get(name, LIMITS)) as place:
        await CHECKS[name](Broken(place))


@pytest.mark.parametrize("fault", ["latency::0.02", "slow::0.02", "leaking-sessions", "clock-jump"])
async def test_an_export_over_ssh_outlives_what_only_takes_time(fault: str) -> None:
    async with ssh_lab() as place:
        whole = await place.ssh.export(place.target)
        wanted(fault).switch_on([place.router])
        again = await place.ssh.export(place.target)
        assert again.splitlines()[2:] == whole.splitlines()[2:]


@pytest.mark.parametrize("fault", ["down", "reset", "lossy::100", "flapping::0.001/0.001", "drop-before"])
async def test_an_export_over_ssh_fails_as_unreachable_when_the_line_does(fault: str) -> None:
    async with ssh_lab(replace(LIMITS, ssh_login_s=1.0)) as place:
        wanted(fault).switch_on([place.router])
        with pytest.raises(DeviceUnreachable):
            await place.ssh.export(place.target)
        place.router.faults.clear()
        assert "/system identity" in await place.ssh.export(place.target)


async def test_over_ssh_too_what_the_device_mode_forbids_is_said_in_the_routers_words() -> None:
    async with ssh_lab() as place:
        wanted("device-mode").switch_on([place.router])
        async with asyncssh.connect(
            place.router.host,
            place.router.ssh.port,
            username=place.router.username,
            password=place.router.password,
            known_hosts=None,
        ) as connection:
            done = await connection.run("/system/scheduler/add name=x interval=1m")
        assert (str(done.stdout).strip(), done.exit_status) == ("failure: not allowed by device-mode", 0)
        assert place.router.rows("/system/scheduler") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slwo", "There is no fault 'slwo'. Did you mean slow"),
        ("slow::soon", "'soon' is no number of seconds"),
        ("slow::-1", "-1 seconds are too many or too few"),
        ("hang::5", "takes no argument"),
        ("policy-loss::wirte", "There is no policy 'wirte'"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_what_there_is(text: str, words: str) -> None:
    with pytest.raises(BadFault, match=words):
        wanted(text)
