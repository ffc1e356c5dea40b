"""Many runs, in several processes: how many there were, and what they violated."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from simulation.invariants import unresolved, violations
from simulation.running import simulate

_CHUNK = 25
_PROCESSES = 2


@dataclass(slots=True)
class Sweep:
    """What many runs came to. `simulated_s` is the time that passed in them."""

    runs: int = 0
    simulated_s: float = 0.0
    crashes: int = 0
    faults: int = 0
    left_to_people: int = 0
    plans: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(self, other: Sweep) -> None:
        self.runs += other.runs
        self.simulated_s += other.simulated_s
        self.crashes += other.crashes
        self.faults += other.faults
        self.left_to_people += other.left_to_people
        self.plans += other.plans
        self.violations += other.violations

    def figures(self) -> dict[str, object]:
        return {
            "runs": self.runs,
            "violations": len(self.violations),
            "simulated_hours": round(self.simulated_s / 3600, 1),
            "crashes": self.crashes,
            "faults": self.faults,
            "devices_left_to_people": self.left_to_people,
            "plans": dict(sorted(self.plans.items())),
        }


def swept(seeds: Iterable[int]) -> Sweep:
    """One run for each seed."""
    total = Sweep()
    for seed in seeds:
        run = simulate(seed)
        events = run.history.events
        total.runs += 1
        total.simulated_s += events[-1].at
        total.crashes += sum(1 for event in events if event["what"] == "died")
        total.faults += sum(1 for event in events if event.kind == "fault")
        total.left_to_people += unresolved(run)
        total.plans[str(run.plan.status)] += 1
        total.violations += [f"seed {seed}: {word}" for word in violations(run)]
    return total


def swept_side_by_side(count: int) -> Sweep:
    """The seeds from 0, shared among processes."""
    total = Sweep()
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as processes:
        chunks = [range(first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK)]
        for part in processes.map(swept, chunks):
            total.add(part)
    return total
