"""Every argument of every menu: forms read back, and what does not fit is refused in the router's words."""

from collections.abc import Iterator

import pytest
from test_emulator_every_menu import PROFILES, ask, menus, smallest

from routeros_mcp.emulator import Clock
from routeros_mcp.emulator.menus.fields import Field
from routeros_mcp.emulator.store import Store

HOUR_US = 3_600_000_000
NEWEST_BOARD, NEWEST_CHR = PROFILES[-1], PROFILES[-2]
# Menus whose own rule speaks before the value does.
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
    return Store(request.param, Clock())


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
