"""What became of a command: of a restart the uptime tells, of any other only its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from routeros_mcp.domain.errors import DeviceError, OutcomeUnknown
from routeros_mcp.domain.models import Change, PlanStepDomain
from routeros_mcp.domain.planning.commands import UPTIME, has_restarted, spec_of
from routeros_mcp.domain.planning.footprint import Finding
from routeros_mcp.domain.ports import Query
from routeros_mcp.domain.values import parse_duration
from routeros_mcp.worker.context import DeviceRun, WorkerPorts

_RESTART_S = 600.0
"""How long a router may take to be back."""
_RESOURCE = Query(path="/system/resource", fields=("uptime",), insist=True)


class Commanding:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports

    async def prepared(self, run: DeviceRun, change: Change) -> Change:
        """The change as its step keeps it: with what will tell whether it has happened."""
        spec = spec_of(change)
        if spec is None or not spec.restarts:
            return change
        return replace(change, before={UPTIME: f"{int((await self._uptime(run)).total_seconds())}s"})

    async def outcome(
        self, run: DeviceRun, step: PlanStepDomain, change: Change, *, is_answered: bool
    ) -> Finding:
        """Wait until the router is back; BEFORE when it provably went on running, and no write can land."""
        uptime = (change.before or {}).get(UPTIME)
        if uptime is None:
            return Finding.AFTER if is_answered else Finding.UNTOLD
        before = parse_duration(uptime)
        deadline = self._ports.clock.monotonic() + _RESTART_S
        while self._ports.clock.monotonic() < deadline:
            await self._ports.clock.sleep(self._ports.settle_poll_s)
            elapsed = self._ports.clock.now() - (step.intent_at or self._ports.clock.now())
            now = await self._seen(run)
            if now is None:
                continue
            restarted = has_restarted(before, now, elapsed)
            if restarted:
                return Finding.AFTER
            if elapsed.total_seconds() > self._ports.settle_s:
                return Finding.BEFORE if restarted is False and not is_answered else Finding.UNTOLD
        return Finding.UNTOLD

    async def _seen(self, run: DeviceRun) -> timedelta | None:
        try:
            return await self._uptime(run)
        except DeviceError:
            return None

    async def _uptime(self, run: DeviceRun) -> timedelta:
        """On a new connection, past what is remembered of a router that does not answer."""
        await self._ports.reader.forget(run.device.id)
        rows = await self._ports.reader.read(run.target, _RESOURCE)
        return parse_duration(rows[0]["uptime"])


def untold_command(run: DeviceRun, change: Change) -> OutcomeUnknown:
    spec = spec_of(change)
    return OutcomeUnknown(
        f"Nobody can say whether {run.device.name} has carried out {spec.path if spec else change.path}.",
        fix="It is not sent again. Look at the router, then say what it is: routeros-mcp plan resolve.",
    )
