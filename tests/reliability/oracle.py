"""What really happened, held against what we say: ledger, rows, database, trail and tools, pairwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reliability.fleet_process import FleetProcess, Written
from reliability.history import Write, compared, third_tries
from world import World

from routeros_mcp.domain.models import (
    AuditEventDomain,
    PlanDeviceDomain,
    PlanStatus,
    PlanStepDomain,
    StepState,
)

SCHEDULER = "/system/scheduler"
_MOVING = frozenset({".id", ".nextid", "bytes", "packets", "invalid", "dynamic", "next-run", "run-count"})
_UNTOUCHED = frozenset(
    {
        StepState.PLANNED,
        StepState.NOT_APPLIED,
        StepState.DRIFTED,
        StepState.CONFLICT,
        StepState.ROLLED_BACK,
    }
)
_HONEST = frozenset({StepState.NEEDS_HUMAN, StepState.ROLLBACK_FAILED, StepState.UNKNOWN})
"""States that say that the device is not known to be as planned or as before."""
_ENDED = frozenset(PlanStatus) - {PlanStatus.APPLYING, PlanStatus.ROLLING_BACK, PlanStatus.APPROVED}

Rows = Mapping[str, Mapping[str, list[dict[str, str]]]]
"""By menu, then by router."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one change of a plan leaves on a router: a row with these values, or this many of them."""

    path: str
    values: Mapping[str, str]

    def count(self, rows: Rows, router: str) -> int:
        return sum(
            all(row.get(name) == value for name, value in self.values.items())
            for row in rows[self.path][router]
        )


