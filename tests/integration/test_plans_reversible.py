"""Random plans over every menu that can be written: applied and rolled back, the router is as before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from fakes.chance import Chance
from simulation.installation import Installation, Process
from simulation.network import SimulatedRouter
from simulation.running import person
from simulation.virtual_time import run_virtually
from test_emulator_every_menu import menus, sample, smallest

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import ChangeOp, PlanStatus, Selector
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.plans.making import PlanRequest
from routeros_mcp.emulator import RouterSpec, branch_fleet
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.registry import Menu

CHR = RouterSpec(name="chr", version="7.23.2", packages=("container", "iot", "user-manager", "wireless"))
ON = ("disabled", "false")
PLANS_PER_ROUTER = 20
EVERYTHING = Selector.everything()
# Rows that come and go by themselves, what a router writes itself, and the manager's own way in.
PASSING = (
    "/log",
    "/ip/dns/cache",
    "/system/history",
    "/user/active",
    "/system/scheduler",
    "/ip/arp",
    "/system/clock",
)
# What cannot be undone is not of the catalogue: keys, files, restarts and modes.
UNDOABLE = (
    "/app", "/certificate", "/container", "/disk", "/file", "/ip/ssh", "/partitions", "/system/backup",
    "/system/clock", "/system/device-mode", "/system/license", "/system/package", "/system/scheduler",
    "/user/ssh-keys",
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What became of the plans that were drawn."""

    undone: int = 0
    applied: int = 0
    refused: int = 0
    menus: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def reversed_on(spec: RouterSpec, seed: int, wanted: int) -> Tally:
    """Draw plans for one router until so many were applied and rolled back."""
    tally = Tally()
    run_virtually(_reverse(spec, Chance(seed), wanted, tally))
    return tally


async def _reverse(spec: RouterSpec, chance: Chance, wanted: int, tally: Tally) -> None:
    place = Installation(chance, 65.0)
    await place.install([spec])
    (router,) = place.network.routers.values()
    while tally.undone + len(tally.wrong) < wanted:
        operations = tuple(_drawn(router, chance))
        before = canonical(router)
        async with place.process() as process:
            status = await _there_and_back(process, operations, tally)
        if status is None:
            tally.refused += 1
            continue
        tally.undone += 1
        tally.menus |= {operation.path for operation in operations}
        after = canonical(router)
        if status is not PlanStatus.ROLLED_BACK or digest(before) != digest(after):
            moved = [path for path in {*before, *after} if before.get(path) != after.get(path)]
            told = [(path, before.get(path), after.get(path)) for path in moved]
            said = [row.error_message for row in place.tables.tables.plan_devices.values()][-1]
            tally.wrong.append(f"{spec.name} {status} {said} {operations} {told}")
            break
    await place.stop()


async def _there_and_back(
    process: Process, operations: tuple[Operation, ...], tally: Tally
) -> PlanStatus | None:
    """Plan, approve, apply, roll back; nothing when the plan is refused or says what it cannot undo."""
    async with process.uow.read() as tx:
        devices = await tx.devices.select(EVERYTHING, EVERYTHING, limit=1)
    try:
        view = await process.plans.create(person("maker"), devices, PlanRequest(operations=operations))
        if view.plan is None or view.gaps:
            return None
        await process.approvals.approve(person("approver"), view.plan.id, view.plan.digest)
        if await _status(process, view.plan.id) is not PlanStatus.APPROVED:
            await process.approvals.approve(person("second"), view.plan.id, view.plan.digest)
    except RouterosMcpError:
        return None
    await process.rollouts.apply(person("maker"), view.plan.id)
    await process.runner.work()
    if await _status(process, view.plan.id) is PlanStatus.APPLIED:
        tally.applied += 1
        await process.rollouts.rollback(person("maker"), view.plan.id)
        await process.runner.work()
    ended = await _status(process, view.plan.id)
    return None if ended is PlanStatus.FAILED else ended


async def _status(process: Process, plan_id: str) -> PlanStatus:
    async with process.uow.read() as tx:
        return (await tx.plans.get(plan_id)).status


