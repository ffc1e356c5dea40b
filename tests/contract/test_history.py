"""Logins, health results and snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from records import NOON, check, credential, device, minutes, snapshot

from routeros_mcp.domain.errors import Conflict, InvalidParams, NotFound
from routeros_mcp.domain.models import CredentialKind, HealthStatus
from routeros_mcp.domain.pagination import encode_cursor
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

REST, SSH = CredentialKind.ROUTEROS_REST, CredentialKind.ROUTEROS_SSH


@pytest.fixture(autouse=True)
async def _devices(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        await tx.devices.add(device("edge-02", environment="prod"))


async def test_every_field_of_a_login_comes_back(uow: SqlUnitOfWork) -> None:
    whole = credential(active=False, rotated_at=minutes(3))
    async with uow() as tx:
        await tx.credentials.save(whole)
        found = await tx.credentials.get("c1")
    assert replace(found, created_at=None, updated_at=None) == whole


async def test_a_device_has_one_active_login_of_a_kind(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.credentials.add(credential())
        await tx.credentials.add(credential("c2", kind=SSH))
        await tx.credentials.add(credential("c3", active=False))
    with pytest.raises(Conflict, match="active login of kind routeros_rest already"):
        async with uow() as tx:
            await tx.credentials.add(credential("c4"))


async def test_deactivated_logins_are_no_longer_the_active_ones(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for key, kind in (("c1", REST), ("c2", SSH)):
            await tx.credentials.add(credential(key, kind=kind))
        assert (await tx.credentials.active("id-edge-01", SSH)).id == "c2"
        assert await tx.credentials.deactivate("id-edge-01", REST) == 1
        assert await tx.credentials.active("id-edge-01", REST) is None
        assert await tx.credentials.deactivate("id-edge-01") == 1
        assert await tx.credentials.deactivate("id-edge-01") == 0
        await tx.credentials.add(credential("c4"))


async def test_a_login_of_no_device_is_not_found(uow: SqlUnitOfWork) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        async with uow() as tx:
            await tx.credentials.add(credential(device_id="nobody"))


async def test_health_results_come_newest_first_and_stay_in_place_while_more_arrive(
    uow: SqlUnitOfWork,
) -> None:
    # Pairs share their moment: the id decides between them.
    results = [check(f"h{number}", minutes(number // 2)) for number in range(7)]
    async with uow() as tx:
        await tx.devices.record_health(results, [])
    seen: list[str] = []
    cursor = None
    for round_number in range(4):
        async with uow() as tx:
            page = await tx.health_checks.page("id-edge-01", limit=2, cursor=cursor)
            await tx.devices.record_health([check(f"new{round_number}", minutes(90 + round_number))], [])
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
    assert seen == ["h6", "h5", "h4", "h3", "h2", "h1", "h0"]
    assert cursor is None


@pytest.mark.parametrize("cursor", ["?", encode_cursor(["2026-03-01T12:00:00", "h1"]), encode_cursor([1])])
async def test_a_foreign_cursor_is_refused(uow: SqlUnitOfWork, cursor: str) -> None:
    async with uow.read() as tx:
        with pytest.raises(InvalidParams, match="not one of ours"):
            await tx.health_checks.page("id-edge-01", limit=2, cursor=cursor)


async def test_buckets_summarise_each_span(uow: SqlUnitOfWork) -> None:
    hour = datetime(2026, 3, 1, 12, tzinfo=UTC)
    results = [
        check(
            f"h{number}",
            hour + timedelta(minutes=20 * number, milliseconds=1),
            cpu_usage_percent=10.0 * number,
            memory_used_bytes=number,
            memory_total_bytes=10 if number != 1 else 0,
            temperature_celsius=40.0 + number,
        )
        for number in range(6)
    ]
    lost = check("lost", hour + timedelta(minutes=1), status=HealthStatus.CRITICAL, error_message="no route")
    async with uow() as tx:
        await tx.devices.record_health([*results, lost], [])
        found = await tx.health_checks.buckets(
            "id-edge-01", since=hour, until=hour + timedelta(hours=2), span_s=3600
        )
    first, second = found
    assert (first.start, first.checks, first.failures) == (hour, 4, 1)
    assert (first.cpu_min, first.cpu_avg, first.cpu_max) == (0.0, 10.0, 20.0)
    assert (first.memory_avg, first.memory_max, first.temperature_max) == (10.0, 20.0, 42.0)
    assert (second.start, second.checks, second.failures) == (hour + timedelta(hours=1), 3, 0)
    assert second.cpu_p95 in (None, pytest.approx(49.0))


async def test_buckets_leave_out_other_times_and_empty_spans(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.record_health([check("a", minutes(0)), check("b", minutes(300))], [])
        found = await tx.health_checks.buckets("id-edge-01", since=NOON, until=minutes(300), span_s=60)
    assert [(one.start, one.checks, one.cpu_avg) for one in found] == [
        (NOON.replace(second=0, microsecond=0), 1, None)
    ]


async def test_every_field_of_a_snapshot_comes_back(uow: SqlUnitOfWork) -> None:
    whole = snapshot("s1", metadata={"size_bytes": 3, "redacted": True, "lines": None})
    async with uow() as tx:
        await tx.snapshots.add(whole)
        found = await tx.snapshots.get("s1")
    assert replace(found, created_at=None, updated_at=None) == whole


async def test_the_latest_snapshots_of_a_kind_come_with_their_data(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for number in range(4):
            await tx.snapshots.add(snapshot(f"s{number}", minutes(number), data=bytes([number])))
        await tx.snapshots.add(snapshot("other", minutes(9), kind="pre_change"))
        found = await tx.snapshots.latest("id-edge-01", "config", count=2)
    assert [(one.id, one.data) for one in found] == [("s3", b"\x03"), ("s2", b"\x02")]


async def test_lists_of_snapshots_never_load_the_texts(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for number in range(3):
            await tx.snapshots.add(snapshot(f"s{number}", minutes(number), metadata={"n": number}))
        await tx.snapshots.add(snapshot("t", minutes(9), device_id="id-edge-02", kind="metrics"))
        page = await tx.snapshots.page(["id-edge-01"], kind=None, limit=2)
        rest = await tx.snapshots.page(["id-edge-01"], kind="config", limit=2, cursor=page.next_cursor)
        everything = await tx.snapshots.page(None, kind=None, limit=9)
        nothing = await tx.snapshots.page([], kind=None, limit=9)
    assert [(one.id, one.data, one.metadata) for one in page.items] == [
        ("s2", b"", {"n": 2}),
        ("s1", b"", {"n": 1}),
    ]
    assert ([one.id for one in rest.items], rest.next_cursor) == (["s0"], None)
    assert [one.id for one in everything.items] == ["t", "s2", "s1", "s0"]
    assert nothing.items == ()


async def test_what_hangs_on_a_device_is_listed_by_its_environment(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.credentials.add(credential())
        await tx.credentials.add(credential("c2", device_id="id-edge-02"))
        assert [one.id for one in await tx.credentials.list_by_environment("prod")] == ["c2"]
        page, total = await tx.credentials.list_paginated(page_size=1)
        assert ([one.id for one in page], total) == (["c1"], 2)
