"""Desired rows become changes that fulfil them, in order, and that can be undone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from fakes.tables import KEYED, ORDERED, SCHEMA, VALUES
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.domain.errors import Conflict, InvalidParams
from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.planning.diff import compute_changes
from routeros_mcp.domain.planning.ensure import Ensure, check_ensure
from routeros_mcp.domain.planning.footprint import Finding, Footprint, drift, pre_image
from routeros_mcp.domain.planning.inverse import undo
from routeros_mcp.domain.planning.rows import RowModel

NAMES = [f"n{number}" for number in range(9)]
some = st.sampled_from(VALUES)
row = st.fixed_dictionaries({"chain": st.just("input")}, optional={"comment": some})


@st.composite
def tables(draw: st.DrawFn, path: str = ORDERED) -> RowModel:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=8))
    rows = [{".id": f"*{number}", "name": name, **draw(row)} for number, name in enumerate(names, 1)]
    return RowModel.of(SCHEMA, {path: rows})


@st.composite
def wishes(draw: st.DrawFn, path: str = ORDERED, *, exact: bool = False) -> Ensure:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=6))
    rows = tuple({"name": name, **draw(row)} for name in names)
    return Ensure(path=path, rows=rows, keys=("name",), scope={"chain": "input"}, exact=exact)


def names_in(model: RowModel, path: str = ORDERED) -> list[str]:
    return [held["name"] for held in model.tables[path]]


def wanted_names(wish: Ensure) -> list[str]:
    return [str(wanted["name"]) for wanted in wish.rows]


@given(tables(), wishes())
@settings(max_examples=500)
def test_the_rows_are_there_in_their_order_and_planning_again_is_empty(model: RowModel, wish: Ensure) -> None:
    before = names_in(model)
    compute_changes("d1", [wish], model)
    held = names_in(model)
    assert [name for name in held if name in wanted_names(wish)] == wanted_names(wish)
    assert [name for name in held if name not in wanted_names(wish)] == [
        name for name in before if name not in wanted_names(wish)
    ]
    assert compute_changes("d1", [wish], model) == []


@given(tables(), wishes(exact=True))
@settings(max_examples=300)
def test_exactly_these_rows_are_left_and_none_that_stays_is_ever_missing(
    model: RowModel, wish: Ensure
) -> None:
    before = names_in(model)
    trial = model.copy()
    for change in compute_changes("d1", [wish], model):
        trial.apply(change)
        assert {name for name in before if name in wanted_names(wish)} <= set(names_in(trial))
    assert names_in(model) == wanted_names(wish)


@given(tables(), wishes(exact=True))
@settings(max_examples=300)
def test_undoing_brings_back_what_was_there(model: RowModel, wish: Ensure) -> None:
    changes = compute_changes("d1", [wish], model.copy())
    assert undo(changes, model).gaps == ()


@given(tables(KEYED), wishes(KEYED, exact=True))
def test_a_menu_without_order_is_never_moved_about(model: RowModel, wish: Ensure) -> None:
    changes = compute_changes("d1", [wish], model)
    assert all(change.op is not ChangeOp.MOVE for change in changes)
    assert sorted(names_in(model, KEYED)) == sorted(wanted_names(wish))


@given(tables(), wishes())
def test_the_router_shows_each_change_and_the_end_of_all_of_them(model: RowModel, wish: Ensure) -> None:
    changes, after = compute_changes("d1", [wish], model.copy()), model.copy()
    footprint = Footprint.of(pre_image(changes, model), SCHEMA)
    for change in changes:
        assert footprint.judge(change, after.tables) is Finding.BEFORE
        after.apply(change)
        assert footprint.judge(change, after.tables) is Finding.AFTER
        footprint.apply(change)
    assert footprint.differences(after.tables) == ()


@given(tables(), wishes(), st.data())
def test_a_moved_row_that_somebody_has_moved_is_drift(
    model: RowModel, wish: Ensure, data: st.DataObject
) -> None:
    changes = compute_changes("d1", [wish], model.copy())
    images = pre_image(changes, model)
    assert drift(images, model.tables, SCHEMA) == ()
    moved = [change.key["name"] for change in changes if change.op is ChangeOp.MOVE]
    if not moved:
        return
    chosen = data.draw(st.sampled_from(moved))
    rows = model.tables[ORDERED]
    at = next(number for number, held in enumerate(rows) if held["name"] == chosen)
    row = rows[at]
    rows.remove(row)
    rows.insert(0 if at else len(rows), row)
    assert drift(images, model.tables, SCHEMA)


@given(tables())
def test_new_rows_go_before_the_row_that_is_named(model: RowModel) -> None:
    held = names_in(model)
    if not held:
        return
    anchor = held[len(held) // 2]
    wish = Ensure(
        path=ORDERED,
        rows=tuple(
            {"name": name, "chain": "input"} for name in ("new", *held[-1:], "newer") if name != anchor
        ),
        keys=("name",),
        before={"name": anchor},
    )
    compute_changes("d1", [wish], model)
    order = names_in(model)
    places = [order.index(name) for name in [*wanted_names(wish), anchor]]
    assert all(first < second for first, second in pairwise(places))


def test_absent_rows_are_removed_and_missing_ones_are_not_an_error() -> None:
    model = RowModel.of(SCHEMA, {KEYED: [{".id": "*1", "name": "n1"}, {".id": "*2", "name": "n2"}]})
    wish = Ensure(path=KEYED, rows=({"name": "n1"}, {"name": "n7"}), absent=True)
    (change,) = compute_changes("d1", [wish], model)
    assert (change.op, change.key) == (ChangeOp.REMOVE, {"name": "n1"})


def test_a_dynamic_row_is_neither_taken_for_a_wanted_one_nor_removed() -> None:
    rows = [{".id": "*1", "name": "n1", "chain": "input", "dynamic": "true"}]
    wish = Ensure(path=KEYED, rows=({"name": "n2"},), scope={"chain": "input"}, exact=True)
    changes = compute_changes("d1", [wish], RowModel.of(SCHEMA, {KEYED: rows}))
    assert [change.op for change in changes] == [ChangeOp.ADD]


def test_two_rows_that_fit_one_key_are_a_conflict() -> None:
    rows = [{".id": "*1", "name": "n1", "comment": "a"}, {".id": "*2", "name": "n2", "comment": "a"}]
    wish = Ensure(path=ORDERED, rows=({"comment": "a"},), keys=("comment",))
    with pytest.raises(Conflict, match="2 rows"):
        compute_changes("d1", [wish], RowModel.of(SCHEMA, {ORDERED: rows}))


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        (Ensure(path=ORDERED, rows=({"chain": "a"},)), "comment of its own"),
        (Ensure(path=KEYED, rows=()), "names no rows"),
        (Ensure(path=KEYED, rows=({"name": "a"}, {"name": "a"})), "two rows have name=a"),
        (Ensure(path=KEYED, rows=({"comment": "a"},)), "lacks name"),
        (Ensure(path=KEYED, rows=({"name": "a"},), exact=True), "needs a `scope`"),
        (Ensure(path=KEYED, rows=({"name": "a"},), before={"name": "b"}), "not ordered"),
        (Ensure(path=KEYED, rows=({"name": "a", "nmae": "b"},)), "no property 'nmae'"),
    ],
)
def test_a_wish_that_cannot_be_meant_says_why(wish: Ensure, word: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        check_ensure(wish, SCHEMA[wish.path])
    assert word in f"{refused.value.message} {refused.value.fix}"
