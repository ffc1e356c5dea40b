"""Reading menus and configurations of many routers: grouped, narrowed, sorted, paged, redacted, compared."""

from __future__ import annotations

from typing import Any

import pytest
from world import FILTER, World, set_dns, world

from routeros_mcp.domain.pagination import encode_cursor


async def read(w: World, path: str, **more: Any) -> dict[str, Any]:
    return await w.call("routeros_read", devices=["all"], path=path, **more)


async def comments(w: World, **more: Any) -> list[str | None]:
    (group,) = (await read(w, FILTER, **more))["groups"]
    return [row.get("comment") for row in group["rows"]]


async def test_equal_answers_of_many_routers_are_one_group() -> None:
    async with world(3) as w:
        await w.change(set_dns("192.0.2.53"))
        w.router(2).edit("/ip/dns", None, {"servers": "192.0.2.54"})
        groups = (await read(w, "/ip/dns", fields=["servers"]))["groups"]
        assert [(group["devices"], group["rows"]) for group in groups] == [
            (w.names[:2], [{"servers": "192.0.2.53"}]),
            (w.names[2:], [{"servers": "192.0.2.54"}]),
        ]


async def test_one_router_that_is_down_is_named_beside_the_answers() -> None:
    async with world(2) as w:
        w.router(0).faults.down()
        answer = await read(w, "/system/identity")
        assert [(row["device"], row["code"]) for row in answer["failed"]] == [
            (w.names[0], "device_unreachable")
        ]
        assert [group["devices"] for group in answer["groups"]] == [[w.names[1]]]


async def test_when_no_router_answers_their_error_is_the_answer(small_world: World) -> None:
    small_world.router().faults.down()
    failed = await small_world.fails("routeros_read", devices=["all"], path="/ip/dns")
    assert failed.code == "device_unreachable"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            {"action": "drop"},
            ["defconf: drop invalid", "defconf: drop not from LAN", "defconf: drop new from WAN"],
        ),
        ({"chain": "forward", "action": "drop"}, ["defconf: drop new from WAN"]),
        ({"comment": "~MANAGEMENT"}, ["management"]),
        ({"chain": "!=input"}, ["forward established", "defconf: drop new from WAN"]),
        ({"protocol": "!=icmp", "chain": "output"}, []),
        ({"disabled": True}, ["defconf: drop not from LAN"]),
        ({"disabled": "false", "chain": "forward"}, ["forward established", "defconf: drop new from WAN"]),
        ({"no-such-property": "x"}, []),
    ],
)
async def test_rows_are_narrowed(small_world: World, where: dict[str, object], expected: list[str]) -> None:
    assert await comments(small_world, where=where) == expected


@pytest.mark.parametrize(("operator", "count"), [(">0", 6), ("<=0", 1), (">=99999999", 0), ("<1", 1)])
async def test_counters_are_compared_as_numbers(small_world: World, operator: str, count: int) -> None:
    (group,) = (await read(small_world, FILTER, where={"packets": operator}, count_only=True))["groups"]
    assert (group["total_rows"], group["rows"]) == (count, [])


async def test_comparing_a_text_as_a_number_is_refused(small_world: World) -> None:
    asked = {"devices": ["all"], "path": FILTER, "where": {"chain": ">5"}}
    assert (await small_world.fails("routeros_read", **asked)).code == "invalid_params"


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/ip/dhcp-server", {"lease-time": 28800}),
        ("/ip/dhcp-server", {"lease-time": "08:00:00", "disabled": "no"}),
        ("/ip/dhcp-server", {"authoritative": True}),
    ],
)
async def test_exact_values_are_asked_for_in_the_routers_words(
    small_world: World, path: str, where: dict[str, Any]
) -> None:
    (group,) = (await read(small_world, path, where=where))["groups"]
    assert group["total_rows"] == 1
    asked = [request for request in small_world.router().ledger if path in request.path]
    assert all(".query" in request.text for request in asked)


async def test_a_misspelt_property_is_answered_with_the_nearest(small_world: World) -> None:
    answer = await read(small_world, "/ip/address", fields=["adress", "interface"])
    assert any("adress (did you mean address" in warning for warning in answer["warnings"])


async def test_a_mac_address_is_found_in_any_notation(small_world: World) -> None:
    mac = small_world.router().rows("/ip/arp")[0]["mac-address"]
    found = await read(small_world, "/ip/arp", where={"mac-address": mac.lower().replace(":", "-")})
    assert [row["mac-address"] for row in found["groups"][0]["rows"]] == [mac]


async def test_rows_are_sorted_either_way(small_world: World) -> None:
    rising = await comments(small_world, sort="comment")
    assert rising == sorted(rising, key=str.casefold)
    assert await comments(small_world, sort="-comment") == rising[::-1]