@dataclass(slots=True)
class Verdict:
    """What does not agree, in words, by what is wrong about it; all empty when all is well."""

    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    untruthful: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)
    for_humans: list[str] = field(default_factory=list)
    """Devices that a person has to look at: honest, but no success."""
    forgiven: list[str] = field(default_factory=list)
    """Writes that landed later than any that the routers delay: the machine was too slow."""

    def add(self, other: Verdict) -> None:
        for name in Verdict.__slots__:
            getattr(self, name).extend(getattr(other, name))

    @property
    def wrongs(self) -> list[str]:
        return [
            *(f"doubled: {word}" for word in self.doubled),
            *(f"lost: {word}" for word in self.lost),
            *(f"untruthful: {word}" for word in self.untruthful),
            *(f"history: {word}" for word in self.history),
            *(f"not ended: {word}" for word in self.unended),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How the fleet stood, how many writes its ledger had, and how many lines the trail."""

    rows: Rows
    writes: int
    audited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How all stood before the plan's first job and before its last one."""

    first: Stand
    last: Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the database and the tools say about a plan."""

    status: PlanStatus
    devices: Sequence[PlanDeviceDomain]
    steps: Sequence[PlanStepDomain]
    names: Mapping[str, str]
    shown: Mapping[str, Any]
    jobs: Sequence[Mapping[str, Any]]
    trail: Sequence[AuditEventDomain]
    intact: bool


def rows_now(fleet: FleetProcess, paths: Sequence[str]) -> Rows:
    return {path: fleet.rows(path) for path in dict.fromkeys((*paths, SCHEDULER))}


async def said(w: World, plan_id: str) -> Said:
    async with w.ports.uow.read() as tx:
        plan = await tx.plans.get(plan_id)
        devices = await tx.plans.devices_of(plan_id)
        steps = await tx.plans.steps_of(plan_id)
        names = {row.device_id: (await tx.devices.get(row.device_id)).name for row in devices}
        trail = [event async for event in tx.audit.chain()]
    return Said(
        status=plan.status,
        devices=devices,
        steps=steps,
        names=names,
        shown=await w.call("plan_get", plan_id=plan_id),
        jobs=(await w.call("job_list", plan_id=plan_id))["jobs"],
        trail=trail,
        intact=(await w.call("audit_verify"))["intact"],
    )


def judge(told: Said, marks: Sequence[Mark], asked: Asked, now: Rows, writes: Sequence[Written]) -> Verdict:
    """Compare all with all, once the plan's last job has ended."""
    of_plan, of_job = writes[asked.first.writes :], writes[asked.last.writes :]
    verdict = Verdict(doubled=[*_doubled(of_job), *third_tries(told.steps)])
    for row in told.devices:
        name = told.names[row.device_id]
        _judge_device(verdict, row, name, marks, asked.first.rows, now)
        steps = [step for step in told.steps if step.device_id == row.device_id]
        verdict.lost += _lost_steps(name, steps, of_plan)
    _judge_plan(verdict, told)
    executed = [_effect_of(write) for write in of_plan if write.executed]
    found = compared(executed, told.trail[asked.first.audited :], timed=True)
    verdict.history += found.wrongs
    verdict.forgiven += found.forgiven
    if not told.intact:
        verdict.history.append("the audit chain is broken")
    return verdict


def _judge_device(
    verdict: Verdict, row: PlanDeviceDomain, name: str, marks: Sequence[Mark], first: Rows, now: Rows
) -> None:
    counts = [mark.count(now, name) for mark in marks]
    words = f"{name} is {row.state}, its rows show {counts} of the changes ({row.error_message or ''})"
    if any(count > 1 for count in counts):
        verdict.doubled.append(words)
    if row.state is StepState.CONFIRMED:
        if not all(counts):
            verdict.lost.append(words)
    elif row.state in _UNTOUCHED:
        paths = {mark.path for mark in marks}
        if changed := [path for path in paths if _plain(now[path][name]) != _plain(first[path][name])]:
            verdict.untruthful.append(f"{words}; changed: {', '.join(changed)}")
    elif row.state in _HONEST:
        verdict.for_humans.append(words)
    else:
        verdict.unended.append(words)
    is_told = "switch may still be there" in (row.error_message or "")
    before = {entry["name"] for entry in first[SCHEDULER][name]}
    left = [entry for entry in now[SCHEDULER][name] if entry["name"] not in before]
    if row.state not in _HONEST and left and not is_told:
        verdict.untruthful.append(f"{name} is {row.state}, and its dead-man switch is still there")


def _lost_steps(name: str, steps: Sequence[PlanStepDomain], writes: Sequence[Written]) -> Iterator[str]:
    """Menus on which more steps count as done than have taken effect."""
    ran = Counter(write.menu for write in writes if write.executed and write.router == name)
    acked = Counter(step.change.path for step in steps if step.state is StepState.ACKED)
    for path, count in acked.items():
        if count > ran[path]:
            yield f"{name}: {count} steps on {path} count as done, {ran[path]} have taken effect"


def _judge_plan(verdict: Verdict, told: Said) -> None:
    states = Counter(row.state for row in told.devices)
    words = f"the plan is {told.status} with {dict(states)}"
    if told.status not in _ENDED:
        verdict.unended.append(words)
    if (told.status is PlanStatus.APPLIED) != (set(states) == {StepState.CONFIRMED}):
        verdict.untruthful.append(words)
    if told.status is PlanStatus.ROLLED_BACK and not set(states) <= _UNTOUCHED:
        verdict.untruthful.append(words)
    shown = {row["device"]: row["state"] for row in told.shown["device_states"]}
    if told.shown["status"] != told.status or shown != {
        told.names[row.device_id]: row.state for row in told.devices
    }:
        verdict.untruthful.append(f"plan_get shows {told.shown['status']}, {shown}; {words}")
    verdict.unended += [f"job {job['job_id']} is {job['status']}" for job in told.jobs if not _is_over(job)]


def _is_over(job: Mapping[str, Any]) -> bool:
    return job["status"] in {"success", "failed", "cancelled", "interrupted", "paused"}


def _doubled(writes: Sequence[Written]) -> Iterator[str]:
    """The same request to the same router, executed more than once in one job."""
    ran = Counter(
        (write.router, write.path, write.body)
        for write in writes
        if write.executed and write.menu != SCHEDULER
    )
    for (router, path, body), count in ran.items():
        if count > 1:
            yield f"{router}: {path} {body} ran {count} times"


def _effect_of(write: Written) -> Write:
    return Write(
        router=write.router,
        menu=write.menu,
        verb=write.verb,
        arrived_at=write.at,
        ran_at=write.ran_at,
    )


def _plain(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{name: value for name, value in row.items() if not _moves(name)} for row in rows]


def _moves(name: str) -> bool:
    return name in _MOVING or name.startswith(("rx-", "tx-", "fp-", "last-link-"))