def _drawn(router: SimulatedRouter, chance: Chance) -> Iterator[Operation]:
    store = router.store
    paths = [
        path for path in menus(store) if not path.startswith(UNDOABLE) and _is_writable(store.menu(path))
    ]
    for path in chance.sample(paths, chance.randint(1, 3)):
        menu = store.menu(path)
        rows = _configured(router, path) if menu.is_list else []
        kinds = ["set"] if "set" in menu.commands and (rows or not menu.is_list) else []
        kinds += ["add"] * 2 if "add" in menu.commands else []
        kinds += ["remove"] if rows and "remove" in menu.commands and not _is_named(path) else []
        if kinds:
            yield _operation(router, chance, path, chance.choice(kinds))


def _operation(router: SimulatedRouter, chance: Chance, path: str, kind: str) -> Operation:
    menu = router.store.menu(path)
    match: dict[str, str] = {}
    if kind != "add" and menu.is_list:
        match = {".id": chance.choice(_configured(router, path))[".id"]}
    values = _values(router, chance, menu) if kind != "remove" else {}
    if kind == "add":
        values = {**values, **smallest(router.store, path)}
    return Operation(op=ChangeOp(kind), path=path, match=match, values=values)


def _configured(router: SimulatedRouter, path: str) -> list[dict[str, str]]:
    return [row for row in router.rows(path) if row.get("dynamic") != "true" and ".id" in row]


def _values(router: SimulatedRouter, chance: Chance, menu: Menu) -> dict[str, str]:
    names = [key for key, held in menu.fields.items() if not held.is_readonly and not held.is_sensitive]
    chosen = chance.sample(names, min(len(names), chance.randint(1, 3)))
    return {menu.outward(key): sample(router.store, menu.fields[key]) for key in chosen}


def _is_writable(menu: Menu) -> bool:
    return bool({"add", "set"} & menu.commands) and not menu.refusal


def _is_named(path: str) -> bool:
    """Whether rows of other menus may name rows of this one: what refers to a removed row is lost with it."""
    return any(path in homes for homes in registry.namespaces().values())


def canonical(router: SimulatedRouter) -> dict[str, list[str]]:
    """The whole configuration: rows without ids and figures, in order where the order means something."""
    store = router.store
    found: dict[str, list[str]] = {}
    for path in menus(store):
        if path.startswith(PASSING):
            continue
        menu = store.menu(path)
        figures = {menu.outward(key) for key, held in menu.fields.items() if held.is_readonly} | {
            ".id",
            ".nextid",
        }
        rows = [row for row in router.rows(path) if row.get("dynamic") != "true"]
        texts = [json.dumps(_meant(row, figures), sort_keys=True) for row in rows]
        found[path] = texts if menu.is_ordered else sorted(texts)
    return {path: rows for path, rows in found.items() if rows}


def _meant(row: dict[str, str], figures: set[str]) -> dict[str, str]:
    """The row without figures; switched on is what a row is that does not say."""
    return {name: text for name, text in row.items() if name not in figures and (name, text) != ON}


def digest(config: dict[str, list[str]]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def tallied(plans: int, first_seed: int = 0) -> Tally:
    total = Tally()
    for number in range(-(-plans // PLANS_PER_ROUTER)):
        spec = CHR if number % 2 else branch_fleet(1)[0]
        part = reversed_on(spec, first_seed + number, min(PLANS_PER_ROUTER, plans))
        total.undone += part.undone
        total.applied += part.applied
        total.refused += part.refused
        total.menus |= part.menus
        total.wrong += part.wrong
    return total


def told(tally: Tally, record_property: Callable[[str, object], None]) -> None:
    figures = {
        "plans": tally.undone,
        "applied": tally.applied,
        "refused": tally.refused,
        "menus": len(tally.menus),
        "wrong": len(tally.wrong),
    }
    record_property("reversibility", json.dumps(figures))


def test_what_a_plan_has_done_is_undone() -> None:
    assert tallied(6).wrong == []


@pytest.mark.slow
def test_whatever_two_hundred_plans_have_done_is_undone(
    record_property: Callable[[str, object], None],
) -> None:
    tally = tallied(200, 100)
    told(tally, record_property)
    assert tally.wrong == []
    assert tally.undone >= 200


@pytest.mark.nightly
def test_whatever_two_thousand_plans_have_done_is_undone(
    record_property: Callable[[str, object], None],
) -> None:
    tally = tallied(2_000, 1_000)
    told(tally, record_property)
    assert tally.wrong == []
