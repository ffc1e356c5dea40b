"""Requests of one piece of work that has a router to itself: reads are repeated once, writes never."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from http import HTTPStatus

from routeros_mcp.domain.errors import BadAnswer, DeviceError, DeviceUnreachable, OutcomeUnknown
from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.addresses import parse_place
from routeros_mcp.infra.routeros.connection import Connection, Lost
from routeros_mcp.infra.routeros.dial import Dialer, Limits
from routeros_mcp.infra.routeros.lane import Hold, Lane
from routeros_mcp.infra.routeros.plain_answer import Answer
from routeros_mcp.infra.routeros.refusals import is_definite, refusal
from routeros_mcp.infra.routeros.wire import Request, decode, detail_of

_SHORTEST_SECRET = 3  # hiding a shorter one would spoil every word of a message


class Session(Hold[Connection]):
    """The sole use of a lane over HTTPS."""

    def __init__(
        self,
        lane: Lane[Connection],
        target: Target,
        *,
        dialer: Dialer,
        limits: Limits,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(lane, target, limits=limits, monotonic=monotonic)
        self.dialer = dialer
        password = target.login.password.reveal()
        basic = base64.b64encode(f"{target.login.username}:{password}".encode()).decode()
        self._hide = tuple(secret for secret in (basic, password) if len(secret) >= _SHORTEST_SECRET)
        self._basic = basic

    async def ask(self, request: Request, *, cap: int | None = None, within_s: float | None = None) -> Answer:
        """Send a read; a second time when the transport failed, never after an answer.

        The exception is a 401 soon after a lost connection, which may have been meant for another request.
        """
        cap = cap or self.limits.answer_bytes
        deadline = self._deadline(within_s)
        was_shaken = self._is_shaken()
        try:
            answer = await self._once(request, cap, deadline)
            if answer.status != HTTPStatus.UNAUTHORIZED or not was_shaken:
                return self._accepted(answer)
        except Lost as lost:
            if lost.timed_out:
                raise self._no_answer(lost) from lost
        except DeviceUnreachable:
            if not was_shaken:
                raise
        await self.release()
        await asyncio.sleep(self.limits.pause_s if self._is_shaken() else 0)
        return await self._last(request, cap, deadline)

    async def ask_once(
        self, request: Request, *, cap: int | None = None, within_s: float | None = None
    ) -> Answer:
        """Send a request that had better not be repeated, though it changes no configuration."""
        await self.release()
        return await self._last(request, cap or self.limits.answer_bytes, self._deadline(within_s))

    async def see(self, request: Request, *, is_anonymous: bool = False, is_write: bool = False) -> Answer:
        """Send a request and return whatever answers it, a refusal too: for who judges the router itself.

        What is no write is sent a second time when a kept connection turns out to be gone.
        """
        if is_write:
            await self.release()
        deadline = self._deadline()
        headers = [field for field in self._headers() if not (is_anonymous and field[0] == "Authorization")]
        for is_last in (is_write, True):
            try:
                return await self._once(request, self.limits.answer_bytes, deadline, headers)
            except Lost as lost:
                if is_write:
                    raise self.unknown(lost.reason) from lost
                if is_last or lost.timed_out:
                    raise self._no_answer(lost) from lost
        raise AssertionError("the last try either answers or raises")

    async def send_over(self, connection: Connection, request: Request) -> Answer:
        """As `see`, once, over a connection that the caller has opened and closes."""
        try:
            return await connection.exchange(
                request, self._headers(), cap=self.limits.answer_bytes, deadline=self._deadline()
            )
        except Lost as lost:
            raise self._no_answer(lost) from lost

    async def tell(self, request: Request) -> object:
        """Send a write, exactly once, on a connection of its own; returns the decoded answer.

        Raises:
            OutcomeUnknown: sent, and nothing came back that proves anything.
            DeviceError: refused or never sent; nothing was changed.
        """
        deadline = self._deadline()
        was_shaken = self._is_shaken()
        connection = await self.dialer.open(self.target)
        headers = [*self._headers(), ("Connection", "close")]
        try:
            self._refuse_late()  # nothing is awaited between this and the first byte
            answer = await connection.exchange(
                request, headers, cap=self.limits.answer_bytes, deadline=deadline
            )
            return self._told(answer, was_shaken=was_shaken)
        except Lost as lost:
            self._shake()
            raise (self.unknown(lost.reason) if connection.has_sent else self._no_answer(lost)) from lost
        except BadAnswer as error:
            raise self.unknown("gave an answer that cannot be read") from error
        finally:
            await connection.close()

    def _refuse_late(self) -> None:
        """Raises Lost when the process was stopped for so long that others may write by now."""
        before = self.target.write_before
        if before is not None and asyncio.get_running_loop().time() >= before:
            raise Lost("was not written to: the right to write has run out meanwhile")

    def unknown(self, reason: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"{self.target.name} {reason}; the change may have been made or not.",
            fix="It may still happen within 60 s. Read the router before doing anything else.",
            device=self.target.name,
        )

    async def _last(self, request: Request, cap: int, deadline: float) -> Answer:
        try:
            return self._accepted(await self._once(request, cap, deadline))
        except Lost as lost:
            raise self._no_answer(lost) from lost

    async def _once(
        self, request: Request, cap: int, deadline: float, headers: Sequence[tuple[str, str]] | None = None
    ) -> Answer:
        connection, is_fresh = await self._connection()
        try:
            answer = await connection.exchange(
                request, headers or self._headers(), cap=cap, deadline=deadline
            )
        except Lost as lost:
            # a kept connection that the router closed meanwhile is no damage
            if is_fresh or lost.timed_out:
                self._shake()
            await connection.close()
            raise
        except (BadAnswer, asyncio.CancelledError):
            self._shake()
            await connection.close()
            raise
        await self._keep_or_close(connection)
        return answer

    async def _connection(self) -> tuple[Connection, bool]:
        """The kept connection if it still serves this target, else a fresh one, and whether it is fresh."""
        kept = await self.take()
        if kept is not None:
            return kept, False
        return await self.dialer.open(self.target), True

    async def _keep_or_close(self, connection: Connection) -> None:
        if connection.is_usable:
            self.keep(connection)
        else:
            await connection.close()

    def _headers(self) -> list[tuple[str, str]]:
        return [
            ("Host", parse_place(self.target.address).authority),
            ("Authorization", f"Basic {self._basic}"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
        ]

    def _accepted(self, answer: Answer) -> Answer:
        if not _is_success(answer):
            raise self._refusal(answer)
        return answer

    def _told(self, answer: Answer, *, was_shaken: bool) -> object:
        if _is_success(answer):
            return decode(answer.body)
        if answer.status == HTTPStatus.UNAUTHORIZED and was_shaken:
            raise self.unknown("answered 401 right after a lost connection, which may be another's answer")
        error = self._refusal(answer)
        if is_definite(answer.status, error):
            raise error
        raise self.unknown(f"answered HTTP {answer.status} ({error.message})") from error

    def _refusal(self, answer: Answer) -> DeviceError:
        return refusal(answer.status, detail_of(answer.body, self._hide))

    def _no_answer(self, lost: Lost) -> DeviceUnreachable:
        return DeviceUnreachable(
            f"{self.target.name} {lost.reason}.",
            stage="answer" if lost.timed_out else "http",
            fix="The router may be busy, restarting or cut off; try again in a minute.",
            device=self.target.name,
        )

    def _deadline(self, within_s: float | None = None) -> float:
        return asyncio.get_running_loop().time() + (within_s or self.limits.answer_s)

    def _shake(self) -> None:
        self._lane.shaken_at = self.monotonic()

    def _is_shaken(self) -> bool:
        shaken_at = self._lane.shaken_at
        return shaken_at is not None and self.monotonic() - shaken_at < self.limits.shaken_s


def _is_success(answer: Answer) -> bool:
    return answer.status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
