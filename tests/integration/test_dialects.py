"""Menus and properties under one name, whatever a version calls them: reads, plans, writes, diffs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_router import TableRouter, enroll
from world import World, world

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.export import diff_exports, parse_export
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.values import dialect, versions
from routeros_mcp.infra.routeros.schema import FileMenuSchema

PEERS = "/interface/wireguard/peers"
OLD, NEW = "7.16.2 (stable)", "7.24 (stable)"
OLDEST = "7.12.1 (stable)"


def tables(version: str) -> dict[str, Any]:
    """The same configuration as either version shows it."""
    is_old = version != NEW
    peer = {".id": "*1", "interface": "wg1", "public-key": "made-up-key", "name": "peer1"}
    ssh = {"strong-crypto": "true", "forwarding-enabled": "no"}
    radio = {".id": "*1", "name": "wifi1", "configuration.mode": "ap", "disabled": "false"}
    old_ssh, new_ssh = {"always-allow-password-login": "false"}, {"password-authentication": "yes-if-no-key"}
    return {
        PEERS: [{**peer, "is-responder" if is_old else "responder": "false"}],
        "/ip/ssh": {**ssh, **(old_ssh if is_old else new_ssh)},
        "/interface/wifiwave2" if version == OLDEST else "/interface/wifi": [radio],
    }


@contextlib.asynccontextmanager
async def beside(version: str) -> AsyncIterator[tuple[World, TableRouter]]:
    async with world(0, rollout_gates=False) as w, TableRouter(version, tables(version)).running() as router:
        await enroll(w.app, router)
        yield w, router


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("asked", ["responder", "is-responder"])
async def test_a_property_is_read_under_its_newest_name(version: str, asked: str) -> None:
    async with beside(version) as (w, router):
        found = await w.call(
            "routeros_read", devices=["old"], path=PEERS, where={asked: False}, fields=[asked]
        )
        assert found["groups"][0]["rows"] == [{".id": "*1", "responder": False}]
        own = "is-responder" if version == OLD else "responder"
        body = router.asked(f"{PEERS}/print")[-1]
        assert own in body[".proplist"]
        assert f"{own}=false" in body[".query"]
        noted = [note for note in found["warnings"] if "is-responder is responder" in note]
        assert bool(noted) is (asked == "is-responder")


@pytest.mark.parametrize("version", [OLDEST, NEW])
@pytest.mark.parametrize("path", ["/interface/wifi", "interface wifiwave2"])
async def test_a_menu_is_read_under_its_newest_name(version: str, path: str) -> None:
    async with beside(version) as (w, _):
        found = await w.call("routeros_read", devices=["old"], path=path, fields=["name"])
        assert (found["path"], found["groups"][0]["rows"][0]["name"]) == ("/interface/wifi", "wifi1")


@pytest.mark.parametrize(("version", "name"), [(OLD, "responder"), (NEW, "is-responder")])
async def test_a_plan_is_made_and_applied_under_either_name(version: str, name: str) -> None:
    change = {"op": "set", "path": PEERS, "match": {"name": "peer1"}}
    async with beside(version) as (w, router):
        plan = await w.plan({**change, "values": {name: "yes"}}, devices=["old"])
        assert any("responder: false -> yes" in line for line in plan["diff"][0]["lines"])
        assert not any("is-responder" in line for line in plan["diff"][0]["lines"])
        assert (await w.carry_out(plan["plan_id"]))["status"] == "applied"
        own = "is-responder" if version == OLD else "responder"
        assert router.tables[PEERS][0][own] == "yes"
        router.tables[PEERS][0][own] = "true"
        again = await w.plan({**change, "values": {name: "yes"}}, devices=["old"])
        assert not again["has_effect"]


@pytest.mark.parametrize("version", [OLD, NEW])
async def test_words_that_changed_with_the_name_are_translated_both_ways(version: str) -> None:
    async with beside(version) as (w, router):
        found = await w.call("routeros_read", devices=["old"], path="/ip/ssh")
        row = found["groups"][0]["rows"][0]
        assert row["password-authentication"] == "yes-if-no-key"
        assert "always-allow-password-login" not in row
        wish = {"op": "set", "path": "/ip/ssh", "values": {"password-authentication": "yes"}}
        plan = await w.plan(wish, devices=["old"])
        assert (await w.carry_out(plan["plan_id"]))["status"] == "applied"
        own = "always-allow-password-login" if version == OLD else "password-authentication"
        assert router.tables["/ip/ssh"][own] == "yes"


@pytest.mark.parametrize("version", [OLD, NEW])
async def test_conditions_are_understood_in_old_and_new_words(version: str) -> None:
    old, new = "always-allow-password-login", "password-authentication"
    async with beside(version) as (w, _):
        for where in ({old: False}, {old: "no"}, {new: "yes-if-no-key"}, {new: "!=yes"}):
            found = await w.call("routeros_read", devices=["old"], path="/ip/ssh", where=where)
            assert found["groups"][0]["total_rows"] == 1, where
            counted = await w.call(
                "routeros_read", devices=["old"], path="/ip/ssh", where=where, count_only=True
            )
            assert counted["groups"][0]["total_rows"] == 1, where


async def test_what_an_old_version_has_no_word_for_is_not_sent_to_it() -> None:
    async with beside(OLD) as (w, router):
        wish = {"op": "set", "path": "/ip/ssh", "values": {"password-authentication": "no"}}
        plan = await w.carry_out((await w.plan(wish, devices=["old"]))["plan_id"])
        assert plan["device_states"][0]["state"] == "not_applied"
        assert "nothing like no" in plan["device_states"][0]["message"]
        assert router.asked("/ip/ssh/set") == []


async def test_the_version_is_learned_again_after_an_upgrade() -> None:
    async with beside(OLD) as (w, router):
        await w.call("routeros_read", devices=["old"], path=PEERS, fields=["responder"])
        router.tables |= tables(NEW)
        router.tables["/system/resource"]["version"] = NEW
        await w.call("health_check", devices=["old"])
        found = await w.call("routeros_read", devices=["old"], path=PEERS, fields=["responder"])
        assert found["groups"][0]["rows"][0]["responder"] is False


async def test_a_router_that_stops_telling_its_version_is_taken_for_what_it_was() -> None:
    async with beside(OLD) as (w, router):
        wanted = {"devices": ["old"], "path": PEERS, "fields": ["responder"]}
        before = await w.call("routeros_read", **wanted)
        del router.tables["/system/resource"]
        await w.ports.reader.forget((await w.app.services.devices.find(w.admin, "old")).id)
        assert (await w.call("routeros_read", **wanted))["groups"] == before["groups"]


def test_exports_of_two_versions_differ_in_nothing_but_names() -> None:
    head = "# 2026-11-20 10:00:00 by RouterOS 7.12\n"
    old = f"{head}/interface wireguard peers\nadd interface=wg1 is-responder=yes name=peer1 public-key=k\n"
    new = f"{head}/interface wireguard peers\nadd interface=wg1 name=peer1 public-key=k responder=yes\n"
    old += "/interface wifiwave2 channel\nadd name=c1\n"
    new += "/interface wifi channel\nadd name=c1\n"
    assert diff_exports(parse_export(old), parse_export(new), FileMenuSchema()) == ()


RELEASES = st.builds(Release, st.just(7), st.integers(1, 30))


@given(st.sampled_from(versions.RENAMES), RELEASES, st.sampled_from(["x", "", None]))
def test_what_is_said_to_a_router_is_understood_from_it(
    rename: versions.Rename, release: Release, value: str | None
) -> None:
    words = next(iter(rename.values.values()), value)
    told = dialect.own_values(rename.path, {rename.name: words}, release)
    assert dialect.canonical_values(rename.path, told) == {rename.name: words}
    is_old = rename.since is not None and release < rename.since
    assert set(told) == {rename.old if is_old else rename.name}


@pytest.mark.parametrize("rename", versions.RENAMES, ids=lambda each: f"{each.path} {each.name}")
def test_newest_names_are_those_of_the_packaged_schema(rename: versions.Rename) -> None:
    menu = FileMenuSchema().menu(rename.path)
    assert menu is not None
    assert rename.name in menu.properties or rename.name == "repo"
    assert rename.old not in menu.properties or rename.since is None


@pytest.mark.parametrize("path", versions.PROPERTY_SINCE)
def test_what_came_later_is_in_the_packaged_schema(path: str) -> None:
    menu = FileMenuSchema().menu(path)
    assert menu is not None
    assert {name for names in versions.PROPERTY_SINCE[path].values() for name in names} <= set(
        menu.properties
    )


def test_menus_that_came_or_went_are_told_by_release() -> None:
    assert dialect.menu_notes("/safe-mode", Release(7, 17)) == ("/safe-mode came with RouterOS 7.18.",)
    assert dialect.menu_notes("/safe-mode", Release(7, 18)) == ()
    assert "gone since" in dialect.menu_notes("/system/upgrade/mirror", Release(7, 17, 1))[0]
    assert "single object" in dialect.menu_notes("/interface/ovpn-server/server", Release(7, 16))[0]
    assert dialect.menu_notes("/safe-mode", None) == ()


def test_the_guide_lists_every_rename() -> None:
    guide = Path(__file__).parents[2].joinpath("docs/guide/versions.md").read_text("utf-8")
    for rename in versions.RENAMES:
        assert f"`{rename.old}`" in guide
        if rename.since is not None:
            until = f"{rename.since.major}.{rename.since.minor - 1}"
            assert f"| `{rename.path}` | `{rename.name}` | `{rename.old}` | {until} |" in guide


def test_a_word_that_an_old_version_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(InvalidParams, match="always-allow-password-login") as caught:
        dialect.own_values("/ip/ssh", {"password-authentication": "no"}, Release(7, 20))
    assert "yes-if-no-key" in caught.value.fix


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("7.20.5 (stable)", (7, 20, 5)),
        ("7.24rc2 (testing)", (7, 24, 0)),
        ("7.1beta4", (7, 1, 0)),
        ("7.16 (long-term)", (7, 16, 0)),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_versions_are_read(text: str | None, release: tuple[int, int, int] | None) -> None:
    assert Release.parse(text) == release
