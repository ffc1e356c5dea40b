"""How often a job was taken from a dead process without having got any further: some runs kill their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from routeros_mcp.domain.models import JobDomain, JobStatus
from routeros_mcp.domain.ports import Transaction
from routeros_mcp.infra.jobs.ownership import RELEASED

_KEY = "takeovers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """A job is given up after more than `deaths` in a row, but not before `stalled_s` have gone by.

    A run may wait for a router for minutes without anything to record; a machine may be restarted meanwhile.
    """

    deaths: int = 5
    stalled_s: float = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeovers:
    """The deaths since the job got further last: `mark` tells how far, `since` when the first was seen."""

    deaths: int = 0
    mark: str = ""
    since: str = ""
    is_given_up: bool = False

    @classmethod
    def of(cls, job: JobDomain) -> Takeovers:
        held = job.report.get(_KEY)
        return cls(**held) if isinstance(held, Mapping) else cls()

    @property
    def words(self) -> str:
        """Why the job is not tried again; empty while it is."""
        if not self.is_given_up:
            return ""
        return f"Given up: its process died {self.deaths} times in a row and it got no further."


async def counted(tx: Transaction, job: JobDomain, now: datetime, patience: Patience) -> JobDomain:
    """The job as it is taken up; counts the death of the process that ran it. Once given up, it stays so."""
    if job.status is not JobStatus.RUNNING or job.owner in {None, RELEASED}:
        return job
    before, mark = Takeovers.of(job), await _how_far(tx, job)
    if before.mark != mark and not before.is_given_up:
        before = Takeovers(mark=mark, since=now.isoformat())
    stalled_s = (now - datetime.fromisoformat(before.since)).total_seconds()
    deaths = before.deaths + 1
    found = replace(
        before,
        deaths=deaths,
        is_given_up=before.is_given_up or (deaths > patience.deaths and stalled_s >= patience.stalled_s),
    )
    return replace(job, report={**job.report, _KEY: asdict(found)})


async def _how_far(tx: Transaction, job: JobDomain) -> str:
    """A digest of all that the runs of the job have stored, without its times."""
    rows = await tx.plans.devices_of(job.plan_id) if job.plan_id else ()
    steps = await tx.plans.steps_of(job.plan_id) if job.plan_id else ()
    facts = {
        "report": {name: fact for name, fact in job.report.items() if name != _KEY},
        "devices": [(row.device_id, row.state, row.job_id, row.error_code) for row in rows],
        "steps": [(step.id, step.state) for step in steps],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
