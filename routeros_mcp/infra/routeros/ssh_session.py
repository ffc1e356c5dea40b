"""Work of one caller that has a router's SSH login to itself: reads are repeated once, writes never."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from routeros_mcp.domain.errors import DeviceUnreachable, OutcomeUnknown
from routeros_mcp.domain.models import SshAccess
from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.addresses import parse_place
from routeros_mcp.infra.routeros.connection import Lost
from routeros_mcp.infra.routeros.dial import Dialer, Limits
from routeros_mcp.infra.routeros.lane import Hold, Lane

if TYPE_CHECKING:
    from routeros_mcp.infra.routeros.ssh_wire import PinHostKey, Reached, SshConnection

T = TypeVar("T")


def _unheard(_stage: str, _detail: str) -> None:
    """Nobody listens."""


class SshSession(Hold["SshConnection"]):
    """The sole use of a lane over SSH. `target` has the address, login and pin of SSH."""

    def __init__(
        self,
        lane: Lane[SshConnection],
        target: Target,
        *,
        dialer: Dialer,
        pin: PinHostKey,
        limits: Limits,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(lane, target, limits=limits, monotonic=monotonic)
        self.dialer = dialer
        self._pin = pin

    async def ask(self, work: Callable[[SshConnection], Awaitable[T]], *, within_s: float) -> T:
        """Do a read; a second time when the kept connection turns out to be gone, never after an answer.

        Raises:
            DeviceUnreachable: no answer came whole and in time; `within_s` seconds are for all of it.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        kept = await self.take()
        if kept is not None:
            try:
                return await self._on(kept, work, deadline)
            except Lost as lost:
                if lost.timed_out:
                    raise self._no_answer(lost) from lost
        return await self._on_fresh(work, deadline)

    async def tell(self, work: Callable[[SshConnection], Awaitable[T]], *, within_s: float) -> T:
        """Do a write, once, on a fresh connection.

        Raises:
            OutcomeUnknown: the connection was lost while it was done.
        """
        await self.release()
        connection = await self.open()
        try:
            return await self._on(connection, work, asyncio.get_running_loop().time() + within_s)
        except Lost as lost:
            raise OutcomeUnknown(
                f"{self.target.name} {lost.reason} while a file was written; it may be there in part.",
                fix="Look at /file on the router before doing anything else.",
            ) from lost

    async def open(self, reached: Reached = _unheard) -> SshConnection:
        """Raises what the way to the router raises; no login was sent to an unknown host key."""
        # half a second to import: only who talks to a router over SSH pays for it
        await asyncio.to_thread(import_module, "routeros_mcp.infra.routeros.ssh_wire")
        from routeros_mcp.infra.routeros.ssh_wire import log_in

        place = parse_place(self.target.address)
        found = await self.dialer.look_up(place)
        reached("dns", f"{', '.join(map(str, found))}: within the management networks")
        sock = await self.dialer.connect(place, found)
        reached("tcp", f"connected to port {place.port}")
        return await log_in(
            sock,
            self.target,
            self._access(),
            pin=self._pin,
            reached=reached,
            within_s=self.limits.ssh_login_s,
        )

    def _access(self) -> SshAccess:
        access = self.target.ssh
        if access is None:
            raise RuntimeError("a router without SSH is talked to over SSH")
        return access

    async def _on_fresh(self, work: Callable[[SshConnection], Awaitable[T]], deadline: float) -> T:
        connection = await self.open()
        try:
            return await self._on(connection, work, deadline)
        except Lost as lost:
            raise self._no_answer(lost) from lost

    async def _on(
        self, connection: SshConnection, work: Callable[[SshConnection], Awaitable[T]], deadline: float
    ) -> T:
        is_whole = False
        try:
            async with asyncio.timeout_at(deadline):
                result = await work(connection)
            is_whole = True
        except TimeoutError as error:
            raise Lost("gave no complete answer in time", timed_out=True) from error
        finally:
            if is_whole and connection.is_usable:
                self.keep(connection)
            else:
                connection.abort()
                await connection.close()
        return result

    def _no_answer(self, lost: Lost) -> DeviceUnreachable:
        return DeviceUnreachable(
            f"{self.target.name} {lost.reason} over SSH.",
            stage="answer" if lost.timed_out else "ssh",
            fix="The router may be busy, restarting or cut off; try again in a minute.",
            device=self.target.name,
        )
