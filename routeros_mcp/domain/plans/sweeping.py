"""Looks over routers for what dead-man switches have left there, and takes away what is ours and over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import Conflict, RouterosMcpError
from routeros_mcp.domain.fanout import fan_out
from routeros_mcp.domain.models import DeviceDomain, Environment, Principal
from routeros_mcp.domain.planning import deadman
from routeros_mcp.domain.planning.orphans import Fate, Find, Share, judged, traces
from routeros_mcp.domain.planning.render import visible
from routeros_mcp.domain.plans.traces import Site, Traces
from routeros_mcp.domain.ports import Target, UnitOfWork

UNREAD = "unreachable"
"""What is told as the state of a device that could not be looked at."""


class Holds(Protocol):
    def hold(self, device_id: str) -> AbstractAsyncContextManager[None]:
        """Keep everybody else from writing to the device; Conflict where somebody does already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPolicy:
    """So many devices are looked at a time, each for so many seconds at most."""

    environment: Environment
    workers: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What was found on one router; `error` where it could not be looked at."""

    device: DeviceDomain
    finds: tuple[Find, ...] = ()
    error: str | None = None

    @property
    def has_orphans(self) -> bool:
        return any(find.fate is Fate.ORPHAN for find in self.finds)

    def left(self, why: str) -> Swept:
        """The same with the reason why its orphans stay."""
        return replace(
            self,
            finds=tuple(
                replace(find, why=f"{find.why}; {why}") if find.fate is Fate.ORPHAN else find
                for find in self.finds
            ),
        )

    def told(self) -> list[dict[str, str]]:
        """One line for each find, or one why there is none: device, path, name, state, message."""
        name = self.device.name
        if self.error is not None:
            return [{"device": name, "state": UNREAD, "message": visible(self.error)}]
        return [
            {
                "device": name,
                "path": find.path,
                "name": visible(find.name),
                "state": str(find.fate),
                "message": f"{visible(find.name)}: {visible(find.why)}",
            }
            for find in self.finds
        ]


class GuardSweep:
    """`look` only reads; `clear` is for jobs, whose run holds the device while it removes something."""

    def __init__(
        self, uow: UnitOfWork, connections: Connections, traces: Traces, policy: SweepPolicy, holds: Holds
    ) -> None:
        self._uow = uow
        self._connections = connections
        self._traces = traces
        self._policy = policy
        self._holds = holds

    async def look(self, devices: Sequence[DeviceDomain]) -> Sequence[Swept]:
        """What is on the devices, some looked at at a time; a device out of reach is no error."""
        policy = self._policy
        outcomes = await fan_out(devices, self._look, workers=policy.workers, timeout_s=policy.timeout_s)
        return [each.value or Swept(device=each.item, error=str(each.error)) for each in outcomes]

    async def clear(self, principal: Principal, job_id: str, seen: Swept) -> Swept:
        """Remove the orphans that were seen, if nobody is at work on the router; what became of them.

        Everything is looked at anew once the device is held: a plan may have begun since.
        """
        device = seen.device
        try:
            device.validate_environment_match(self._policy.environment)
            async with self._holds.hold(device.id):
                await self._refuse_busy(device)
                target = await self._connections.target(device)
                held = Swept(device=device, finds=await self._finds(device, target))
                site = Site(
                    device=device,
                    target=target,
                    principal=principal,
                    tool_name="device_sweep",
                    job_id=job_id,
                )
                return replace(held, finds=tuple([await self._taken(site, find) for find in held.finds]))
        except RouterosMcpError as error:
            return seen.left(f"it could not be removed: {error.message}")

    async def _look(self, device: DeviceDomain) -> Swept:
        return Swept(device=device, finds=await self._finds(device, await self._connections.target(device)))

    async def _finds(self, device: DeviceDomain, target: Target) -> tuple[Find, ...]:
        rows = traces(await self._traces.entries(target), await self._traces.files(target))
        shares = await self._shares(device) if rows else {}
        return tuple(judged(path, row, shares) for path, row in rows)

    async def _refuse_busy(self, device: DeviceDomain) -> None:
        async with self._uow.read() as tx:
            busy = await tx.plans.busy([device.id])
        if device.id in busy:
            raise Conflict(
                f"plan {busy[device.id]} is at work on the router, or has left it in doubt",
                fix="The next sweep looks again.",
            )

    async def _taken(self, site: Site, find: Find) -> Find:
        if find.fate is not Fate.ORPHAN:
            return find
        row = {".id": find.item_id, "name": find.name}
        at = replace(site, plan_id=find.plan_id)
        try:
            await self._traces.remove(at, find.path, row)
        except RouterosMcpError as error:
            await self._traces.failed(at, find.path, find.name, str(error))
            return replace(find, why=f"{find.why}; it could not be removed: {error.message}")
        return replace(find, fate=Fate.REMOVED)

    async def _shares(self, device: DeviceDomain) -> Mapping[str, Share]:
        async with self._uow.read() as tx:
            rows = await tx.plans.shares_of(device.id)
            plans = [await tx.plans.get(row.plan_id) for row in rows]
        return {
            deadman.nonce_for(plan.id, device.id): Share(plan_id=plan.id, status=plan.status, state=row.state)
            for plan, row in zip(plans, rows, strict=True)
        }
