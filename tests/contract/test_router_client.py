"""What the router ports promise, on the REST client and an emulated router."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from router_lab import MUTE, READER, Lab, lab

from routeros_mcp.domain.errors import (
    DeviceError,
    LoginFailed,
    NoSuchItem,
    PolicyDenied,
    RouterRefused,
    UnknownMenu,
)
from routeros_mcp.domain.models import Login
from routeros_mcp.domain.models.credential import Secret
from routeros_mcp.domain.ports import Query

FILTER = "/ip/firewall/filter"
ADDRESS = "/ip/address"
ETHER1 = {"address": "192.0.2.1/24", "interface": "ether1"}


async def comments(place: Lab) -> list[str]:
    return [row["comment"] for row in await place.client.read(place.target, Query(path=FILTER))]


# -- reading ---------------------------------------------------------------------------------------------


async def test_a_menu_is_read_whole_and_in_order() -> None:
    async with lab() as place:
        found = await place.client.read(place.target, Query(path=FILTER))
        assert found == place.router.rows(FILTER)
        assert [row["comment"] for row in found] == ["first", "last"]


async def test_a_singleton_is_a_list_of_one() -> None:
    async with lab() as place:
        assert await place.client.read(place.target, Query(path="/system/identity")) == [{"name": "core"}]


async def test_properties_of_a_singleton_can_be_chosen() -> None:
    async with lab() as place:
        found = await place.client.read(place.target, Query(path="/system/resource", fields=("version",)))
        assert found == [{"version": "7.23.2 (stable)"}]


async def test_chosen_properties_come_with_the_id() -> None:
    async with lab() as place:
        found = await place.client.read(place.target, Query(path="/interface", fields=("name",)))
        assert [set(row) for row in found] == [{".id", "name"}] * len(place.router.rows("/interface"))


async def test_a_match_on_false_takes_rows_that_lack_the_property() -> None:
    async with lab() as place:
        assert "disabled" not in place.router.rows(FILTER)[0]
        query = Query(path=FILTER, where={"disabled": "false", "chain": "forward"}, fields=("comment",))
        assert [row["comment"] for row in await place.client.read(place.target, query)] == ["first"]
        assert await place.client.count(place.target, query) == 1


async def test_matches_narrow_each_other() -> None:
    async with lab() as place:
        query = Query(path=FILTER, where={"chain": "forward", "comment": "last"})
        assert [row["action"] for row in await place.client.read(place.target, query)] == ["drop"]
        nothing = Query(path=FILTER, where={"chain": "output", "comment": "last"})
        assert await place.client.read(place.target, nothing) == []


async def test_rows_are_counted_by_the_router() -> None:
    async with lab() as place:
        assert await place.client.count(place.target, Query(path=FILTER)) == 2
        assert place.router.ledger[-1].text == '{"count-only": ""}'


@pytest.mark.parametrize("item", ["*1", "ether1"])
async def test_one_row_is_read_by_id_or_name_with_its_star_raw(item: str) -> None:
    async with lab() as place:
        found = await place.client.read(place.target, Query(path="/interface", item=item, fields=("name",)))
        assert found == [{".id": "*1", "name": "ether1"}]
        assert place.requests == [f"GET /rest/interface/{item}"]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (Query(path="/no/such"), UnknownMenu),
        (Query(path="/system/routerboard/nonsense"), UnknownMenu),
        (Query(path="/interface", item="*FF"), NoSuchItem),
        (Query(path="/interface", item="ether99"), NoSuchItem),
        (Query(path=ADDRESS, item="ether1"), NoSuchItem),
    ],
)
async def test_what_is_not_there_has_its_own_error_and_is_not_asked_twice(
    query: Query, kind: type[DeviceError]
) -> None:
    async with lab() as place:
        with pytest.raises(kind):
            await place.client.read(place.target, query)
        assert len(place.requests) == 1


async def test_a_wrong_password_and_a_missing_policy_are_told_apart() -> None:
    async with lab() as place:
        query = Query(path="/system/identity")
        with pytest.raises(LoginFailed):
            await place.client.read(
                replace(place.target, login=Login(username="admin", password=Secret("wrong"))), query
            )
        with pytest.raises(PolicyDenied):
            await place.client.read(place.target_as(MUTE), query)


# -- writing ---------------------------------------------------------------------------------------------


async def test_an_added_row_is_known_by_its_id() -> None:
    async with lab() as place:
        item = await place.client.add(
            place.target, ADDRESS, {**ETHER1, "comment": 'büro "x" $y', "vrf": None}
        )
        row = place.router.rows(ADDRESS)[0]
        assert (row[".id"], row["comment"]) == (item, 'büro "x" $y')
        assert place.requests == ["POST /rest/ip/address/add"]


async def test_a_row_can_be_added_before_another() -> None:
    async with lab() as place:
        last = place.router.rows(FILTER)[1][".id"]
        rule = {"chain": "forward", "action": "accept", "comment": "middle"}
        await place.client.add(place.target, FILTER, rule, before=last)
        assert await comments(place) == ["first", "middle", "last"]


async def test_a_row_is_changed_by_its_id_and_a_singleton_without_one() -> None:
    async with lab() as place:
        await place.client.set(place.target, FILTER, "*1", {"comment": "changed"})
        await place.client.set(place.target, "/system/identity", None, {"name": "edge"})
        assert await comments(place) == ["changed", "last"]
        assert place.router.rows("/system/identity") == [{"name": "edge"}]


async def test_a_property_is_unset_in_the_same_request_that_sets_others() -> None:
    async with lab() as place:
        await place.client.set(place.target, FILTER, "*1", {"comment": None, "log": "true"})
        row = place.router.rows(FILTER)[0]
        assert "comment" not in row
        assert row["log"] == "true"
        assert place.requests == ["POST /rest/ip/firewall/filter/set"]


async def test_a_row_is_removed_once() -> None:
    async with lab() as place:
        await place.client.remove(place.target, FILTER, "*1")
        assert await comments(place) == ["last"]
        with pytest.raises(NoSuchItem):
            await place.client.remove(place.target, FILTER, "*1")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"address": "192.0.2.1/24", "interface": "nowhere"}, "input does not match any value of interface"),
        ({"address": "nonsense", "interface": "ether1"}, "address"),
        ({**ETHER1, "colour": "red"}, "unknown parameter colour"),
    ],
)
async def test_a_refused_write_changes_nothing_and_tells_the_routers_words(
    values: dict[str, str], words: str
) -> None:
    async with lab() as place:
        with pytest.raises(RouterRefused, match=words):
            await place.client.add(place.target, ADDRESS, values)
        assert place.router.rows(ADDRESS) == []
        assert len(place.requests) == 1


async def test_an_unknown_parameter_that_is_not_to_be_unset_is_not_tried_again() -> None:
    async with lab() as place:
        with pytest.raises(RouterRefused, match="colour"):
            await place.client.set(place.target, FILTER, "*1", {"colour": "red", "comment": None})
        assert len(place.requests) == 1


async def test_a_login_without_write_is_denied() -> None:
    async with lab() as place:
        with pytest.raises((PolicyDenied, RouterRefused)) as caught:
            await place.client.set(place.target_as(READER), FILTER, "*1", {"comment": "x"})
        assert "write" in caught.value.fix
        assert await comments(place) == ["first", "last"]


async def test_nothing_but_get_and_post_is_ever_sent() -> None:
    async with lab() as place:
        item = await place.client.add(place.target, ADDRESS, ETHER1)
        await place.client.set(place.target, ADDRESS, item, {"comment": "x"})
        await place.client.remove(place.target, ADDRESS, item)
        await place.client.export(place.target)
        await place.client.probe(place.target)
        assert {request.method for request in place.router.ledger} == {"GET", "POST"}


# -- one at a time ---------------------------------------------------------------------------------------


async def test_a_write_is_not_sent_while_a_read_is_in_flight() -> None:
    async with lab() as place, asyncio.TaskGroup() as group:
        place.router.faults.slow(0.05, on="/system/identity")
        reading = group.create_task(place.client.read(place.target, Query(path="/system/identity")))
        writing = group.create_task(place.client.add(place.target, ADDRESS, ETHER1))
        await reading
        assert place.requests == ["GET /rest/system/identity"]
        await writing


async def test_reads_use_one_connection_for_all() -> None:
    async with lab() as place:
        for _ in range(5):
            await place.client.read(place.target, Query(path="/system/identity"))
        services = await place.client.read(place.target, Query(path="/ip/service"))
        assert len([row for row in services if row.get("connection") == "true"]) == 1
