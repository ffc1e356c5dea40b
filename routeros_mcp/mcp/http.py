"""Serves MCP over Streamable HTTP on a loopback address."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from mcp.server.subscriptions import ListenHandler
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from routeros_mcp.domain.errors import SetupError
from routeros_mcp.mcp.server import FleetServer

_GRACE_S = 5
_STOPS = (signal.SIGINT, signal.SIGTERM)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


async def serve_http(
    server: FleetServer,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    allowed_hosts: Sequence[str] = (),
    allowed_origins: Sequence[str] = (),
    on_ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` gets the URL, with the port that was chosen for port 0.

    Loopback names are always allowed as Host; `allowed_hosts` and `allowed_origins` add those of a reverse
    proxy (`mcp.example.net`, `https://console.example.net`).

    Raises:
        SetupError: the address is not a loopback address, or the port is taken.
    """
    listener = _listen(_loopback(host), port)
    app = http_app(server, allowed_hosts=allowed_hosts, allowed_origins=allowed_origins)
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
    )
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}/mcp"
    with listener:
        await _Uvicorn(
            config, on_ready=lambda: on_ready(url), on_stop=lambda: _end_subscriptions(server)
        ).serve(sockets=[listener])


def http_app(
    server: FleetServer, *, allowed_hosts: Sequence[str] = (), allowed_origins: Sequence[str] = ()
) -> Starlette:
    """The ASGI application: MCP at /mcp, liveness at /healthz. Its lifespan runs the SDK's sessions."""
    server.custom_route("/healthz", methods=["GET"])(_healthz)
    own = [f"{name}:*" for name in _LOOPBACK]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*own, *_LOOPBACK, *_with_ports(allowed_hosts)],
        allowed_origins=[*(f"http://{name}" for name in own), *allowed_origins],
    )
    return server.streamable_http_app(transport_security=security)


async def _healthz(request: Request) -> JSONResponse:
    del request
    return JSONResponse({"status": "ok"})


def _with_ports(hosts: Sequence[str]) -> list[str]:
    return [form for host in hosts for form in ((host,) if ":" in host else (host, f"{host}:*"))]


def _loopback(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if is_loopback:
        return host
    raise SetupError(
        f"{host} is not a loopback address, and this version has no login for HTTP.",
        fix="Listen on 127.0.0.1; reach it from elsewhere through an SSH tunnel (ssh -L) or behind a reverse "
        "proxy that authenticates people.",
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
        # asyncio sees to this for sockets that it makes itself; without it each answer waits 40 ms for an ACK
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise SetupError(
            f"Cannot listen on {host} port {port}: {reason}.",
            fix="Stop the program that uses it, or choose another port; 0 takes a free one.",
        ) from error
    return listener


def _end_subscriptions(server: FleetServer) -> None:
    """End open subscription streams, with a result each; uvicorn would wait for them until its grace ends."""
    entry = server.lowlevel.get_request_handler("subscriptions/listen")
    if entry is not None and isinstance(entry.handler, ListenHandler):
        entry.handler.close()


class _Uvicorn(uvicorn.Server):
    """Tells when it listens, and stops on a signal without raising that signal again at the end."""

    def __init__(
        self, config: uvicorn.Config, *, on_ready: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals in the loop: the caller still has a database to close after us."""
        loop = asyncio.get_running_loop()
        for stop in _STOPS:
            loop.add_signal_handler(stop, self._stop)
        try:
            yield
        finally:
            for stop in _STOPS:
                loop.remove_signal_handler(stop)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
