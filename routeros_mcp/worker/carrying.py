"""Goes through the waves: devices side by side, the health gate, the soak, and what is asked meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from routeros_mcp.domain.fanout import fan_out
from routeros_mcp.domain.models import JobDomain, PlanDeviceDomain, PlanDomain, StepState
from routeros_mcp.domain.planning.gates import GateResult, GateVerdict, has_passed, is_worse_off
from routeros_mcp.domain.planning.lifecycle import is_done
from routeros_mcp.domain.planning.progress import gates_of, is_pending
from routeros_mcp.domain.planning.rollout import OnFailure, Rollout, Stop, StopKind, rollout_of
from routeros_mcp.worker.context import WorkerPorts
from routeros_mcp.worker.gate import Gate
from routeros_mcp.worker.reporting import Reporter

_DEVICE_LIMIT_S = 3_600.0
"""No device is ever cut off in the middle of its writes: the sockets have deadlines of their own."""
_LOOK_EVERY_S = 1.0
_CANARY = 1
"""The wave with the device that goes first."""
_ASKED = {StopKind.PAUSE: "somebody asked to pause", StopKind.CANCEL: "somebody asked to stop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A job, its plan, and what to do with one device from wherever an earlier run of the job has left it."""

    job: JobDomain
    plan: PlanDomain
    action: Callable[[PlanDeviceDomain], Awaitable[PlanDeviceDomain]]

    @property
    def rollout(self) -> Rollout:
        return rollout_of(self.plan.options)


