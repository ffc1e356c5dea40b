"""A listening socket that keeps its port while it refuses, and judges each new connection."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from routeros_mcp.emulator import reachability
from routeros_mcp.emulator.reachability import Door, Verdict
from routeros_mcp.emulator.store import Store

_BACKLOG = 128

Serve = Callable[[socket.socket], Coroutine[Any, Any, None]]
"""Serves one accepted connection. It owns the socket, also when it is cancelled."""


class Listener:
    """One service of a router on a real socket, open to whom the router's present state lets in."""

    def __init__(self, store: Store, door: Door, host: str, port: int, serve: Serve) -> None:
        self.port = port
        self._store = store
        self._door = door
        self._host = host
        self._serve = serve
        self._tasks = asyncio.TaskGroup()
        self._serving: set[asyncio.Task[None]] = set()
        self._socket: socket.socket | None = None
        self._held: list[socket.socket] = []
        self._is_listening = False
        self._is_down = False

    @property
    def address(self) -> str:
        return f"{self._host}:{self.port}"

    async def start(self) -> None:
        await self._tasks.__aenter__()
        self._bind()
        self.reconsider()

    async def stop(self) -> None:
        """Close everything and wait until nothing is served any more."""
        self.down()
        for held in self._held:
            held.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        for task in self._serving:
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    def down(self) -> None:
        self._is_down = True
        self._close()

    def up(self) -> None:
        self._is_down = False
        self.reconsider()

    def reconsider(self) -> None:
        """Listen as long as the router is up and the service is where clients look for it."""
        if self._is_down or not reachability.is_served(self._store, self._door):
            self._close()
        else:
            self._open()

    def _bind(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        self._socket.bind((self._host, self.port))
        self.port = self._socket.getsockname()[1]

    def _open(self) -> None:
        if self._socket is None or self._is_listening:
            return
        self._socket.listen(_BACKLOG)
        asyncio.get_running_loop().add_reader(self._socket, self._accept)
        self._is_listening = True

    def _close(self) -> None:
        """Stop listening but keep the port: connecting is refused."""
        if self._socket is None or not self._is_listening:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._bind()
        self._is_listening = False

    def _accept(self) -> None:
        if self._socket is None:
            return
        try:
            accepted, _ = self._socket.accept()
        except BlockingIOError:
            return
        accepted.setblocking(False)
        if reachability.is_full(self._store, self._door, len(self._serving)):
            accepted.close()
            return
        match reachability.judge(self._store, self._door):
            case Verdict.CUT:
                accepted.close()
                return
            case Verdict.SILENT:
                self._held.append(accepted)
                return
        task = self._tasks.create_task(self._serve(accepted))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
