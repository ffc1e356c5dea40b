"""What is said of menus, in general and on one router: its own console completes the packaged schema."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hostile_router import Talk, client, hostile, target
from table_router import TableRouter, enroll
from world import World, world

from routeros_mcp.domain.errors import DeviceUnreachable, Forbidden

ARP = "/ip/arp"
SELF = {"type": "self", "name": "arp", "node-type": "dir"}


def node(name: str, kind: str) -> dict[str, str]:
    return {"type": "child", "name": name, "node-type": kind}


def told(name: str) -> dict[str, str]:
    return {"type": "completion", "completion": name, "show": "true", "style": "arg", "preference": "96"}


NODES = [node(name, "cmd") for name in ("add", "set", "print", "remove")]
ARGUMENTS = [node(name, "arg") for name in ("address", "interface", "mac-address", "copy-from", "blinking")]
SYNTAX = {"type": "syntax", "symbol": "blinking", "symbol-type": "explanation", "nested": "1"}
CONSOLE = {
    "child ip,arp": [SELF, *NODES, node("shelf", "dir")],
    "child ip,arp,add": [{**SELF, "name": "add", "node-type": "cmd"}, *ARGUMENTS],
    "child ip,arp,set": [*ARGUMENTS, node("numbers", "arg")],
    "completion /ip/arp print proplist=": [
        told("address"),
        told("dynamic"),
        told("status"),
        {**told("hidden"), "show": "false"},
    ],
    "syntax /ip/arp add blinking=": [{**SYNTAX, "nonorm": "true", "text": "0s..1d (time interval)"}],
    "child interface,wireguard,peers": [node("print", "cmd"), node("set", "cmd")],
    "child interface,wireguard,peers,set": [node("is-responder", "arg"), node("name", "arg")],
    "child system,blinkenlights": [node("print", "cmd"), node("set", "cmd")],
    "child system,blinkenlights,set": [node("colour", "arg")],
}


@contextlib.asynccontextmanager
async def beside(**more: Any) -> AsyncIterator[tuple[World, TableRouter]]:
    known = {"version": "7.12.1 (stable)", "console": CONSOLE, **more}
    rows = {ARP: [{".id": "*1", "address": "192.0.2.9", "blinking": "10s"}]}
    async with world(0, rollout_gates=False) as w, TableRouter(tables=rows, **known).running() as router:
        await enroll(w.app, router)
        yield w, router


async def test_a_router_completes_what_is_known_of_its_menu() -> None:
    async with beside() as (w, _):
        shown = await w.call("routeros_describe", path=ARP, device="old")
        assert shown["properties"] == {
            "address": "ip",
            "interface": "text!",
            "blinking": "duration",
            "mac-address": "mac",
            "dynamic": "boolean*",
            "status": shown["properties"]["status"],
        }
        assert shown["commands"] == ["add", "print", "remove", "set"]
        assert (shown["version"], shown["from_router"]) == ("7.12.1 (stable)", True)


async def test_a_menu_is_asked_about_once_for_a_version() -> None:
    async with beside() as (w, router):
        for _ in range(2):
            await w.call("routeros_describe", path=ARP, device="old")
        asked = [body["request"] for body in router.asked("/console/inspect")]
        assert asked == ["child", "child", "child", "completion", "syntax"]


async def test_syntax_is_never_asked_for_by_path() -> None:
    async with beside() as (w, router):
        await w.call("routeros_describe", path=ARP, device="old")
        syntax = [body for body in router.asked("/console/inspect") if body["request"] == "syntax"]
        assert syntax
        assert all("path" not in body for body in syntax)


async def test_names_of_the_version_are_told_beside_ours() -> None:
    async with beside() as (w, _):
        shown = await w.call("routeros_describe", path="/interface/wireguard/peers", device="old")
        assert "responder" in shown["properties"]
        assert shown["own_names"] == {"responder": "is-responder"}
        radio = await w.call("routeros_describe", path="/interface/wifiwave2", device="old")
        assert (radio["path"], radio["own_path"]) == ("/interface/wifi", "/interface/wifiwave2")
        assert any("7.13" in note for note in radio["notes"])


async def test_a_menu_that_only_the_router_knows_is_described() -> None:
    async with beside() as (w, _):
        shown = await w.call("routeros_describe", path="/system/blinkenlights", device="old")
        assert (shown["kind"], shown["properties"]) == ("single", {"colour": "unknown"})


async def test_a_menu_that_nobody_knows_is_answered_with_the_nearest() -> None:
    async with beside() as (w, _):
        failed = await w.fails("routeros_describe", path="/ip/adress", device="old")
        assert failed.code == "not_found"
        assert "/ip/address" in failed.fix
        assert "old does not list it" in failed.fix


async def test_a_router_that_does_not_describe_itself_gets_the_packaged_schema_and_a_note() -> None:
    async with beside(console={}) as (w, _):
        shown = await w.call("routeros_describe", path=ARP, device="old")
        assert shown["from_router"] is False
        assert "published" in shown["properties"]
        assert any("does not describe its menus" in note for note in shown["notes"])


async def test_a_version_whose_console_failed_is_left_alone() -> None:
    async with beside(console={}) as (w, router):
        for path in (ARP, "/ip/pool", "/ip/dns"):
            await w.call("routeros_describe", path=path, device="old")
        assert len(router.asked("/console/inspect")) == 1


async def test_a_plan_may_use_what_only_the_router_knows() -> None:
    match = {"address": "192.0.2.9"}
    wish = {"op": "set", "path": ARP, "match": match, "values": {"blinking": "20s"}}
    async with beside() as (w, router):
        plan = await w.plan(wish, devices=["old"])
        assert (await w.carry_out(plan["plan_id"]))["status"] == "applied"
        assert router.tables[ARP][0]["blinking"] == "20s"


async def test_a_plan_with_a_name_that_the_router_lacks_too_is_refused_with_the_nearest() -> None:
    wish = {"op": "set", "path": ARP, "match": {"address": "192.0.2.9"}, "values": {"blinkin": "1s"}}
    async with beside() as (w, _):
        failed = await w.fails("plan_create", devices=["old"], operations=[wish])
        assert failed.code == "invalid_params"
        assert "did you mean blinking" in failed.message


async def test_a_plan_with_a_misspelt_name_is_refused_where_routers_do_not_tell(small_world: World) -> None:
    wish = {"op": "set", "path": "/ip/dns", "values": {"server": "192.0.2.1"}}
    failed = await small_world.fails("plan_create", devices=["all"], operations=[wish])
    assert "did you mean servers" in failed.message


async def test_a_plan_for_an_unknown_menu_names_the_nearest(small_world: World) -> None:
    small_world.router()
    wish = {"op": "add", "path": "/ip/adress", "values": {"address": "192.0.2.1/24"}}
    failed = await small_world.fails("plan_create", devices=["all"], operations=[wish])
    assert failed.code == "unknown_menu"


async def test_what_came_with_a_later_version_is_refused_when_it_is_planned() -> None:
    jobs = [{".id": "*1", "name": "nightly", "interval": "1d"}]
    wish = {"op": "set", "path": "/system/scheduler", "match": {"name": "nightly"}, "values": {"days": "mon"}}
    async with beside() as (w, router):
        router.tables["/system/scheduler"] = jobs
        failed = await w.fails("plan_create", devices=["old"], operations=[wish])
        assert "came with RouterOS 7.24; the router runs 7.12.1" in failed.message
        router.tables["/system/resource"] |= {"version": "7.24 (stable)", "uptime": "1m"}
        w.app.services.capabilities.forget((await w.app.services.devices.find(w.admin, "old")).id)
        assert (await w.plan(wish, devices=["old"]))["has_effect"]


async def test_menus_that_only_the_manual_knows_are_a_hint() -> None:
    path = "/interface/ethernet/poe"
    async with beside() as (w, router):
        router.tables[path] = [{".id": "*1", "name": "ether1", "blinking": "no"}]
        shown = await w.call("routeros_describe", path=path)
        assert any("manual only" in note for note in shown["notes"])
        wish = {"op": "set", "path": path, "match": {"name": "ether1"}, "values": {"blinking": "yes"}}
        plan = await w.plan(wish, devices=["old"])
        assert plan["has_effect"]
        assert any("does not list blinking" in warning for warning in plan["warnings"])


@pytest.mark.parametrize("path", ["/ip/address/where", "/system/script/do", "/x/on-error", "/a b", "/ip,x"])
async def test_no_router_is_asked_about_what_makes_some_hang(path: str) -> None:
    async def manners(talk: Talk) -> None:
        await talk.request()

    async with hostile(manners) as router, client() as rest:
        with pytest.raises(Forbidden):
            await rest.inspect(target(router), path, ())
        assert router.connections == 0


async def test_a_question_that_is_not_answered_leaves_its_part_empty() -> None:
    async def manners(talk: Talk) -> None:
        while whole := await talk.request():
            body = json.loads(whole.partition(b"\r\n\r\n")[2])
            if body.get("path") != "ip,arp":
                talk.answer(b'{"error":400,"message":"Bad Request","detail":"failure"}', "400 Bad Request")
                continue
            talk.answer(json.dumps(CONSOLE["child ip,arp"]).encode())

    async with hostile(manners) as router, client() as rest:
        seen = await rest.inspect(target(router), ARP, ())
        assert (seen.commands, seen.arguments) == (("add", "print", "remove", "set"), {})
        assert seen.menus == ("shelf",)
        assert len(router.requests) == 2


async def test_a_console_that_hangs_fails_in_time() -> None:
    async def manners(talk: Talk) -> None:
        await talk.request()
        await talk.unlocked.wait()

    async with hostile(manners) as router, client() as rest:
        with pytest.raises(DeviceUnreachable):
            await rest.inspect(target(router), ARP, ())
        assert len(router.requests) == 1


async def test_a_description_stays_within_its_room(small_world: World) -> None:
    for path in ("/ip/firewall/filter", "/routing/route", "/interface/wifi"):
        shown = await small_world.call("routeros_describe", path=path)
        assert len(json.dumps(shown)) < 9_000, path
    assert shown["left_out"] > 0
    narrowed = await small_world.call("routeros_describe", path="/routing/route", search="bgp as")
    assert set(narrowed["properties"]) >= {"bgp.as-path"}
    assert all("bgp" in name for name in narrowed["properties"])
