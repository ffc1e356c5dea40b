"""Every argument of every menu: forms read back, and what does not fit is refused in the router's words."""

from collections.abc import Iterator

import pytest
from test_emulator_every_menu import PROFILES, ask, menus, smallest

from routeros_mcp.emulator import Clock
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.fields import Field, Presence
from routeros_mcp.emulator.store import Store

HOUR_US = 3_600_000_000
NEWEST_BOARD, NEWEST_CHR = PROFILES[-1], PROFILES[-2]
# Menus whose own rule speaks before the value does.
# What cannot be removed while something refers to it, and menus that refuse a second row like the first.
KEPT = {"group"}
UNREPEATABLE = {"/interface/bridge/port", "/ip/dns/static", "/ip/vrf"}
OWN_RULES = {"/file", "/user/ssh-keys"}


def arguments(store: Store, kinds: set[str]) -> Iterator[tuple[str, str, Field]]:
    """Yield menu, name and field of every argument of these kinds that can be set or added."""
    for path in menus(store):
        menu = store.menu(path)
        settable = "add" in menu.commands if menu.is_list else "set" in menu.commands
        if not settable or path in OWN_RULES or menu.refusal.startswith("error - contact"):
            continue
        for key, field in menu.fields.items():
            if field.kind in kinds and not field.is_readonly:
                yield path, menu.outward(key), field


def written(store: Store, path: str, name: str, text: str) -> str:
    """Write one argument and return how it reads back, or the refusal."""
    if store.menu(path).is_list:
        status, body = ask(store, "PUT", path, smallest(store, path) | {name: text})
        if status == 201:
            ask(store, "DELETE", f"{path}/{body['.id']}")
            shown: str = body.get(name, "")
            return shown
        refusal: str = body["detail"]
        return refusal
    status, body = ask(store, "POST", f"{path}/set", {name: text})
    told: str = ask(store, "GET", path)[1].get(name, "") if status == 200 else body["detail"]
    return told


@pytest.fixture(params=[NEWEST_CHR, NEWEST_BOARD], ids=["chr", "board"])
def store(request: pytest.FixtureRequest) -> Store:
    return Store(request.param, Clock(wall=lambda: 1.8e9, steady=lambda: 1_000.0))


def test_an_hour_reads_back_as_an_hour_however_it_was_written(store: Store) -> None:
    wrong = [
        (path, name, shown)
        for path, name, field in arguments(store, {"duration"})
        if field.bounds is None or field.bounds[0] <= HOUR_US <= field.bounds[1]
        if (shown := written(store, path, name, "3600s")) != "1h"
    ]
    assert wrong == []


def test_addresses_of_hardware_read_back_in_capitals_with_colons(store: Store) -> None:
    wrong = [
        (path, name, shown)
        for path, name, _ in arguments(store, {"mac"})
        if (shown := written(store, path, name, "aa-bb-cc-dd-ee-0f")) != "AA:BB:CC:DD:EE:0F"
    ]
    assert wrong == []


def test_yes_reads_back_as_true(store: Store) -> None:
    wrong = [
        (path, name, shown)
        for path, name, _ in arguments(store, {"bool"})
        if (shown := written(store, path, name, "yes")) != "true"
    ]
    assert wrong == []


def test_a_word_that_is_none_of_them_is_refused(store: Store) -> None:
    wrong = [
        (path, name, shown)
        for path, name, _ in arguments(store, {"bool", "enum", "enums"})
        if (shown := written(store, path, name, "no-such-word"))
        != f"input does not match any value of {name}"
    ]
    assert wrong == []


def test_a_hard_reference_to_nothing_is_refused(store: Store) -> None:
    wrong = [
        (path, name, shown)
        for path, name, field in arguments(store, {"ref", "refs"})
        if (shown := written(store, path, name, "no-such-row")).rpartition(" ")[0]
        != "input does not match any value of"
        or shown.rpartition(" ")[2] not in {name, field.words[0]}
    ]
    assert wrong == []


def test_a_number_beyond_its_bounds_is_refused_with_them(store: Store) -> None:
    wrong = [
        (path, name, shown)
        for path, name, field in arguments(store, {"int"})
        if field.bounds is not None
        if (shown := written(store, path, name, str(field.bounds[1] + 1)))
        != f"value of {name} out of range ({field.bounds[0]}..{field.bounds[1]})"
    ]
    assert wrong == []


