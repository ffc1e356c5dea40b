"""Reads of menus that may be huge: counted first, never without a projection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models.big_tables import BIG_TABLES
from routeros_mcp.domain.ports import MenuSchema, Query, Target

_COSTLY = {"/file": frozenset({"contents"})}
_COSTLY_PREFIX = "debug."
_UNDESCRIBED = {
    "/caps-man/registration-table": (
        "interface", "ssid", "mac-address", "rx-signal", "tx-rate", "rx-rate", "uptime", "bytes", "packets",
        "eap-identity", "comment",
    ),
}  # fmt: skip
"""Properties of menus that the schema knows only by name. Source: vendor's manual, CAPsMAN."""
_LAST_RESORT = ("name", "address", "mac-address", "interface", "status", "comment", "disabled", "dynamic")


class TableGuard:
    """Turns a read of a big table into one that the router can answer, or refuses it."""

    def __init__(self, schema: MenuSchema, most_rows: int = 5_000) -> None:
        self._schema = schema
        self._most_rows = most_rows

    async def check(self, target: Target, query: Query, count: Callable[[Query], Awaitable[int]]) -> Query:
        """The query as it may be sent.

        Raises:
            InvalidParams: more rows fit it than may be read at once.
        """
        if query.path not in BIG_TABLES or query.item is not None:
            return query
        rows = await count(query)
        if rows > self._most_rows:
            raise InvalidParams(
                f"{query.path} of {target.name} has {rows} rows{' that match' if query.where else ''}; "
                f"at most {self._most_rows} are read at once.",
                fix="Narrow it by exact values (`where`, `match`), or ask with count_only.",
                rows=rows,
            )
        return query if query.fields else replace(query, fields=self._projection(query.path))

    def _projection(self, path: str) -> tuple[str, ...]:
        menu = self._schema.menu(path)
        costly = _COSTLY.get(path, frozenset())
        known = tuple(name for name in (menu.properties if menu else ()) if name not in costly)
        lean = tuple(name for name in known if not name.startswith(_COSTLY_PREFIX))
        return lean or _UNDESCRIBED.get(path, _LAST_RESORT)
