"""What a router's console says of one of its menus: `/console/inspect`, asked with care.

Source: vendor's manual, REST API (answers of `child`); public recordings of 7.23 and 7.24 (a first row of
type `self`); a public probe's findings that `syntax` by path crashes the console, so it goes by input.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.errors import DeviceError, Forbidden, RouterRefused, UnknownMenu
from routeros_mcp.domain.models import InspectedMenu
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.infra.routeros.refusals import clean
from routeros_mcp.infra.routeros.session import Session
from routeros_mcp.infra.routeros.wire import command, decode, rows

_BUDGET_S = 6.0
_MOST_TEXTS = 8
_HANGING = frozenset({"where", "do", "else", "rule", "command", "on-error"})
"""Words in a path on which consoles of about 7.9 hang or crash."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOT_PROPERTIES = frozenset(
    {"about", "copy-from", "numbers", "number", "place-before", "value-name", "where"}
)
_MENUS = frozenset({"dir", "path"})


def check_may_be_inspected(path: str) -> None:
    """Raises Forbidden for a path on which a router may hang."""
    parts = path.strip("/").split("/")
    unfit = next((part for part in parts if part in _HANGING or not _NAME.fullmatch(part)), None)
    if unfit is not None:
        raise Forbidden(
            f"{clean(path)} is never asked about: older consoles hang on such paths.",
            fix="Describe the menu without a device.",
        )


async def inspected(session: Session, path: str, known: Collection[str]) -> InspectedMenu:
    """Ask for commands, arguments and readable names; a later question that fails leaves its part empty.

    Raises:
        UnknownMenu: the console lists nothing there.
        DeviceError: the first question was refused or not answered.
    """
    budget_s = min(_BUDGET_S, session.limits.answer_s)
    ask = _Questions(session, asyncio.get_running_loop().time() + budget_s)
    try:
        nodes = list(_children(await ask.children(path)))
    except UnknownMenu as error:
        raise RouterRefused(f"{session.target.name} does not describe its menus.") from error
    if not nodes:
        raise UnknownMenu(f"The router's console lists nothing at {path}.", fix="Check the path.")
    commands = tuple(sorted(name for name, kind in nodes if kind == "cmd"))
    menus = tuple(sorted(name for name, kind in nodes if kind in _MENUS))
    arguments: dict[str, str] = {}
    for name in ("add", "set"):
        if name in commands:
            found = await ask.leniently("child", path=_console(f"{path}/{name}"))
            arguments |= {each: "" for each, kind in _children(found) if kind == "arg"}
    readable = tuple(sorted(set(_completions(await ask.readable(path, commands)))))
    taken = {name: "" for name in arguments if name not in _NOT_PROPERTIES}
    verb = "add" if "add" in commands else "set"
    for name in [name for name in taken if name not in known and name not in _HANGING][:_MOST_TEXTS]:
        taken[name] = _text(await ask.leniently("syntax", input=f"{path} {verb} {name}="), name)
    return InspectedMenu(path=path, commands=commands, arguments=taken, readable=readable, menus=menus)


@dataclass(slots=True)
class _Questions:
    """Puts questions until the time is up or one has failed: a router that hangs is not asked again."""

    session: Session
    deadline: float
    has_failed: bool = False

    async def children(self, path: str) -> Sequence[Row]:
        return await self._ask({"request": "child", "path": _console(path)})

    async def readable(self, path: str, commands: Sequence[str]) -> Sequence[Row]:
        if "print" not in commands:
            return ()
        return await self.leniently("completion", input=f"{path} print proplist=")

    async def leniently(self, request: str, **about: str) -> Sequence[Row]:
        if self.has_failed or self._left_s() <= 0:
            return ()
        try:
            return await self._ask({"request": request, **about})
        except DeviceError:
            self.has_failed = True
            return ()

    async def _ask(self, body: dict[str, str]) -> Sequence[Row]:
        request = command("/console", "inspect", body)
        return rows(decode((await self.session.ask(request, within_s=self._left_s())).body))

    def _left_s(self) -> float:
        return self.deadline - asyncio.get_running_loop().time()


def _console(path: str) -> str:
    return path.strip("/").replace("/", ",")


def _children(found: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Name and kind of each node below; the first row often is the node itself."""
    for row in found:
        name = row.get("name", "")
        if row.get("type", "child") == "child" and _NAME.fullmatch(name):
            yield name, row.get("node-type", "")


def _completions(found: Sequence[Row]) -> Iterator[str]:
    for row in found:
        name = row.get("completion", "")
        if row.get("show", "true") == "true" and _NAME.fullmatch(name):
            yield name


def _text(found: Sequence[Row], name: str) -> str:
    """The console's help for the argument, of which some rows tell the parts."""
    about = [row for row in found if row.get("text")]
    own = next((row for row in about if row.get("symbol") == name), about[0] if about else {})
    return clean(own.get("text", ""))