def test_what_is_not_of_its_kind_is_an_invalid_value(store: Store) -> None:
    wrong = [
        (path, name, shown)
        for path, name, _ in arguments(store, {"int", "mac", "duration", "ip", "prefix", "near"})
        if (shown := written(store, path, name, "x y")) != f"invalid value for argument {name}"
    ]
    assert wrong == []


def test_a_new_name_is_followed_by_all_that_refer_to_it_and_a_removed_one_leaves_its_id(store: Store) -> None:
    wrong = []
    for path, name, field in arguments(store, {"ref", "refs"}):
        if not store.menu(path).is_list or field.words[0] in KEPT:
            continue
        home, target = _fresh(store, field.words[0])
        status, row = ask(store, "PUT", path, smallest(store, path) | {name: target["name"]})
        if status != 201:
            wrong.append((path, name, row))
            continue
        where = f"{path}/{row['.id']}"
        ask(store, "PATCH", f"{home}/{target['.id']}", {"name": "renamed"})
        followed = ask(store, "GET", where)[1].get(name)
        ask(store, "DELETE", f"{home}/{target['.id']}")
        dangling = ask(store, "GET", where)[1].get(name)
        ask(store, "DELETE", where)
        if (followed, dangling) != ("renamed", target[".id"]):
            wrong.append((path, name, followed, dangling))
    assert wrong == []


def _fresh(store: Store, namespace: str) -> tuple[str, dict[str, str]]:
    """Add a row that references of this kind may name, and say in which menu it is."""
    homes = (path for path in registry.namespaces()[namespace] if store.has(path))
    home = next(path for path in homes if "add" in store.menu(path).commands)
    status, row = ask(store, "PUT", home, smallest(store, home) | {"name": "fresh"})
    assert status == 201, (home, row)
    return home, row


def test_every_ordered_menu_moves_its_rows_and_adds_before_others(store: Store) -> None:
    wrong = []
    for path in menus(store):
        menu = store.menu(path)
        if not menu.is_ordered or "add" not in menu.commands or path in UNREPEATABLE:
            continue
        wanted = smallest(store, path)
        first, second = (ask(store, "PUT", path, wanted)[1].get(".id") for _ in range(2))
        third = ask(store, "PUT", path, wanted | {"place-before": first})[1].get(".id")
        ask(store, "POST", f"{path}/move", {"numbers": second, "destination": third})
        order = [row[".id"] for row in ask(store, "GET", path)[1]][-3:]
        links = [row[".nextid"] for row in ask(store, "GET", path)[1]][-3:]
        if (order, links) != ([second, third, first], [third, first, "*FFFFFFFF"]):
            wrong.append((path, order, links))
    assert wrong == []


def test_no_other_menu_takes_a_place(store: Store) -> None:
    for path in menus(store):
        menu = store.menu(path)
        if menu.is_list and "add" in menu.commands and not menu.is_ordered and path not in OWN_RULES:
            refused = ask(store, "PUT", path, smallest(store, path) | {"place-before": "*1"})
            assert (path, refused[1]["detail"]) == (path, "unknown parameter place-before")


def test_what_was_set_can_be_taken_away_in_three_ways_unless_the_row_needs_it(store: Store) -> None:
    wrong = []
    for path, name, field in arguments(store, {"string"}):
        menu = store.menu(path)
        key = menu.inward(name)
        if not {"add", "set"} <= menu.commands or menu.refusal or (path, name) == ("/user", "password"):
            continue
        if field.presence is not Presence.WHEN_SET or name == "name":
            continue
        row = ask(store, "PUT", path, smallest(store, path) | {name: "some-text"})[1]
        where = f"{path}/{row['.id']}"
        ways = ("patch", "bang", "unset") if "unset" in menu.commands else ("patch", "bang")
        left = [name in _emptied(store, where, how, name) for how in ways]
        if set(left) != {key in menu.required}:
            wrong.append((path, name, left))
        ask(store, "DELETE", where)
    assert wrong == []


def _emptied(store: Store, where: str, how: str, name: str) -> dict[str, str]:
    """Take one key away, return what the row then shows, and put the key back."""
    path, _, key = where.rpartition("/")
    match how:
        case "patch":
            ask(store, "PATCH", where, {name: ""})
        case "bang":
            ask(store, "POST", f"{path}/set", {".id": key, f"!{name}": ""})
        case "unset":
            ask(store, "POST", f"{path}/unset", {".id": key, "value-name": name})
    shown: dict[str, str] = ask(store, "GET", where)[1]
    ask(store, "PATCH", where, {name: "some-text"})
    return shown
