"""Rows of an ordered menu brought into a wanted order, on random lists."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.domain.planning.ordering import Placement, arranged, placements

ids = st.integers(0, 30).map(lambda number: f"*{number:X}")
rows = st.lists(ids, unique=True, max_size=14)


def check_order(present: list[str], wanted: list[str]) -> None:
    after = arranged(present, placements(present, wanted))
    assert [item for item in after if item in wanted] == wanted
    others = [item for item in present if item not in wanted]
    assert [item for item in after if item not in wanted] == others


@given(rows, rows)
@settings(max_examples=500)
def test_the_script_ends_in_the_wanted_order_and_leaves_the_others_where_they_were(
    present: list[str], wanted: list[str]
) -> None:
    check_order(present, wanted)


@pytest.mark.slow
@given(rows, rows)
@settings(max_examples=5_000, deadline=None)
def test_the_same_on_thousands_of_lists(present: list[str], wanted: list[str]) -> None:
    check_order(present, wanted)


@given(rows, rows)
@settings(max_examples=500)
def test_no_row_is_ever_missing_on_the_way(present: list[str], wanted: list[str]) -> None:
    script = placements(present, wanted)
    for done in range(len(script) + 1):
        assert set(present) <= set(arranged(present, script[:done]))


@given(rows, rows)
@settings(max_examples=500)
def test_a_row_goes_in_after_all_that_stand_before_it_and_beside_a_row_that_stays(
    present: list[str], wanted: list[str]
) -> None:
    script = placements(present, wanted)
    placed = [step.item for step in script]
    assert placed == [item for item in wanted if item in placed]
    assert not {step.before for step in script} & set(placed)


@given(st.permutations([f"*{number}" for number in range(6)]))
def test_no_shorter_script_exists(wanted: list[str]) -> None:
    present = sorted(wanted)
    needed = len(placements(present, wanted))
    kept_most = max(
        size
        for size in range(len(present) + 1)
        for kept in combinations(wanted, size)
        if [item for item in present if item in kept] == list(kept)
    )
    assert needed == len(present) - kept_most


def test_what_is_in_order_needs_nothing() -> None:
    assert placements(["*1", "*2", "*3"], ["*1", "*3"]) == []


def test_the_accepting_rule_is_there_before_the_dropping_one() -> None:
    assert placements(["*1"], ["accept", "drop", "*1"]) == [
        Placement("accept", "*1"),
        Placement("drop", "*1"),
    ]


def test_new_rows_behind_everything_go_to_the_end() -> None:
    assert placements(["*1"], ["*1", "log", "drop"]) == [Placement("log", None), Placement("drop", None)]
