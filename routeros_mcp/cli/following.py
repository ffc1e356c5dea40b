"""Follows a job of this process to its end, with progress on standard error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from routeros_mcp.cli.output import say
from routeros_mcp.cli.session import Desk
from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import JobDomain

_LOOK_EVERY_S = 0.5


async def follow(desk: Desk, job_id: str) -> dict[str, Any]:
    """The job as job_get answers once it has ended. Interrupted, it stops after the device under way."""
    jobs = desk.app.services.jobs
    with _progress() as report:
        try:
            job = await jobs.get(desk.principal, job_id)
            while not job.status.is_final:
                report(job)
                # Not by the tool: the audit trail needs one line of this, not two a second.
                job = await jobs.wait(desk.principal, job_id, _LOOK_EVERY_S)
        except asyncio.CancelledError:
            say("Stopping after the device under way; what was done stays. Look with job show.")
            with suppress(RouterosMcpError):
                await desk.ask("job_cancel", job_id=job_id)
            raise
    return await desk.ask("job_get", job_id=job_id)


@contextmanager
def _progress() -> Iterator[Callable[[JobDomain], None]]:
    console = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("starting", total=None)

        def report(job: JobDomain) -> None:
            progress.update(
                bar, completed=job.progress_done, total=job.progress_total, description=str(job.status)
            )

        yield report
