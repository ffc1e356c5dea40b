"""The real worker under a virtual clock and seeded faults: twelve invariants, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from simulation.invariants import violations
from simulation.running import simulate
from simulation.sweeping import Sweep, swept, swept_side_by_side

Record = Callable[[str, object], None]


def told(sweep: Sweep, record_property: Record) -> None:
    """Keep the figures of a sweep with the test's result."""
    record_property("simulation", json.dumps(sweep.figures()))


def test_the_invariants_hold_in_a_dozen_runs() -> None:
    assert swept(range(12)).violations == []


@pytest.mark.slow
@pytest.mark.campaign
def test_the_invariants_hold_in_a_thousand_runs(record_property: Record) -> None:
    sweep = swept_side_by_side(1_000)
    told(sweep, record_property)
    assert sweep.violations == []


@pytest.mark.nightly
def test_the_invariants_hold_in_twenty_thousand_runs(record_property: Record) -> None:
    sweep = swept_side_by_side(20_000)
    told(sweep, record_property)
    assert sweep.violations == []


def test_a_seed_is_a_run_and_always_the_same() -> None:
    assert len({simulate(40).history.digest() for _ in range(10)}) == 1


def test_who_does_not_wait_for_late_writes_is_found_out() -> None:
    """The router takes up to a minute over a write: one that looks at once believes it lost."""
    assert any(violations(simulate(seed, settle_s=0.5)) for seed in range(100))
