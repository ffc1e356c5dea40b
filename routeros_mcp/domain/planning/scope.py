"""Which rows of a menu that may be huge a plan has to see: never the whole table for a single row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.rows import Schema
from routeros_mcp.domain.planning.wishes import Wish
from routeros_mcp.domain.values import canonical, property_spec

Scope = Mapping[str, Sequence[Mapping[str, str]]]
"""By menu the exact matches that together find every row concerned; a menu that is absent is read whole."""

_CONFIGURED = {"/ip/route": {"dynamic": "false"}, "/ipv6/route": {"dynamic": "false"}}
"""Nobody can change the routes that a protocol has brought."""
_DIVIDED_BY = {
    "/ip/dhcp-server/lease": "mac-address",
    "/ip/firewall/address-list": "list",
    "/ipv6/firewall/address-list": "list",
}
"""A property that routers write in one way only, and that rows share if they can be taken for each other."""
_MOST_PARTS = 20


def scope_of_wishes(wishes: Sequence[Wish], schema: Schema) -> Scope:
    return _scope(((each.path, _parts_of(each)) for each in wishes), schema)


def scope_of_changes(changes: Sequence[Change], schema: Schema) -> Scope:
    return _scope(((each.path, (each.key, each.before or {}, each.after or {})) for each in changes), schema)


def _parts_of(operation: Wish) -> tuple[Mapping[str, str | None], ...]:
    if isinstance(operation, Ensure):
        return _parts_of_rows(operation)
    if operation.op is ChangeOp.ADD:
        return (operation.values,)
    # without it in `match` the row may stand in any part, wherever `values` puts it
    by = _DIVIDED_BY.get(operation.path)
    return (operation.match, operation.values) if by in operation.match else ()


def _parts_of_rows(wish: Ensure) -> tuple[Mapping[str, str | None], ...]:
    """The scope when all rows share its part, else the rows, when each of them says where it belongs."""
    by = _DIVIDED_BY.get(wish.path)
    if by in wish.scope:
        return (wish.scope,)
    return () if wish.exact or any(by not in row for row in wish.rows) else wish.rows


def _scope(wanted: Iterable[tuple[str, Sequence[Mapping[str, str | None]]]], schema: Schema) -> Scope:
    found: dict[str, list[Mapping[str, str]]] = {}
    whole: set[str] = set()
    for path, parts in wanted:
        if path in _CONFIGURED:
            found[path] = [_CONFIGURED[path]]
        elif path in _DIVIDED_BY:
            matches = _matches(path, parts, schema)
            found.setdefault(path, []).extend(each for each in matches if each not in found.get(path, ()))
            whole |= set() if matches else {path}
    return {path: parts for path, parts in found.items() if path not in whole and len(parts) <= _MOST_PARTS}


def _matches(path: str, parts: Sequence[Mapping[str, str | None]], schema: Schema) -> list[Mapping[str, str]]:
    name = _DIVIDED_BY[path]
    prop = property_spec(schema.get(path), name)
    values = dict.fromkeys(canonical(value, prop) for part in parts if (value := part.get(name)))
    return [{name: value} for value in values]
