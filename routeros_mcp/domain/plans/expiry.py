"""What waits too long: plans expire, and plans whose approvals ran out wait for new ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import PlanDomain, PlanStatus
from routeros_mcp.domain.planning.lifecycle import check_transition
from routeros_mcp.domain.plans.grounds import PlanPorts
from routeros_mcp.domain.plans.records import without_approval

_MOST_AT_ONCE = 200


class Expiry:
    def __init__(self, ports: PlanPorts) -> None:
        self._ports = ports

    async def sweep(self) -> int:
        """Put plans that waited too long where they belong; how many. Safe to call at any time, by anybody.

        Each plan moves only from the state that was read. Whoever was faster is right, and a database that
        takes no writes now takes them later: neither keeps anybody from reading.
        """
        now, moved = self._ports.clock.now(), 0
        async with self._ports.uow.read() as tx:
            stale = await tx.plans.stale(now, limit=_MOST_AT_ONCE)
        for plan in stale:
            try:
                await self._move(plan, _outlived(plan, now))
                moved += 1
            except RouterosMcpError:
                continue
        return moved

    async def _move(self, plan: PlanDomain, outlived: PlanDomain) -> None:
        check_transition(plan.id, plan.status, outlived.status)
        async with self._ports.uow() as tx:
            await tx.plans.transition(outlived, plan.status)


def _outlived(plan: PlanDomain, now: datetime) -> PlanDomain:
    if plan.expires_at is not None and plan.expires_at <= now:
        return replace(plan, status=PlanStatus.EXPIRED)
    return replace(without_approval(plan), status=PlanStatus.SUBMITTED)