class Carrier:
    def __init__(self, ports: WorkerPorts, gate: Gate, reporter: Reporter) -> None:
        self._ports = ports
        self._gate = gate
        self._reporter = reporter

    async def carry(self, errand: Errand) -> Stop | None:
        """Apply wave by wave what is not applied yet; what stopped it, None at the end of the last wave."""
        rows = await self._rows(errand)
        await self._take_up(errand, rows)
        last = max((row.wave or 0 for row in rows), default=0)
        for wave in range(1, last + 1):
            stop = await self._asked(errand, wave) or await self._wave(errand, wave)
            if stop is None and wave < last:
                stop = await self._soaked(errand, wave)
            if stop is not None:
                return stop
        held = await self._job(errand)
        return await self._asked(errand, last) if held.undo_requested else None

    async def undo(self, errand: Errand, device_ids: Sequence[str], *, may_stop: bool) -> Stop | None:
        """Roll the devices back, last wave first; one that fails keeps no other from it."""
        concerned = frozenset(device_ids)
        await self._take_up(errand, await self._rows(errand, concerned))
        chosen = await self._rows(errand, concerned)
        for wave in sorted({row.wave or 0 for row in chosen}, reverse=True):
            stop = await self._asked(errand, wave) if may_stop else None
            if stop is not None:
                return stop
            members = [row for row in reversed(chosen) if (row.wave or 0) == wave]
            await self._side_by_side(errand, members, may_stop=may_stop)
        left = await self._rows(errand, concerned)
        begun = all(row.job_id == errand.job.id for row in left)
        return None if begun or not may_stop else await self._asked(errand, 0)

    # -- one wave ----------------------------------------------------------------------------------------

    async def _wave(self, errand: Errand, wave: int) -> Stop | None:
        pending = [row for row in await self._members(errand, wave) if is_pending(row, errand.job)]
        if pending:
            await self._side_by_side(errand, pending, halts=True)
        rows = await self._members(errand, wave)
        broken = [row for row in rows if not is_done(row.state) and row.state is not StepState.PLANNED]
        if broken:
            words = broken[0].error_message or f"it is {broken[0].state}"
            return await self._halt(errand, wave, f"a device of wave {wave} failed: {words}")
        if any(row.state is StepState.PLANNED for row in rows):
            return await self._asked(errand, wave)
        return await self._gated(errand, wave) if errand.rollout.gates else None

    async def _take_up(self, errand: Errand, rows: Sequence[PlanDeviceDomain]) -> None:
        """Bring to their end the devices that a process has left in the middle, whatever was asked since."""
        left = [row for row in rows if is_pending(row, errand.job) and row.state is not StepState.PLANNED]
        if left:
            await self._side_by_side(errand, left, may_stop=False)

    async def _side_by_side(
        self,
        errand: Errand,
        rows: Sequence[PlanDeviceDomain],
        *,
        halts: bool = False,
        may_stop: bool = True,
    ) -> None:
        """None is begun once somebody asked to stop or, when it `halts`, after a failure."""
        failed = asyncio.Event()

        async def one(row: PlanDeviceDomain) -> None:
            if failed.is_set() or (may_stop and _wish(await self._job(errand)) is not None):
                return
            ended = await errand.action(row)
            if halts and not is_done(ended.state):
                failed.set()

        workers = errand.rollout.parallel
        for outcome in await fan_out(rows, one, workers=workers, timeout_s=_DEVICE_LIMIT_S):
            if outcome.error is not None:
                raise outcome.error

    async def _gated(self, errand: Errand, wave: int) -> Stop | None:
        held = await self._gate_of(errand, wave)
        verdict = held.get("verdict")
        if verdict == GateVerdict.PASSED:
            return None
        if verdict == GateVerdict.FAILED:
            return await self._halt(errand, wave, _gate_words(wave, held["reasons"]))
        result = await self._gate.judge(errand.plan, await self._measured(errand, wave))
        await self._reporter.gate(errand.job, wave, result)
        return await self._after_gate(errand, wave, result, is_accepted="accepted_by" in held)

    async def _after_gate(
        self, errand: Errand, wave: int, result: GateResult, *, is_accepted: bool
    ) -> Stop | None:
        if result.verdict is GateVerdict.FAILED:
            return await self._halt(errand, wave, _gate_words(wave, result.reasons))
        if result.verdict is GateVerdict.PASSED or is_accepted:
            return None
        words = f"the health gate after wave {wave} is inconclusive: {'; '.join(result.reasons)}"
        return Stop(kind=StopKind.PAUSE, reason=words, wave=wave)

    async def _measured(self, errand: Errand, wave: int) -> list[PlanDeviceDomain]:
        """The wave, and the canary once more unless it was odd before: a change may break things later."""
        rows = [row for row in await self._rows(errand, waves={_CANARY, wave}) if is_done(row.state)]
        canary = [row for row in rows[:1] if row.wave != wave and has_passed(row)]
        return canary + [row for row in rows if row.wave == wave]

    async def _soaked(self, errand: Errand, wave: int) -> Stop | None:
        held = await self._gate_of(errand, wave)
        clock, soak_s = self._ports.clock, errand.rollout.soak_s
        since = datetime.fromisoformat(str(held["at"])) if "at" in held else clock.now()
        # a wall clock that is set back must not make it longer
        until = clock.monotonic() + min(soak_s, soak_s - (clock.now() - since).total_seconds())
        while (left_s := until - clock.monotonic()) > 0:
            stop = await self._asked(errand, wave)
            if stop is not None:
                return stop
            await self._ports.clock.sleep(min(left_s, _LOOK_EVERY_S))
        return None

    # -- stopping ----------------------------------------------------------------------------------------

    async def _halt(self, errand: Errand, wave: int, reason: str) -> Stop:
        policy = errand.rollout.on_failure
        if (await self._job(errand)).undo_requested:
            policy = OnFailure.ROLL_BACK_ALL
        undo = _to_undo(policy, await self._rows(errand), wave)
        return Stop(kind=StopKind.HALT, reason=reason, wave=wave, undo=undo)

    async def _asked(self, errand: Errand, wave: int) -> Stop | None:
        """The stop that somebody has asked for, if anybody has."""
        held = await self._job(errand)
        kind = _wish(held)
        if kind is None:
            return None
        undoes = kind is StopKind.CANCEL and held.undo_requested
        undo = _to_undo(OnFailure.ROLL_BACK_ALL, await self._rows(errand), wave) if undoes else ()
        return Stop(kind=kind, reason=_ASKED[kind], wave=wave, undo=undo)

    # -- what is stored ----------------------------------------------------------------------------------

    async def _job(self, errand: Errand) -> JobDomain:
        async with self._ports.uow.read() as tx:
            return await tx.jobs.get(errand.job.id)

    async def _gate_of(self, errand: Errand, wave: int) -> Mapping[str, object]:
        return gates_of(await self._job(errand)).get(str(wave), {})

    async def _rows(
        self,
        errand: Errand,
        device_ids: Container[str] | None = None,
        *,
        waves: Collection[int] | None = None,
    ) -> Sequence[PlanDeviceDomain]:
        """The plan's devices as they stand, or these of them."""
        async with self._ports.uow.read() as tx:
            rows = await tx.plans.devices_of(errand.plan.id, waves)
        return [row for row in rows if device_ids is None or row.device_id in device_ids]

    async def _members(self, errand: Errand, wave: int) -> Sequence[PlanDeviceDomain]:
        return await self._rows(errand, waves={wave})


def _wish(job: JobDomain) -> StopKind | None:
    if job.cancel_requested:
        return StopKind.CANCEL
    return StopKind.PAUSE if job.pause_requested else None


def _to_undo(policy: OnFailure, rows: Sequence[PlanDeviceDomain], wave: int) -> tuple[str, ...]:
    """Of the devices that hold the change, those that the policy takes it from."""
    return tuple(row.device_id for row in rows if is_done(row.state) and _is_meant(policy, row, wave))


def _is_meant(policy: OnFailure, row: PlanDeviceDomain, wave: int) -> bool:
    match policy:
        case OnFailure.HALT:
            return False
        case OnFailure.ROLL_BACK_DEVICE:
            return is_worse_off(row)
        case OnFailure.ROLL_BACK_WAVE:
            return is_worse_off(row) or row.wave == wave
        case OnFailure.ROLL_BACK_ALL:
            return True


def _gate_words(wave: int, reasons: object) -> str:
    listed = "; ".join(map(str, reasons)) if isinstance(reasons, list | tuple) else ""
    return f"the health gate after wave {wave} failed: {listed}"
