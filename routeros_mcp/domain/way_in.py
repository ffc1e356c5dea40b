"""Reads what decides about the manager's own way into a router, and judges changes by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import NoSuchItem, UnknownMenu
from routeros_mcp.domain.models import Change, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.management import (
    MENUS,
    Judgement,
    ManagementPath,
    Reach,
    discover,
    judge,
    touches,
)
from routeros_mcp.domain.planning.rotating import rotation_of, stand_in
from routeros_mcp.domain.ports import MenuSchema, Query, RouterReader, Target

_FIRST = ("/ip/service", "/user", "/user/group")
_LIST_PROPERTIES = ("src-address-list", "dst-address-list")
_ROUTE_FIELDS = (
    "dst-address", "gateway", "immediate-gw", "distance", "routing-table", "disabled", "active", "dynamic",
    "connect", "blackhole",
)  # fmt: skip
_EVERYWHERE = {"/ip": "0.0.0.0/0", "/ipv6": "::/0"}


class WayIn:
    """Judges a device's changes against its live rows; reads nothing where nothing could matter."""

    def __init__(self, router: RouterReader, schema: MenuSchema) -> None:
        self._router = router
        self._schema = schema

    async def judge(self, target: Target, changes: Sequence[Change]) -> Judgement:
        """Whether the manager's next connection still gets in after the changes.

        Raises:
            DeviceError: the router could not be read.
        """
        if not touches(changes):
            return Judgement(reach=Reach.SAFE)
        tables = {path: await self._rows(target, Query(path=path)) for path in _FIRST}
        user = target.login.username
        tables["/user/active"] = await self._rows(target, Query(path="/user/active", where={"name": user}))
        paths = discover(tables, user)
        for path in MENUS:
            for menu in _in_families(path, paths):
                if menu not in tables:
                    tables[menu] = await self._menu(target, menu, tables, changes)
        rotation = rotation_of(changes)
        if rotation is not None and rotation.old == user:  # proven by a login before the old one goes
            tables["/user"] = stand_in(tables["/user"], changes)
            paths = tuple(replace(path, user=rotation.new.username) for path in paths)
            changes = [change for change in changes if rotation.is_takeover(change) or change.path != "/user"]
        menus: Mapping[str, MenuSpec | None] = {
            path: self._schema.menu(path) for path in {*tables, *(change.path for change in changes)}
        }
        return judge(paths, tables, changes, menus)

    async def _menu(
        self, target: Target, menu: str, tables: Mapping[str, Sequence[Row]], changes: Sequence[Change]
    ) -> Sequence[Row]:
        """One menu; of those that may be huge only the rows that can matter."""
        family, _, rest = menu[1:].partition("/")
        if rest == "route":
            return await self._routes(target, f"/{family}")
        if rest == "firewall/address-list":
            names = _lists_named(menu, tables) | _lists_changed(menu, changes)
            return await self._lists(target, menu, names)
        return await self._rows(target, Query(path=menu))

    async def _routes(self, target: Target, family: str) -> Sequence[Row]:
        """Configured routes, and a default route that a protocol has brought."""
        menu = f"{family}/route"
        found = [
            *await self._rows(target, Query(path=menu, where={"dynamic": "false"}, fields=_ROUTE_FIELDS)),
            *await self._rows(
                target, Query(path=menu, where={"dst-address": _EVERYWHERE[family]}, fields=_ROUTE_FIELDS)
            ),
        ]
        return list({row.get(".id", str(number)): row for number, row in enumerate(found)}.values())

    async def _lists(self, target: Target, menu: str, names: set[str]) -> Sequence[Row]:
        found: list[Row] = []
        for name in sorted(names):
            found += await self._rows(target, Query(path=menu, where={"list": name}))
        return found

    async def _rows(self, target: Target, query: Query) -> Sequence[Row]:
        """The rows of a menu; none where this router does not have it.

        A router takes a menu that it does not have, below one with rows, for the name of a row.
        """
        try:
            return await self._router.read(target, query)
        except (UnknownMenu, NoSuchItem):
            return ()


def _lists_named(menu: str, tables: Mapping[str, Sequence[Row]]) -> set[str]:
    """The address lists that rules of the same family name."""
    family = menu.removesuffix("/address-list")
    rules = [row for path, rows in tables.items() if path.startswith(family) for row in rows]
    return {row[name].removeprefix("!") for row in rules for name in _LIST_PROPERTIES if row.get(name)}


def _lists_changed(menu: str, changes: Sequence[Change]) -> set[str]:
    """The address lists that the changes touch, before and after."""
    sides = [s for c in changes if c.path == menu for s in (c.key, c.before or {}, c.after or {})]
    return {name for side in sides if (name := side.get("list"))}


def _in_families(path: str, ways: Sequence[ManagementPath]) -> tuple[str, ...]:
    """A menu below /ip also below /ipv6 where the manager comes in by IPv6."""
    if path.startswith("/ip/") and path.split("/")[2] in {"address", "firewall", "route"}:
        families = {way.family for way in ways} or {"/ip"}
        return tuple(family + path.removeprefix("/ip") for family in sorted(families))
    return (path,)
