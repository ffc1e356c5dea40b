"""Every menu of the emulated router bears whatever it is asked."""

import json
from typing import Any

import pytest

from routeros_mcp.emulator import Clock, Request, RouterSpec, branch_fleet
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.policies import ALL
from routeros_mcp.emulator.store import Store
from routeros_mcp.emulator.web.rest import answer

ADMIN = Session("admin", frozenset(ALL), float("inf"))
BOARD = next(spec for spec in branch_fleet(6) if "wifi" in spec.features)
DECLARED = sorted(path for path in registry.paths() if path and registry.menu(path).declared.fields)


def ask(store: Store, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    text = b"" if body is None else json.dumps(body).encode()
    reply = answer(store, ADMIN, Request(n=1, method=method, path=f"/rest{path}", body=text)).reply
    return reply.status, json.loads(reply.body) if reply.body else None


@pytest.mark.parametrize("path", [path for path in DECLARED if Store(BOARD, Clock()).has(path)])
def test_odd_values_are_stored_or_refused_but_never_break_the_router(path: str) -> None:
    store = Store(BOARD, Clock())
    first = next((row.id for row in store.table(path).rows), "*1")
    for name in registry.menu(path).fields:
        for value in ("", "x", "1", "a,b", "!x", "10.0.0.1", None):
            for method, where in (("PUT", path), ("PATCH", f"{path}/{first}"), ("POST", f"{path}/set")):
                body = {name: value} | ({".id": first} if method == "POST" else {})
                assert ask(store, method, where, body)[0] in {200, 201, 400, 404}
    assert ask(store, "GET", path)[0] in {200, 500}


def test_every_menu_of_the_tree_answers_a_list_or_an_object() -> None:
    store = Store(BOARD, Clock())
    for path in sorted(registry.paths()):
        if path and store.has(path) and registry.menu(path).kind is not registry.Kind.DIRECTORY:
            status, body = ask(store, "GET", path)
            assert status == 500 or isinstance(body, list) == (
                registry.menu(path).is_list or path == "/system/health"
            )


def test_health_is_a_list_on_a_board_and_an_object_on_a_chr() -> None:
    board = ask(Store(BOARD, Clock()), "GET", "/system/health")[1]
    machine = ask(Store(RouterSpec(name="chr"), Clock()), "GET", "/system/health")[1]
    assert [sorted(reading) for reading in board] == [[".id", "name", "type", "value"]] * 2
    assert isinstance(machine, dict)


def test_interfaces_of_all_kinds_share_their_ids_with_the_common_list() -> None:
    store = Store(BOARD, Clock())
    status, bridge = ask(store, "PUT", "/interface/bridge", {})
    everything = {row[".id"]: row for row in ask(store, "GET", "/interface")[1]}
    assert (status, bridge["name"]) == (201, "bridge1")
    assert everything[bridge[".id"]]["type"] == "bridge"
    assert len(everything) == len(ask(store, "GET", "/interface")[1])
