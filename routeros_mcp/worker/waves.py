"""Which device goes in which wave: asked of the network once, when a job first runs, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.fanout import fan_out
from routeros_mcp.domain.models import DeviceDomain, JobDomain, PlanDeviceDomain, PlanDomain, Selector
from routeros_mcp.domain.planning.rollout import rollout_of, wave_numbers
from routeros_mcp.domain.planning.topology import leaves_first, neighbour_names, resolve
from routeros_mcp.domain.ports import Query
from routeros_mcp.worker.context import WorkerPorts

_NEIGHBOURS = Query(path="/ip/neighbor", fields=("identity", "address", "address4"))
_READERS = 32
_LIMIT_S = 10.0
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the plan's routers tell of their neighbours, by device id, and which of them tell nothing."""

    names: dict[str, frozenset[str]]
    silent: tuple[str, ...]


class WavePlanner:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports

    async def assigned(
        self, job: JobDomain, plan: PlanDomain, rows: Sequence[PlanDeviceDomain]
    ) -> Sequence[PlanDeviceDomain]:
        """The rows in the order of the rollout, each with its wave; computed at the first call only."""
        if all(row.wave is not None for row in rows):
            return rows
        devices = await self._devices_of(rows)
        heard = await self._heard(devices)
        order = leaves_first(
            [row.device_id for row in rows],
            resolve({device.id: _known_as(device) for device in devices}, heard.names),
        )
        numbers = wave_numbers(len(order), rollout_of(plan.options).waves)
        by_device = {row.device_id: row for row in rows}
        placed = [
            replace(by_device[device_id], position=position, wave=number)
            for position, (device_id, number) in enumerate(zip(order, numbers, strict=True))
        ]
        async with self._ports.uow() as tx:
            for row in placed:
                await tx.plans.save_device(row)
            held = await tx.jobs.lock(job.id)
            await tx.jobs.save(replace(held, report={**held.report, "order": _order_words(devices, heard)}))
        return placed

    async def _devices_of(self, rows: Sequence[PlanDeviceDomain]) -> Sequence[DeviceDomain]:
        async with self._ports.uow.read() as tx:
            wanted = Selector(names=frozenset(row.device_id for row in rows))
            return await tx.devices.select(wanted, Selector.everything(), limit=len(rows))

    async def _heard(self, devices: Sequence[DeviceDomain]) -> _Heard:
        """A router that does not answer in time hangs on nothing that we know of."""
        if len(devices) == 1:
            return _Heard({}, ())
        outcomes = await fan_out(devices, self._neighbours_of, workers=_READERS, timeout_s=_LIMIT_S)
        return _Heard(
            {each.item.id: each.value for each in outcomes if each.value is not None},
            tuple(each.item.name for each in outcomes if each.value is None),
        )

    async def _neighbours_of(self, device: DeviceDomain) -> frozenset[str]:
        target = await self._ports.connections.target(device)
        return neighbour_names(await self._ports.reader.read(target, _NEIGHBOURS))


def _known_as(device: DeviceDomain) -> frozenset[str]:
    host = device.management_address.rpartition(":")[0].strip("[]")
    return frozenset(name for name in (device.name, device.system_identity, host) if name)


def _order_words(devices: Sequence[DeviceDomain], heard: _Heard) -> str:
    if len(devices) == 1:
        return "one device"
    if not heard.silent:
        return "leaves of the network first"
    named = ", ".join(heard.silent[:_MOST_NAMED])
    more = f" and {len(heard.silent) - _MOST_NAMED} more" if len(heard.silent) > _MOST_NAMED else ""
    return f"leaves of the network first; the neighbours of {named}{more} could not be read"