async def test_pages_follow_each_other_without_gap_or_repetition(small_world: World) -> None:
    w = small_world
    whole, seen, cursor = await comments(w), [], None
    while True:
        page = await read(w, FILTER, limit=3, cursor=cursor)
        (group,) = page["groups"]
        assert group["total_rows"] == len(whole)
        seen += [row["comment"] for row in group["rows"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert seen == whole


async def test_counting_reads_no_rows(small_world: World) -> None:
    w = small_world
    w.router().ledger_clear()
    (group,) = (await read(w, FILTER, count_only=True))["groups"]
    assert (group["total_rows"], group["rows"]) == (len(w.router().rows(FILTER)), [])


CURSORS = ["x", "W10", "W10=", "bnVsbA", "W3RydWVd", "Wy0xXQ", "e30", "ÿ", "WzFd" * 100]
MOMENTS = [
    encode_cursor([moment, "id"])
    for moment in ("2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "never", "")
]


@pytest.mark.parametrize("tool", ["routeros_read", "device_list", "plan_list", "job_list", "audit_search"])
async def test_a_cursor_that_is_not_ours_is_refused(small_world: World, tool: str) -> None:
    more = {"devices": ["all"], "path": "/ip/dns"} if tool == "routeros_read" else {}
    for cursor in [*CURSORS, *MOMENTS]:
        failed = await small_world.fails(tool, **more, cursor=cursor)
        assert failed.code == "invalid_params", cursor


async def test_a_misspelt_menu_is_answered_with_the_nearest(small_world: World) -> None:
    failed = await small_world.fails("routeros_read", devices=["all"], path="/ip/adress")
    assert failed.code == "unknown_menu"
    assert "/ip/address" in failed.fix


async def test_a_folder_of_menus_is_answered_with_what_is_below(small_world: World) -> None:
    failed = await small_world.fails("routeros_read", devices=["all"], path="/ip/firewall")
    assert FILTER in failed.fix


@pytest.mark.parametrize("path", ["/", " ", "//", "ip dns", "/IP/DNS/", "\u202eip"])
async def test_any_path_is_answered(small_world: World, path: str) -> None:
    answer = await small_world.app.pipeline.call(
        small_world.admin, "routeros_read", {"devices": ["all"], "path": path}
    )
    assert getattr(answer, "code", "") != "internal"


async def test_text_of_strangers_comes_without_what_cannot_be_seen(small_world: World) -> None:
    w = small_world
    w.router().edit("/interface", "ether1", {"comment": "a\u202eb\u200bc"})
    (group,) = (await read(w, "/interface", where={"name": "ether1"}, fields=["comment"]))["groups"]
    assert group["rows"][0]["comment"] == "abc"


# -- configurations ----------------------------------------------------------------------------------------


async def capture(w: World) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await w.call("snapshot_capture", devices=["all"]))["captured"]
    return rows


async def test_only_a_real_change_counts_as_one(small_world: World) -> None:
    w = small_world
    (first,) = await capture(w)
    assert "changed" not in first
    (second,) = await capture(w)
    assert (second["changed"], second["checksum"]) == (False, first["checksum"])
    assert not (await w.call("config_diff", device=w.names[0]))["changed"]
    w.router().edit("/ip/dns", None, {"servers": "192.0.2.99"})
    diff = await w.call("config_diff", device=w.names[0])
    assert (diff["added"], diff["removed"]) == (1, 1)
    assert any("192.0.2.99" in line for line in diff["lines"])
    (third,) = await capture(w)
    assert third["changed"] is True
    between = {"older": first["snapshot_id"], "newer": third["snapshot_id"]}
    assert (await w.call("config_diff", device=w.names[0], **between))["added"] == 1


async def test_a_snapshot_holds_no_secret_of_the_router(small_world: World) -> None:
    w = small_world
    w.router().add("/ppp/secret", {"name": "anna", "password": "kumquat-77", "service": "l2tp"})
    (row,) = await capture(w)
    text = (await w.call("snapshot_get", snapshot_id=row["snapshot_id"], limit=2000))["text"]
    assert "name=anna" in text
    assert "kumquat" not in text


async def test_a_snapshot_is_read_by_section_and_by_pages_of_lines(small_world: World) -> None:
    w = small_world
    (row,) = await capture(w)
    asked = {"snapshot_id": row["snapshot_id"]}
    section = await w.call("snapshot_get", **asked, section="/ip dns")
    assert section["text"].startswith("/ip dns\nset ")
    whole = (await w.call("snapshot_get", **asked, limit=2000))["text"].split("\n")
    page = await w.call("snapshot_get", **asked, offset=5, limit=10)
    assert page["text"].split("\n") == whole[5:15]
    assert page["next_offset"] == 15


async def test_a_router_that_is_down_does_not_keep_others_from_being_captured() -> None:
    async with world(2) as w:
        w.router(0).faults.down()
        answer = await w.call("snapshot_capture", devices=["all"])
        assert [row["device"] for row in answer["captured"]] == [w.names[1]]
        assert [row["device"] for row in answer["failed"]] == [w.names[0]]


async def test_comparing_without_a_snapshot_says_what_to_do(small_world: World) -> None:
    failed = await small_world.fails("config_diff", device=small_world.names[0])
    assert (failed.code, "snapshot_capture" in failed.fix) == ("not_found", True)
