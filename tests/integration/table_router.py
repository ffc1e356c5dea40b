"""A router of another version: tables under its own names, its console, and a log of what was asked."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hostile_router import PASSWORD, HostileRouter, hostile, scripted

from routeros_mcp.domain.device_service import Registration
from routeros_mcp.domain.models import DeviceDomain, Environment, Login
from routeros_mcp.domain.models.credential import Secret
from routeros_mcp.domain.planning.deadman import ARMED

Rows = list[dict[str, str]]
Answer = tuple[str, object]


_SCHEDULER = "/system/scheduler"


def refused(detail: str) -> Answer:
    return "400 Bad Request", {"error": 400, "message": "Bad Request", "detail": detail}


@dataclass(slots=True)
class TableRouter:
    """`tables` holds rows by menu, a dict for a singleton; `console` answers of /console/inspect.

    The key of a console answer is its request and what it is about: `child ip,address`. A menu that is not
    in `tables` is refused as RouterOS does; so is a property that no row of the menu has, when it is set.
    A scheduler entry has run and left its sign as soon as it is there: no time passes here.
    """

    version: str
    tables: dict[str, Any]
    console: Mapping[str, Rows] = field(default_factory=dict)
    log: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    wire: HostileRouter | None = None
    added: int = 0

    def __post_init__(self) -> None:
        resource = {"version": self.version, "uptime": "2d3h", "architecture-name": "arm64", "cpu-load": "1"}
        memory = {"free-memory": "1000", "total-memory": "2000", "board-name": "hAP"}
        self.tables.setdefault("/system/resource", {**resource, **memory})
        self.tables.setdefault("/system/identity", {"name": "old"})
        self.tables.setdefault(_SCHEDULER, [])

    @property
    def address(self) -> str:
        return self.wire.address

    def asked(self, part: str) -> list[dict[str, Any]]:
        """The bodies of the requests to paths that hold the part, in order."""
        return [body for path, body in self.log if part in path]

    def answer(self, path: str, body: dict[str, Any]) -> Answer:
        path = path.removeprefix("/rest").partition("?")[0]
        self.log.append((path, body))
        if path == "/console/inspect":
            return self._inspected(body)
        if path in self.tables:
            return "200 OK", self.tables[path]
        menu, _, command = path.rpartition("/")
        if menu not in self.tables:
            return refused(f"no such command or directory ({menu.rpartition('/')[2]})")
        return self._done(self.tables[menu], command, body)

    def _done(self, table: Any, command: str, body: dict[str, Any]) -> Answer:
        rows = table if isinstance(table, list) else [table]
        if table is self.tables[_SCHEDULER]:
            body = {**body, **({"run-count": "1", "comment": ARMED} if command == "add" else {})}
        match command:
            case "print":
                return "200 OK", self._printed(rows, body)
            case "set":
                row = next((r for r in rows if r.get(".id") == body.get(".id")), None)
                return self._set(rows, row, body)
            case "add":
                self.added += 1
                rows.append({".id": f"*{self.added:X}F", **body})
                return "200 OK", {"ret": rows[-1][".id"]}
            case "remove":
                rows[:] = [row for row in rows if row[".id"] != body[".id"]]
                return "200 OK", []
            case _:
                return refused("no such command")

    def _printed(self, rows: Rows, body: dict[str, Any]) -> object:
        words = [word for word in body.get(".query", ()) if "=" in word]
        found = [r for r in rows if all(r.get(w.partition("=")[0]) == w.partition("=")[2] for w in words)]
        if "count-only" in body:
            return {"ret": str(len(found))}
        names = body.get(".proplist")
        return [{n: r[n] for n in r if n in names} for r in found] if names else found

    def _set(self, rows: Rows, row: dict[str, str] | None, body: dict[str, Any]) -> Answer:
        known = {name for each in rows for name in each}
        unknown = [name for name in body if name not in known]
        if row is None or unknown:
            return refused(f"unknown parameter {unknown[0]}" if unknown else "no such item")
        row.update(body)
        return "200 OK", []

    def _inspected(self, body: dict[str, Any]) -> Answer:
        about = body.get("path") or body.get("input")
        if not self.console:
            return refused("no such command or directory (inspect)")
        return "200 OK", self.console.get(f"{body['request']} {about}", [])

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[TableRouter]:
        async with hostile(scripted(self.answer)) as wire:
            self.wire = wire
            yield self


async def enroll(app: Any, router: TableRouter, name: str = "old") -> DeviceDomain:
    """Register the router in the program and learn its facts."""
    device = await app.services.devices.register(
        Registration(
            name=name,
            management_address=router.address,
            environment=Environment.LAB,
            login=Login(username="ops", password=Secret(PASSWORD)),
            allow_advanced_writes=True,
            allow_professional_workflows=True,
        )
    )
    tested = await app.services.devices.test(device)
    assert tested.passed, [stage.detail for stage in tested.stages]
    router.log.clear()
    return tested.device
