"""From wishes to changes and back, on random tables."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from fakes.tables import KEYED, ORDERED, SCHEMA, SINGLE, models, operations
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.planning.diff import compute_changes
from routeros_mcp.domain.planning.digest import canonical_json, digest_of
from routeros_mcp.domain.planning.footprint import Finding, Footprint, drift, pre_image
from routeros_mcp.domain.planning.inverse import undo
from routeros_mcp.domain.planning.operations import Operation, matches
from routeros_mcp.domain.planning.rows import RowModel, find_row

several = st.lists(operations(), min_size=1, max_size=4)


def planned(wanted: list[Operation], model: RowModel) -> list[Change]:
    """The changes of those operations that can be meant."""
    trial, changes = model.copy(), []
    for operation in wanted:
        with suppress(NotFound, Conflict):
            changes += compute_changes("d1", [operation], trial)
    return changes


def renumbered(model: RowModel) -> dict[str, list[dict[str, str]]]:
    """The rows as the router shows them after a restart: in their order, under other ids."""
    return {
        path: [{**row, ".id": f"*A{number}"} if ".id" in row else row for number, row in enumerate(rows)]
        for path, rows in model.tables.items()
    }


def carried_out(changes: list[Change], model: RowModel) -> tuple[Footprint, RowModel]:
    """The footprint once all changes were accepted, and the rows then."""
    footprint, after = Footprint.of(pre_image(changes, model), SCHEMA), model.copy()
    for change in changes:
        footprint.apply(change)
        after.apply(change)
    return footprint, after


def is_fulfilled(operation: Operation, model: RowModel) -> bool:
    rows, menu = model.tables[operation.path], SCHEMA[operation.path]
    wanted = {name: value for name, value in operation.values.items() if value is not None}
    match operation.op:
        case ChangeOp.REMOVE:
            return not any(matches(row, operation.match, menu) for row in rows)
        case ChangeOp.ADD:
            return any(matches(row, wanted, menu) for row in rows)
        case ChangeOp.MOVE:
            at = next(n for n, row in enumerate(rows) if matches(row, operation.match, menu))
            behind = rows[at + 1 : at + 2]
            if operation.before in (None, operation.match):
                return operation.before is not None or not behind
            return matches(behind[0], operation.before or {}, menu)
        case _:
            named = {**operation.match, **{k: v for k, v in wanted.items() if k in operation.match}}
            unset = [name for name, value in operation.values.items() if value is None]
            return any(
                matches(row, {**named, **wanted}, menu)
                and not any(row.get(name, "no") not in {"no", "false"} for name in unset)
                for row in rows
            )


@given(operations(), models())
def test_the_changes_fulfil_the_operation_and_planning_again_finds_nothing(
    operation: Operation, model: RowModel
) -> None:
    with suppress(NotFound, Conflict):
        after = model.copy()
        compute_changes("d1", [operation], after)
        assert is_fulfilled(operation, after)
        renames = "name" in operation.values and operation.op is ChangeOp.SET
        assert renames or compute_changes("d1", [operation], after) == []


@settings(max_examples=500)
@given(several, models())
def test_applying_and_undoing_gives_what_was_there_or_says_what_it_cannot(
    wanted: list[Operation], model: RowModel
) -> None:
    changes = planned(wanted, model)
    inverse = undo(changes, model)
    _, after = carried_out(changes, model)
    for change in inverse.changes:
        after.apply(change)
    overwritten = any("password" in (c.after or {}) and "password" not in (c.before or {}) for c in changes)
    assert inverse.gaps == () or overwritten
    assert after.config() == model.config() or inverse.gaps


@given(several, models())
def test_an_untouched_router_has_not_drifted_and_does_not_show_what_is_to_come(
    wanted: list[Operation], model: RowModel
) -> None:
    changes = planned(wanted, model)
    footprint = Footprint.of(pre_image(changes, model), SCHEMA)
    assert footprint.differences(renumbered(model)) == ()
    for change in [change for change in changes[:1] if "password" not in (change.after or {})]:
        assert footprint.judge(change, renumbered(model)) in {Finding.BEFORE, Finding.UNTOLD}


@given(several, models(), st.data())
def test_any_edit_within_the_footprint_is_drift_and_none_outside_of_it_is(
    wanted: list[Operation], model: RowModel, data: st.DataObject
) -> None:
    images = pre_image(planned(wanted, model), model)
    held = Footprint.of(images, SCHEMA).model
    touched = [
        (path, find_row(model.tables[path], path, held.ref(path, row), SCHEMA[path]).get(".id", ""))
        for path, rows in held.tables.items()
        for row in rows
    ]
    places = [(path, n) for path, rows in model.tables.items() for n in range(len(rows))]
    path, number = data.draw(st.sampled_from(places))
    row = model.tables[path][number]
    inside = (path, row.get(".id", "")) in touched
    row["comment"] = "edited by somebody"
    assert bool(drift(images, model.tables, SCHEMA)) is inside


@given(several, models())
def test_counters_are_never_drift(wanted: list[Operation], model: RowModel) -> None:
    images = pre_image(planned(wanted, model), model)
    for rows in model.tables.values():
        for row in rows:
            row["packets"] = "99999"
    assert drift(images, model.tables, SCHEMA) == ()


@given(several, models())
def test_a_router_shows_each_change_right_after_it_and_not_before(
    wanted: list[Operation], model: RowModel
) -> None:
    """Where a row without a key comes to look like a part of another, it is told that nobody can say."""
    after, changes = model.copy(), planned(wanted, model)
    footprint = Footprint.of(pre_image(changes, model), SCHEMA)
    for change in changes:
        assert footprint.judge(change, renumbered(after)) in {Finding.BEFORE, Finding.UNTOLD}
        after.apply(change)
        assert footprint.judge(change, renumbered(after)) in {Finding.AFTER, Finding.UNTOLD}
        footprint.apply(change)


@given(several, models())
def test_what_was_done_is_there_until_somebody_edits_it(wanted: list[Operation], model: RowModel) -> None:
    footprint, after = carried_out(planned(wanted, model), model)
    assert footprint.differences(renumbered(after)) == ()
    for path, rows in footprint.model.tables.items():
        if rows and path != SINGLE:
            assert footprint.differences({**after.tables, path: []})


def test_a_new_row_with_a_secret_is_told_from_one_that_looks_like_it() -> None:
    rows = [
        {"name": "n1", "chain": "a", "disabled": "true"},
        *({"name": n, "chain": "a"} for n in ("n2", "n3")),
    ]
    model = RowModel.of(SCHEMA, {ORDERED: [{".id": f"*{n}", **row} for n, row in enumerate(rows)]})
    twin = {"name": "n1", "chain": "a", "disabled": "true", "password": "a"}
    wanted = [
        Operation(op=ChangeOp.ADD, path=ORDERED, values=twin),
        Operation(op=ChangeOp.MOVE, path=ORDERED, match={"name": "n3"}),
    ]
    footprint, after = carried_out(planned(wanted, model), model)
    assert footprint.differences(renumbered(after)) == ()


@settings(max_examples=500)
@given(several, models())
def test_what_was_done_is_undone_under_other_ids(wanted: list[Operation], model: RowModel) -> None:
    changes = planned(wanted, model)
    if undo(changes, model).gaps:
        return
    footprint = Footprint.of(pre_image(changes, model), SCHEMA)
    inverses = [footprint.apply(change) for change in changes]
    live = model.copy()
    for change in changes:
        live.apply(change)
    for inverse in reversed(inverses):
        live = RowModel.of(SCHEMA, renumbered(live))
        where = footprint.locate(inverse, live.tables[inverse.path])
        assert where.item_id is None or any(row[".id"] == where.item_id for row in live.tables[inverse.path])
        live.apply(inverse)
        footprint.apply(inverse)
    assert live.config() == model.config()


def test_a_reordered_menu_does_not_fulfil_an_ordered_plan() -> None:
    rows = [{".id": f"*{n}", "name": f"n{n}", "chain": "a"} for n in (1, 2)]
    model = RowModel.of(SCHEMA, {ORDERED: rows})
    wanted = [
        Operation(op=ChangeOp.SET, path=ORDERED, match={"name": name}, values={"comment": "x"})
        for name in ("n1", "n2")
    ]
    footprint, after = carried_out(compute_changes("d1", wanted, model.copy()), model)
    assert footprint.differences(after.tables) == ()
    assert footprint.differences({ORDERED: after.tables[ORDERED][::-1]})


def test_a_row_that_has_landed_twice_is_seen() -> None:
    model = RowModel.of(SCHEMA, {ORDERED: []})
    wanted = Operation(op=ChangeOp.ADD, path=ORDERED, values={"chain": "a", "comment": "x"})
    footprint, after = carried_out(compute_changes("d1", [wanted], model.copy()), model)
    assert footprint.differences(after.tables) == ()
    assert footprint.differences({ORDERED: [*after.tables[ORDERED], *after.tables[ORDERED]]})


def test_two_rows_that_look_alike_are_told_apart_by_place_or_not_at_all() -> None:
    twins = [{".id": f"*{n}", "chain": "a"} for n in (1, 2)]
    model = RowModel.of(SCHEMA, {ORDERED: twins})
    one = Operation(op=ChangeOp.REMOVE, path=ORDERED, match={".id": "*2"})
    (change,) = compute_changes("d1", [one], model.copy())
    assert model.find(change)[".id"] == "*2"
    assert ".id" not in change.key
    with pytest.raises(Conflict):
        RowModel.of(SCHEMA, {ORDERED: twins[:1]}).find(change)


def test_a_dynamic_row_is_not_changed() -> None:
    model = RowModel.of(SCHEMA, {KEYED: [{".id": "*1", "name": "n1", "dynamic": "true"}]})
    with pytest.raises(Conflict, match="dynamic"):
        compute_changes("d1", [Operation(op=ChangeOp.REMOVE, path=KEYED, match={"name": "n1"})], model)


def test_an_added_row_whose_key_is_taken_is_a_conflict() -> None:
    model = RowModel.of(SCHEMA, {KEYED: [{".id": "*1", "name": "n1", "chain": "a"}]})
    wanted = Operation(op=ChangeOp.ADD, path=KEYED, values={"name": "n1", "chain": "b"})
    with pytest.raises(Conflict, match="Use set"):
        compute_changes("d1", [wanted], model)


def test_messages_about_rows_tell_no_secret_and_hide_nothing() -> None:
    row = {".id": "*1", "chain": "a", "password": "kumquat", "comment": "x\u202ey"}
    model = RowModel.of(SCHEMA, {ORDERED: [row]})
    wanted = Operation(op=ChangeOp.REMOVE, path=ORDERED, match={"chain": "a"})
    changes = compute_changes("d1", [wanted], model.copy())
    (word,) = drift(pre_image(changes, model), {ORDERED: []}, SCHEMA)
    with pytest.raises(Conflict) as caught:
        RowModel.of(SCHEMA, {ORDERED: []}).find(changes[0])
    for text in (word, str(caught.value)):
        assert "kumquat" not in text
        assert "\u202e" not in text
        assert "password=***" in text


# -- digest --------------------------------------------------------------------------------------------------

CHANGE = Change(
    device_id="d1", op=ChangeOp.SET, path="/x", key={"a": "1"}, before={"b": None}, after={"b": "2"}
)
IMAGES = {"d1": ({"path": "/x", "key": {"a": "1"}, "row": {"a": "1"}},)}
OPTIONS = {"reason": "r", "recipe": None, "gaps": []}


def test_the_digest_does_not_depend_on_the_order_of_names() -> None:
    turned = replace(CHANGE, key=dict(reversed(list(CHANGE.key.items()))))
    assert digest_of([turned], IMAGES, dict(reversed(OPTIONS.items()))) == digest_of(
        [CHANGE], IMAGES, OPTIONS
    )


@pytest.mark.parametrize(
    "altered",
    [
        replace(CHANGE, device_id="d2"),
        replace(CHANGE, op=ChangeOp.ADD),
        replace(CHANGE, path="/y"),
        replace(CHANGE, key={"a": "2"}),
        replace(CHANGE, key={}),
        replace(CHANGE, before={"b": "None"}),
        replace(CHANGE, after={"b": "3"}),
        replace(CHANGE, after={"b": "2", "c": None}),
        replace(CHANGE, position={"a": "3"}),
        replace(CHANGE, origin={"a": "3"}),
    ],
)
def test_the_digest_changes_with_every_part_of_a_change(altered: Change) -> None:
    assert digest_of([altered], IMAGES, OPTIONS) != digest_of([CHANGE], IMAGES, OPTIONS)


def test_the_digest_changes_with_targets_pre_images_options_and_order() -> None:
    other = replace(CHANGE, path="/y")
    digests = {
        digest_of([CHANGE, other], IMAGES, OPTIONS),
        digest_of([other, CHANGE], IMAGES, OPTIONS),
        digest_of([CHANGE], {"d2": IMAGES["d1"]}, OPTIONS),
        digest_of([CHANGE], {**IMAGES, "d2": ()}, OPTIONS),
        digest_of([CHANGE], {"d1": ()}, OPTIONS),
        digest_of([CHANGE], IMAGES, {**OPTIONS, "reason": "s"}),
        digest_of([CHANGE], IMAGES, OPTIONS),
    }
    assert len(digests) == 7


@settings(max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_canonical_json_is_one_text_per_value(value: object) -> None:
    assert canonical_json(value) == canonical_json(value)


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical_json({1, 2})
