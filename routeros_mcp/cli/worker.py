"""`routeros-mcp worker`: runs the jobs that servers queue; any number of them beside a PostgreSQL server."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal

from routeros_mcp.app import open_app
from routeros_mcp.cli.installation import settings_of
from routeros_mcp.cli.logs import configure_logging
from routeros_mcp.config import Settings
from routeros_mcp.domain.errors import SetupError
from routeros_mcp.infra.jobs.durable import Role

log = logging.getLogger(__name__)


def run(chosen: argparse.Namespace) -> int:
    """Run jobs until a signal arrives; those under way are then waited for."""
    settings = settings_of(chosen)
    if not settings.is_postgresql:
        raise SetupError(
            "Workers beside a server need PostgreSQL; with SQLite the server runs the jobs itself.",
            fix="Set ROUTEROS_MCP_DATABASE_URL, or run `routeros-mcp serve`.",
        )
    configure_logging(settings)
    asyncio.run(work(settings))
    return 0


async def work(settings: Settings) -> None:
    """Run jobs until SIGTERM or SIGINT.

    Raises:
        SetupError: what is wrong with the database, and the command that mends it.
    """
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, asked.set)
    async with open_app(settings, role=Role.WORKER) as app:
        log.info("worker_ready", extra={"worker": app.runner.owner})
        await asked.wait()
        log.info("worker_draining", extra={"worker": app.runner.owner})
