"""Single changes from rows and values: what is set, added, removed and moved, and what was there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.rows import configured, follower_of, key_of
from routeros_mcp.domain.redaction import is_secret_name
from routeros_mcp.domain.values import property_spec, same


def set_change(
    device_id: str, path: str, row: Row, values: Mapping[str, str | None], menu: MenuSpec | None
) -> Change:
    """Set what differs by meaning; `after` is empty where nothing does."""
    changed = [
        name for name, value in values.items() if not same(row.get(name), value, property_spec(menu, name))
    ]
    return Change(
        device_id=device_id,
        op=ChangeOp.SET,
        path=path,
        key=key_of(row, menu),
        before={name: row.get(name) for name in changed if name in row or not _is_hidden(menu, name)},
        after={name: values[name] for name in changed},
        item_id=row.get(".id"),
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
        key=key_of(row, menu),
        before=configured(row, menu),
        position=follower_of(row, rows) if menu is not None and menu.ordered else None,
        item_id=row.get(".id"),
    )


def move_change(
    device_id: str, path: str, row: Row, menu: MenuSpec | None, before: str | None, rows: Sequence[Row]
) -> Change:
    """Move a row of an ordered menu before the row with the id `before`, or to the end."""
    return Change(
        device_id=device_id,
        op=ChangeOp.MOVE,
        path=path,
        key=key_of(row, menu),
        before={},
        after={},
        position={".id": before} if before else None,
        origin=follower_of(row, rows),
        item_id=row.get(".id"),
    )


def own_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows that somebody configured, without those that a protocol or a connection has brought."""
    return [row for row in rows if row.get("dynamic") != "true"]


def _is_hidden(menu: MenuSpec | None, name: str) -> bool:
    """Whether the absence of the property tells nothing: routers do not show secrets to every login."""
    return (menu is not None and name in menu.secret_names()) or is_secret_name(name)
