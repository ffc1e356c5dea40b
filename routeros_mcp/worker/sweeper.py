"""Carries a sweep out: some devices at a time, each held while something is removed from it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.audit_service import AuditEntry, AuditService
from routeros_mcp.domain.models import (
    SCOPES_OF_ROLE,
    AuditResult,
    JobDomain,
    JobStatus,
    Principal,
    Role,
    Selector,
)
from routeros_mcp.domain.planning.orphans import Fate
from routeros_mcp.domain.plans.sweeping import UNREAD, GuardSweep
from routeros_mcp.domain.ports import JobOutcome, UnitOfWork

log = logging.getLogger(__name__)
_AT_ONCE = 50


class Sweeper:
    """A run that was cut off begins anew: what is gone is gone, and all else is looked at again."""

    def __init__(self, uow: UnitOfWork, sweep: GuardSweep, audit: AuditService) -> None:
        self._uow = uow
        self._sweep = sweep
        self._audit = audit

    async def run(self, job: JobDomain) -> JobOutcome:
        """Look over the job's devices; its report tells of each find, and of each that was out of reach."""
        told: list[dict[str, str]] = []
        total = len(job.device_ids)
        for begun in range(0, total, _AT_ONCE):
            if not await self._may_go_on(job, told, begun):
                return await self._ended(job, JobStatus.CANCELLED, told, begun)
            told += await self._swept(job, job.device_ids[begun : begun + _AT_ONCE])
        await self._may_go_on(job, told, total)
        return await self._ended(job, JobStatus.SUCCESS, told, total)

    async def recover(self, job: JobDomain) -> JobOutcome:
        """After a bug: nothing is left half done."""
        del job
        return JobOutcome(JobStatus.FAILED, "What was not looked at is left to the next sweep.")

    async def _swept(self, job: JobDomain, device_ids: Sequence[str]) -> list[dict[str, str]]:
        wanted = Selector(names=frozenset(device_ids))
        async with self._uow.read() as tx:
            devices = await tx.devices.select(wanted, Selector.everything(), limit=len(device_ids))
        told: list[dict[str, str]] = []
        for seen in await self._sweep.look(devices):
            found = await self._sweep.clear(_service(job), job.id, seen) if seen.has_orphans else seen
            told += found.told()
        return told

    async def _may_go_on(self, job: JobDomain, told: Sequence[dict[str, str]], done: int) -> bool:
        """Keep what was found so far; False when somebody has asked to stop."""
        async with self._uow() as tx:
            held = await tx.jobs.lock(job.id)
            await tx.jobs.save(replace(held, progress_done=done, report={"devices": list(told)}))
        return not held.cancel_requested

    async def _ended(
        self, job: JobDomain, status: JobStatus, told: Sequence[dict[str, str]], done: int
    ) -> JobOutcome:
        counts = Counter(line["state"] for line in told)
        figures = {
            "looked_at": done - counts[UNREAD],
            "unreachable": counts[UNREAD],
            **{str(fate): counts[fate] for fate in Fate},
        }
        await self._audit.record(
            AuditEntry(
                principal=_service(job),
                action="CHANGE",
                tool_name="device_sweep",
                tool_tier="fundamental",
                result=AuditResult.SUCCESS,
                job_id=job.id,
                metadata=figures,
            )
        )
        log.info("swept", extra={"job_id": job.id, **figures})
        words = [
            f"{figures['looked_at']} looked at",
            f"{figures['removed']} removed",
            f"{sum(counts[fate] for fate in Fate) - counts[Fate.REMOVED]} left as they are",
            f"{figures['unreachable']} out of reach",
        ]
        return JobOutcome(status, ", ".join(words))


def _service(job: JobDomain) -> Principal:
    return Principal(
        subject=job.requested_by,
        role=Role.ADMIN,
        scopes=SCOPES_OF_ROLE[Role.ADMIN],
        devices=Selector.everything(),
    )
