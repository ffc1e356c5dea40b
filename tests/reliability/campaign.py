"""Kills by the dozen: plans over a fleet with faults, applied and rolled back by processes that die."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from reliability.fleet_process import FleetProcess
from reliability.history import LANDS_WITHIN_S
from reliability.oracle import Asked, Mark, Stand, Verdict, judge, rows_now, said
from reliability.victim import OF_APPLYING, Errand, Fate, Fates, live_once
from world import DNS, FILTER, World, add_address, opened, set_comment, set_dns

from routeros_mcp.config import Settings
from routeros_mcp.domain.device_service import Registration
from routeros_mcp.domain.models import Environment, Login, Secret
from routeros_mcp.domain.planning.lifecycle import is_open
from routeros_mcp.infra.jobs.durable import Role
from routeros_mcp.worker.context import CRASH_POINTS

SETTLE_S = LANDS_WITHIN_S
"""Longer than the latest write of the mix may take to land, with room for a machine that is busy."""
_ADDRESS = "/ip/address"
_INTERFACE = "/interface"
_AT_ONCE = 8
_CAN_BE_ROLLED_BACK = frozenset({"applied", "halted", "partially_applied"})
_MOST_LIVES = 400
_ONCE = frozenset({"claimed"})
"""Points that a life comes by but once."""
_PASSES = 5


@dataclass(frozen=True, slots=True)
class Work:
    """The operations of a plan, and the marks that they leave."""

    operations: Sequence[dict[str, Any]]
    marks: Sequence[Mark]

    @property
    def paths(self) -> list[str]:
        return [mark.path for mark in self.marks]


def guarded_work(number: int) -> Work:
    """A setting, a row with a key and one without, under a dead-man switch."""
    server, address = f"198.51.100.{number % 250 + 1}", f"10.{100 + number // 250}.{number % 250}.1/24"
    rule = {"chain": "forward", "action": "accept", "comment": f"kill {number}"}
    return Work(
        operations=[set_dns(server), add_address(address), {"op": "add", "path": FILTER, "values": rule}],
        marks=[Mark(DNS, {"servers": server}), Mark(_ADDRESS, {"address": address}), Mark(FILTER, rule)],
    )


def plain_work(number: int) -> Work:
    """Two settings of low risk, without a dead-man switch."""
    server, text = f"203.0.113.{number % 250 + 1}", f"kill {number}"
    return Work(
        operations=[set_dns(server), set_comment(text)],
        marks=[
            Mark(DNS, {"servers": server}),
            Mark(_INTERFACE, {"name": "ether1", "comment": text}),
        ],
    )


Kind = Callable[[int], Work]
Way = Mapping[str, Any]
KINDS: Sequence[Kind] = (guarded_work, plain_work)
AT_ONCE: Way = {"waves": ["100%"], "parallel": 12, "gates": False, "on_failure": "halt"}
WAYS: Sequence[Way] = (AT_ONCE, {})
"""All devices in one wave, so that many are under way when one fails; and as plans are by default."""


@dataclass(slots=True)
class Figures:
    """What a campaign has come to."""

    name: str
    seed: int
    plans: int = 0
    lives: int = 0
    kills: int = 0
    writes: int = 0
    seconds: float = 0.0
    ended: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)

    def died(self, fate: Fate) -> None:
        self.kills += 1
        self.points[fate.point or "any time"] += 1

    def line(self) -> dict[str, Any]:
        counted = {name: len(words) for name, words in asdict(self.verdict).items()}
        rest = {name: getattr(self, name) for name in ("name", "seed", "plans", "lives", "kills", "writes")}
        return {
            **rest,
            **counted,
            "ended": self.ended,
            "points": self.points,
            "seconds": round(self.seconds, 1),
        }


Carrier = Callable[[Settings, Errand, Fates, Figures], Awaitable[None]]
"""Gets an errand done by processes that meet these fates."""


async def one_life_after_another(settings: Settings, errand: Errand, fates: Fates, figures: Figures) -> None:
    """The embedded way: one process at a time begins the job or takes it up."""
    for _ in range(_MOST_LIVES):
        fate = fates.next(errand)
        figures.lives += 1
        if await asyncio.to_thread(live_once, settings, errand, fate or Fate()):
            if fate is not None:
                fates.add(fate)
            return
        if fate is not None:
            figures.died(fate)
    raise TimeoutError(f"{errand.tool} was not at its end after {_MOST_LIVES} lives.")


async def register_all(settings: Settings, fleet: FleetProcess) -> None:
    """Put the fleet into a fresh database, several routers at a time."""
    async with opened(settings, role=Role.CLIENT) as (app, _):
        waiting = iter(fleet.faces)

        async def some() -> None:
            for face in waiting:
                login = Login(username=face.username, password=Secret(face.password))
                device = await app.services.devices.register(
                    Registration(
                        name=face.name,
                        management_address=face.address,
                        environment=Environment.LAB,
                        allow_advanced_writes=True,
                        allow_professional_workflows=True,
                        login=login,
                    )
                )
                await app.services.devices.test(device)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(some())


class Campaign:
    """One database and one fleet; each plan is planned in peace, then carried out by processes that die."""

    def __init__(
        self, name: str, settings: Settings, fleet: FleetProcess, seed: int, carrier: Carrier | None = None
    ) -> None:
        self.figures = Figures(name, seed)
        self._carrier = carrier or one_life_after_another
        self._settings = settings
        self._fleet = fleet
        self._number = 0

    async def apply(self, work: Work, fates: Fates, **options: Any) -> tuple[str, Stand]:
        """Plan, approve, and apply under these fates; the plan, and how all stood before it."""
        first = await self._stand(work)
        async with self._program() as w:
            plan_id = (await w.plan(*work.operations, **options))["plan_id"]
            await w.approve(plan_id)
        await self.carry_out(Errand("plan_apply", plan_id), work, first, fates)
        return plan_id, first

    async def round(self, work: Work, fates: Fates, share: int, **options: Any) -> None:
        """Apply a plan, and roll back what came of it, each under so many of the fates."""
        own = fates.first(share)
        plan_id, first = await self.apply(work, own, **options)
        fates.give_back(own)
        async with self._program() as w:
            status = (await w.call("plan_get", plan_id=plan_id))["status"]
        if status in _CAN_BE_ROLLED_BACK:
            own = fates.first(share)
            await self.carry_out(Errand("plan_rollback", plan_id), work, first, own)
            fates.give_back(own)
        await self._let_go(plan_id)

    async def rounds(
        self, fates: Fates, share: int, *, kinds: Sequence[Kind] = KINDS, ways: Sequence[Way] = WAYS
    ) -> Figures:
        """These kinds of work in these ways, until all fates are met; so many deaths at most to each job."""
        number = 0
        while fates:
            work, way = kinds[number % len(kinds)], ways[number // len(kinds) % len(ways)]
            number += 1
            await self.round(work(number), fates, share, rollout=way)
        return self.figures

    async def carry_out(self, errand: Errand, work: Work, first: Stand, fates: Fates) -> Verdict:
        """Let processes live and die until one of them comes to the job's end; then judge."""
        began, before = time.monotonic(), await self._stand(work)
        self._number += 1
        self._fleet.mix(self.figures.seed * 10_000 + self._number)
        try:
            await self._carrier(self._settings, errand, fates, self.figures)
        finally:
            self._fleet.settle()
            self._fleet.mix(None)
        verdict = await self._judged(errand, work, Asked(first=first, last=before))
        self.figures.seconds += time.monotonic() - began
        return verdict

    async def _let_go(self, plan_id: str) -> None:
        """As a person does with the routers whose outcome is open: the next plan may have them."""
        async with self._program() as w:
            for row in (await w.call("plan_get", plan_id=plan_id))["device_states"]:
                if is_open(row["state"]):
                    await w.at_terminal(
                        "plan_resolve",
                        plan_id=plan_id,
                        device=row["device"],
                        claim="abandoned",
                        typed=row["device"],
                    )

    async def _stand(self, work: Work) -> Stand:
        async with self._program() as w, w.ports.uow.read() as tx:
            audited, _ = await tx.audit.head()
        rows, writes = rows_now(self._fleet, work.paths), len(self._fleet.writes())
        return Stand(rows=rows, writes=writes, audited=audited)

    async def _judged(self, errand: Errand, work: Work, asked: Asked) -> Verdict:
        async with self._program() as w:
            told = await said(w, errand.plan_id)
        writes, now = self._fleet.writes(), rows_now(self._fleet, work.paths)
        verdict = judge(told, work.marks, asked, now, writes)
        self.figures.plans += 1
        self.figures.writes += sum(write.executed for write in writes[asked.last.writes :])
        self.figures.ended[f"{errand.tool} {told.status}"] += 1
        self.figures.verdict.add(verdict)
        return verdict

    @asynccontextmanager
    async def _program(self) -> AsyncIterator[World]:
        async with opened(self._settings, role=Role.CLIENT) as (app, ports):
            yield World(app=app, ports=ports, fleet=None, settings=self._settings)


def at_random(seed: int, kills: int, *, within_s: tuple[float, float] = (0.05, 1.2)) -> Fates:
    """So many deaths at any time of a process's work, every eighth at any time of its life."""
    return Fates(
        Fate(after_s=spread(f"{seed}/{number}", *within_s), from_birth=number % 8 == 7)
        for number in range(kills)
    )


def at_points(seed: int, kills: int) -> Fates:
    """So many deaths at the named points, each in turn, at one of the first times that a life comes by.

    Those that only an application comes by are first: it is followed by a rollback.
    """
    points = sorted(CRASH_POINTS, key=lambda point: point not in OF_APPLYING)
    passes = ((turn, points[turn % len(points)]) for turn in range(seed, seed + kills))
    return Fates(
        Fate(point=point, nth=1 if point in _ONCE else 1 + (3 * turn + turn // len(points)) % _PASSES)
        for turn, point in passes
    )


def spread(text: str, first: float, last: float) -> float:
    """A number between the two that the text alone decides."""
    digest = hashlib.sha256(text.encode()).digest()
    return first + (last - first) * int.from_bytes(digest[:4]) / 2**32
