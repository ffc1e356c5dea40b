"""Which rows of a menu that may be huge a plan has to see: never the whole table for a single row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.big_tables import BIG_TABLES
from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.rows import Schema, is_natural
from routeros_mcp.domain.planning.wishes import Wish
from routeros_mcp.domain.ports import Query
from routeros_mcp.domain.values import canonical, property_spec

Scope = Mapping[str, Sequence[Query]]
"""By menu the queries that together find every row concerned; a menu that is absent is read whole."""

_Parts = Sequence[Mapping[str, str | None]]
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
    return _scope([(each.path, _dividing(each), _named(each)) for each in wishes], schema)


def scope_of_changes(changes: Sequence[Change], schema: Schema) -> Scope:
    parts = [(each.path, (each.key, each.before or {}, each.after or {})) for each in changes]
    return _scope([(path, sides, sides) for path, sides in parts], schema)


def scope_of_change(change: Change, schema: Schema) -> Scope:
    """The rows that one change concerns: of a menu that may be huge the one with its natural key alone."""
    menu, scope = schema.get(change.path), scope_of_changes([change], schema)
    values = {name: value for name, value in (change.after or {}).items() if value is not None}
    key = {name: value for name, value in (change.key or values).items() if menu and name in menu.keys}
    if change.path not in scope or not is_natural(key, menu):
        return scope
    return {change.path: [replace(query, where=key) for query in scope[change.path][:1]]}


def _named(wish: Wish) -> _Parts:
    return (dict.fromkeys(sorted(wish.names)),)


def _dividing(operation: Wish) -> _Parts:
    """What tells the part of the table that the wish concerns; nothing where it may be any."""
    if isinstance(operation, Ensure):
        return _dividing_rows(operation)
    if operation.op is ChangeOp.ADD:
        return (operation.values,)
    by = _DIVIDED_BY.get(operation.path)
    return (operation.match, operation.values) if by in operation.match else ()


def _dividing_rows(wish: Ensure) -> _Parts:
    """The scope when all rows share its part, else the rows, when each of them says where it belongs."""
    by = _DIVIDED_BY.get(wish.path)
    if by in wish.scope:
        return (wish.scope,)
    return () if wish.exact or any(by not in row for row in wish.rows) else wish.rows


def _scope(wanted: Sequence[tuple[str, _Parts, _Parts]], schema: Schema) -> Scope:
    found: dict[str, Sequence[Query]] = {}
    for path in dict.fromkeys(path for path, _, _ in wanted if path in BIG_TABLES):
        dividing = [parts for each, parts, _ in wanted if each == path]
        named = [name for each, _, parts in wanted if each == path for part in parts for name in part]
        fields = _fields(named, schema.get(path))
        found[path] = [
            Query(path=path, where=where, fields=fields) for where in _wheres(path, dividing, schema)
        ]
    return found


def _wheres(path: str, dividing: Sequence[_Parts], schema: Schema) -> Sequence[Mapping[str, str]]:
    if path in _CONFIGURED:
        return (_CONFIGURED[path],)
    name = _DIVIDED_BY.get(path, "")
    prop = property_spec(schema.get(path), name)
    values = [{canonical(v, prop) for part in parts if (v := part.get(name))} for parts in dividing]
    distinct = sorted(set().union(*values))
    if not all(values) or len(distinct) > _MOST_PARTS:
        return ({},)
    return tuple({name: value} for value in distinct)


def _fields(named: Sequence[str], menu: MenuSpec | None) -> tuple[str, ...]:
    """Names that the schema lacks would not be asked for, so where there are some all are named."""
    known = menu.properties if menu else {}
    more = [name for name in named if name not in known and not name.startswith(".")]
    return tuple(dict.fromkeys((*known, *more))) if more else ()
