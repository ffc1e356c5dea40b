"""`routeros-mcp serve`: MCP over standard input and output, or over HTTP on loopback."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from routeros_mcp.cli.host import AppHost, Opener
from routeros_mcp.mcp.startup import imports_uncollected

with imports_uncollected():
    from routeros_mcp.cli.installation import settings_of
    from routeros_mcp.cli.logs import configure_logging
    from routeros_mcp.config import Settings
    from routeros_mcp.mcp.server import ServerOptions, build_server

if TYPE_CHECKING:
    from routeros_mcp.app import App


def run(chosen: argparse.Namespace) -> int:
    """Serve until the client leaves or a signal arrives."""
    settings = settings_of(chosen)
    configure_logging(settings)
    if settings.policy_file:
        # Over stdio the program is opened late: rules that cannot be read are told before anything is served.
        from routeros_mcp.infra.policy_file import load_policy

        load_policy(settings.policy_file)

    def opener() -> AbstractAsyncContextManager[App]:
        from routeros_mcp.app import open_app

        configure_logging(settings)  # once more: what was imported just now brings loggers of its own
        return open_app(settings)

    asyncio.run(serve(settings, opener, http=chosen.http))
    return 0


async def serve(
    settings: Settings, opener: Opener, *, http: bool, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve the program that `opener` opens.

    Over stdio the embedded database is opened by the first call or after the first list: the start stays
    short. Otherwise it is opened first: a server that cannot work does not start.

    Raises:
        SetupError: over HTTP, or with a database server: what is wrong, and the command that mends it.
    """
    host = AppHost(opener, settings)
    server = build_server(host, options=options_of(settings))
    async with host.running():
        if http or not settings.is_sqlite:
            await host.app()
        if http:
            from routeros_mcp.mcp.http import serve_http

            await serve_http(
                server,
                host=settings.http_host,
                port=settings.http_port,
                allowed_hosts=settings.allowed_hosts,
                allowed_origins=settings.allowed_origins,
                on_ready=on_ready or _announce,
            )
            return
        from routeros_mcp.mcp.stdio import serve_stdio

        await serve_stdio(server)


def options_of(settings: Settings) -> ServerOptions:
    return ServerOptions(toolsets=frozenset(settings.toolsets), read_only=settings.read_only)


def _announce(url: str) -> None:
    sys.stderr.write(f"routeros-mcp serves MCP at {url}\n")
