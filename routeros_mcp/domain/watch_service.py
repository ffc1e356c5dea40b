"""Waits for a job or a plan to change, for those who want to be told instead of asking."""

from __future__ import annotations

from routeros_mcp.domain.models import JobDomain, PlanDomain, Principal, Selector
from routeros_mcp.domain.planning.progress import gates_of
from routeros_mcp.domain.ports import Clock, Transaction, UnitOfWork

_LOOK_EVERY_S = 1.0


class WatchService:
    """By looking: what changes a job may be another process."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def next_mark(self, principal: Principal, kind: str, key: str, known: str | None) -> str | None:
        """What stands for the present state of the `job` or `plan`, once it is another than the known one.

        None when it will not change any more, or is out of the caller's sight, which is judged with the first
        look, when nothing is known yet.
        """
        while True:
            async with self._uow.read() as tx:
                if known is None and not await _is_visible(tx, principal, kind, key):
                    return None
                mark, is_over = await _mark(tx, kind, key)
            if mark != known or is_over:
                return None if mark == known else mark
            await self._clock.sleep(_LOOK_EVERY_S)


async def _mark(tx: Transaction, kind: str, key: str) -> tuple[str, bool]:
    if kind == "job":
        job = await tx.jobs.get_by_id(key)
        return ("", True) if job is None else (_mark_of(job), job.status.is_final)
    plan = await tx.plans.get_by_id(key)
    newest = await tx.jobs.page(status=None, plan_id=key, limit=1)
    marks = [f"{plan.status} {plan.version}" if plan else "", *map(_mark_of, newest.items)]
    return " ".join(marks), plan is None


def _mark_of(job: JobDomain) -> str:
    asked = f"{job.pause_requested:d}{job.cancel_requested:d}{job.undo_requested:d}"
    return f"{job.id} {job.status} {job.progress_done} {asked} {len(gates_of(job))}"


async def _is_visible(tx: Transaction, principal: Principal, kind: str, key: str) -> bool:
    found: JobDomain | PlanDomain | None = (
        await tx.jobs.get_by_id(key) if kind == "job" else await tx.plans.get_by_id(key)
    )
    if found is None or principal.devices.sees_all:
        return found is not None
    wanted = Selector(names=frozenset(found.device_ids))
    seen = await tx.devices.select(wanted, principal.devices, limit=len(found.device_ids) or 1)
    return len(seen) == len(found.device_ids) > 0
