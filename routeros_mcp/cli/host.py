"""Holds the opened program for a server: opened late, in one task that also closes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import SCOPES_OF_ROLE, Principal, Role, Selector

if TYPE_CHECKING:
    # The program brings SQLAlchemy and more: it is imported when the first call needs it.
    from routeros_mcp.app import App
    from routeros_mcp.config import Settings
    from routeros_mcp.toolkit.pipeline import Pipeline

log = logging.getLogger(__name__)

Opener = Callable[[], AbstractAsyncContextManager["App"]]


class AppHost:
    """Implements the MCP front end's `Backend`.

    Contexts have to be left in the task that entered them, while calls come from many: so one task opens,
    holds and closes the program, and the calls wait for it.
    """

    def __init__(self, opener: Opener, settings: Settings) -> None:
        self._opener = opener
        self._settings = settings
        self._wanted = asyncio.Event()
        self._leaving = asyncio.Event()
        self._opening: asyncio.Future[App] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[AppHost]:
        group = asyncio.TaskGroup()
        await group.__aenter__()
        group.create_task(self._keep())
        try:
            yield self
        finally:
            self._leaving.set()
            self._wanted.set()
            # without the body's exception: it is the caller's to report, and not inside a group
            await group.__aexit__(None, None, None)

    async def app(self) -> App:
        """The opened program.

        Raises:
            RouterosMcpError: it cannot be opened; the next call tries again.
        """
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_future()
            self._wanted.set()
        return await asyncio.shield(self._opening)

    async def pipeline(self) -> Pipeline:
        return (await self.app()).pipeline

    async def next_mark(self, principal: Principal, kind: str, key: str, known: str | None) -> str | None:
        return await (await self.app()).services.watches.next_mark(principal, kind, key, known)

    def warm(self) -> None:
        self._wanted.set()

    def principal(self, claims: Mapping[str, Any] | None) -> Principal:
        """Whoever started the server, with the role and the devices that the settings give."""
        del claims  # there are no tokens yet: only loopback and pipes are served
        role = Role(self._settings.stdio_role)
        return Principal(
            subject=f"local:{self._settings.stdio_subject}",
            role=role,
            scopes=SCOPES_OF_ROLE[role],
            devices=Selector.parse(self._settings.device_scope),
        )

    async def _keep(self) -> None:
        while not self._leaving.is_set():
            await self._wanted.wait()
            self._wanted.clear()
            if not self._leaving.is_set():
                await self._hold()

    async def _hold(self) -> None:
        opening = self._opening = self._opening or asyncio.get_running_loop().create_future()
        try:
            async with self._opener() as app:
                opening.set_result(app)
                await self._leaving.wait()
        except RouterosMcpError as error:
            if opening.done():
                raise
            log.warning("not_ready", extra={"code": error.code, "reason": str(error)})
            self._opening = None
            opening.set_exception(error)
            opening.exception()  # also when nobody waits: warming up reports through the log alone
