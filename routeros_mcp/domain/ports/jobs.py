"""What runs stored jobs outside the request that asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from routeros_mcp.domain.models import JobDomain, JobStatus
from routeros_mcp.domain.ports.storage import Transaction

ReportProgress = Callable[[int, int, str], Awaitable[None]]
"""Called with done, total and a short message; done only grows."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job is left: the status to store with it, and a summary in words."""

    status: JobStatus
    summary: str


JobBody = Callable[[JobDomain], Awaitable[JobOutcome]]
"""Does one job, or what is left of it after a crash. The job's fence tells this run from any other."""


class LostLease(Exception):
    """This run of the job is no longer the one that may write: it ends at once and records nothing."""


class JobRunner(Protocol):
    """Runs stored jobs outside the request that asked."""

    async def enqueue(self, tx: Transaction, job: JobDomain) -> JobDomain:
        """Put a stored job into the queue, for the first time or again, if `tx` commits; never otherwise.

        The job is one that no process runs. Its fence rises: a run that should still be under way somewhere
        may write nothing any more.
        """
        ...

    async def start(self, job: JobDomain) -> None:
        """See to it, after the commit, that somebody runs the queued job."""
        ...

    async def wait(self, job_id: str, timeout_s: float) -> None:
        """Return when the job is at rest or the time is over, whichever comes first."""
        ...
