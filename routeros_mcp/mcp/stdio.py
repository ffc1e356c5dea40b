"""Serves one client over standard input and output; the event loop itself reads and writes the pipes."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Self

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter
from pydantic import ValidationError

from routeros_mcp.mcp.server import FleetServer

_LONGEST_LINE = 16 * 1024 * 1024
_STOPS = (signal.SIGINT, signal.SIGTERM)


async def serve_stdio(server: FleetServer) -> None:
    """Serve until the client closes its end, or SIGTERM or SIGINT arrives.

    Meanwhile descriptor 0 reads nothing and descriptor 1 leads to standard error: a stray print cannot
    corrupt the protocol.
    """
    lowlevel = server.lowlevel
    options = lowlevel.create_initialization_options()
    if not _has_pipes():
        async with stdio_server() as (incoming, outgoing):
            await lowlevel.run(incoming, outgoing, options)
        return
    with _diverted() as (wire_in, wire_out):
        async with _lines(wire_in) as reader, _writer(wire_out) as writer:
            await lowlevel.run(reader, writer, options)


def _has_pipes() -> bool:
    """Whether both ends can be watched by the event loop; files, terminals and Windows go the SDK's way."""
    return sys.platform != "win32" and all(_is_pipe(os.fstat(fd).st_mode) for fd in (0, 1))


def _is_pipe(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


@contextmanager
def _diverted() -> Iterator[tuple[int, int]]:
    """Move the wire to private descriptors, and back at the end."""
    wire_in, wire_out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    try:
        yield wire_in, wire_out
    finally:
        sys.stdout.flush()
        os.dup2(wire_in, 0)
        os.dup2(wire_out, 1)
        os.close(wire_in)
        os.close(wire_out)


class _Reader:
    """Messages by line; a line that does not parse is handed on as the error it is."""

    def __init__(self, lines: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self._lines = lines
        self._transport = transport

    async def receive(self) -> SessionMessage | Exception:
        try:
            line = await self._lines.readline()
            if line:
                return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
        except (ValidationError, ValueError) as error:
            return error
        raise anyio.EndOfStream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class _Writer:
    """Messages by line; a client that has gone is a closed stream, which the SDK expects."""

    def __init__(self, stream: asyncio.StreamWriter) -> None:
        self._stream = stream

    async def send(self, item: SessionMessage) -> None:
        text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
        try:
            self._stream.write(text.encode() + b"\n")
            await self._stream.drain()
        except OSError as error:
            raise anyio.BrokenResourceError from error

    async def aclose(self) -> None:
        """Leave the stream open: answers that are under way when the input ends are still owed."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


@asynccontextmanager
async def _lines(fd: int) -> AsyncIterator[_Reader]:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=_LONGEST_LINE)
    pipe = os.fdopen(os.dup(fd), "rb", buffering=0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), pipe)
    # Closing our end of the pipe reads as the end of input: the SDK winds down as if the client had left.
    for stop in _STOPS:
        loop.add_signal_handler(stop, transport.close)
    try:
        yield _Reader(lines, transport)
    finally:
        for stop in _STOPS:
            loop.remove_signal_handler(stop)
        transport.close()


@asynccontextmanager
async def _writer(fd: int) -> AsyncIterator[_Writer]:
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(os.dup(fd), "wb", buffering=0)
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), pipe
    )
    stream = asyncio.StreamWriter(transport, protocol, None, loop)
    try:
        yield _Writer(stream)
    finally:
        stream.close()
        with suppress(OSError):
            await stream.wait_closed()
