"""What runs stored jobs outside the request that asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from routeros_mcp.domain.models import JobDomain, JobStatus

ReportProgress = Callable[[int, int, str], Awaitable[None]]
"""Called with done, total and a short message; done only grows."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job is left: the status to store with it, and a summary in words."""

    status: JobStatus
    summary: str


JobBody = Callable[[JobDomain], Awaitable[JobOutcome]]
"""Does one job, or what is left of it after a crash."""


class JobRunner(Protocol):
    """Runs stored jobs outside the request that asked. The row exists before `start` is called."""

    @property
    def owner(self) -> str:
        """Who runs the jobs started here; stored with each, so that a dead owner's jobs are found."""
        ...

    async def start(self, job: JobDomain) -> None: ...

    async def wait(self, job_id: str, timeout_s: float) -> None:
        """Return when the job is final or the time is over, whichever comes first."""
        ...
