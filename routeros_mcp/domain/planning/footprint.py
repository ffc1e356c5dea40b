"""What a plan touches: the rows as they were, and what the router must show afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import matches
from routeros_mcp.domain.planning.rows import RowModel, Schema, config_of, describe_key, follower_of, key_of
from routeros_mcp.domain.redaction import is_secret_name
from routeros_mcp.domain.values import property_spec, same

Image = Mapping[str, object]
"""`{path, key, row, id}` for a row as configured, `{path, absent}` for values that no row may have."""
_Place = tuple[str, str]
V = TypeVar("V")


def pre_image(changes: Sequence[Change], model: RowModel) -> tuple[Image, ...]:
    """The rows that the changes touch, as they are before the first of them; each row once.

    The row before which one is added belongs to them: elsewhere in the order the added one would mean
    something else.
    """
    trial = model.copy()
    images: dict[_Place, Image] = {}
    for change in changes:
        for place, image in _images(change, trial, model):
            if not place[1].startswith("*new"):
                images[place] = {**image, **images.get(place, {})}
        trial.apply(change)
    return tuple(images.values())


def drift(images: Sequence[Image], tables: Mapping[str, Sequence[Row]], schema: Schema) -> tuple[str, ...]:
    """How the router differs from the pre-images, in words; empty when it does not."""
    return tuple(word for image in images for word in _drift_of(image, tables, schema))


def row_differences(expected: Mapping[str, str], row: Row, path: str, schema: Schema) -> list[str]:
    """`name: was …, is …` for each configured property that differs."""
    menu = schema.get(path)
    live = config_of(row, menu)
    secret = menu.secret_names() if menu else frozenset()
    return [
        f"{name}: {_moved(expected.get(name), live.get(name), hidden=name in secret or is_secret_name(name))}"
        for name in sorted({*expected, *live})
        if not same(expected.get(name), live.get(name), property_spec(menu, name))
    ]


@dataclass(frozen=True, slots=True)
class Done:
    """A change that the router has accepted, and the row that it concerned."""

    change: Change
    item_id: str | None


def unfulfilled(
    done: Sequence[Done], expected: RowModel, tables: Mapping[str, Sequence[Row]]
) -> tuple[str, ...]:
    """What the router does not show although it accepted it, in words; empty when all is as expected."""
    words = [word for each in done for word in _unfulfilled(each, expected, tables)]
    paths = dict.fromkeys(each.change.path for each in done)
    words += [word for path in paths for word in _misplaced(path, expected, tables)]
    return tuple(dict.fromkeys(words))


def changed_since(done: Sequence[Done], live: RowModel) -> tuple[str, ...]:
    """How the rows differ from what the accepted changes left behind, in words."""
    left: dict[tuple[str, str], dict[str, str | None] | None] = {}
    for each in done:
        place = (each.change.path, each.item_id or "")
        held = left.get(place) or {}
        left[place] = None if each.change.after is None else {**held, **each.change.after}
    return tuple(word for (path, item), values in left.items() for word in _altered(path, item, values, live))


def _altered(path: str, item: str, values: Mapping[str, str | None] | None, live: RowModel) -> list[str]:
    row = _by_id(live.tables[path], item)
    if values is None:
        return [f"{path}: a removed row is there again"] if row is not None else []
    if row is None:
        return [f"{path}: a row that the plan wrote is gone"]
    return [f"{path} {word}" for word in _differences(values, row, path, live.schema)]


def left_alone(images: Sequence[Image], done: Sequence[Done], schema: Schema) -> list[Image]:
    """The images of rows that none of the accepted changes concerned."""
    touched = {(each.change.path, each.item_id or "") for each in done}
    return [
        image
        for image in images
        if (str(image["path"]), image.get("id")) not in touched
        and not ("absent" in image and any(_has_added(each, image, schema) for each in done))
    ]


def _has_added(done: Done, image: Image, schema: Schema) -> bool:
    path, added = done.change.path, done.change.op is ChangeOp.ADD
    wanted = _strings(image["absent"])
    return added and path == image["path"] and matches(_present(done.change.after), wanted, schema.get(path))


def stands(change: Change, rows: Sequence[Row], schema: Schema) -> bool:
    """Whether the rows are as before the change; for rows on which `shows` has found no sign of it."""
    if change.op is ChangeOp.ADD:
        return True
    menu = schema.get(change.path)
    row = _by_id(rows, change.item_id) or next((r for r in rows if matches(r, change.key, menu)), None)
    if row is None:
        return False
    if change.op is ChangeOp.MOVE:
        return follower_of(row, rows) == change.origin
    return not _differences(change.before or {}, row, change.path, schema)


def shows(change: Change, rows: Sequence[Row], schema: Schema) -> str | None:
    """Whether the rows show the change: the id of its row ("" for a singleton), None when they do not.

    Holds for rows that matched the pre-image before: an added row was absent, a removed one was there.
    """
    menu = schema.get(change.path)
    if change.op is ChangeOp.ADD:
        values = _present(change.after)
        return next(
            (row.get(".id", "") for row in rows if matches(row, _readable(values, row, menu), menu)), None
        )
    if change.op is ChangeOp.REMOVE:
        there = any(row.get(".id") == change.item_id or matches(row, change.key, menu) for row in rows)
        return None if there else change.item_id or ""
    if change.op is ChangeOp.MOVE:
        row = _by_id(rows, change.item_id)
        return row.get(".id") if row is not None and follower_of(row, rows) == change.position else None
    row = _by_id(rows, change.item_id) or next((r for r in rows if matches(r, change.key, menu)), None)
    after = change.after or {}
    if row is None or _differences(after, row, change.path, schema) or not _readable(after, row, menu):
        return None
    return row.get(".id", "")


def is_invisible(change: Change, rows: Sequence[Row], schema: Schema) -> bool:
    """Whether the change cannot be seen even when it is there: all it sets are secrets that are not shown."""
    if change.op is not ChangeOp.SET:
        return False
    row = _by_id(rows, change.item_id) or {}
    return not _readable(change.after or {}, row, schema.get(change.path))


def _readable(values: Mapping[str, V], row: Row, menu: MenuSpec | None) -> dict[str, V]:
    """The values without secrets that the row does not show."""
    secrets = menu.secret_names() if menu else frozenset()
    return {
        name: value for name, value in values.items() if name in row or value is None or name not in secrets
    }


def _unfulfilled(each: Done, expected: RowModel, tables: Mapping[str, Sequence[Row]]) -> list[str]:
    path, schema = each.change.path, expected.schema
    wanted = _by_id(expected.tables[path], each.item_id)
    live = _by_id(tables.get(path, ()), each.item_id)
    if wanted is None:
        return [f"{path}: the removed row is still there"] if live is not None else []
    if live is None:
        named = describe_key(each.change.key or _present(each.change.after), schema.get(path))
        return [f"{path}: the row {named} is not there"]
    values = {name: wanted.get(name) for name in each.change.after or {}}
    return [f"{path} {word}" for word in _differences(values, live, path, schema)]


def _misplaced(path: str, expected: RowModel, tables: Mapping[str, Sequence[Row]]) -> list[str]:
    menu = expected.schema.get(path)
    if menu is None or not menu.ordered:
        return []
    wanted = [row.get(".id") for row in expected.tables[path]]
    live = [row.get(".id") for row in tables.get(path, ()) if row.get(".id") in wanted]
    kept = [item_id for item_id in wanted if item_id in live]
    return [] if live == kept else [f"{path}: the rows are in another order"]


def _differences(values: Mapping[str, str | None], row: Row, path: str, schema: Schema) -> list[str]:
    """Properties that the row shows otherwise; a secret that cannot be read back counts as fulfilled."""
    menu = schema.get(path)
    secrets = menu.secret_names() if menu else frozenset()
    return [
        f"{name}: {_moved(value, row.get(name), hidden=name in secrets or is_secret_name(name))}"
        for name, value in values.items()
        if not same(row.get(name), value, property_spec(menu, name))
        and not (name in secrets and name not in row)
    ]


def _by_id(rows: Sequence[Row], item_id: str | None) -> Row | None:
    return next((row for row in rows if row.get(".id", "") == (item_id or "")), None)


def _present(values: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _images(change: Change, model: RowModel, start: RowModel) -> list[tuple[_Place, Image]]:
    if change.op is ChangeOp.MOVE:
        return [_moved_image(change, model, start), *_beside(change, model)]
    if change.op is not ChangeOp.ADD:
        return [_row_image(change.path, change.key, model.find(change), model)]
    absent, menu = _present(change.after), model.schema.get(change.path)
    images: list[tuple[_Place, Image]] = []
    if not any(
        matches(row, absent, menu) for row in start.tables[change.path]
    ):  # else the plan removes it first
        place = (change.path, f"absent {sorted(absent.items())}")
        images.append((place, {"path": change.path, "absent": absent}))
    return [*images, *_beside(change, model)]


def _beside(change: Change, model: RowModel) -> list[tuple[_Place, Image]]:
    """The row before which one goes: elsewhere in the order the change would mean something else."""
    beside = _by_id(model.tables[change.path], model.place_of(change)) if change.position else None
    if beside is None:
        return []
    return [_row_image(change.path, key_of(beside, model.schema.get(change.path)), beside, model)]


def _moved_image(change: Change, model: RowModel, start: RowModel) -> tuple[_Place, Image]:
    """A row that moves, with the row behind it at the start: it has to stand where it stood."""
    row = model.find(change)
    place, image = _row_image(change.path, change.key, row, model)
    return place, {**image, "next": (follower_of(row, start.tables[change.path]) or {}).get(".id", "")}


def _row_image(path: str, key: Mapping[str, str], row: Row, model: RowModel) -> tuple[_Place, Image]:
    item_id = row.get(".id", "")
    config = config_of(row, model.schema.get(path))
    return (path, item_id), {"path": path, "key": dict(key), "row": config, "id": item_id}


def _drift_of(image: Image, tables: Mapping[str, Sequence[Row]], schema: Schema) -> list[str]:
    path = str(image["path"])
    menu, rows = schema.get(path), tables.get(path, ())
    if "absent" in image:
        absent = _strings(image["absent"])
        there = any((told := _readable(absent, row, menu)) and matches(row, told, menu) for row in rows)
        return [f"{path}: a row with {describe_key(absent, menu)} has appeared"] if there else []
    key, expected = _strings(image["key"]), _strings(image["row"])
    found = [row for row in rows if matches(row, key, menu)] if key else list(rows[:1])
    here = [row for row in found if row.get(".id", "") == image.get("id", "")] or found
    if not here:
        return [f"{path}: the row {describe_key(key, menu)} is gone"]
    words = [f"{path} {_named(key, menu)}{word}" for word in row_differences(expected, here[0], path, schema)]
    if "next" in image and (follower_of(here[0], rows) or {}).get(".id", "") != image["next"]:
        words.append(f"{path} {_named(key, menu)}stands elsewhere in the order")
    return words


def _named(key: Mapping[str, str], menu: MenuSpec | None) -> str:
    return f"[{describe_key(key, menu)}] " if key else ""


def _strings(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _moved(expected: str | None, live: str | None, *, hidden: bool) -> str:
    return "changed" if hidden else f"was {_shown(expected)}, is {_shown(live)}"


def _shown(value: str | None) -> str:
    return "unset" if value is None else repr(value)
