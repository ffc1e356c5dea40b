"""What a router shows, planned as it is or in other words, changes nothing: every menu, several versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from world import World, world

from routeros_mcp.domain.errors import RouterRefused
from routeros_mcp.domain.models import ChangeOp, MenuKind, MenuSpec, ValueType
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.plans.making import PlanRequest
from routeros_mcp.domain.ports import Query
from routeros_mcp.domain.values import parse_duration
from routeros_mcp.emulator import RouterSpec, branch_fleet

pytestmark = pytest.mark.slow

ROUTERS = [
    pytest.param("7.12.1", "hAP ax^2", id="7.12.1"),
    pytest.param("7.16.2", "RB951Ui-2nD hAP ac", id="7.16.2"),
    pytest.param("7.20.5", "CHR", id="7.20.5"),
    pytest.param("7.24.1", "RB5009UG+S+", id="7.24.1"),
]
MOVING = {"/system/clock": {"date", "time"}}
MORE: Mapping[str, list[dict[str, str]]] = {
    "/interface/vlan": [{"name": "vlan10", "interface": "ether1", "vlan-id": "10"}],
    "/interface/bridge/vlan": [{"bridge": "bridge", "tagged": "bridge,ether1", "vlan-ids": "2,4,10-12"}],
    "/interface/wireguard": [{"name": "wg1", "listen-port": "13231"}],
    "/ip/firewall/mangle": [
        {"chain": "prerouting", "action": "accept", "dst-port": "22,443", "protocol": "tcp"}
    ],
    "/ip/firewall/raw": [{"chain": "prerouting", "action": "drop", "src-address": "192.0.2.0/24"}],
    "/ppp/secret": [{"name": "anna", "password": "made-up", "service": "l2tp"}],
    "/queue/simple": [{"name": "q1", "target": "10.9.0.0/24", "max-limit": "10000000/2000000"}],
    "/routing/table": [{"name": "isp2", "fib": ""}],
    "/system/scheduler": [{"name": "nightly", "interval": "1d", "on-event": ":log info a\r\n:log info b"}],
    "/system/script": [{"name": "hello", "source": ":log info a\r\n:log info b"}],
    "/tool/netwatch": [{"host": "192.0.2.1", "interval": "10s"}],
}  # fmt: skip


def spec(version: str, board: str) -> RouterSpec:
    branch = branch_fleet(2)[1]
    config = {**branch.config, **{path: [*branch.config.get(path, ()), *rows] for path, rows in MORE.items()}}
    return replace(branch, version=version, board=board, config=config)


async def menus(w: World) -> list[tuple[MenuSpec, list[dict[str, str]]]]:
    """Every menu that has rows, with what the client reads of it."""
    target = await w.ports.connections.target(await w.device())
    found = []
    for path in w.ports.schema.paths():
        menu = w.ports.schema.menu(path)
        if menu is None or menu.kind is MenuKind.COMMANDS:
            continue
        try:
            rows = await w.ports.reader.read(target, Query(path=path))
        except RouterRefused:
            continue
        if rows:
            found.append((menu, [dict(row) for row in rows]))
    return found


def wishes(w: World, menu: MenuSpec, rows: list[dict[str, str]]) -> list[Operation]:
    """The rows as somebody would ask for them: what can be written, without secrets."""
    if "set" not in menu.commands:
        return []
    hidden = w.ports.schema.secrets_of(menu.path) | MOVING.get(menu.path, set())
    writable = set(menu.writable_names()) - hidden
    wanted = []
    for row in rows:
        values = {name: text for name, text in row.items() if name in writable}
        match = {} if menu.is_singleton else {".id": row[".id"]}
        if values and row.get("dynamic") != "true":
            wanted.append(Operation(op=ChangeOp.SET, path=menu.path, match=match, values=values))
    return wanted


async def diff(w: World, wanted: list[Operation]) -> list[str]:
    view, _ = await w.app.services.plans.preview([await w.device()], PlanRequest(operations=tuple(wanted)))
    assert view.failed == ()
    return [line for group in view.groups for line in group.lines]


@pytest.mark.parametrize(("version", "board"), ROUTERS)
async def test_every_menu_as_it_is_read_or_in_other_words_is_an_empty_plan(version: str, board: str) -> None:
    async with world(specs=[spec(version, board)]) as place:
        await expect_no_changes(place)


async def expect_no_changes(place: World) -> None:
    found = await menus(place)
    planned = [wish for menu, rows in found for wish in wishes(place, menu, rows)]
    assert len({wish.path for wish in planned}) > 40
    assert await diff(place, planned) == []
    in_other_words = [rephrased(wish, place.ports.schema.menu(wish.path)) for wish in planned]
    assert sum(told_otherwise(*pair) for pair in zip(planned, in_other_words, strict=True)) > 200
    assert await diff(place, in_other_words) == []
    again = [
        replace(wish, op=ChangeOp.ADD, match={}) for wish in in_other_words if is_added(place, wish.path)
    ]
    assert len(again) > 40
    assert await diff(place, again) == []


DURATION = re.compile(r"(\d+[wdhms])+")
"""A single duration of whole seconds: some properties also take ranges and words."""


def rephrased(wish: Operation, menu: MenuSpec) -> Operation:
    return replace(wish, values={name: otherwise(text, menu, name) for name, text in wish.values.items()})


def told_otherwise(wish: Operation, other: Operation) -> int:
    return sum(wish.values[name] != other.values[name] for name in wish.values)


def is_added(w: World, path: str) -> bool:
    """Whether rows of the menu can be added by what can be read of them."""
    menu = w.ports.schema.menu(path)
    return "add" in menu.commands and not any(p.required and p.secret for p in menu.properties.values())


def otherwise(text: Any, menu: MenuSpec, name: str) -> str:
    """The value in other words that RouterOS takes for the same; itself where there are none."""
    said = text
    match menu.type_of(name):
        case ValueType.BOOLEAN if text in {"true", "false"}:
            said = "yes" if text == "true" else "no"
        case ValueType.DURATION if DURATION.fullmatch(text):
            said = str(int(parse_duration(text).total_seconds()))
        case ValueType.INTEGER if text.isdecimal():
            said = f"0x{int(text):x}"
        case ValueType.MAC:
            said = text.lower().replace(":", "-")
        case ValueType.PREFIX if text.endswith("/24"):
            said = f"{text.removesuffix('/24')}/255.255.255.0"
        case ValueType.TEXT:
            said = text.replace("\r\n", "\n")
        case ValueType.LIST if name in {"vlan-ids", "policy", "tagged", "topics", "connection-state"}:
            said = ",".join(reversed(text.split(",")))
    return said
