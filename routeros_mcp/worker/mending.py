"""Rows that a router has made twice of one add: found by the journal and a fresh look at the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.models import Change, ChangeOp, StepState
from routeros_mcp.domain.planning.footprint import Footprint
from routeros_mcp.domain.planning.twins import Added, Twin, twins_of
from routeros_mcp.worker.context import DeviceRun, WorkerPorts
from routeros_mcp.worker.settling import Settling


class Mending:
    def __init__(self, ports: WorkerPorts, settling: Settling) -> None:
        self._ports = ports
        self._settling = settling

    async def twin(self, run: DeviceRun) -> Twin | None:
        """A row that this plan's steps have made and that is one too many; None when a person has to look.

        Raises:
            DeviceError: the router cannot be asked.
        """
        adds = [
            Added(self._ports.secrets.open_change(run.plan.id, step.change), step.item_id)
            for step in await self._settling.steps(run)
            if step.change.op is ChangeOp.ADD and step.state is StepState.ACKED
        ]
        return next(iter(await self._twins(run, adds, run.expected)), None)

    async def is_doubled(self, run: DeviceRun, add: Change) -> bool:
        """Whether an add whose answer got lost was carried out, twice, and nothing else has changed."""
        if add.op is not ChangeOp.ADD:
            return False
        after = replace(run.expected, model=run.expected.model.copy())
        after.apply(add)
        return bool(await self._twins(run, [Added(add)], after))

    async def _twins(self, run: DeviceRun, adds: Sequence[Added], expected: Footprint) -> Sequence[Twin]:
        if not adds:
            return ()
        schema = expected.model.schema
        await self._ports.reader.forget(run.device.id)
        tables = await self._ports.computer.read_tables(run.target, list(schema), run.scope)
        return twins_of(adds, expected, tables)
