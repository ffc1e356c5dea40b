"""Routers in memory: one that keeps rows and fails as scripted, and one whose writer has a bug."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routeros_mcp.domain.errors import (
    DeviceError,
    DeviceUnreachable,
    LoginFailed,
    NoSuchItem,
    OutcomeUnknown,
    UnknownMenu,
)
from routeros_mcp.domain.models import ExportText, ProbeStage
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Query, RouterWriter, Target, Values


@dataclass(slots=True)
class FakeRouter:
    """Implements `ports.RouterReader` and `ports.RouterWriter` over tables in memory.

    `writes` lists what was sent. The next writes fail as `script` says, in turn: "lost" before they happen,
    "done" after they have, "late" when `land()` is called; "down" refuses whatever is asked.
    """

    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    ordered: frozenset[str] = frozenset({"/ip/firewall/filter"})
    password: str = "admin-password"
    script: list[str] = field(default_factory=list)
    is_down: bool = False
    writes: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _pending: list[tuple[str, str, str | None, Values, str | None]] = field(default_factory=list)

    # -- reading -----------------------------------------------------------------------------------------

    async def read(self, target: Target, query: Query) -> Sequence[Row]:
        self._refuse(target)
        rows = self._table(query.path)
        if query.item is not None:
            rows = [row for row in rows if query.item in (row.get(".id"), row.get("name"))]
            if not rows:
                raise NoSuchItem("no such item")
        found = [row for row in rows if all(_is(row, name, text) for name, text in query.where.items())]
        return [_chosen(row, query.fields) for row in found]

    async def count(self, target: Target, query: Query) -> int:
        return len(await self.read(target, query))

    async def export(self, target: Target) -> ExportText:
        self._refuse(target)
        text = "".join(f"{path.replace('/', ' ').strip()}\n" for path in sorted(self.tables))
        return ExportText(text=text)

    async def probe(self, target: Target) -> Sequence[ProbeStage]:
        try:
            self._refuse(target)
        except DeviceError as error:
            return [ProbeStage(name=error.stage, ok=False, detail=error.message, fix=error.fix)]
        return [ProbeStage(name="read", ok=True, detail="read")]

    async def forget(self, device_id: str) -> None:
        """Nothing is kept open."""

    # -- writing -----------------------------------------------------------------------------------------

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        done = await self._write(target, ("add", path, None, values, before))
        return done or ""

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None:
        await self._write(target, ("set", path, item_id, values, None))

    async def remove(self, target: Target, path: str, item_id: str) -> None:
        await self._write(target, ("remove", path, item_id, {}, None))

    async def move(self, target: Target, path: str, item_id: str, before: str | None) -> None:
        await self._write(target, ("move", path, item_id, {}, before))

    def land(self) -> None:
        """Let the late writes happen now."""
        while self._pending:
            self._do(*self._pending.pop(0))

    async def _write(
        self, target: Target, write: tuple[str, str, str | None, Values, str | None]
    ) -> str | None:
        self._refuse(target)
        self.writes.append(f"{write[1]}/{write[0]}")
        fault = self.script.pop(0) if self.script else None
        if fault == "late":
            self._pending.append(write)
        done = self._do(*write) if fault in {None, "done"} else None
        if fault is not None:
            raise OutcomeUnknown("The answer was lost.", fix="Read the router.")
        return done

    def _do(self, op: str, path: str, item_id: str | None, values: Values, before: str | None) -> str | None:
        rows = self._table(path)
        if op == "add":
            return self._insert(rows, values, before)
        row = rows[0] if item_id is None else next((r for r in rows if r.get(".id") == item_id), None)
        if row is None:
            raise NoSuchItem("no such item")
        if op == "remove":
            rows.remove(row)
        elif op == "move":
            rows.remove(row)
            rows.insert(next((n for n, r in enumerate(rows) if r.get(".id") == before), len(rows)), row)
        else:
            _write_into(row, values)
        return item_id

    def _insert(self, rows: list[dict[str, str]], values: Values, before: str | None) -> str:
        row = {".id": f"*{next(self._numbers):X}F"}
        _write_into(row, values)
        places = [number for number, held in enumerate(rows) if held.get(".id") == before]
        if before is not None and not places:
            raise NoSuchItem("no such item")
        rows.insert(places[0] if places else len(rows), row)
        return row[".id"]

    def _table(self, path: str) -> list[dict[str, str]]:
        try:
            return self.tables[path]
        except KeyError:
            raise UnknownMenu("no such command or directory") from None

    def _refuse(self, target: Target) -> None:
        if self.is_down:
            raise DeviceUnreachable("The router refuses connections.")
        if target.login.password.reveal() != self.password:
            raise LoginFailed("The router refused the login.")


@dataclass(slots=True)
class BrokenWriter:
    """A writer with a bug: after so many writes it raises what nobody expects, once."""

    real: RouterWriter
    after: int

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        self._break()
        return await self.real.add(target, path, values, before=before)

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None:
        self._break()
        await self.real.set(target, path, item_id, values)

    async def remove(self, target: Target, path: str, item_id: str) -> None:
        self._break()
        await self.real.remove(target, path, item_id)

    async def move(self, target: Target, path: str, item_id: str, before: str | None) -> None:
        self._break()
        await self.real.move(target, path, item_id, before)

    async def command(self, target: Target, path: str, item_id: str | None) -> None:
        self._break()
        await self.real.command(target, path, item_id)

    def _break(self) -> None:
        self.after -= 1
        if self.after == -1:
            raise ZeroDivisionError("a bug of ours")


def _is(row: Mapping[str, str], name: str, text: str) -> bool:
    return row.get(name, "false" if text == "false" else None) == text


def _chosen(row: Mapping[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    return {name: row[name] for name in (".id", *fields) if name in row} if fields else dict(row)


def _write_into(row: dict[str, str], values: Values) -> None:
    for name, value in values.items():
        if value is None:
            row.pop(name, None)
        else:
            row[name] = value
