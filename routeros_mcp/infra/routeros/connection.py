"""One TLS connection to a router: whole answers, a total deadline, a byte cap."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import h11

from routeros_mcp.domain.errors import BadAnswer
from routeros_mcp.infra.routeros.plain_answer import Answer, plain_answer
from routeros_mcp.infra.routeros.wire import Request

CLOSING_S = 1.0
HEAD_BYTES = 64 * 1024
_KEPT_HEADS = 4  # of a health sweep there are two
_PAUSE_ABOVE = 256 * 1024


class Lost(Exception):
    """The connection ended, or the time did, before the whole answer was there."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The head of a request, checked, and the bytes that say it."""

    event: h11.Request
    data: bytes
    closes: bool


class Inbox(asyncio.Protocol):
    """Bytes as they arrive; unlike a StreamReader it tells whether some came unasked."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._arrival = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self.ended = False
        self.closed = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        return not self._bytes

    async def read(self) -> bytes:
        """The next bytes, b"" at the end."""
        while not self._bytes and not self.ended:
            self._arrival.clear()
            await self._arrival.wait()
        data = bytes(self._bytes)
        self._bytes.clear()
        if self._transport is not None and not self.ended:
            self._transport.resume_reading()
        return data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        if len(self._bytes) > _PAUSE_ABOVE and self._transport is not None:
            self._transport.pause_reading()
        self._arrival.set()

    def eof_received(self) -> None:
        self.ended = True
        self._arrival.set()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.ended = True
        self._arrival.set()
        self.closed.set()


class Connection:
    """A connection whose certificate has been read; requests go through it one at a time."""

    def __init__(
        self, transport: asyncio.Transport, inbox: Inbox, *, device_id: str, fingerprint: str
    ) -> None:
        self._transport = transport
        self._inbox = inbox
        self._heads: dict[tuple[object, ...], _Head] = {}
        self._is_in_step = True
        self._received = 0
        self._has_ended = False
        self.device_id = device_id
        self.fingerprint = fingerprint
        self.has_sent = False
        self.idle_since = 0.0

    @property
    def is_usable(self) -> bool:
        """Whether another request may go this way: open, in step, and nothing came unasked."""
        return (
            self._is_in_step
            and self._inbox.is_empty
            and not self._inbox.ended
            and not self._transport.is_closing()
        )

    @property
    def tls_version(self) -> str:
        return str(self._transport.get_extra_info("ssl_object").version())

    @property
    def cipher(self) -> str:
        name, *_ = self._transport.get_extra_info("ssl_object").cipher()
        return str(name)

    @property
    def certificate(self) -> bytes:
        """In DER form."""
        return bytes(self._transport.get_extra_info("ssl_object").getpeercert(binary_form=True) or b"")

    async def exchange(
        self, request: Request, headers: Sequence[tuple[str, str]], *, cap: int, deadline: float
    ) -> Answer:
        """Send one request and read its whole answer; `deadline` is the loop's time for all of it.

        A connection that failed is aborted. One that may not be used again is left to `close`.

        Raises:
            Lost: the answer did not come whole or in time.
            BadAnswer: it is longer than `cap` bytes, or no HTTP.
        """
        complete = self._is_in_step = False
        try:
            async with asyncio.timeout_at(deadline):
                head = self._send(request, headers)
                answer = await self._receive(request, head, cap)
            complete = True
        except TimeoutError as error:
            raise Lost("gave no complete answer in time", timed_out=True) from error
        finally:
            if not complete:
                self._transport.abort()
        return answer

    async def close(self) -> None:
        """Say goodbye in TLS, but do not wait long for the router to say it too."""
        self._transport.close()
        try:
            async with asyncio.timeout(CLOSING_S):
                await self._inbox.closed.wait()
        except TimeoutError:
            self._transport.abort()

    def _send(self, request: Request, headers: Sequence[tuple[str, str]]) -> _Head:
        if self._inbox.ended or self._transport.is_closing():
            raise Lost("closed the connection before the request")
        head = self._head(request, headers)
        self._received = 0
        self.has_sent = True
        self._transport.write(head.data + (request.body or b""))
        return head

    def _head(self, request: Request, headers: Sequence[tuple[str, str]]) -> _Head:
        """Made once for what is read again and again over a kept connection."""
        body = request.body
        if body is not None:
            about = [("Content-Type", request.content_type), ("Content-Length", str(len(body)))]
            return _made_head(request, [*headers, *about])
        key = (request.method, request.target, *headers)
        head = self._heads.get(key)
        if head is None:
            head = _made_head(request, headers)
            if len(self._heads) < _KEPT_HEADS:
                self._heads[key] = head
        return head

    async def _receive(self, request: Request, head: _Head, cap: int) -> Answer:
        data = await self._inbox.read()
        answer = plain_answer(data, cap) if request.method != "HEAD" else None
        if answer is not None:
            self._is_in_step = not head.closes
            return answer
        http = _conversation(request, head)
        self._take(http, data, cap)
        answer = await self._judged(http, cap)
        self._is_in_step = (
            http.our_state is h11.DONE and http.their_state is h11.DONE and not http.trailing_data[0]
        )
        return answer

    async def _judged(self, http: h11.Connection, cap: int) -> Answer:
        status = 0
        headers: Sequence[tuple[bytes, bytes]] = ()
        body = bytearray()
        while True:
            event = await self._next_event(http, cap)
            match event:
                case h11.Response():
                    status, headers = event.status_code, event.headers
                    _check_length(event, cap)
                case h11.Data():
                    body += event.data
                case h11.EndOfMessage():
                    return Answer(status=status, body=bytes(body), headers=headers)
                case h11.ConnectionClosed() | h11.PAUSED:
                    raise Lost("closed the connection without an answer")

    async def _next_event(self, http: h11.Connection, cap: int) -> object:
        while (event := self._parse(http)) is h11.NEED_DATA:
            self._take(http, await self._inbox.read(), cap)
        return event

    def _take(self, http: h11.Connection, data: bytes, cap: int) -> None:
        self._received += len(data)
        self._has_ended = not data
        if self._received > cap + HEAD_BYTES:
            raise _too_long(cap)
        http.receive_data(data)

    def _parse(self, http: h11.Connection) -> object:
        try:
            return http.next_event()
        except h11.RemoteProtocolError as error:
            if self._has_ended:
                raise Lost("closed the connection in the middle of its answer") from error
            raise BadAnswer(
                "What answers at the router's address does not speak HTTP.",
                fix="Check the port: REST is served by www-ssl, 443 unless changed.",
            ) from error


def _made_head(request: Request, headers: Sequence[tuple[str, str]]) -> _Head:
    event = h11.Request(method=request.method, target=request.target, headers=list(headers))
    data = h11.Connection(h11.CLIENT).send(event) or b""
    return _Head(event=event, data=data, closes=any(name == b"connection" for name, _ in event.headers))


def _conversation(request: Request, head: _Head) -> h11.Connection:
    """One request that has been sent, for h11 to judge its answer."""
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
    http.send(head.event)
    if request.body:
        http.send(h11.Data(data=request.body))
    http.send(h11.EndOfMessage())
    return http


def _check_length(response: h11.Response, cap: int) -> None:
    for name, value in response.headers:
        if name == b"content-length" and int(value) > cap:
            raise _too_long(cap)


def _too_long(cap: int) -> BadAnswer:
    return BadAnswer(
        f"The router's answer is longer than {cap} bytes.",
        fix="Ask for less: filter the rows or name the properties.",
        cap_bytes=cap,
    )
