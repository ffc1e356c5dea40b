"""Single changes from rows and values: what is set, added, removed and moved, and what was there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import NTH
from routeros_mcp.domain.planning.rows import configured, describe_key, follower_of, ref_of
from routeros_mcp.domain.planning.table import fitting
from routeros_mcp.domain.redaction import is_secret_name
from routeros_mcp.domain.values import property_spec, same


def set_change(
    device_id: str,
    path: str,
    row: Row,
    values: Mapping[str, str | None],
    menu: MenuSpec | None,
    rows: Sequence[Row],
) -> Change:
    """Set what differs by meaning; `after` is empty where nothing does."""
    changed = [
        name for name, value in values.items() if not same(row.get(name), value, property_spec(menu, name))
    ]
    return Change(
        device_id=device_id,
        op=ChangeOp.SET,
        path=path,
        key=ref_of(row, rows, menu),
        before={name: row.get(name) for name in changed if name in row or not _is_hidden(menu, name)},
        after={name: values[name] for name in changed},
    )


def add_change(
    device_id: str, path: str, values: Mapping[str, str | None], position: Mapping[str, str] | None
) -> Change:
    given = {name: value for name, value in values.items() if value is not None}
    return Change(device_id=device_id, op=ChangeOp.ADD, path=path, after=given, position=position)


def remove_change(device_id: str, path: str, row: Row, menu: MenuSpec | None, rows: Sequence[Row]) -> Change:
    return Change(
        device_id=device_id,
        op=ChangeOp.REMOVE,
        path=path,
        key=ref_of(row, rows, menu),
        before=configured(row, menu),
        position=follower_of(row, rows, menu) if menu is not None and menu.ordered else None,
    )


def move_change(
    device_id: str,
    path: str,
    row: Row,
    menu: MenuSpec | None,
    position: Mapping[str, str] | None,
    rows: Sequence[Row],
) -> Change:
    """Move a row of an ordered menu before the one that `position` names, or to the end.

    Raises:
        Conflict: another row looks the same: nobody could tell afterwards which of them has been moved.
    """
    key = ref_of(row, rows, menu)
    if NTH in key:
        raise Conflict(
            f"{path}: {describe_key(key, menu)}: such a row cannot be moved.",
            fix="Give the row a comment of its own first.",
        )
    return Change(
        device_id=device_id,
        op=ChangeOp.MOVE,
        path=path,
        key=key,
        before={},
        after={},
        position=position,
        origin=follower_of(row, rows, menu),
    )


def place_before(item_id: str | None, rows: Sequence[Row], menu: MenuSpec | None) -> Mapping[str, str] | None:
    """What names the row with this id as a place to go before; None, the end, for no id."""
    found = fitting(rows, {".id": item_id}, menu) if item_id else []
    return ref_of(found[0], rows, menu) if found else None


def own_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows that somebody configured, without those that a protocol or a connection has brought."""
    return [row for row in rows if row.get("dynamic") != "true"]


def _is_hidden(menu: MenuSpec | None, name: str) -> bool:
    """Whether the absence of the property tells nothing: routers do not show secrets to every login."""
    return (menu is not None and name in menu.secret_names()) or is_secret_name(name)
