"""Made-up menus and random rows for tests of pure planning."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from routeros_mcp.domain.models import ChangeOp, MenuKind, MenuSpec, PropertySpec, ValueType
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.planning.rows import RowModel

KEYED, ORDERED, SINGLE = "/made/keyed", "/made/ordered", "/made/single"
VALUES = ("a", "b", "c")


def _menu(path: str, kind: MenuKind, *, keys: tuple[str, ...] = (), ordered: bool = False) -> MenuSpec:
    text, flag = ValueType.TEXT, ValueType.BOOLEAN
    properties = {
        name: PropertySpec(name=name, type=kind_of, writable=True, readable=True, secret=name == "password")
        for name, kind_of in (
            ("name", text),
            ("chain", text),
            ("comment", text),
            ("disabled", flag),
            ("password", text),
        )
    }
    properties["packets"] = PropertySpec(name="packets", type=ValueType.INTEGER, readable=True)
    return MenuSpec(
        path=path,
        kind=kind,
        properties=properties,
        commands=("add", "set", "remove", "move"),
        keys=keys,
        ordered=ordered,
    )


SCHEMA = {
    KEYED: _menu(KEYED, MenuKind.LIST, keys=("name",)),
    ORDERED: _menu(ORDERED, MenuKind.LIST, ordered=True),
    SINGLE: _menu(SINGLE, MenuKind.SINGLE),
}

_some = st.sampled_from(VALUES)
_flag = st.sampled_from(["true", "false", "yes", "no"])


def _rows(names: Sequence[str], rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {".id": f"*{number}", "name": name, "packets": str(number * 7), **row}
        for number, (name, row) in enumerate(zip(names, rows, strict=False), 1)
    ]


_config = st.fixed_dictionaries(
    {"chain": _some}, optional={"comment": _some, "disabled": _flag, "password": _some}
)
_unique_names = st.permutations(["n1", "n2", "n3", "n4"])


@st.composite
def models(draw: st.DrawFn) -> RowModel:
    """Up to four rows in a keyed and in an ordered menu, and a singleton."""
    size = st.integers(0, 4)
    keyed = _rows(draw(_unique_names)[: draw(size)], draw(st.lists(_config, min_size=4, max_size=4)))
    ordered = _rows(draw(_unique_names)[: draw(size)], draw(st.lists(_config, min_size=4, max_size=4)))
    single = {"name": "only", **draw(_config)}
    return RowModel.of(SCHEMA, {KEYED: keyed, ORDERED: ordered, SINGLE: [single]})


_written = st.dictionaries(
    st.sampled_from(["comment", "disabled", "chain", "password"]), _some | st.none(), min_size=1
)
_names = st.sampled_from(["n1", "n2", "n3", "n4", "n5"])


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """A set, add, remove or move; it may name rows that are not there."""
    path = draw(st.sampled_from([KEYED, ORDERED, SINGLE]))
    op = (
        ChangeOp.SET
        if path == SINGLE
        else draw(st.sampled_from([ChangeOp.SET, ChangeOp.ADD, ChangeOp.REMOVE, ChangeOp.MOVE]))
    )
    if op is ChangeOp.MOVE:
        to = {"name": draw(_names)} if draw(st.booleans()) else None
        return Operation(op=op, path=ORDERED, match={"name": draw(_names)}, before=to)
    name = draw(_names)
    if op is ChangeOp.ADD:
        before = {"name": draw(_names)} if path == ORDERED and draw(st.booleans()) else None
        return Operation(op=op, path=path, values={"name": name, **draw(_config)}, before=before)
    match = {} if path == SINGLE else {"name": name}
    if op is ChangeOp.REMOVE:
        return Operation(op=op, path=path, match=match)
    renamed = {"name": draw(_names)} if draw(st.booleans()) and path != KEYED else {}
    return Operation(op=op, path=path, match=match, values={**draw(_written), **renamed})
