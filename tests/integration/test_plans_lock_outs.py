"""Changes that lock the manager out, forced past the verdict: the router takes them back by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from fakes.chance import Chance
from lockouts import LOCK_OUTS, SPEC, Recipe, located
from simulation.history import Event, Kind
from simulation.installation import Installation, Process, live
from simulation.network import SimulatedRouter
from simulation.running import person
from simulation.virtual_time import elapse, run_virtually
from test_plans_reversible import canonical

from routeros_mcp.domain.errors import Forbidden
from routeros_mcp.domain.models import ChangeOp, PlanDeviceDomain, Selector
from routeros_mcp.domain.planning.management import Judgement, Reach
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.plans.making import PlanRequest

TIMEOUT_S = 300.0
GRACE_S = 30.0
EVERYTHING = Selector.everything()
SCHEDULER = "/system/scheduler"
BEYOND_SCRIPTS = "remove the VLAN"
RECIPES = [recipe for recipe in LOCK_OUTS if recipe.name != BEYOND_SCRIPTS]
SAMPLE = (
    "drop new, keep established",
    "take the port out of the bridge",
    "change the address",
    "lose every way back",
    "close the service to the manager",
)


class BlindToLockOuts:
    """Takes the place of what judges the manager's way in, and finds nothing."""

    async def judge(self, target: object, changes: object) -> Judgement:
        return Judgement(reach=Reach.SAFE)


@dataclass(slots=True)
class Rescue:
    """How a lock-out went: what the router was after the time was over, and what was said in the end."""

    is_open: bool
    is_as_before: bool
    was_shut: bool
    row: PlanDeviceDomain


def rescued(recipe: Recipe, *, killed: bool, rebooted: bool) -> Rescue:
    return run_virtually(_rescued(recipe, killed=killed, rebooted=rebooted))


async def _rescued(recipe: Recipe, *, killed: bool, rebooted: bool) -> Rescue:
    place = Installation(Chance(1), 65.0)
    await place.install([replace(SPEC, boot_s=20.0)])
    (router,) = place.network.routers.values()
    for rule in recipe.rules:
        router.add("/ip/firewall/filter", rule)
    plan_id = await _approved(place, router, recipe)
    before = canonical(router)
    shut = asyncio.Event()
    place.network.happened = _watch(place, router, shut, killed=killed, rebooted=rebooted)
    async with asyncio.TaskGroup() as group:
        group.create_task(_apply(place, plan_id))
        await shut.wait()
        await elapse(TIMEOUT_S + GRACE_S)
        is_open, is_as_before = router.lets_in, canonical(router) == before
    if killed:
        async with place.process() as second:
            await second.runner.take_over()
    row = next(iter(place.tables.tables.plan_devices.values()))
    rescue = Rescue(is_open, is_as_before, shut.is_set(), row)
    await place.stop()
    return rescue


def _watch(
    place: Installation, router: SimulatedRouter, shut: asyncio.Event, *, killed: bool, rebooted: bool
) -> Callable[[Event], None]:
    """Notices when the router has shut the manager out, and makes things worse then."""

    def happened(event: Event) -> None:
        is_ours = event.kind is Kind.EFFECT and not str(event["path"]).startswith(SCHEDULER)
        if is_ours and not router.lets_in and not shut.is_set():
            shut.set()
            if killed:
                place.lives[-1].die()
            if rebooted:
                asyncio.get_running_loop().call_later(5.0, router.reboot)

    return happened


async def _apply(place: Installation, plan_id: str) -> None:
    async with place.process() as process:
        await live(process, _work(process, plan_id))


async def _work(process: Process, plan_id: str) -> None:
    _blind(process)
    await process.rollouts.apply(person("maker"), plan_id)
    await process.runner.work()


async def _refused(recipe: Recipe) -> str:
    place = Installation(Chance(1), 65.0)
    await place.install([SPEC])
    (router,) = place.network.routers.values()
    async with place.process() as process:
        async with process.uow.read() as tx:
            devices = await tx.devices.select(EVERYTHING, EVERYTHING, limit=1)
        request = PlanRequest(operations=_operations(router, recipe))
        view = await process.plans.create(person("maker"), devices, request)
        assert view.plan is not None
        with pytest.raises(Forbidden) as refusal:
            await process.approvals.approve(
                person("approver"), view.plan.id, view.plan.digest, [devices[0].name]
            )
    await place.stop()
    return refusal.value.message


async def _approved(place: Installation, router: SimulatedRouter, recipe: Recipe) -> str:
    async with place.process() as process:
        _blind(process)
        async with process.uow.read() as tx:
            devices = await tx.devices.select(EVERYTHING, EVERYTHING, limit=1)
        request = PlanRequest(operations=_operations(router, recipe))
        view = await process.plans.create(person("maker"), devices, request)
        assert view.plan is not None
        assert not view.unguarded
        await process.approvals.approve(person("approver"), view.plan.id, view.plan.digest)
        return view.plan.id


def _blind(process: Process) -> None:
    process.computer._way_in = BlindToLockOuts()


def _operations(router: SimulatedRouter, recipe: Recipe) -> tuple[Operation, ...]:
    ops = {"add": ChangeOp.ADD, "edit": ChangeOp.SET, "remove": ChangeOp.REMOVE}
    return tuple(
        Operation(
            op=ops[verb],
            path=menu,
            match={} if verb == "add" else {".id": located(router, menu, named)[".id"]},
            values=values,
        )
        for verb, menu, named, values in recipe.edits
    )


def assert_rescued(recipe: Recipe, *, killed: bool, rebooted: bool) -> None:
    found = rescued(recipe, killed=killed, rebooted=rebooted)
    assert found.was_shut
    assert found.is_open
    assert found.is_as_before
    assert str(found.row.state) == "rolled_back", found.row


@pytest.mark.parametrize("recipe", [r for r in LOCK_OUTS if r.name in SAMPLE], ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
def test_a_lock_out_is_undone_by_the_router(recipe: Recipe, killed: bool) -> None:
    assert_rescued(recipe, killed=killed, rebooted=False)


def test_what_no_script_brings_back_is_not_approved_even_by_name() -> None:
    """Addresses and lists that refer to a removed VLAN stay without it when it is put back."""
    (recipe,) = [recipe for recipe in LOCK_OUTS if recipe.name == BEYOND_SCRIPTS]
    assert "no dead-man switch can undo it" in run_virtually(_refused(recipe))


@pytest.mark.slow
@pytest.mark.parametrize("rebooted", [False, True], ids=["up", "rebooted"])
@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
def test_every_lock_out_is_undone_by_the_router(
    killed: bool, rebooted: bool, record_property: Callable[[str, object], None]
) -> None:
    wrong = {}
    for recipe in RECIPES:
        found = rescued(recipe, killed=killed, rebooted=rebooted)
        if (found.was_shut, found.is_open, found.is_as_before, str(found.row.state)) != (
            True, True, True, "rolled_back",
        ):  # fmt: skip
            wrong[recipe.name] = found
    record_property(
        f"lock-outs {'killed' if killed else 'alive'} {'rebooted' if rebooted else 'up'}",
        json.dumps({"recipes": len(RECIPES), "wrong": len(wrong)}),
    )
    assert wrong == {}
