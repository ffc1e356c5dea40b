"""Somebody else's edits between plan and apply: refused where the plan was made on them, else passed by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from fakes.chance import Chance
from simulation.history import Kind
from simulation.installation import Installation, Process
from simulation.network import SimulatedRouter
from simulation.running import person
from simulation.scenario import scenario, specs
from simulation.virtual_time import run_virtually
from test_emulator_every_menu import menus, sample
from test_plans_reversible import PASSING, canonical, digest

from routeros_mcp.domain.models import Change, ChangeOp, PlanDeviceDomain, Selector
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.plans.making import PlanRequest
from routeros_mcp.emulator.errors import Refusal

EVERYTHING = Selector.everything()
Edit = Callable[[], object]
# A change here would keep the manager out, restart the router, or is no configuration.
UNTOUCHED = (
    *PASSING, "/app", "/file", "/interface", "/ip/address", "/ip/firewall", "/ip/route", "/ip/service",
    "/ip/settings", "/system/device-mode", "/system/health", "/system/resource", "/user",
)  # fmt: skip


@dataclass(slots=True)
class Drifts:
    """What became of the plans, by whether the edit concerned them."""

    cases: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Drifts) -> None:
        self.cases += other.cases
        self.refused += other.refused
        self.wrong += other.wrong


def drifted(seed: int, *, inside: bool) -> Drifts:
    return run_virtually(_case(Chance(seed), seed, inside=inside))


async def _case(chance: Chance, seed: int, *, inside: bool) -> Drifts:
    place = Installation(chance, 65.0)
    await place.install([specs()[0]])
    (router,) = place.network.routers.values()
    async with place.process() as process:
        plan_id = await _approved(process, seed)
        row = next(iter(place.tables.tables.plan_devices.values()))
        changes = place.tables.tables.plans[plan_id].changes
        edits = _inside(router, chance, row) if inside else _outside(router, chance, changes)
        words = _made(router, edits)
        if words is None:
            return Drifts()
        await process.rollouts.apply(person("maker"), plan_id)
        await process.runner.work()
    ended = next(iter(place.tables.tables.plan_devices.values()))
    sent = list(place.history.of(Kind.SENT))
    wanted = ("drifted", 0) if inside else ("confirmed", 1)
    found = (str(ended.state), min(len(sent), 1))
    await place.stop()
    if "did not answer" in (ended.error_message or "") and not sent:
        return Drifts()  # the edit has cut the router off: nothing was written, and nothing can be compared
    wrong = (
        []
        if found == wanted
        else [f"seed {seed}: {words}: {ended.state} {ended.error_message} {len(sent)} sent"]
    )
    return Drifts(1, int(found[0] == "drifted"), wrong)


async def _approved(process: Process, seed: int) -> str:
    async with process.uow.read() as tx:
        devices = await tx.devices.select(EVERYTHING, EVERYTHING, limit=1)
    request = PlanRequest(operations=scenario(seed).wishes)
    view = await process.plans.create(person("maker"), devices, request)
    assert view.plan is not None
    await process.approvals.approve(person("approver"), view.plan.id, view.plan.digest)
    return view.plan.id


def _made(router: SimulatedRouter, edits: Iterator[tuple[str, Edit]]) -> str | None:
    """Make the first of the edits that the router takes and that changes something."""
    before = digest(canonical(router))
    for words, edit in edits:
        try:
            edit()
        except (Refusal, LookupError):
            continue
        if digest(canonical(router)) != before:
            return words
    return None


def _inside(router: SimulatedRouter, chance: Chance, row: PlanDeviceDomain) -> Iterator[tuple[str, Edit]]:
    images = list(row.pre_image)
    chance.shuffle(images)
    for image in images:
        path, absent = str(image["path"]), image.get("absent")
        if isinstance(absent, dict):
            yield f"{path} gets {absent}", lambda path=path, values=absent: router.add(path, dict(values))
            continue
        wanted = {str(name): str(text) for name, text in image["row"].items()}
        held = next(r for r in router.rows(path) if all(r.get(n) == t for n, t in wanted.items()))
        yield from _edits(router, chance, path, held)


def _edits(router: SimulatedRouter, chance: Chance, path: str, held: Row) -> Iterator[tuple[str, Edit]]:
    menu = router.store.menu(path)
    fields = [
        (key, each)
        for key, each in menu.fields.items()
        if not each.is_readonly and not each.is_sensitive and (path, key) != ("/interface", "disabled")
    ]
    chance.shuffle(fields)
    for key, each in fields:
        name, value = menu.outward(key), sample(router.store, each)
        if held.get(name) != value:
            item = held.get(".id")
            yield f"{path} {name}={value}", lambda n=name, v=value, i=item: router.edit(path, i, {n: v})


def _outside(
    router: SimulatedRouter, chance: Chance, changes: tuple[Change, ...]
) -> Iterator[tuple[str, Edit]]:
    touched = {change.path for change in changes}
    paths = [path for path in menus(router.store) if path not in touched and not path.startswith(UNTOUCHED)]
    chance.shuffle(paths)
    for path in paths:
        rows = [row for row in router.rows(path) if row.get("dynamic") != "true"]
        if rows and "set" in router.store.menu(path).commands:
            yield from _edits(router, chance, path, chance.choice(rows))


def many(count: int, first: int, *, inside: bool) -> Drifts:
    total, seed = Drifts(), first
    while total.cases < count:
        total.add(drifted(seed, inside=inside))
        seed += 1
    return total


@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_an_edit_is_drift_where_the_plan_was_made_on_it(inside: bool) -> None:
    assert many(8, 0, inside=inside).wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_two_hundred_edits_are_drift_where_the_plan_was_made_on_them(
    inside: bool, record_property: Callable[[str, object], None]
) -> None:
    found = many(200, 1_000, inside=inside)
    figures = {"edits": found.cases, "refused": found.refused}
    record_property("drift inside" if inside else "drift outside", json.dumps(figures))
    assert found.wrong == []
    assert found.refused == (found.cases if inside else 0)


def test_the_kinds_of_change_that_drift_is_tried_on() -> None:
    """Adds, sets, removals and moves are among the plans that the edits come between."""
    ops = {getattr(wish, "op", ChangeOp.MOVE) for seed in range(40) for wish in scenario(seed).wishes}
    assert {ChangeOp.ADD, ChangeOp.SET, ChangeOp.REMOVE, ChangeOp.MOVE} <= ops
