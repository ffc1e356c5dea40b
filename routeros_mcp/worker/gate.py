"""The health gate: measures routers before their first write and after their wave, and compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routeros_mcp.domain.errors import DeviceError, RouterosMcpError
from routeros_mcp.domain.fanout import fan_out
from routeros_mcp.domain.health_figures import read_figures
from routeros_mcp.domain.models import PlanDeviceDomain, PlanDomain
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.gates import (
    GateResult,
    GateVerdict,
    Intended,
    Vitals,
    compare,
    intended_by,
    overall,
    stored_vitals,
    vitals_of,
)
from routeros_mcp.domain.planning.rollout import rollout_of
from routeros_mcp.domain.ports import Query, Target
from routeros_mcp.worker.context import DeviceRun, WorkerPorts

_RESOURCE = Query(path="/system/resource", insist=True)
_INTERFACES = Query(
    path="/interface", where={"dynamic": "false"}, fields=("name", "type", "running", "disabled"), insist=True
)
_DEFAULT_ROUTES = Query(
    path="/ip/route", where={"dst-address": "0.0.0.0/0"}, fields=("dst-address", "active"), insist=True
)
_AFTER_RESTART = 10
"""So many times as often a router is looked at whose links may still be coming up."""
_DEVICE_LIMIT_S = 600.0


class Gate:
    """Never called inside a transaction: it talks to routers."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports

    async def take_baseline(self, run: DeviceRun) -> None:
        """Measure the router as it is before its first write; the row holds it from its next save on.

        A router that cannot be measured keeps none: its gate is inconclusive then.
        """
        if run.row.baseline is not None or not rollout_of(run.plan.options).gates:
            return
        try:
            vitals = await self._measure(run.target)
        except RouterosMcpError:
            return
        run.row = replace(run.row, baseline=vitals.plain())

    async def judge(self, plan: PlanDomain, rows: Sequence[PlanDeviceDomain]) -> GateResult:
        """Measure the routers again and store with each how it compares; the worst of them is the verdict.

        What may still be coming up is looked at again a few times before it counts.
        """
        outcomes = await fan_out(
            rows,
            lambda row: self._judge_one(plan, row),
            workers=rollout_of(plan.options).parallel,
            timeout_s=_DEVICE_LIMIT_S,
        )
        results = [outcome.value or ("", _unmeasured(outcome.error)) for outcome in outcomes]
        async with self._ports.uow() as tx:
            for row, (_, result) in zip(rows, results, strict=True):
                await tx.plans.save_device(replace(row, gate=result.plain()))
        reasons = [f"{name}: {reason}" for name, result in results for reason in result.reasons]
        return GateResult(verdict=overall([result for _, result in results]), reasons=tuple(reasons))

    async def _judge_one(self, plan: PlanDomain, row: PlanDeviceDomain) -> tuple[str, GateResult]:
        async with self._ports.uow.read() as tx:
            device = await tx.devices.get(row.device_id)
        before = stored_vitals(row.baseline)
        intended = intended_by([change for change in plan.changes if change.device_id == device.id])
        target = await self._ports.connections.target(device)
        result = await self._compared(target, before, intended)
        looks = self._ports.gate.looks * (_AFTER_RESTART if intended.restart else 1)
        for _ in range(looks - 1):
            if result.verdict is GateVerdict.PASSED or before is None:
                break
            await self._ports.clock.sleep(self._ports.gate.wait_s)
            await self._ports.reader.forget(device.id)
            result = await self._compared(target, before, intended)
        return device.name, result

    async def _compared(self, target: Target, before: Vitals | None, intended: Intended) -> GateResult:
        try:
            return compare(before, await self._measure(target), intended)
        except RouterosMcpError as error:
            return _unmeasured(error)

    async def _measure(self, target: Target) -> Vitals:
        reader = self._ports.reader
        resource = await reader.read(target, _RESOURCE)
        interfaces = await reader.read(target, _INTERFACES)
        return vitals_of(
            read_figures(resource[0] if resource else {}, ()), interfaces, await self._routes(target)
        )

    async def _routes(self, target: Target) -> Sequence[Row] | None:
        try:
            return await self._ports.reader.read(target, _DEFAULT_ROUTES)
        except DeviceError:
            return None


def _unmeasured(error: RouterosMcpError | None) -> GateResult:
    reason = f"the router could not be measured: {error}" if error else "the router could not be measured"
    return GateResult(verdict=GateVerdict.INCONCLUSIVE, reasons=(reason,))
