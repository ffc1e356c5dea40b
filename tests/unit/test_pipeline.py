"""What the pipeline does before a tool runs: arguments, limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.clock import FakeClock, SequentialIds
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import InvalidParams, RateLimited
from routeros_mcp.domain.models import Effect
from routeros_mcp.toolkit.limits import RateLimiter
from routeros_mcp.toolkit.parsing import parse
from routeros_mcp.toolkit.spec import AnyTool
from routeros_mcp.tools import TOOLSETS

TOOLS: dict[str, AnyTool] = {tool.name: tool for toolset in TOOLSETS for tool in toolset.tools}
CANARY = "kumquat-Xylophone-77"


def test_ids_of_tests_count() -> None:
    ids = SequentialIds()
    made = [ids.new() for _ in range(3)]
    assert made == sorted(set(made))


# -- arguments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_an_unknown_argument_is_refused_with_the_valid_ones(tool: AnyTool) -> None:
    with pytest.raises(InvalidParams) as caught:
        parse(tool, {"colour": CANARY})
    assert "'colour'" in caught.value.message
    assert all(name in caught.value.fix for name in tool.params.model_fields)
    assert CANARY not in str(caught.value)


def test_a_near_miss_is_answered_with_the_right_name_and_a_lack_with_what_is_lacking() -> None:
    with pytest.raises(InvalidParams, match=r"did you mean plan_id\?.*|plan_id is required") as caught:
        parse(TOOLS["plan_get"], {"planid": "x"})
    assert "did you mean plan_id?" in caught.value.message
    assert "plan_id is required" in caught.value.message
    assert "plan_id (required)" in caught.value.fix


wrong: st.SearchStrategy[Any] = st.sampled_from(
    [CANARY, [CANARY], {"x": CANARY}, [{"op": CANARY, "path": CANARY * 100}], CANARY * 1000, -1, None, 3.5]
)


@given(st.sampled_from(sorted(TOOLS)), st.data())
def test_a_refusal_never_repeats_a_value(name: str, data: st.DataObject) -> None:
    tool = TOOLS[name]
    arguments = {field: data.draw(wrong, label=field) for field in tool.params.model_fields}
    said = ""
    try:
        parse(tool, arguments)
    except InvalidParams as error:
        said = f"{error} {error.data}"
    assert CANARY not in said


def test_every_tool_that_changes_routers_needs_to_be_allowed_by_the_device() -> None:
    changing = {tool.name: tool for tool in TOOLS.values() if tool.effect is Effect.CHANGE}
    assert set(changing) == {"plan_apply", "plan_rollback", "change_apply", "bandwidth_test", "device_sweep"}
    # a sweep takes away only what plans have left on devices that allowed them
    assert [name for name, tool in changing.items() if str(tool.tier) == "fundamental"] == ["device_sweep"]


# -- limits --------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(held=True)


def spend(limiter: RateLimiter, effect: Effect, subject: str = "anna") -> int:
    """How many calls go through until one is refused."""
    for count in range(1_000):
        try:
            limiter.take(subject, effect)
        except RateLimited:
            return count
    return 1_000


def test_a_minutes_worth_may_be_spent_at_once_and_comes_back_evenly(clock: FakeClock) -> None:
    limiter = RateLimiter(clock, calls_per_minute=60, changes_per_minute=6)
    assert spend(limiter, Effect.READ) == 60
    clock.advance(timedelta(seconds=10))
    assert spend(limiter, Effect.READ) == 10
    clock.advance(timedelta(hours=9))
    assert spend(limiter, Effect.READ) == 60


@pytest.mark.parametrize("changes", [6, 60])
def test_reads_changes_and_callers_are_counted_apart(clock: FakeClock, changes: int) -> None:
    limiter = RateLimiter(clock, calls_per_minute=60, changes_per_minute=changes)
    assert spend(limiter, Effect.CHANGE) == changes
    assert spend(limiter, Effect.READ) == 60
    assert spend(limiter, Effect.RECORD) == 0
    assert spend(limiter, Effect.READ, "bert") == 60


def test_a_refusal_says_when_to_come_back(clock: FakeClock) -> None:
    limiter = RateLimiter(clock, calls_per_minute=60, changes_per_minute=6)
    spend(limiter, Effect.CHANGE)
    with pytest.raises(RateLimited) as caught:
        limiter.take("anna", Effect.CHANGE)
    assert caught.value.data["retry_after_s"] == 10.0
    clock.advance(timedelta(seconds=10))
    limiter.take("anna", Effect.CHANGE)
