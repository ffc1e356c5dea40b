"""The router ports over REST and SSH: which transport does what, and in which of RouterOS's dialects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from routeros_mcp.domain.errors import DeviceUnreachable, UnknownMenu
from routeros_mcp.domain.models import ExportText, InspectedMenu, ProbeStage
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.ports import Query, Target, Values
from routeros_mcp.domain.values import dialect
from routeros_mcp.infra.routeros.guard import TableGuard
from routeros_mcp.infra.routeros.releases import RESOURCE, Releases
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.schema import FileMenuSchema
from routeros_mcp.infra.routeros.ssh import SshClient
from routeros_mcp.infra.routeros.wire import narrowed

T = TypeVar("T")


class RouterFacade:
    """Implements the router ports. Rows and commands go over REST, exports over SSH where there is one.

    Only an export may change its transport, only because the first cannot be reached, and the result says so.
    A refusal (login, policy, pin, the router's own words) is an answer: it is never asked for elsewhere.

    Menus and properties go by their newest names, whatever the router's version calls them. Menus that may
    be huge are counted before they are read, and read with a projection.
    """

    def __init__(self, rest: RestClient, ssh: SshClient, guard: TableGuard | None = None) -> None:
        self._rest = rest
        self._ssh = ssh
        self._guard = guard or TableGuard(FileMenuSchema())
        self._releases = Releases(rest.read)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RouterFacade]:
        async with self._rest.running(), self._ssh.running():
            yield self

    # -- RouterReader ------------------------------------------------------------------------------------

    async def read(self, target: Target, query: Query) -> Sequence[Row]:
        asked = await self._guard.check(target, _newest(query), lambda q: self.count(target, q))

        async def ask(own: str, release: Release | None) -> Sequence[Row]:
            rows = await self._rest.read(target, _in_words(asked, own, release))
            return _understood(rows, asked) if dialect.is_renamed(asked.path) else rows

        rows = await self._spoken(target, asked.path, ask)
        if asked.path == RESOURCE:
            self._releases.learn(target, rows)
        return rows

    async def count(self, target: Target, query: Query) -> int:
        asked = _newest(query)

        async def ask(own: str, release: Release | None) -> int:
            said = _in_words(asked, own, release)
            if len(said.where) == len(asked.where):
                return await self._rest.count(target, said)
            return len(_understood(await self._rest.read(target, said), asked))

        return await self._spoken(target, asked.path, ask)

    async def inspect(self, target: Target, path: str, known: Collection[str]) -> InspectedMenu:
        async def ask(own: str, _: Release | None) -> InspectedMenu:
            return await self._rest.inspect(target, own, known)

        return await self._spoken(target, path, ask)

    async def export(self, target: Target) -> ExportText:
        if target.ssh is None:
            return ExportText(text=await self._rest.export(target), transport="rest")
        try:
            return ExportText(text=await self._ssh.export(target), transport="ssh")
        except DeviceUnreachable as error:
            text = await self._rest.export(target)
            return ExportText(text=text, transport="rest", fallback_reason=f"{error.stage}: {error.message}")

    async def probe(self, target: Target) -> Sequence[ProbeStage]:
        stages = list(await self._rest.probe(target))
        return [*stages, *await self._ssh.probe(target)] if target.ssh is not None else stages

    async def forget(self, device_id: str) -> None:
        self._releases.doubt(device_id)
        await self._rest.forget(device_id)
        await self._ssh.forget(device_id)

    # -- RouterCommands ----------------------------------------------------------------------------------

    async def run(
        self, target: Target, path: str, command: str, arguments: Mapping[str, str], *, timeout_s: float
    ) -> Sequence[Row]:
        return await self._rest.run(target, path, command, arguments, timeout_s=timeout_s)

    # -- RouterWriter ------------------------------------------------------------------------------------

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        async def tell(own: str, release: Release | None) -> str:
            said = dialect.own_values(dialect.canonical_path(path), values, release)
            return await self._rest.add(target, own, said, before=before)

        return await self._spoken(target, path, tell)

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None:
        async def tell(own: str, release: Release | None) -> None:
            said = dialect.own_values(dialect.canonical_path(path), values, release)
            await self._rest.set(target, own, item_id, said)

        await self._spoken(target, path, tell)

    async def remove(self, target: Target, path: str, item_id: str) -> None:
        async def tell(own: str, _: Release | None) -> None:
            await self._rest.remove(target, own, item_id)

        await self._spoken(target, path, tell)

    async def move(self, target: Target, path: str, item_id: str, before: str | None) -> None:
        async def tell(own: str, _: Release | None) -> None:
            await self._rest.move(target, own, item_id, before)

        await self._spoken(target, path, tell)

    async def command(self, target: Target, path: str, item_id: str | None) -> None:
        await self._rest.command(target, path, item_id)

    # -- RouterBackups -----------------------------------------------------------------------------------

    async def save_backup(self, target: Target, name: str, password: str) -> None:
        await self._rest.save_backup(target, name, password)

    # -- dialects ----------------------------------------------------------------------------------------

    async def _spoken(
        self, target: Target, path: str, say: Callable[[str, Release | None], Awaitable[T]]
    ) -> T:
        """Do it under the menu's name on this router; a menu that it does not know has seen nothing."""
        if not dialect.is_renamed(path):
            return await say(path, None)
        release = await self._releases.of(target)
        likeliest, *others = dialect.own_paths(path, release)
        try:
            return await say(likeliest, release)
        except UnknownMenu:
            for other in others:
                return await say(other, release)
            raise


def _newest(query: Query) -> Query:
    path = dialect.canonical_path(query.path)
    where = (dialect.canonical_match(path, name, value) for name, value in query.where.items())
    fields = dict.fromkeys(dialect.canonical_name(path, name) for name in query.fields)
    return replace(query, path=path, where={name: str(value) for name, value in where}, fields=tuple(fields))


def _in_words(query: Query, own_path: str, release: Release | None) -> Query:
    """The query under the names of a router of the release.

    A condition on a property that has other words there is left out, for `_understood` to judge: a router
    may show another of the words that mean the same.
    """
    path = query.path
    sent = [name for name in query.where if not dialect.has_own_words(path, name, release)]
    names = dict.fromkeys((*query.fields, *query.where) if query.fields else ())
    return replace(
        query,
        path=own_path,
        where={dialect.own_name(path, name, release): query.where[name] for name in sent},
        fields=tuple(dialect.own_name(path, name, release) for name in names),
    )


def _understood(rows: Sequence[Row], query: Query) -> list[Row]:
    """The rows under the newest names, if they still fit, with what was asked for."""
    named = (dialect.canonical_row(query.path, row) for row in rows)
    return narrowed(list(named), query)
