"""What `/console/inspect` answers, against the shapes recorded on 7.9.2, 7.23.2 and 7.24rc2."""

import json
from dataclasses import replace

import pytest
from test_emulator_every_menu import PROFILES, ask
from test_emulator_rest import CAPTURES, SPEC, client

from routeros_mcp.emulator import Clock, Fleet, RouterSpec
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.commands import FOREVER, Call
from routeros_mcp.emulator.inspection import inspect
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.store import Store

Rows = list[dict[str, str]]
NEWER = RouterSpec(name="r", version="7.23.2")


def asked(spec: RouterSpec, **body: object) -> Rows:
    status, rows = ask(Store(spec, Clock()), "POST", "/console/inspect", body)
    assert status == 200, rows
    found: Rows = rows
    return found


def names(rows: Rows) -> list[str]:
    return [row["name"] for row in rows if row["type"] == "child"]


def recorded() -> dict[str, Rows]:
    loaded: dict[str, Rows] = json.loads((CAPTURES / "inspect_7_23_2.json").read_text())["child"]
    return loaded


@pytest.mark.parametrize("path", recorded())
def test_children_are_those_of_the_recorded_router(path: str) -> None:
    rows = asked(NEWER, request="child", path=path)
    assert [[row["name"], row["node-type"], row["type"]] for row in rows] == recorded()[path]


def test_a_path_that_leads_nowhere_is_an_empty_list_and_a_list_means_the_root() -> None:
    assert asked(NEWER, request="child", path="nonexistent") == []
    assert asked(NEWER, request="child", path="ip/address") == []
    assert asked(NEWER, request="child", path=["ip", "address"]) == asked(NEWER, request="child", path="")


def test_root_ping_left_the_tree_with_7_23_and_still_runs() -> None:
    before = replace(NEWER, version="7.22.3")
    assert "ping" in names(asked(before, request="child", path=""))
    assert "ping" not in names(asked(NEWER, request="child", path=""))
    store = Store(replace(NEWER, pace=0.0), Clock())
    assert ask(store, "POST", "/ping", {"address": "192.0.2.1", "count": "1"})[0] == 200


def test_syntax_tells_the_form_of_a_value_and_the_members_of_a_command() -> None:
    one = asked(NEWER, request="syntax", path="ip,address,add,address")
    members = asked(NEWER, request="syntax", path="ip,address,add")
    assert [(row["symbol-type"], row["text"]) for row in one] == [("definition", "A.B.C.D (IP address)")]
    assert (members[0]["symbol-type"], members[0]["nested"]) == ("collection", "0")
    assert {(row["symbol-type"], row["nested"]) for row in members[1:]} == {("explanation", "1")}
    assert "interface" in {row["symbol"] for row in members}


def completions(spec: RouterSpec, text: str, path: str = "") -> list[tuple[str, str, str]]:
    rows = asked(spec, request="completion", input=text, path=path)
    return [(row["completion"], row["offset"], row["text"]) for row in rows]


def test_completion_proposes_words_names_and_marks_the_unknown() -> None:
    action = [text for text, _, _ in completions(NEWER, "/ip/firewall/filter/add action=")]
    assert {"accept", "drop", "jump"} <= set(action)
    assert completions(NEWER, "/ip/ad") == [("address", "4", "")]
    assert completions(NEWER, "/ip/address/add interface=eth") == [("ether1", "26", ""), ("ether2", "26", "")]
    assert completions(NEWER, "/ip/address/add bogus") == [("", "16", "unknown parameter")]
    assert ("", "1", "unknown command") in completions(NEWER, "/i")
    assert completions(NEWER, "/foo/bar") == []
    assert completions(NEWER, "", "ip,address,add,disabled") == [("no", "0", ""), ("yes", "0", "")]


def test_the_tree_is_the_one_of_the_profile() -> None:
    older = replace(NEWER, version="7.12.1")
    peers = "interface,wireguard,peers,add"
    assert "wifi" not in names(asked(older, request="child", path="interface"))
    assert "is-responder" in names(asked(older, request="child", path=peers))
    assert "responder" in names(asked(NEWER, request="child", path=peers))
    assert "safe-mode" not in names(asked(older, request="child", path=""))


@pytest.mark.parametrize("spec", PROFILES, ids=lambda spec: spec.name)
def test_inspect_knows_every_menu_and_every_argument_the_router_takes(spec: RouterSpec) -> None:
    store = Store(spec, Clock())
    for path in sorted(filter(None, registry.paths())):
        words = path[1:].replace("/", ",")
        rows = ask(store, "POST", "/console/inspect", {"request": "child", "path": words})[1]
        assert (path, bool(rows)) == (path, store.has(path))
        if store.has(path) and "add" in store.menu(path).commands:
            added = names(
                ask(store, "POST", "/console/inspect", {"request": "child", "path": words + ",add"})[1]
            )
            assert set(store.menu(path).required) <= {store.menu(path).inward(name) for name in added}


@pytest.mark.parametrize(
    ("version", "path", "hangs"),
    [
        ("7.12.1", "ip,address,print,where", True),
        ("7.12.1", "ip,address,print", False),
        ("7.16.2", "ip,address,print,where", False),
        ("7.20.5", "do", True),
        ("7.21.4", "do", False),
    ],
)
def test_old_versions_hang_on_words_of_the_scripting_language(version: str, path: str, hangs: bool) -> None:
    store = Store(replace(NEWER, version=version), Clock())
    session = Session("admin", frozenset({"read"}), float("inf"))

    def takes(request: str) -> float:
        arguments = {"request": request, "path": path}
        return inspect(Call(store=store, session=session, path="/console", arguments=arguments)).takes_s

    expected = FOREVER if hangs else 0.0
    assert [takes("syntax"), takes("completion"), takes("child")] == [expected, expected, 0.0]


async def test_a_hanging_inspect_ends_at_the_cap() -> None:
    async with (
        Fleet.running([replace(SPEC, version="7.12.1", cap_s=0.2)]) as fleet,
        client(fleet["lab"]) as http,
    ):
        answer = await http.post("/rest/console/inspect", json={"request": "syntax", "path": "do"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "Session closed")
