"""Routers that restarted: told by their uptime, and not believed as long as they talk in their sleep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.clock import FakeClock
from world import World, world

RESTARTED = "restarted since the last check"


class Timed:
    """A world whose clock the test moves, and the figures of its one router."""

    def __init__(self, w: World, clock: FakeClock) -> None:
        self.w = w
        self.clock = clock

    async def check(self, *, uptime_s: int, after_s: int = 0) -> dict[str, Any]:
        self.clock.advance(timedelta(seconds=after_s))
        self.w.router().set_resource(uptime_s=uptime_s)
        (row,) = (await self.w.call("health_check", devices=["all"]))["devices"]
        known: dict[str, Any] = row
        return known


@pytest.fixture
async def timed() -> AsyncIterator[Timed]:
    clock = FakeClock(held=True)
    async with world(1, adapt=lambda ports: replace(ports, clock=clock), health_reuse_s=0) as w:
        yield Timed(w, clock)


@pytest.mark.parametrize(
    ("before_s", "after_s", "uptime_s", "restarted"),
    [
        (5_000, 60, 5_060, False),
        (5_000, 60, 5_000, False),
        (5_000, 60, 30, True),
        (100, 3_600, 600, True),
        (100, 3_600, 3_700, False),
        (100, 3_600, 3_590, False),
        (5_000, 3_600, 4_999, True),
    ],
)
async def test_an_uptime_that_does_not_fit_tells_of_a_restart(
    timed: Timed, before_s: int, after_s: int, uptime_s: int, restarted: bool
) -> None:
    first = await timed.check(uptime_s=before_s)
    assert (first["status"], RESTARTED in first.get("reasons", [])) == ("healthy", False)
    row = await timed.check(uptime_s=uptime_s, after_s=after_s)
    assert (RESTARTED in row.get("reasons", [])) is restarted
    if restarted:
        assert row["status"] == "warning"
        device = await timed.w.device()
        assert RESTARTED in (device.last_error_message or "")
        again = await timed.check(uptime_s=uptime_s + 120, after_s=120)
        assert (again["status"], RESTARTED in again.get("reasons", [])) == ("healthy", False)


async def test_checks_that_failed_in_between_do_not_hide_a_restart(timed: Timed) -> None:
    await timed.check(uptime_s=100)
    timed.w.router().faults.down()
    await timed.check(uptime_s=1_000, after_s=900)
    timed.w.router().faults.up()
    assert RESTARTED in (await timed.check(uptime_s=200, after_s=60))["reasons"]


def asked(w: World) -> int:
    return sum(1 for request in w.router().ledger if request.path == "/rest/system/resource")


@pytest.mark.parametrize(("missing", "uptime_s"), [("version", 30), ("total-memory", 119), ("uptime", 30)])
async def test_a_body_without_its_keys_soon_after_a_boot_is_not_believed(
    small_world: World, missing: str, uptime_s: int
) -> None:
    w = small_world
    w.router().set_resource(uptime_s=uptime_s)
    w.router().hide_resource(missing)
    (row,) = (await w.call("health_check", devices=["all"]))["devices"]
    assert (row["status"], row["error_code"]) == ("critical", "bad_answer")
    assert missing in row["reasons"][0]
    assert asked(w) == 2


async def test_one_wrong_body_is_asked_again(small_world: World) -> None:
    w = small_world
    w.router().faults.wrong_body(n=1, on="/system/resource", of="/system/identity")
    (row,) = (await w.call("health_check", devices=["all"]))["devices"]
    assert (row["status"], asked(w)) == ("healthy", 2)


async def test_a_key_that_an_old_router_lacks_is_no_reason_to_doubt_it(small_world: World) -> None:
    small_world.router().set_resource(uptime_s=86_400)
    small_world.router().hide_resource("cpu-load")
    (row,) = (await small_world.call("health_check", devices=["all"]))["devices"]
    assert (row["status"], "cpu_percent" in row) == ("healthy", False)
