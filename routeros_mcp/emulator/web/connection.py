"""One HTTPS connection to a router, read and written with h11."""

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Protocol, cast

import h11

from routeros_mcp.emulator.web.message import Reply

_HEADERS = (
    ("Cache-Control", "private, max-age=0"),
    ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("X-Frame-Options", "sameorigin"),
)
_RESETS = struct.pack("ii", 1, 0)


class Served(Protocol):
    """Whom the connection belongs to: told of its beginning, its requests and its end."""

    def opened(self, connection: "Connection") -> None: ...

    def closed(self, connection: "Connection") -> None: ...

    def received(self, connection: "Connection", head: h11.Request, body: bytes) -> None: ...


class Connection(asyncio.Protocol):
    """Turns bytes into requests for the router and replies into bytes; no pipelining ahead of the answer.

    `is_waiting` says that a client has asked and got no answer yet: one that leaves then has aborted.
    """

    def __init__(self, router: Served) -> None:
        self._router = router
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self.remote = ""
        self.is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = self._transport.get_extra_info("peername") or ("", 0)
        self.remote = f"{peer[0]}:{peer[1]}"
        self._router.opened(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._router.closed(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._http.receive_data(data)
            self._pump()
        except h11.RemoteProtocolError:
            self._transport.abort()

    def eof_received(self) -> bool:
        return False

    def abort(self) -> None:
        self.is_waiting = False
        self._transport.abort()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
        self.abort()

    def close(self) -> None:
        """Send what is still to be sent, then close."""
        self._transport.close()

    def _pump(self) -> None:
        while not self._transport.is_closing():
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._head, self._body = event, bytearray()
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage) and self._head is not None:
                self.is_waiting = True
                self._router.received(self, self._head, bytes(self._body))
            else:
                return

    def send(self, reply: Reply, date: str, fraction: float = 1.0) -> None:
        """Write the reply; with a fraction below one only that much of its body, then cut the line."""
        self.is_waiting = False
        if self._transport.is_closing() or self._http.our_state is not h11.SEND_RESPONSE:
            return
        body = reply.body
        headers = [*_HEADERS, ("Date", date), *reply.headers]
        if body or reply.status != HTTPStatus.NO_CONTENT:
            headers += [("Content-Type", reply.content_type), ("Content-Length", str(len(body)))]
        if self._head is not None and self._head.method == b"HEAD":
            body = b""
        is_last = self._http.their_state is h11.MUST_CLOSE or _wants_close(self._head)
        headers.append(("Connection", "close" if is_last else "Keep-Alive"))
        self._write(reply.status, headers, body[: int(len(body) * fraction)], is_whole=fraction >= 1)
        if is_last and fraction >= 1:
            self._transport.close()

    def _write(self, status: int, headers: list[tuple[str, str]], body: bytes, *, is_whole: bool) -> None:
        parts = [self._http.send(h11.Response(status_code=status, headers=headers))]
        if body:
            parts.append(self._http.send(h11.Data(data=body)))
        if is_whole:
            parts.append(self._http.send(h11.EndOfMessage()))
        self._transport.write(b"".join(part for part in parts if part))
        if not is_whole:
            self._transport.close()
        elif self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()

    def resume(self) -> None:
        """Read on when a reply went out: the next request may already be here."""
        self._pump()


def _wants_close(head: h11.Request | None) -> bool:
    return head is not None and any(n == b"connection" and v.lower() == b"close" for n, v in head.headers)
