"""The router in memory keeps the promises that the REST client keeps on an emulated router."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fakes.router import FakeRouter
from router_lab import CONFIG, Lab, lab

from routeros_mcp.domain.errors import (
    DeviceUnreachable,
    LoginFailed,
    NoSuchItem,
    OutcomeUnknown,
    UnknownMenu,
)
from routeros_mcp.domain.models import Login, Secret
from routeros_mcp.domain.ports import Query, RouterReader, RouterWriter, Target

FILTER, ADDRESS, IDENTITY = "/ip/firewall/filter", "/ip/address", "/system/identity"
ETHER1 = {"address": "192.0.2.1/24", "interface": "ether1"}


@dataclass(frozen=True, slots=True)
class Subject:
    """A router under test, and how to make it misbehave."""

    reader: RouterReader
    writer: RouterWriter
    target: Target
    lose_before: Callable[[], None]
    lose_after: Callable[[], None]
    down: Callable[[], None]

    async def rows(self, path: str, **query: Any) -> list[dict[str, str]]:
        return [dict(row) for row in await self.reader.read(self.target, Query(path=path, **query))]

    async def comments(self) -> list[str | None]:
        return [row.get("comment") for row in await self.rows(FILTER)]


def in_memory(place: Lab) -> Subject:
    rules = [{".id": f"*{n}", **rule} for n, rule in enumerate(CONFIG[FILTER], 1)]
    router = FakeRouter(tables={FILTER: rules, ADDRESS: [], IDENTITY: [{"name": "core"}]})

    def down() -> None:
        router.is_down = True

    return Subject(
        router,
        router,
        place.target,
        lambda: router.script.append("lost"),
        lambda: router.script.append("done"),
        down,
    )


def on_the_wire(place: Lab) -> Subject:
    faults = place.router.faults
    return Subject(
        place.client, place.client, place.target, faults.drop_before, faults.drop_after, faults.down
    )


@pytest.fixture(params=[in_memory, on_the_wire])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with lab() as place:
        yield request.param(place)


async def test_rows_come_in_order_and_a_singleton_is_a_list_of_one(subject: Subject) -> None:
    assert await subject.comments() == ["first", "last"]
    assert await subject.rows(IDENTITY) == [{"name": "core"}]


async def test_rows_are_matched_counted_and_projected(subject: Subject) -> None:
    matched = await subject.rows(FILTER, where={"disabled": "false"}, fields=("comment",))
    assert [row["comment"] for row in matched] == ["first"]
    assert set(matched[0]) == {".id", "comment"}
    assert await subject.reader.count(subject.target, Query(path=FILTER)) == 2


async def test_what_is_not_there_has_its_own_error(subject: Subject) -> None:
    with pytest.raises(UnknownMenu):
        await subject.rows("/no/such")
    with pytest.raises(NoSuchItem):
        await subject.rows(FILTER, item="*FF")
    with pytest.raises(NoSuchItem):
        await subject.writer.remove(subject.target, FILTER, "*FF")


async def test_a_row_is_added_before_another_changed_unset_and_removed(subject: Subject) -> None:
    last = (await subject.rows(FILTER))[1][".id"]
    rule = {"chain": "forward", "action": "accept", "comment": "middle"}
    item = await subject.writer.add(subject.target, FILTER, rule, before=last)
    assert await subject.comments() == ["first", "middle", "last"]
    await subject.writer.set(subject.target, FILTER, item, {"comment": None, "action": "drop"})
    assert await subject.comments() == ["first", None, "last"]
    await subject.writer.remove(subject.target, FILTER, item)
    assert await subject.comments() == ["first", "last"]


async def test_a_singleton_is_changed_without_an_id(subject: Subject) -> None:
    await subject.writer.set(subject.target, IDENTITY, None, {"name": "edge"})
    assert await subject.rows(IDENTITY) == [{"name": "edge"}]


async def test_a_lost_answer_is_unknown_whether_or_not_the_write_happened(subject: Subject) -> None:
    for lose, rows in ((subject.lose_before, 0), (subject.lose_after, 1)):
        lose()
        with pytest.raises(OutcomeUnknown):
            await subject.writer.add(subject.target, ADDRESS, ETHER1)
        assert len(await subject.rows(ADDRESS)) == rows


async def test_a_router_that_is_down_is_unreachable(subject: Subject) -> None:
    subject.down()
    with pytest.raises(DeviceUnreachable):
        await subject.rows(IDENTITY)
    with pytest.raises(DeviceUnreachable):
        await subject.writer.add(subject.target, ADDRESS, ETHER1)
    assert not (await subject.reader.probe(subject.target))[-1].ok


async def test_a_wrong_password_is_refused(subject: Subject) -> None:
    stranger = replace(subject.target, login=Login(username="admin", password=Secret("wrong")))
    with pytest.raises(LoginFailed):
        await subject.reader.read(stranger, Query(path=IDENTITY))


async def test_a_late_write_lands_when_it_is_let_to() -> None:
    async with lab() as place:
        router = FakeRouter(tables={ADDRESS: []}, script=["late"])
        with pytest.raises(OutcomeUnknown):
            await router.add(place.target, ADDRESS, ETHER1)
        assert router.tables[ADDRESS] == []
        router.land()
        assert [row["address"] for row in router.tables[ADDRESS]] == ["192.0.2.1/24"]
        assert router.writes == ["/ip/address/add"]
