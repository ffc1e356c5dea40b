"""The device registry: what is stored comes back, selectors narrow, versions guard."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from records import check, credential, device, minutes, whole_device

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import DeviceDomain, DeviceStatus, Environment, HealthStatus, Selector
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

ALL = Selector.everything()


async def test_every_field_of_a_device_comes_back_as_it_was_stored(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        stored = await tx.devices.add(whole_device())
    async with uow.read() as tx:
        found = await tx.devices.get("id-edge-01")
    assert found == stored
    assert replace(found, created_at=None, updated_at=None) == whole_device()
    assert found.created_at == found.updated_at is not None


async def test_a_missing_device_is_none_or_not_found(uow: SqlUnitOfWork) -> None:
    async with uow.read() as tx:
        assert await tx.devices.get_by_id("x") is None
        assert await tx.devices.get_by_name("x") is None
        with pytest.raises(NotFound, match="There is no device x"):
            await tx.devices.get("x")


async def test_save_inserts_then_replaces_and_counts_versions(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        first = await tx.devices.save(device())
    async with uow() as tx:
        second = await tx.devices.save(replace(first, tags={"site": "fra"}, system_identity="new"))
    assert (first.version, second.version) == (1, 2)
    assert second.tags == {"site": "fra"}
    assert second.created_at == first.created_at
    assert second.updated_at > first.updated_at
    async with uow.read() as tx:
        assert await tx.devices.get_by_name("edge-01") == second


async def test_a_save_from_a_stale_read_is_refused(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        read = await tx.devices.add(device())
        await tx.devices.save(replace(read, name="renamed"))
    with pytest.raises(Conflict, match="Somebody else changed device id-edge-01"):
        async with uow() as tx:
            await tx.devices.save(replace(read, name="other"))


async def test_a_stale_save_does_not_bring_a_deleted_device_back(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        read = await tx.devices.save(replace(await tx.devices.add(device()), tags={"a": "b"}))
        assert await tx.devices.delete(read.id)
        assert not await tx.devices.delete(read.id)
    with pytest.raises(Conflict):
        async with uow() as tx:
            await tx.devices.save(read)


@pytest.mark.parametrize("way", ["add", "save"])
async def test_a_name_is_given_once(uow: SqlUnitOfWork, way: str) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
    with pytest.raises(Conflict, match="A device named edge-01 exists already"):
        async with uow() as tx:
            await getattr(tx.devices, way)(device(id="other"))


async def test_renaming_to_a_taken_name_is_a_conflict(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        second = await tx.devices.add(device("edge-02"))
    with pytest.raises(Conflict, match="A device named edge-01 exists already"):
        async with uow() as tx:
            await tx.devices.save(replace(second, name="edge-01"))


async def test_an_id_is_given_once(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
    with pytest.raises(Conflict, match="The device id-edge-01 exists already"):
        async with uow() as tx:
            await tx.devices.add(device("edge-02", id="id-edge-01"))


async def test_lists_are_ordered_by_name_and_paged_by_number(uow: SqlUnitOfWork) -> None:
    names = ["b_2", "B-1", "a10", "a2", "Ä"]
    async with uow() as tx:
        for name in names:
            await tx.devices.add(device(name, environment="prod" if name == "Ä" else "lab"))
    async with uow.read() as tx:
        lab = await tx.devices.list_by_environment("lab")
        page, total = await tx.devices.list_paginated(page=2, page_size=2)
        prod, prod_total = await tx.devices.list_paginated(environment=Environment.PROD)
    assert [one.name for one in lab] == sorted(names)[:-1]
    assert ([one.name for one in page], total) == (sorted(names)[2:4], 5)
    assert ([one.name for one in prod], prod_total) == (["Ä"], 1)


async def test_a_page_holds_at_most_a_hundred(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for number in range(105):
            await tx.devices.add(device(f"d{number:03}"))
        page, total = await tx.devices.list_paginated(page=0, page_size=1000)
    assert (len(page), total) == (100, 105)


def fleet() -> list[DeviceDomain]:
    places = [{}, {"site": "ams"}, {"site": "fra", "role": "edge"}, {"site": 'a"b', "role": "core"}]
    kinds = product(Environment, (DeviceStatus.HEALTHY, DeviceStatus.DECOMMISSIONED), places)
    return [
        device(f"d{number:02}", environment=environment, status=status, tags=tags)
        for number, (environment, status, tags) in enumerate(kinds)
    ]


WORDS = [
    [],
    ["all"],
    ["d00", "id-d05", "nobody"],
    ["tag:site=ams"],
    ["tag:site=ams,tag:site=fra"],
    ["tag:site=fra", "tag:role=edge", "env:lab"],
    ['tag:site=a"b'],
    ["tag:role=nobody"],
    ["env:lab,env:prod", "status:healthy"],
    ["status:decommissioned"],
    ["d07", "env:staging"],
    ["all", "env:prod"],
]


@pytest.mark.parametrize("within", [["all"], ["env:lab", "d01"], []], ids=" ".join)
async def test_sql_selects_what_the_selector_matches(uow: SqlUnitOfWork, within: list[str]) -> None:
    sight = Selector.parse(within)
    devices = fleet()
    async with uow() as tx:
        for one in devices:
            await tx.devices.add(one)
    async with uow.read() as tx:
        for words in WORDS:
            asked = Selector.parse(words)
            found = await tx.devices.select(asked, sight, limit=100)
            assert [one.name for one in found] == [
                one.name
                for one in devices
                if asked.matches(one) and sight.matches(one) and (not one.is_retired() or named(asked, one))
            ], words


def named(asked: Selector, one: DeviceDomain) -> bool:
    return bool({one.id, one.name} & asked.names) or "decommissioned" in asked.statuses


async def test_a_selection_goes_on_after_a_name(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for number in range(5):
            await tx.devices.add(device(f"d{number}"))
        first = await tx.devices.select(ALL, ALL, limit=2)
        rest = await tx.devices.select(ALL, ALL, limit=9, after=first[-1].name)
    assert [one.name for one in (*first, *rest)] == ["d0", "d1", "d2", "d3", "d4"]


async def test_devices_are_counted_by_status_within_sight(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for one in fleet():
            await tx.devices.add(one)
        assert await tx.devices.count_by_status(Selector.parse(["env:lab"])) == {
            "healthy": 4,
            "decommissioned": 4,
        }
        assert await tx.devices.count_by_status(Selector()) == {}


async def test_health_is_recorded_with_history_and_newest_result_but_no_new_version(
    uow: SqlUnitOfWork,
) -> None:
    async with uow() as tx:
        devices = [await tx.devices.add(device(f"d{number}")) for number in range(3)]
    checks = [check(f"h{one.id}", device_id=one.id, cpu_usage_percent=7.5) for one in devices]
    seen = [
        replace(one, status=DeviceStatus.HEALTHY, last_cpu_usage_percent=7.5, last_health_at=minutes(0))
        for one in devices
    ]
    async with uow() as tx:
        await tx.devices.record_health(checks, seen)
    async with uow.read() as tx:
        found = await tx.devices.select(ALL, ALL, limit=9)
        history = await tx.health_checks.page("id-d1", limit=9)
    assert [replace(one, updated_at=None) for one in found] == [replace(one, updated_at=None) for one in seen]
    assert [one.id for one in history.items] == ["hid-d1"]


async def test_health_of_a_device_that_is_gone_or_retired_does_not_spoil_the_rest(
    uow: SqlUnitOfWork,
) -> None:
    async with uow() as tx:
        here = await tx.devices.add(device("here"))
        retired = await tx.devices.add(device("retired", status=DeviceStatus.DECOMMISSIONED))
    everyone = [here, retired, device("gone")]
    async with uow() as tx:
        await tx.devices.record_health(
            [check(f"h{one.id}", device_id=one.id, status=HealthStatus.WARNING) for one in everyone],
            [replace(one, status=DeviceStatus.DEGRADED) for one in everyone],
        )
    async with uow.read() as tx:
        assert (await tx.devices.get(here.id)).status is DeviceStatus.DEGRADED
        assert (await tx.devices.get(retired.id)).status is DeviceStatus.DECOMMISSIONED
        assert len((await tx.health_checks.page(here.id, limit=9)).items) == 1


async def test_recording_nothing_is_no_error(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.record_health([], [])


async def test_only_the_first_certificate_is_pinned(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        assert await tx.devices.pin_certificate("id-edge-01", "first")
        assert not await tx.devices.pin_certificate("id-edge-01", "second")
        assert not await tx.devices.pin_certificate("nobody", "first")
        assert (await tx.devices.get("id-edge-01")).tls_fingerprint == "first"


async def test_a_save_from_before_the_pin_cannot_undo_it(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        read = await tx.devices.add(device())
        await tx.devices.pin_certificate(read.id, "first")
    with pytest.raises(Conflict):
        async with uow() as tx:
            await tx.devices.save(replace(read, tags={"a": "b"}))


async def test_a_device_takes_its_logins_health_and_snapshots_along(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        await tx.credentials.add(credential())
        await tx.devices.record_health([check("h1")], [])
        assert await tx.devices.delete("id-edge-01")
        assert await tx.credentials.get_by_id("c1") is None
        assert (await tx.health_checks.page("id-edge-01", limit=5)).items == ()
