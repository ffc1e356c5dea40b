"""Work that outlives the request that asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobType(StrEnum):
    APPLY_PLAN = "APPLY_PLAN"
    ROLLBACK_PLAN = "ROLLBACK_PLAN"
    SWEEP = "SWEEP"
    """Looks over routers for what dead-man switches have left; belongs to no plan."""
    HEALTH_CHECK = "HEALTH_CHECK"


class JobStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    """It waits for a person between two devices, and keeps all of its devices busy."""
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Of versions whose jobs ended with their process; its devices were read back, nothing was sent again."""

    @property
    def is_final(self) -> bool:
        return self not in {JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED}

    @property
    def is_at_rest(self) -> bool:
        """Nothing happens any more unless somebody asks for it."""
        return self.is_final or self is JobStatus.PAUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDomain:
    """One job; progress is counted in devices. `owner` names the process that runs it.

    The three requests are what people have asked of it: to stop before its next device for good or for now,
    and to undo what it did. `report` is what it did so far, whole once it has ended.
    """

    id: str
    job_type: JobType
    status: JobStatus = JobStatus.PENDING
    plan_id: str | None = None
    device_ids: tuple[str, ...] = ()
    requested_by: str = ""
    attempts: int = 0
    max_attempts: int = 3
    next_run_at: datetime | None = None
    progress_done: int = 0
    progress_total: int = 0
    result_summary: str | None = None
    error_message: str | None = None
    owner: str | None = None
    fence: int = 0
    """Raised whenever the job is put into the queue or taken from it: who holds a lower one has lost it."""
    cancel_requested: bool = False
    pause_requested: bool = False
    undo_requested: bool = False
    report: Mapping[str, object] = field(default_factory=dict)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
