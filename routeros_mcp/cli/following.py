"""Follows a job of this process to its end, with progress on standard error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from routeros_mcp.cli.output import say
from routeros_mcp.cli.session import Desk
from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import JobDomain
from routeros_mcp.domain.planning.progress import WaveProgress

_LOOK_EVERY_S = 0.5


async def follow(desk: Desk, job_id: str, *, owns: bool = True) -> dict[str, Any]:
    """The job as job_get answers once it has ended or paused.

    Interrupted, a job of this process stops after the device under way; one that is only looked at goes on.
    """
    jobs = desk.app.services.jobs
    with _progress() as report:
        try:
            job = await jobs.get(desk.principal, job_id)
            while not job.status.is_at_rest:
                report(job, await jobs.waves(job))
                # Not by the tool: the audit trail needs one line of this, not two a second.
                job = await jobs.wait(desk.principal, job_id, _LOOK_EVERY_S)
        except asyncio.CancelledError:
            if owns:
                say("Stopping after the device under way; what was done stays. Look with job show.")
                with suppress(RouterosMcpError):
                    await desk.ask("job_cancel", job_id=job_id)
            raise
    return await desk.ask("job_get", job_id=job_id)


@contextmanager
def _progress() -> Iterator[Callable[[JobDomain, Sequence[WaveProgress]], None]]:
    """A bar for each wave, once the waves are known; one for the whole job until then."""
    console = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        whole = progress.add_task("starting", total=None)
        bars: dict[int, TaskID] = {}

        def report(job: JobDomain, waves: Sequence[WaveProgress]) -> None:
            progress.update(
                whole, completed=job.progress_done, total=job.progress_total, description=str(job.status)
            )
            for wave in waves:
                bar = bars.get(wave.wave)
                if bar is None:
                    bar = bars[wave.wave] = progress.add_task("", total=wave.total)
                gate = f", gate {wave.gate}" if wave.gate else ""
                progress.update(bar, completed=wave.done, description=f"wave {wave.wave}{gate}")

        yield report
