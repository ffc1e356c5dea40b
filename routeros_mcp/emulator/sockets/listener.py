"""A service that judges each new connection by the router's present state."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from routeros_mcp.emulator.reach import reachability
from routeros_mcp.emulator.reach.reachability import Door, Verdict
from routeros_mcp.emulator.sockets.doorways import Doorway, reset
from routeros_mcp.emulator.sockets.line import Line
from routeros_mcp.emulator.store import Store

Serve = Callable[[socket.socket], Coroutine[Any, Any, None]]
"""Serves one accepted connection. It owns the socket, also when it is cancelled."""


class Listener:
    """One service of a router on a real socket, open to whom the router's present state lets in."""

    def __init__(self, store: Store, door: Door, doorway: Doorway, line: Line, serve: Serve) -> None:
        self._store = store
        self._line = line
        self._door = door
        self._doorway = doorway
        self._serve = serve
        self._tasks = asyncio.TaskGroup()
        self._serving: set[asyncio.Task[None]] = set()
        self._held: list[socket.socket] = []
        self._is_down = False

    @property
    def port(self) -> int:
        return self._doorway.port

    @property
    def address(self) -> str:
        return f"{self._doorway.host}:{self.port}"

    async def start(self) -> None:
        await self._tasks.__aenter__()
        self._doorway.bind()
        self.reconsider()

    async def stop(self) -> None:
        """Close everything and wait until nothing is served any more."""
        self.down()
        for held in self._held:
            held.close()
        self._doorway.release()
        for task in self._serving:
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    def down(self) -> None:
        self._is_down = True
        self._doorway.close()

    def up(self) -> None:
        self._is_down = False
        self.reconsider()

    def reconsider(self) -> None:
        """Listen as long as the router is up and the service is where clients look for it."""
        if self._is_down or not reachability.is_served(self._store, self._door):
            self._doorway.close()
        else:
            self._doorway.open(self._take)

    def _take(self, accepted: socket.socket) -> None:
        if reachability.is_full(self._store, self._door, len(self._serving)):
            accepted.close()
            return
        match self._line.verdict() or reachability.judge(self._store, self._door):
            case Verdict.RESET:
                reset(accepted)
                return
            case Verdict.CUT:
                accepted.close()
                return
            case Verdict.SILENT:
                self._held.append(accepted)
                return
        task = self._tasks.create_task(self._serve(accepted))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
