"""One run of one job: claimed under a fence, kept alive, and recorded while the fence is still its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from routeros_mcp.domain.errors import DatabaseUnavailable, RouterosMcpError
from routeros_mcp.domain.models import JobDomain, JobStatus, JobType
from routeros_mcp.domain.ports import Clock, JobBody, JobOutcome, LostLease, Transaction, UnitOfWork
from routeros_mcp.infra.jobs.ownership import RELEASED
from routeros_mcp.infra.jobs.takeovers import Patience, Takeovers, counted

log = logging.getLogger(__name__)

MayTake = Callable[[Transaction, JobDomain], Awaitable[bool]]
"""Whether no living process runs the job."""

RUNNABLE = frozenset({JobStatus.PENDING, JobStatus.RUNNING})

_FOR_GOOD_S = 365 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBodies:
    """What to do for each type of job, first or again after a crash, and to find out after a failure."""

    run: Mapping[JobType, JobBody]
    recover: Mapping[JobType, JobBody]
    queue_due: Callable[[], Awaitable[object]] | None = None
    """Queues what is to be done by itself from time to time; asked often, by every process that runs jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Every how many seconds life is told, after how many of silence it has ended, and how often it may end.

    Who `is_alone` is known to live by its file lock, and whoever takes the lock next voids all leases: there
    no lease runs out, however long a busy process takes to renew it.
    """

    beat_s: float = 5.0
    dead_s: float = 30.0
    is_alone: bool = False
    patience: Patience = field(default_factory=Patience)

    @property
    def lease_s(self) -> float:
        """How long a device is leased for without being renewed."""
        return _FOR_GOOD_S if self.is_alone else self.dead_s


class _Left(Enum):
    """The job stays as it stands: somebody takes it up again."""

    LEFT = auto()


class JobExecution:
    """`bodies` are set once by the composition root, before the first job."""

    def __init__(self, uow: UnitOfWork, clock: Clock, owner: str, pulse: Pulse) -> None:
        self._uow = uow
        self._clock = clock
        self._pulse = pulse
        self.owner = owner
        self.bodies = JobBodies(run={}, recover={})

    async def run(self, job_id: str, may_take: MayTake) -> None:
        """Do the job, or leave it as it stands when the database fails or the job has been lost to others."""
        try:
            job = await self._claim(job_id, may_take)
            if job is not None:
                await self._carry_out(job)
        except RouterosMcpError:
            log.exception("job_not_recorded", extra={"job_id": job_id})

    async def release(self, job_id: str) -> None:
        """Give up a job that was cut off, so that nobody waits for it."""
        async with self._uow() as tx:
            held = await tx.jobs.lock(job_id)
            if held.owner == self.owner and held.status is JobStatus.RUNNING:
                await tx.jobs.save(replace(held, owner=RELEASED))
                await tx.leases.release(job_id, held.fence)

    async def _claim(self, job_id: str, may_take: MayTake) -> JobDomain | None:
        async with self._uow() as tx:
            held = await tx.jobs.lock(job_id)
            if held.status not in RUNNABLE or not await may_take(tx, held):
                return None
            now = self._clock.now()
            taken = await counted(tx, held, now, self._pulse.patience)
            return await tx.jobs.save(
                replace(
                    taken,
                    status=JobStatus.RUNNING,
                    owner=self.owner,
                    fence=held.fence + 1,
                    attempts=held.attempts + 1,
                    started_at=held.started_at or now,
                )
            )

    async def _carry_out(self, job: JobDomain) -> None:
        outcome: JobOutcome | Exception | _Left
        if words := Takeovers.of(job).words:
            log.error("job_given_up", extra={"job_id": job.id})
            outcome = await self._looked_into(job, words)
        else:
            outcome = await self._attempt(self.bodies.run[job.job_type], job)
        if isinstance(outcome, Exception):
            outcome = await self._looked_into(job, _told(outcome))
        if isinstance(outcome, JobOutcome):
            await self._end(job, outcome)

    async def _looked_into(self, job: JobDomain, told: str) -> JobOutcome | _Left:
        """What is found out about a job that is not gone on with; `told` is why."""
        found = await self._attempt(self.bodies.recover[job.job_type], job)
        if isinstance(found, _Left):
            return found
        words = _told(found) if isinstance(found, Exception) else found.summary
        return JobOutcome(JobStatus.FAILED, f"{told} {words}")

    async def _attempt(self, body: JobBody, job: JobDomain) -> JobOutcome | Exception | _Left:
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(self._beat(job))
            outcome = await _guarded(body, job)
            beating.cancel()
        return outcome

    async def _end(self, job: JobDomain, outcome: JobOutcome) -> None:
        is_final = outcome.status.is_final
        failed = is_final and outcome.status is not JobStatus.SUCCESS
        async with self._uow() as tx:
            held = await tx.jobs.lock(job.id)
            if held.fence != job.fence:
                log.warning("job_lost", extra={"job_id": job.id})
                return
            await tx.jobs.save(
                replace(
                    held,
                    status=outcome.status,
                    result_summary=outcome.summary,
                    error_message=outcome.summary if failed else None,
                    finished_at=self._clock.now() if is_final else None,
                    next_run_at=None,
                )
            )
            await tx.leases.release(job.id, job.fence)

    async def _beat(self, job: JobDomain) -> None:
        """Renew the leases of the job's devices."""
        while True:
            await self._clock.sleep(self._pulse.beat_s)
            try:
                async with self._uow() as tx:
                    await tx.leases.renew(job.id, job.fence, self._pulse.lease_s)
            except RouterosMcpError:
                log.exception("heartbeat_failed", extra={"job_id": job.id})


async def _guarded(body: JobBody, job: JobDomain) -> JobOutcome | Exception | _Left:
    """The worker edge: whatever goes wrong in one job stays with it."""
    try:
        return await body(job)
    except LostLease:
        log.warning("job_lost", extra={"job_id": job.id})
        return _Left.LEFT
    except DatabaseUnavailable:
        log.exception("job_not_recorded", extra={"job_id": job.id})
        return _Left.LEFT
    except RouterosMcpError as error:
        return error
    except Exception as error:
        log.exception("job_failed", extra={"job_id": job.id})
        return error


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, RouterosMcpError) else "The server hit a bug; it was logged."
