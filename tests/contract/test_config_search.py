"""Full text over configurations, on every database."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest
from records import device, minutes, snapshot

from routeros_mcp.domain.export import UNINDEXED, words_of
from routeros_mcp.domain.models import SnapshotDomain
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

IDS = ["id-edge-01", "id-edge-02", "id-edge-03"]
TEXTS = {
    "id-edge-01": "/ip dns\nset servers=192.0.2.53\n"
    '/ip address\nadd address=10.0.0.1/24 comment="to \\D0\\96"\n',
    "id-edge-02": "/ip dns\nset servers=192.0.2.54\n/interface wireguard\nadd name=wg1\n",
}


def taken(device_id: str, key: str = "", text: str = "") -> SnapshotDomain:
    data = zlib.compress((text or TEXTS[device_id]).encode())
    return snapshot(key or f"s-{device_id}", minutes(0), device_id=device_id, data=data)


@pytest.fixture(autouse=True)
async def _indexed(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        for name in ("edge-01", "edge-02", "edge-03"):
            await tx.devices.add(device(name))
        for device_id, text in TEXTS.items():
            stored = await tx.snapshots.add(taken(device_id))
            await tx.snapshots.index(stored, words_of(text))


async def found(uow: SqlUnitOfWork, *words: str, ids: list[str] = IDS) -> list[str]:
    async with uow.read() as tx:
        return [one.device_id for one in await tx.snapshots.search(words, ids, limit=9)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dns"], IDS[:2]),
        (["dns", "wg1"], IDS[1:2]),
        (["wire*"], IDS[1:2]),
        (["wire"], []),
        (["192", "0", "2", "53"], IDS[:1]),
        (["d0", "96"], IDS[:1]),
        (["and"], []),
        (["not"], []),
    ],
)
async def test_all_words_must_be_there(uow: SqlUnitOfWork, words: list[str], expected: list[str]) -> None:
    assert await found(uow, *words) == expected


async def test_only_the_devices_asked_for_are_searched_by_pages(uow: SqlUnitOfWork) -> None:
    assert await found(uow, "dns", ids=IDS[1:]) == IDS[1:2]
    assert await found(uow, "dns", ids=[]) == []
    async with uow.read() as tx:
        first = await tx.snapshots.search(["dns"], IDS, limit=1)
        rest = await tx.snapshots.search(["dns"], IDS, limit=1, after=first[0].device_id)
        none = await tx.snapshots.search(["dns"], IDS, limit=1, after=rest[0].device_id)
    assert [one.device_id for one in (*first, *rest, *none)] == IDS[:2]
    assert first[0].data == taken(IDS[0]).data


async def test_a_later_snapshot_takes_the_place_of_the_one_before(uow: SqlUnitOfWork) -> None:
    later = taken(IDS[0], "later", "/system identity\nset name=changed\n")
    async with uow() as tx:
        await tx.snapshots.index(await tx.snapshots.add(later), ["changed"])
    assert await found(uow, "dns") == IDS[1:2]
    assert await found(uow, "changed") == IDS[:1]


async def test_what_is_deleted_is_no_longer_found(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        assert await tx.snapshots.unindexed(IDS) == IDS[2:]
        await tx.snapshots.delete(f"s-{IDS[0]}")
        await tx.devices.delete(IDS[1])
    assert await found(uow, "dns") == []
    async with uow() as tx:
        assert await tx.snapshots.unindexed(IDS) == IDS


async def test_a_text_with_too_many_words_is_always_looked_into(uow: SqlUnitOfWork) -> None:
    many = words_of("/system script\n" + "".join(f"add name={number:040}\n" for number in range(20_000)))
    assert many == {UNINDEXED}
    async with uow() as tx:
        await tx.snapshots.index(await tx.snapshots.add(taken(IDS[2], text="x")), many)
    assert await found(uow, "dns") == IDS
    assert await found(uow, "all") == IDS[2:]


async def test_as_many_words_as_may_be_are_indexed(uow: SqlUnitOfWork) -> None:
    words = words_of("/x\n" + "".join(f"add a={number:06}\n" for number in range(60_000)))
    assert len(words) > 60_000
    async with uow() as tx:
        await tx.snapshots.index(await tx.snapshots.add(taken(IDS[2], text="x")), words)
    assert await found(uow, "059999") == IDS[2:]


async def test_the_index_survives_that_the_record_is_replaced(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.snapshots.save(replace(taken(IDS[0]), kind="config"))
    assert await found(uow, "dns") == IDS[:2]
