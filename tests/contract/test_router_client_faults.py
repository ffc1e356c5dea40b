"""What the router ports promise when the router or the link fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from router_lab import LIMITS, Lab, lab

from routeros_mcp.domain.errors import (
    BadAnswer,
    DeviceError,
    DeviceUnreachable,
    LoginFailed,
    OutcomeUnknown,
    PinMismatch,
    SessionCut,
)
from routeros_mcp.domain.ports import Query
from routeros_mcp.emulator import Router
from routeros_mcp.infra.routeros.dial import Limits

IDENTITY = Query(path="/system/identity")
ADDRESS = "/ip/address"
FILTER = "/ip/firewall/filter"
VALUES = {"address": "192.0.2.1/24", "interface": "ether1"}
IMPATIENT = replace(LIMITS, answer_s=0.6)

Break = Callable[[Router], None]


async def add(place: Lab) -> str:
    return await place.client.add(place.target, ADDRESS, VALUES)


# -- writes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("break_", "happened"),
    [
        (lambda router: router.faults.drop_before(), False),
        (lambda router: router.faults.drop_after(), True),
        (lambda router: router.faults.half_answer(), True),
        (lambda router: router.faults.garbage(), True),
        (lambda router: router.faults.session_closed(), False),
        (lambda router: router.faults.oversize(10**6, n=1, on=None), True),
        (lambda router: router.faults.hang(), False),
        (lambda router: router.faults.late(60), False),
    ],
    ids=["dropped-before", "dropped-after", "half", "garbage", "cut", "oversize", "hang", "late"],
)
async def test_a_write_whose_answer_is_lost_is_one_request_and_unknown(break_: Break, happened: bool) -> None:
    async with lab(IMPATIENT) as place:
        break_(place.router)
        with pytest.raises(OutcomeUnknown) as caught:
            await add(place)
        assert place.requests == ["POST /rest/ip/address/add"]
        assert (len(place.router.rows(ADDRESS)) == 1) is happened
        assert "Read the router" in caught.value.fix


@pytest.mark.parametrize(
    "write",
    [
        add,
        lambda place: place.client.set(place.target, FILTER, "*1", {"comment": None, "log": "true"}),
        lambda place: place.client.remove(place.target, FILTER, "*1"),
    ],
    ids=["add", "set", "remove"],
)
async def test_every_kind_of_write_is_sent_once(write: Callable[[Lab], Awaitable[object]]) -> None:
    async with lab() as place:
        place.router.faults.drop_after(5)
        with pytest.raises(OutcomeUnknown):
            await write(place)
        assert len(place.requests) == 1


async def test_a_write_to_a_router_that_is_down_has_sent_nothing() -> None:
    async with lab() as place:
        place.router.faults.down()
        with pytest.raises(DeviceUnreachable) as caught:
            await add(place)
        assert caught.value.stage == "tcp"
        assert place.requests == []
        place.router.faults.up()
        assert await add(place) == "*1"


async def test_a_slow_write_is_waited_for() -> None:
    async with lab() as place:
        place.router.faults.slow(0.05)
        assert await add(place) == "*1"


async def test_a_401_to_a_write_right_after_a_lost_connection_proves_nothing() -> None:
    async with lab() as place:
        place.router.faults.drop_after()
        with pytest.raises(OutcomeUnknown):
            await add(place)
        place.router.faults.unauthorized()
        with pytest.raises(OutcomeUnknown):
            await place.client.remove(place.target, ADDRESS, "*1")
        assert len(place.requests) == 2


async def test_a_401_to_a_write_out_of_the_blue_is_a_refusal() -> None:
    async with lab() as place:
        place.router.faults.unauthorized()
        with pytest.raises(LoginFailed):
            await add(place)


# -- reads -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "break_",
    [
        lambda router: router.faults.drop_before(),
        lambda router: router.faults.drop_after(),
        lambda router: router.faults.half_answer(),
    ],
    ids=["dropped-before", "dropped-after", "half"],
)
async def test_a_read_survives_one_lost_connection(break_: Break) -> None:
    async with lab() as place:
        break_(place.router)
        assert await place.client.read(place.target, IDENTITY) == [{"name": "core"}]
        assert len(place.requests) == 2


@pytest.mark.parametrize(
    ("break_", "kind", "sent"),
    [
        (lambda router: router.faults.drop_before(9), DeviceUnreachable, 2),
        (lambda router: router.faults.hang(), DeviceUnreachable, 1),
        (lambda router: router.faults.session_closed(9), SessionCut, 1),
        (lambda router: router.faults.garbage(9), BadAnswer, 1),
        (lambda router: router.faults.oversize(10**6), BadAnswer, 1),
        (lambda router: router.faults.unauthorized(9), LoginFailed, 1),
        (lambda router: router.faults.down(), DeviceUnreachable, 0),
    ],
    ids=["dropped", "hang", "cut", "garbage", "oversize", "401", "down"],
)
async def test_a_read_fails_by_its_cause_and_an_answer_is_not_asked_for_twice(
    break_: Break, kind: type[DeviceError], sent: int
) -> None:
    async with lab(IMPATIENT) as place:
        break_(place.router)
        with pytest.raises(kind):
            await place.client.read(place.target, IDENTITY)
        assert len(place.requests) == sent


async def test_a_401_that_follows_a_lost_connection_is_asked_again() -> None:
    async with lab() as place:
        place.router.faults.drop_before(2)
        with pytest.raises(DeviceUnreachable):
            await place.client.read(place.target, IDENTITY)
        place.router.faults.unauthorized()
        assert await place.client.read(place.target, IDENTITY) == [{"name": "core"}]
        assert len(place.requests) == 4


async def test_a_read_after_a_restart_of_the_router_gets_a_new_connection() -> None:
    async with lab() as place:
        await place.client.read(place.target, IDENTITY)
        place.router.faults.down()
        place.router.faults.up()
        assert await place.client.read(place.target, IDENTITY) == [{"name": "core"}]


# -- certificates ----------------------------------------------------------------------------------------


async def test_the_first_use_pins_the_certificate() -> None:
    async with lab() as place:
        await place.client.read(replace(place.target, fingerprint=None), IDENTITY)
        assert place.pins.pinned == {"d1": place.router.fingerprint}


async def test_a_first_use_beaten_by_another_pin_sends_no_login() -> None:
    async with lab() as place:
        place.pins.pinned["d1"] = "ab" * 32
        for attempt in (
            place.client.read(replace(place.target, fingerprint=None), IDENTITY),
            place.client.remove(replace(place.target, fingerprint=None), ADDRESS, "*1"),
        ):
            with pytest.raises(PinMismatch):
                await attempt
        assert place.requests == []


async def test_a_changed_certificate_stops_reads_and_writes_before_the_login() -> None:
    async with lab() as place:
        pinned = place.target
        place.router.faults.wrong_certificate()
        for attempt in (
            place.client.read(pinned, IDENTITY),
            place.client.export(pinned),
            place.client.remove(pinned, ADDRESS, "*1"),
        ):
            with pytest.raises(PinMismatch) as caught:
                await attempt
            assert caught.value.data["presented"] == place.router.fingerprint
        assert place.requests == []


async def test_an_error_never_holds_the_login() -> None:
    async with lab(Limits(connect_s=2, answer_s=0.6, pause_s=0)) as place:
        password = place.target.login.password.reveal()
        place.router.faults.drop_before(9)
        for attempt in (place.client.read(place.target, IDENTITY), add(place)):
            with pytest.raises(DeviceError) as caught:
                await attempt
            shown = f"{caught.value} {caught.value.data} {caught.value.__cause__}"
            assert password not in shown
            assert "Basic" not in shown
