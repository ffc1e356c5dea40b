"""SIGKILL at named points and at any time: nothing happens twice, nothing is lost, nothing untrue is said."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reliability.campaign import (
    SETTLE_S,
    Campaign,
    at_points,
    at_random,
    guarded_work,
    plain_work,
    register_all,
)
from reliability.fleet_process import FleetProcess, fleet_process
from reliability.victim import Fate
from reliability.workers import many_workers
from world import settings_in

from routeros_mcp.config import Settings

NewUrl = Callable[[str], str]
DEVICES = int(os.environ.get("DEV", "50"))
KILLS = int(os.environ.get("KILLS", "100"))
TIME_SCALE = 10.0
"""So much faster runs the time of the routers: their dead-man switches prove themselves in a tenth."""


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess]:
    with fleet_process(4, tmp_path_factory.mktemp("few"), time_scale=TIME_SCALE) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess]:
    with fleet_process(DEVICES, tmp_path_factory.mktemp("many"), time_scale=TIME_SCALE) as fleet:
        yield fleet


def settings_for(directory: Path, url: str) -> Settings:
    return settings_in(
        directory,
        database_url=url,
        settle_s=SETTLE_S,
        worker_heartbeat_s=0.3,
        worker_dead_s=2,
        router_connect_timeout_s=10,
        router_read_timeout_s=10,
    )


async def campaign(name: str, directory: Path, url: str, fleet: FleetProcess, seed: int) -> Campaign:
    settings = settings_for(directory, url)
    await register_all(settings, fleet)
    return Campaign(name, settings, fleet, seed)


def assert_nothing_wrong(held: Campaign) -> None:
    words = "\n".join([str(held.figures.line()), *held.figures.verdict.wrongs])
    assert not held.figures.verdict.wrongs, words


@pytest.mark.parametrize("work", [guarded_work, plain_work])
async def test_a_plan_survives_the_death_of_its_process(
    new_url: NewUrl, tmp_path: Path, few: FleetProcess, work: Callable
) -> None:
    held = await campaign("few", tmp_path, new_url("sqlite"), few, 1)
    fates = iter([Fate(point="sent", nth=1), Fate(point="recorded", nth=3), Fate(point="read_back", nth=1)])
    await held.round(work(1), lambda: fates)
    assert held.figures.kills == 3
    assert_nothing_wrong(held)


@pytest.mark.slow
async def test_a_process_may_die_at_every_named_point(
    new_url: NewUrl, tmp_path: Path, many: FleetProcess
) -> None:
    held = await campaign("points", tmp_path, new_url("sqlite"), many, 2)
    await held.rounds(at_points(0, KILLS), KILLS)
    assert_nothing_wrong(held)


@pytest.mark.slow
async def test_a_process_may_die_at_any_time(new_url: NewUrl, tmp_path: Path, many: FleetProcess) -> None:
    held = await campaign("any time", tmp_path, new_url("sqlite"), many, 3)
    await held.rounds(at_random(3, KILLS), KILLS)
    assert_nothing_wrong(held)


@pytest.mark.slow
async def test_any_of_three_workers_may_die_at_any_time(
    new_url: NewUrl, tmp_path: Path, many: FleetProcess
) -> None:
    settings = settings_for(tmp_path, new_url("postgresql+asyncpg"))
    await register_all(settings, many)
    with many_workers(settings, 3) as carrier:
        held = Campaign("3 workers", settings, many, 4, carrier)
        await held.rounds(at_random(4, KILLS, within_s=(0.3, 1.5)), KILLS)
    assert_nothing_wrong(held)
