"""After an older copy of the database was restored: nothing in it is carried on as if no time had passed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from routeros_mcp.domain.audit_service import AuditEntry, AuditService
from routeros_mcp.domain.errors import DatabaseRestored, OutcomeUnknown
from routeros_mcp.domain.models import (
    AuditResult,
    JobStatus,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    Principal,
    StepState,
)
from routeros_mcp.domain.planning.lifecycle import derive, is_done, is_open
from routeros_mcp.domain.ports import Clock, Transaction, UnitOfWork

_PAGE = 100
_WORDS = "An older copy of the database was restored."
_WAITING = (PlanStatus.SUBMITTED, PlanStatus.APPROVED)
_AT_WORK = (PlanStatus.APPLYING, PlanStatus.ROLLING_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What the restored database held of work that may have gone on without it."""

    lines_lost: int
    jobs: int
    cancelled: int
    halted: int


class Restoration:
    def __init__(self, uow: UnitOfWork, audit: AuditService, clock: Clock) -> None:
        self._uow = uow
        self._audit = audit
        self._clock = clock

    async def refuse(self) -> None:
        """Raises DatabaseRestored where the database is older than what was kept of its audit trail."""
        gap = await self._audit.gap()
        if gap is not None:
            raise DatabaseRestored(
                f"The database is not the one that was used last: its audit trail has {gap.head} lines and "
                f"lacks line {gap.known}, of which a checkpoint was kept. What is open in it may be over.",
                fix="If it was restored on purpose, run `routeros-mcp db accept-restored` in a terminal.",
            )

    async def accept(self, principal: Principal) -> Restored | None:
        """Take the database as it is: its jobs end, its approvals are void, and what is open is in doubt.

        Plans that wait are cancelled. Of those under way each router that may have been written to since is
        `unknown`, locked until a person has compared it. None where nothing is missing.
        """
        gap = await self._audit.gap()
        if gap is None:
            return None
        jobs = await self._end_jobs()
        cancelled = await self._move(_WAITING, _cancelled)
        halted = await self._move(_AT_WORK, self._in_doubt)
        lost = max(0, gap.known - gap.head)
        restored = Restored(lines_lost=lost, jobs=jobs, cancelled=cancelled, halted=halted)
        counts = {"jobs_ended": jobs, "plans_cancelled": cancelled, "plans_in_doubt": halted}
        await self._audit.go_on(
            gap,
            AuditEntry(
                principal=principal,
                action="RESTORED",
                tool_name="db_accept_restored",
                tool_tier="fundamental",
                result=AuditResult.SUCCESS,
                metadata={"last_line": gap.head, "known_line": gap.known, **counts},
            ),
        )
        return restored

    async def _end_jobs(self) -> int:
        async with self._uow() as tx:
            unfinished = await tx.jobs.unfinished()
            for job in unfinished:
                held = await tx.jobs.lock(job.id)
                ended = replace(
                    held,
                    status=JobStatus.INTERRUPTED,
                    fence=held.fence + 1,
                    error_message=_WORDS,
                    finished_at=self._clock.now(),
                    next_run_at=None,
                )
                await tx.jobs.save(ended)
                await tx.leases.release(job.id, ended.fence)
        return len(unfinished)

    async def _move(self, states: tuple[PlanStatus, ...], moved: _Moved) -> int:
        count = 0
        for status in states:
            while plans := await self._page(status):
                for plan in plans:
                    async with self._uow() as tx:
                        await tx.plans.transition(await moved(tx, plan), status)
                count += len(plans)
        return count

    async def _page(self, status: PlanStatus) -> tuple[PlanDomain, ...]:
        async with self._uow.read() as tx:
            return tuple((await tx.plans.page(status=status, created_by=None, limit=_PAGE)).items)

    async def _in_doubt(self, tx: Transaction, plan: PlanDomain) -> PlanDomain:
        rows = [_doubted(plan, row) for row in await tx.plans.devices_of(plan.id)]
        for row in rows:
            await tx.plans.save_device(row)
        return replace(plan, status=derive(plan.status, [row.state for row in rows]))


_Moved = Callable[[Transaction, PlanDomain], Awaitable[PlanDomain]]


async def _cancelled(tx: Transaction, plan: PlanDomain) -> PlanDomain:
    del tx
    return replace(plan, status=PlanStatus.CANCELLED, decision_reason=_WORDS)


def _doubted(plan: PlanDomain, row: PlanDeviceDomain) -> PlanDeviceDomain:
    """A router on which the plan was not over when the copy was made."""
    undoing = plan.status is PlanStatus.ROLLING_BACK
    if not (is_open(row.state) or (is_done(row.state) if undoing else row.state is StepState.PLANNED)):
        return row
    return replace(row, state=StepState.UNKNOWN, error_code=OutcomeUnknown.code, error_message=_WORDS)
