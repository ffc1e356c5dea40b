"""Configurations searched and compared by object, through the tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from world import World, only, principal, world

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.export import Hit, hits_in, line_query
from routeros_mcp.domain.models import Role

TEXT = """# 2025-03-10 12:16:25 by RouterOS 7.18.2
/interface wireguard
add listen-port=13231 name=wg1
/ip firewall filter
# inactive time
add action=drop chain=input comment="drop all from \\D0\\96 and the rest of the world" \\
    src-address=10.0.0.1
add action=accept chain=input src-address=10.0.0.10
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
/system script
add name=x source="/ip address\\r\\
    \\nprint; :log info C:\\\\new"
/ip dns set servers=1.1.1.1
"""


def hits(words: str, section: str | None = None) -> list[tuple[str, int]]:
    return [(hit.menu, hit.number) for hit in hits_in(TEXT, line_query(words, section))]


@pytest.mark.parametrize(
    ("words", "section", "expected"),
    [
        ("wireguard", None, [("/interface/wireguard", 2)]),
        ("10.0.0.1", None, [("/ip/firewall/filter", 6)]),
        ("10.0.0.*", None, [("/ip/firewall/filter", 6), ("/ip/firewall/filter", 8)]),
        ("DROP input", None, [("/ip/firewall/filter", 6)]),
        ('"drop all from"', None, [("/ip/firewall/filter", 6)]),
        ('"rest of the world" src-address', None, [("/ip/firewall/filter", 6)]),
        ("Ж", None, [("/ip/firewall/filter", 6)]),
        ("ether", None, []),
        ("ether*", None, [("/ip/firewall/nat", 10)]),
        ("inactive", None, []),
        ("action", "/ip firewall", [("/ip/firewall/filter", n) for n in (6, 8)] + [("/ip/firewall/nat", 10)]),
        ("action", "ip/firewall/nat", [("/ip/firewall/nat", 10)]),
        ("action", "/ip fire", []),
        ("print", None, [("/system/script", 12)]),
        ("new", None, [("/system/script", 12)]),
        ("servers", "/ip/dns", [("/ip/dns", 14)]),
        ("servers", "/system", []),
    ],
)
def test_which_lines_hold_what_is_looked_for(
    words: str, section: str | None, expected: list[tuple[str, int]]
) -> None:
    assert hits(words, section) == expected


def test_words_for_the_index_cover_what_the_pattern_takes() -> None:
    assert line_query("É* 10.0.0.* eth* a-b").words == {"c3", "89*", "10", "0", "eth*", "a", "b"}


def test_a_wrapped_line_is_shown_in_one_piece() -> None:
    (hit,) = hits_in(TEXT, line_query("10.0.0.1"))
    assert isinstance(hit, Hit)
    assert hit.text.endswith('rest of the world" src-address=10.0.0.1')


@pytest.mark.parametrize("words", [" ", '""', "***", "=", "a =", " ".join("abcdefghijk")])
def test_what_cannot_be_looked_for_is_refused(words: str) -> None:
    with pytest.raises(InvalidParams, match="cannot be looked for"):
        line_query(words)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql+asyncpg"])
async def test_equal_lines_of_many_routers_are_one_match(new_url: Callable[[str], str], kind: str) -> None:
    async with world(3, database_url=new_url(kind)) as w:
        before = await w.call("config_search", devices=["all"], words="dns")
        assert (before["matches"], before["unsearched"]) == ([], w.names)
        captured = (await w.call("snapshot_capture", devices=w.names[:2]))["captured"]
        answer = await w.call(
            "config_search", devices=["all"], words="action=drop input", section="/ip firewall"
        )
        assert answer["unsearched"] == w.names[2:]
        first = answer["matches"][0]
        assert first["section"] == "/ip/firewall/filter"
        assert {one["device"] for one in first["found"]} == set(w.names[:2])
        assert {one["snapshot_id"] for one in first["found"]} == {row["snapshot_id"] for row in captured}
        page = await w.call(
            "snapshot_get",
            snapshot_id=first["found"][0]["snapshot_id"],
            offset=first["found"][0]["line_number"] - 1,
            limit=1,
        )
        assert page["text"].rstrip("\\").strip() in first["line"]
        one = await w.call("config_search", devices=["all"], words="add", limit=1)
        assert len(one["matches"]) == 1
        assert one["left_out"] > 1
        assert "left out" in one["summary"]


async def test_a_search_sees_the_latest_snapshot_no_secret_and_no_device_out_of_sight() -> None:
    async with world(2) as w:
        w.router(0).edit("/system/identity", None, {"name": "needle-in-hay"})
        await w.call("snapshot_capture", devices=["all"])
        assert places(await w.call("config_search", devices=["all"], words="needle*")) == [w.names[0]]
        outsider = principal(Role.READ_ONLY, devices=only(w.names[1]))
        assert places(await w.call("config_search", devices=["all"], words="needle*", who=outsider)) == []
        w.router(0).edit("/system/identity", None, {"name": "gone"})
        await w.call("snapshot_capture", devices=["all"])
        assert places(await w.call("config_search", devices=["all"], words="needle-in-hay")) == []
        assert (await w.fails("config_search", devices=["all"], words="=")).code == "invalid_params"
        wrong = await w.fails("config_search", devices=["all"], words="a", cursor="x")
        assert wrong.code == "invalid_params"


def places(answer: dict[str, Any]) -> list[str]:
    return [one["device"] for match in answer["matches"] for one in match["found"]]


async def test_a_diff_tells_objects_beside_lines(small_world: World) -> None:
    w = small_world
    await w.call("snapshot_capture", devices=["all"])
    w.router().edit("/ip/dns", None, {"servers": "192.0.2.99"})
    answer = await w.call("config_diff", device=w.names[0])
    (changed,) = answer["objects"]
    assert (changed["menu"], changed["change"]) == ("/ip/dns", "changed")
    assert changed["properties"]["servers"][1] == "192.0.2.99"
    assert answer["summary"].endswith("1 object change.")
    assert answer["objects_total"] == 1
