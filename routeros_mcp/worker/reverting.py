"""Whether a dead-man switch may have undone a write before anybody saw it: then old rows prove nothing."""

from __future__ import annotations

from routeros_mcp.domain.models import PlanStepDomain, StepDirection
from routeros_mcp.domain.planning.safeguards import is_guarded
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.guard import Guard


class Reverting:
    def __init__(self, ports: WorkerPorts) -> None:
        self._guard = Guard(ports)

    async def is_possible(self, run: DeviceRun, step: PlanStepDomain) -> bool:
        """To be asked after the rows were read: a switch that still ticks then had not acted before.

        Raises:
            DeviceError: the router cannot be asked.
        """
        if step.direction is not StepDirection.APPLY or not is_guarded(run.plan, run.device.name):
            return False
        return await self._guard.standing(run) is None
