"""Rows found by an index are those that a look at each of them finds."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.models import MenuKind, MenuSpec, PropertySpec, ValueType
from routeros_mcp.domain.planning.operations import matches
from routeros_mcp.domain.planning.rows import alike
from routeros_mcp.domain.planning.table import Table, fitting

MENU = MenuSpec(
    path="/ip/firewall/address-list",
    kind=MenuKind.LIST,
    properties={
        "address": PropertySpec(name="address", type=ValueType.PREFIX),
        "disabled": PropertySpec(name="disabled", type=ValueType.BOOLEAN),
        "password": PropertySpec(name="password", type=ValueType.TEXT, secret=True),
        "timeout": PropertySpec(name="timeout", type=ValueType.DURATION),
    },
)
VALUES = {
    "address": ["10.0.0.1", "10.0.0.1/32", "10.0.0.2"],
    "disabled": ["yes", "true", "no", "false"],
    "list": ["a", "b", "A"],
    "password": ["x", "y"],
    "timeout": ["60s", "1m", "00:01:00", "2m"],
}


def some(names: set[str]) -> dict[str, st.SearchStrategy[str]]:
    return {name: st.sampled_from(VALUES[name]) for name in names}


rows = st.sets(st.sampled_from(sorted(VALUES))).flatmap(lambda names: st.fixed_dictionaries(some(names)))
Step = Callable[[Table, list[dict[str, str]]], None]


def added(row: dict[str, str], at: int) -> Step:
    def step(table: Table, plain: list[dict[str, str]]) -> None:
        place, mine = at % (len(plain) + 1), dict(row)
        table.insert(place, mine)
        plain.insert(place, mine)

    return step


def removed(at: int) -> Step:
    def step(table: Table, plain: list[dict[str, str]]) -> None:
        if plain:
            table.remove(plain.pop(at % len(plain)))

    return step


def written(values: dict[str, str], taken: str, at: int) -> Step:
    def step(table: Table, plain: list[dict[str, str]]) -> None:
        if plain:
            table.write(plain[at % len(plain)], {taken: None, **values})

    return step


places = st.integers(min_value=0, max_value=30)
steps = st.one_of(
    st.builds(added, rows, places),
    st.builds(removed, places),
    st.builds(written, rows, st.sampled_from(sorted(VALUES)), places),
)


@given(st.lists(rows, max_size=12), st.lists(st.tuples(steps, rows), max_size=12))
def test_what_is_found_is_what_a_look_at_each_row_finds(
    first: list[dict[str, str]], tale: list[tuple[Step, dict[str, str]]]
) -> None:
    table = Table(first, MENU)
    plain = list(table)
    for step, wanted in tale:
        step(table, plain)
        assert [id(row) for row in table] == [id(row) for row in plain]
        found = [row for row in plain if matches(row, wanted, MENU)]
        assert [id(row) for row in fitting(table, wanted, MENU)] == [id(row) for row in found]
        assert [id(row) for row in alike(table, wanted, MENU)] == [
            id(row) for row in alike(plain, wanted, MENU)
        ]
        assert [table.place(row) for row in plain] == list(range(len(plain)))


def test_a_copy_is_a_table_of_its_own() -> None:
    table = Table([{"list": "a"}], MENU)
    assert fitting(table, {"list": "a"}, MENU)
    copied = table.copy()
    copied.write(copied[0], {"list": "b"})
    assert fitting(table, {"list": "a"}, MENU) == [{"list": "a"}]
    assert fitting(copied, {"list": "a"}, MENU) == []
