"""SIGKILL at named points and at any time: nothing happens twice, nothing is lost, nothing untrue is said."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reliability.campaign import SETTLE_S, Campaign, Carrier, at_points, at_random, guarded_work, register_all
from reliability.fleet_process import FleetProcess, fleet_process
from reliability.victim import Fate, Fates
from reliability.workers import Freezing, many_workers
from world import settings_in

from routeros_mcp.config import Settings
from routeros_mcp.worker.context import CRASH_POINTS

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

Record = Callable[[str, object], None]
SQLITE, POSTGRESQL = "sqlite", "postgresql+asyncpg"
DEVICES = 50
WORKERS = 3
DEAD_S = 2.0
TIME_SCALE = 10.0
"""So much faster runs the time of the routers: their dead-man switches prove themselves in a tenth."""
DEAD_MAN_S = 150
SHARE, SHARE_OF_POINTS = 20, 8
"""So many deaths at most befall one job: each campaign has several plans, and their rollbacks."""
QUICK_POINTS, QUICK_KILLS = 15, 50
SEEDS = (3, 4)
"""What the slow suite has time for, so many kills for each seed; the nightly one does it more often."""


@pytest.fixture
def few(tmp_path: Path) -> Iterator[FleetProcess]:
    with fleet_process(3, tmp_path, time_scale=TIME_SCALE) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def many() -> Iterator[FleetProcess]:
    with (
        tempfile.TemporaryDirectory() as folder,
        fleet_process(DEVICES, Path(folder), time_scale=TIME_SCALE) as fleet,
    ):
        yield fleet


def settings_for(directory: Path, url: str) -> Settings:
    return settings_in(
        directory,
        database_url=url,
        settle_s=SETTLE_S,
        deadman_timeout_s=DEAD_MAN_S,
        deadman_tick_s=5,
        worker_heartbeat_s=0.3,
        worker_dead_s=DEAD_S,
        router_connect_timeout_s=10,
        router_read_timeout_s=10,
    )


@pytest.fixture
def places(new_url: Callable[[str], str], tmp_path: Path) -> Callable[[str], Settings]:
    """Settings for a fresh database of the kind."""
    return lambda kind: settings_for(tmp_path, new_url(kind))


def told(held: Campaign, record: Record) -> None:
    """Record the figures, and fail with all that is wrong."""
    record(f"{held.figures.name}_{held.figures.seed}", json.dumps(held.figures.line()))
    wrongs = held.figures.verdict.wrongs
    assert not wrongs, "\n".join([str(held.figures.line()), *wrongs])


async def at_named_points(
    settings: Settings, fleet: FleetProcess, kills: int, seed: int = 0, carrier: Carrier | None = None
) -> Campaign:
    await register_all(settings, fleet)
    kind = "sqlite" if carrier is None else "postgresql"
    held = Campaign(f"kills_at_named_points_{kind}", settings, fleet, seed, carrier)
    await held.rounds(at_points(seed * kills, kills), SHARE_OF_POINTS, kinds=[guarded_work])
    return held


async def at_any_time(settings: Settings, fleet: FleetProcess, seed: int, kills: int) -> Campaign:
    await register_all(settings, fleet)
    held = Campaign("kills_at_any_time_sqlite", settings, fleet, seed)
    await held.rounds(at_random(seed, kills), SHARE)
    return held


async def among_workers(
    settings: Settings, fleet: FleetProcess, seed: int, harms: int, freezing: Freezing | None = None
) -> Campaign:
    await register_all(settings, fleet)
    name = "kills_among_workers_postgresql" if freezing is None else "freezes_among_workers_postgresql"
    with many_workers(settings, WORKERS, freezing) as carrier:
        held = Campaign(name, settings, fleet, seed, carrier)
        await held.rounds(at_random(seed, harms), SHARE)
    return held


async def test_a_plan_survives_the_deaths_of_its_processes(
    places: Callable[[str], Settings], few: FleetProcess, record_property: Record
) -> None:
    settings = places(SQLITE)
    await register_all(settings, few)
    held = Campaign("kills_of_a_small_plan", settings, few, 1)
    fates = Fates([Fate(point="sent", nth=1), Fate(point="recorded", nth=2)])
    await held.apply(guarded_work(1), fates, rollout={"waves": ["100%"], "gates": False})
    assert held.figures.kills == 2
    told(held, record_property)


async def test_a_process_may_die_at_every_named_point(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record
) -> None:
    held = await at_named_points(places(SQLITE), many, QUICK_POINTS)
    assert set(held.figures.points) == set(CRASH_POINTS)
    told(held, record_property)


async def test_any_of_three_workers_may_die_at_every_named_point(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record
) -> None:
    settings = places(POSTGRESQL)
    with many_workers(settings, WORKERS) as carrier:
        held = await at_named_points(settings, many, QUICK_POINTS, carrier=carrier)
    assert set(held.figures.points) == set(CRASH_POINTS)
    told(held, record_property)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_process_may_die_at_any_time(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record, seed: int
) -> None:
    told(await at_any_time(places(SQLITE), many, seed, QUICK_KILLS), record_property)


@pytest.mark.parametrize("seed", SEEDS)
async def test_any_of_three_workers_may_die_at_any_time(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record, seed: int
) -> None:
    told(await among_workers(places(POSTGRESQL), many, seed, QUICK_KILLS), record_property)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10, 15))
async def test_a_process_may_die_200_times_at_named_points(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record, seed: int
) -> None:
    told(await at_named_points(places(SQLITE), many, 40, seed), record_property)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20, 28))
async def test_a_process_may_die_400_times_at_any_time(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record, seed: int
) -> None:
    told(await at_any_time(places(SQLITE), many, seed, 50), record_property)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20, 28))
async def test_workers_may_die_400_times_at_any_time(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record, seed: int
) -> None:
    told(await among_workers(places(POSTGRESQL), many, seed, 50), record_property)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(30, 36))
async def test_workers_may_be_frozen_300_times_for_longer_than_they_live(
    places: Callable[[str], Settings], many: FleetProcess, record_property: Record, seed: int
) -> None:
    frozen = Freezing(for_s=(1.2 * DEAD_S, 3 * DEAD_S))
    told(await among_workers(places(POSTGRESQL), many, seed, 50, frozen), record_property)
