"""Looks over routers for what dead-man switches have left there, and takes away what is ours and over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.fanout import fan_out
from routeros_mcp.domain.models import SCOPES_OF_ROLE, DeviceDomain, Principal, Role, Selector
from routeros_mcp.domain.planning import deadman
from routeros_mcp.domain.planning.orphans import Fate, Find, Share, judged, traces
from routeros_mcp.domain.plans.traces import Site, Traces
from routeros_mcp.domain.ports import UnitOfWork

_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What was found on one router; `error` where it could not be looked at."""

    device: DeviceDomain
    finds: tuple[Find, ...] = ()
    error: str | None = None


class GuardSweep:
    def __init__(
        self, uow: UnitOfWork, connections: Connections, traces: Traces, *, workers: int, timeout_s: float
    ) -> None:
        self._uow = uow
        self._connections = connections
        self._traces = traces
        self._workers = workers
        self._timeout_s = timeout_s

    async def sweep(
        self, principal: Principal, devices: Sequence[DeviceDomain], *, is_dry: bool = False
    ) -> Sequence[Swept]:
        """Look at the devices, some at a time, and remove orphans of ended plans unless `is_dry`."""

        async def one(device: DeviceDomain) -> Swept:
            return await self._one(principal, device, is_dry=is_dry)

        outcomes = await fan_out(devices, one, workers=self._workers, timeout_s=self._timeout_s)
        return [each.value or Swept(device=each.item, error=str(each.error)) for each in outcomes]

    async def sweep_all(self) -> Sequence[Swept]:
        """As `sweep`, over the whole fleet on nobody's request; for the night."""
        service = Principal(
            subject="service:sweep",
            role=Role.ADMIN,
            scopes=SCOPES_OF_ROLE[Role.ADMIN],
            devices=Selector.everything(),
        )
        swept: list[Swept] = []
        after: str | None = None
        while devices := await self._page(service, after):
            swept += await self.sweep(service, devices)
            after = devices[-1].name
        return swept

    async def _page(self, service: Principal, after: str | None) -> Sequence[DeviceDomain]:
        async with self._uow.read() as tx:
            return await tx.devices.select(Selector.everything(), service.devices, limit=_PAGE, after=after)

    async def _one(self, principal: Principal, device: DeviceDomain, *, is_dry: bool) -> Swept:
        target = await self._connections.target(device)
        site = Site(device=device, target=target, principal=principal, tool_name="device_sweep")
        rows = traces(await self._traces.entries(target), await self._traces.files(target))
        if not rows:
            return Swept(device=device)
        shares = await self._shares(device)
        finds = [judged(path, row, shares) for path, row in rows]
        if is_dry:
            return Swept(device=device, finds=tuple(finds))
        return Swept(device=device, finds=tuple([await self._taken(site, find) for find in finds]))

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
