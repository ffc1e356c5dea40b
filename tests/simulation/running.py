"""Runs a scenario to its end: plan, approve, apply, crash, recover, roll back; then looks at what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fakes.storage import Tables
from simulation.history import History, Kind
from simulation.installation import Installation, Process, live
from simulation.network import SimulatedRouter, Weather
from simulation.scenario import MENUS, Foreign, Scenario, scenario, specs
from simulation.virtual_time import elapse, run_virtually

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import SCOPES_OF_ROLE, JobStatus, PlanDomain, Principal, Role, Selector
from routeros_mcp.domain.plans.making import PlanRequest

Rows = Mapping[str, Sequence[Mapping[str, str]]]
_QUIET_S = 500.0
_MOST_STARTS = 12
_MOVING = {".id", ".nextid", "bytes", "packets", "invalid", "dynamic", "creation-time", "cache-used"} | {
    "rx-byte", "tx-byte", "rx-packet", "tx-packet", "last-link-up-time", "last-link-down-time", "link-downs",
    "fp-rx-byte", "fp-tx-byte", "fp-rx-packet", "fp-tx-packet", "running", "actual-mtu", "timeout",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a scenario came to. Rows are those of `MENUS`, by device."""

    scenario: Scenario
    plan: PlanDomain
    history: History
    tables: Tables
    before: Mapping[str, Rows]
    after: Mapping[str, Rows]
    switches: Mapping[str, int]
    refused: str = ""


def simulate(seed: int, *, settle_s: float = 65.0) -> Run:
    """The run of the seed; equal seeds give equal histories.

    A shorter `settle_s` than the router's own limit is a mistake, which the invariants are to show.
    """
    return run_virtually(_play(scenario(seed), settle_s))


async def _play(wanted: Scenario, settle_s: float) -> Run:
    place = Installation(wanted.chance, settle_s)
    await place.install(list(specs()[: wanted.routers]))
    plan = await _approved(place, wanted)
    before = {device: _rows(router) for device, router in place.network.routers.items()}
    await elapse(wanted.waits)
    place.network.weather = wanted.weather
    _schedule(place, wanted)
    refused = await _job(place, wanted, plan.id, rolls_back=False)
    if wanted.rolls_back and not refused:
        await _job(place, wanted, plan.id, rolls_back=True)
    await elapse(_QUIET_S)
    place.network.weather = Weather()
    network = place.network
    run = Run(
        scenario=wanted,
        plan=place.tables.tables.plans[plan.id],
        history=place.history,
        tables=place.tables.tables,
        before=before,
        after={device: _rows(router) for device, router in network.routers.items()},
        switches={device: network._switches(device) for device in network.routers},
        refused=refused,
    )
    await place.stop()
    return run


async def _approved(place: Installation, wanted: Scenario) -> PlanDomain:
    async with place.process() as process:
        async with process.uow.read() as tx:
            devices = await tx.devices.select(Selector.everything(), Selector.everything(), limit=99)
        view = await process.plans.create(person("maker"), devices, PlanRequest(operations=wanted.wishes))
        assert view.plan is not None, wanted.wishes
        return await process.approvals.approve(person("approver"), view.plan.id, view.plan.digest)


def person(name: str) -> Principal:
    return Principal(
        subject=name, role=Role.ADMIN, scopes=SCOPES_OF_ROLE[Role.ADMIN], devices=Selector.everything()
    )


async def _job(place: Installation, wanted: Scenario, plan_id: str, *, rolls_back: bool) -> str:
    """Start the job and let processes come and go until it has ended; why it was not even started."""
    refusals: list[str] = []

    async def begin(process: Process) -> None:
        try:
            start = process.rollouts.rollback if rolls_back else process.rollouts.apply
            await start(person("maker"), plan_id)
        except RouterosMcpError as error:
            refusals.append(error.code)
        await process.runner.work()

    async def resume(process: Process) -> None:
        await process.runner.take_over()
        for job in list(place.tables.tables.jobs.values()):
            if job.status is JobStatus.PAUSED:  # a person has looked, and lets it go on
                again = process.rollouts.rollback if rolls_back else process.rollouts.apply
                await again(person("maker"), plan_id, resume=True)
                await process.runner.work()

    deaths = list(wanted.deaths)
    for number in range(_MOST_STARTS):
        dies_at = deaths.pop(0) if deaths else 0
        async with place.process(dies_at) as process:
            await live(process, resume(process) if number else begin(process))
        if all(job.status.is_final for job in place.tables.tables.jobs.values()):
            break
        await elapse(wanted.pauses[number % len(wanted.pauses)])
    return refusals[0] if refusals else ""


def _schedule(place: Installation, wanted: Scenario) -> None:
    loop = asyncio.get_running_loop()
    for at, by_s in wanted.jumps:
        loop.call_later(at, _jump, place, by_s)
    for at, device in wanted.reboots:
        loop.call_later(at, _reboot, place, device)
    for each in wanted.foreign:
        if each.at < 0:
            _interfere(place, each)
        else:
            loop.call_later(each.at, _interfere, place, each)
    if wanted.cancels_at is not None:
        loop.call_later(wanted.cancels_at, _cancel, place)


def _jump(place: Installation, by_s: float) -> None:
    place.clock.jump(timedelta(seconds=by_s))
    place.network.tell(Kind.CLOCK, seconds=by_s)


def _reboot(place: Installation, device: int) -> None:
    place.network.tell(Kind.FAULT, device=f"device-{device}", what="restart")
    place.network.routers[f"device-{device}"].reboot()


def _interfere(place: Installation, each: Foreign) -> None:
    device = f"device-{each.device}"
    try:
        row = each.edit.do(place.network.routers[device])
    except LookupError:
        return
    place.network.tell(Kind.FOREIGN, device=device, path=each.edit.path, row=row, words=each.edit.words)


def _cancel(place: Installation) -> None:
    """As `job_cancel` does, at a moment between two transactions."""
    jobs = place.tables.tables.jobs
    for job_id, job in list(jobs.items()):
        if not job.status.is_final:
            place.tables.tables.jobs[job_id] = replace(job, cancel_requested=True)
            place.network.tell(Kind.CANCEL, job=job_id)


def _rows(router: SimulatedRouter) -> Rows:
    """The rows as they were configured."""
    return {
        path: [_configured(row) for row in router.rows(path) if row.get("dynamic") != "true"]
        for path in MENUS
    }


def _configured(row: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text for name, text in row.items() if name not in _MOVING}
