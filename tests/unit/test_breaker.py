"""The circuit breaker: a router that does not answer costs one probe per back-off step."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import DeviceUnreachable, LoginFailed, OutcomeUnknown
from routeros_mcp.domain.models import Login, Secret
from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.breaker import Breaker
from routeros_mcp.infra.routeros.dial import Limits

TARGET = Target(
    device_id="d1", name="core", address="192.0.2.1", login=Login(username="ops", password=Secret("made-up"))
)
LIMITS = Limits()
MIDDLE = 0.5  # no jitter either way


class Bench:
    """A breaker under a clock that the test moves; `tries` holds when the router was really tried."""

    def __init__(self, limits: Limits = LIMITS, chance: float = MIDDLE) -> None:
        self.now = 0.0
        self.chance = chance
        self.tries: list[float] = []
        self.breaker = Breaker(limits, monotonic=lambda: self.now, chance=lambda: self.chance)

    def attempt(self, error: Exception | None = None, *, insist: bool = False) -> DeviceUnreachable | None:
        """Try once; the refusal if the breaker kept the attempt from the router."""
        tried = len(self.tries)
        try:
            with self.breaker.watching(TARGET, insist=insist):
                self.tries.append(self.now)
                if error is not None:
                    raise error
        except DeviceUnreachable as raised:
            return raised if len(self.tries) == tried else None
        except (LoginFailed, OutcomeUnknown):
            return None
        return None

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            self.attempt(down())


def down() -> DeviceUnreachable:
    return DeviceUnreachable("192.0.2.1 port 443 did not answer.", fix="Check the route.")


def test_three_failures_in_a_row_leave_the_router_alone_and_say_until_when() -> None:
    bench = Bench()
    bench.fail(2)
    assert bench.attempt(down()) is None
    bench.now = 1.0
    refused = bench.attempt(down())
    assert refused is not None
    assert refused.message == (
        "core failed 3 times in a row and is tried again in 4 s. "
        "Last failure: 192.0.2.1 port 443 did not answer."
    )
    assert (refused.data["retry_in_s"], refused.stage, refused.retryable) == (4.0, "tcp", True)
    assert len(bench.tries) == 3


def test_the_steps_double_up_to_the_longest() -> None:
    bench = Bench()
    bench.fail(3)
    for _ in range(12):
        while bench.attempt(down()) is not None:
            bench.now += 1.0
    waits = [later - earlier for earlier, later in zip(bench.tries[2:], bench.tries[3:], strict=False)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 960, 960, 960, 960]


@pytest.mark.parametrize(("chance", "first_s"), [(0.0, 4.5), (1.0, 5.5)])
def test_routers_do_not_come_back_in_step(chance: float, first_s: float) -> None:
    bench = Bench(chance=chance)
    bench.fail(3)
    refused = bench.attempt()
    assert refused is not None
    assert refused.data["retry_in_s"] == first_s


@pytest.mark.parametrize("answer", [None, LoginFailed("refused")])
def test_an_answer_of_any_kind_closes_it(answer: Exception | None) -> None:
    bench = Bench()
    bench.fail(3)
    bench.now = 5.0
    assert bench.attempt(answer) is None
    bench.fail(2)
    assert bench.attempt() is None


def test_a_lost_write_says_nothing_about_the_way() -> None:
    bench = Bench()
    bench.fail(2)
    bench.attempt(OutcomeUnknown("lost"))
    bench.fail()
    assert bench.attempt() is not None


def test_who_insists_is_let_through_without_shifting_the_step() -> None:
    bench = Bench()
    bench.fail(3)
    for _ in range(4):
        assert bench.attempt(down(), insist=True) is None
    bench.now = 5.0
    assert bench.attempt(down()) is None


def test_forgetting_the_device_closes_it() -> None:
    bench = Bench()
    bench.fail(3)
    bench.breaker.forget("d1")
    assert bench.attempt() is None


def test_without_a_back_off_it_never_opens() -> None:
    bench = Bench(Limits(backoff_s=0))
    bench.fail(50)
    assert bench.attempt() is None


@given(
    st.lists(
        st.tuples(st.floats(0, 30), st.floats(0, 1), st.integers(1, 5)),
        min_size=1,
        max_size=60,
    )
)
def test_a_step_never_has_more_than_one_probe(events: list[tuple[float, float, int]]) -> None:
    bench = Bench()
    bench.fail(3)
    for pause_s, chance, calls in events:
        bench.now += pause_s
        bench.chance = chance
        for _ in range(calls):
            bench.attempt(down())
    probes = bench.tries[2:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(probes)]
    shortest = [min(5.0 * 2**step, 960.0) * 0.9 for step in range(len(gaps))]
    assert all(gap >= least - 1e-6 for gap, least in zip(gaps, shortest, strict=True))


@given(st.integers(1, 20))
def test_calls_that_overlap_with_the_probe_wait_for_the_next_step(calls: int) -> None:
    bench = Bench()
    bench.fail(3)
    bench.now = 5.0
    refused: list[bool] = []

    def overlap() -> None:
        with bench.breaker.watching(TARGET, insist=False):
            refused.extend(bench.attempt() is not None for _ in range(calls))
            raise down()

    with pytest.raises(DeviceUnreachable):
        overlap()
    assert refused == [True] * calls
    assert len(bench.tries) == 3
