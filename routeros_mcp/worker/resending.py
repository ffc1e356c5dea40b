"""Whether a write that provably did not happen may be sent once more, instead of halting its device."""

from __future__ import annotations

from routeros_mcp.domain.models import PlanStepDomain, StepDirection, StepState
from routeros_mcp.domain.planning.safeguards import is_guarded
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.guard import Guard
from routeros_mcp.worker.settling import Settling


class Resending:
    def __init__(self, ports: WorkerPorts, settling: Settling) -> None:
        self._settling = settling
        self._guard = Guard(ports)

    async def is_allowed(self, run: DeviceRun, lost: PlanStepDomain) -> bool:
        """Whether the change of a step that got lost may have another step; the journal is asked, not us.

        Raises:
            DeviceError: the router cannot be asked about its dead-man switch.
        """
        return not await self._was_lost_before(run, lost) and await self._has_time(run, lost)

    async def _was_lost_before(self, run: DeviceRun, lost: PlanStepDomain) -> bool:
        """Whether the step right before it is the same change's first try, of this process or a dead one."""
        earlier = [step for step in await self._settling.steps(run) if step.sequence < lost.sequence]
        return bool(earlier) and _is_lost(earlier[-1]) and earlier[-1].direction is lost.direction

    async def _has_time(self, run: DeviceRun, lost: PlanStepDomain) -> bool:
        """A switch that acts soon, or has acted, must not be overtaken by a write that nobody would undo."""
        if not is_guarded(run.plan, run.device.name):
            return True
        held = await self._guard.standing(run)
        if held is not None:
            return held.is_whole and await self._guard.has_time(run, held)
        return lost.direction is StepDirection.ROLLBACK and not await self._guard.is_armed(run)


def _is_lost(step: PlanStepDomain) -> bool:
    """Whether the step's write provably did not happen, and nobody has given its device up for that."""
    return step.state is StepState.NOT_APPLIED and step.error_code is None
