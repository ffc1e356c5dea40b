"""Where connections come in: a listening socket for each service, or one that a whole fleet shares."""

import asyncio
import ipaddress
import resource
import socket
import struct
import sys
from collections.abc import Callable
from typing import Protocol

Take = Callable[[socket.socket], None]
"""Is handed each accepted connection, and owns it."""

_BACKLOG = 128
_FLEET_BACKLOG = 4096
_LOOPBACK = b"lo"
_FIRST_SHARED = ipaddress.IPv4Address("127.20.0.1")
_OF_THE_PROGRAM = 256
_PER_ROUTER = 4
_MOST_CONNECTIONS = 8192


class TooFewFiles(RuntimeError):
    """The process may not open as many files as so many routers need; the message says what to do."""


class Doorway(Protocol):
    """One service's way in. While it is closed, nobody gets a connection."""

    host: str

    @property
    def port(self) -> int: ...

    def bind(self) -> None:
        """Take the port; it is kept until `release`."""

    def open(self, take: Take) -> None: ...

    def close(self) -> None: ...

    def release(self) -> None: ...


class Sockets(Protocol):
    """Gives each router's services their doorways."""

    def doorway(self, service: str, host: str, port: int) -> Doorway: ...


class OwnSocket:
    """A listening socket of its own: while it is closed, the system refuses connections."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._is_open = False

    @property
    def port(self) -> int:
        return self._port

    def bind(self) -> None:
        self._socket = _bound(self.host, self._port)
        self._port = self._socket.getsockname()[1]

    def open(self, take: Take) -> None:
        if self._socket is None or self._is_open:
            return
        self._socket.listen(_BACKLOG)
        asyncio.get_running_loop().add_reader(self._socket, _accept, self._socket, take)
        self._is_open = True

    def close(self) -> None:
        if self._socket is None or not self._is_open:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self.bind()
        self._is_open = False

    def release(self) -> None:
        self.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class OwnSockets:
    """Each service of each router at a port of its own."""

    def doorway(self, _service: str, host: str, port: int) -> Doorway:
        return OwnSocket(host, port)


class SharedSocket:
    """One socket for one service of many routers, each known by its own loopback address.

    It is bound to the loopback device, so that other machines find nothing there. A router that is closed
    resets connections instead of refusing them: the system has accepted them before anybody is asked.
    """

    def __init__(self) -> None:
        self.takers: dict[str, Take] = {}
        self._socket = _bound("", 0, device=_LOOPBACK)
        self.port: int = self._socket.getsockname()[1]

    def listen(self) -> None:
        self._socket.listen(_FLEET_BACKLOG)
        asyncio.get_running_loop().add_reader(self._socket, _accept, self._socket, self._dispatch)

    def release(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _dispatch(self, accepted: socket.socket) -> None:
        take = self.takers.get(accepted.getsockname()[0])
        if take is None:
            reset(accepted)
        else:
            take(accepted)


class SharedPlace:
    """One router's place at a shared socket."""

    def __init__(self, shared: SharedSocket, host: str) -> None:
        self.host = host
        self._shared = shared

    @property
    def port(self) -> int:
        return self._shared.port

    def bind(self) -> None:
        """The shared socket has the port already."""

    def open(self, take: Take) -> None:
        self._shared.takers[self.host] = take

    def close(self) -> None:
        self._shared.takers.pop(self.host, None)

    def release(self) -> None:
        self.close()


class SharedSockets:
    """One listening socket for each service, whatever the number of routers.

    Raises:
        OSError: this system cannot bind to the loopback device.
    """

    def __init__(self) -> None:
        self._by_service: dict[str, SharedSocket] = {}

    def doorway(self, service: str, host: str, _port: int) -> Doorway:
        if service not in self._by_service:
            self._by_service[service] = shared = SharedSocket()
            shared.listen()
        return SharedPlace(self._by_service[service], host)

    def release(self) -> None:
        for shared in self._by_service.values():
            shared.release()
        self._by_service.clear()

    @staticmethod
    def host(number: int) -> str:
        """Return the loopback address of the router with that number."""
        return str(_FIRST_SHARED + number)


def can_share() -> bool:
    """Say whether all of 127.0.0.0/8 is here and a socket can be tied to it: on Linux since 5.7."""
    if sys.platform != "linux":
        return False
    try:
        _bound("", 0, device=_LOOPBACK).close()
        _bound(str(_FIRST_SHARED), 0).close()
    except OSError:
        return False
    return True


def make_room(routers: int, *, is_shared: bool) -> None:
    """Raise the soft limit of open files as far as these routers and their clients need.

    Raises:
        TooFewFiles: not even their listening sockets fit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = _OF_THE_PROGRAM + (0 if is_shared else 2 * routers)
    useful = _OF_THE_PROGRAM + (
        min(_PER_ROUTER * routers, _MOST_CONNECTIONS) if is_shared else _PER_ROUTER * routers
    )
    limit = hard if hard != resource.RLIM_INFINITY else max(useful, soft)
    if limit < least:
        raise TooFewFiles(
            f"{routers} routers need {least} open files, and this process may have {limit}: raise the limit "
            f"(`ulimit -Hn {useful}`, or LimitNOFILE= of the service), or start at most "
            f"{(limit - _OF_THE_PROGRAM) // 2} routers."
        )
    if soft < useful:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(useful, limit), hard))


def reset(accepted: socket.socket) -> None:
    """Close a connection with a RST instead of an orderly end."""
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()


def _bound(host: str, port: int, device: bytes = b"") -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if device:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
        made.setblocking(False)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _accept(listening: socket.socket, take: Take) -> None:
    """Accept what has come, and no more at a time than a backlog: others want to run too."""
    for _ in range(_BACKLOG):
        try:
            accepted, _ = listening.accept()
        except BlockingIOError:
            return
        accepted.setblocking(False)
        take(accepted)
