"""Small rules of the domain: who may do what, which devices are meant, what a number says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain import validation
from routeros_mcp.domain.access import decide
from routeros_mcp.domain.errors import DeviceUnreachable, InvalidParams, WireError
from routeros_mcp.domain.fanout import Outcome, fan_out
from routeros_mcp.domain.health_figures import Figures, judge, read_figures
from routeros_mcp.domain.models import (
    SCOPES_OF_ROLE,
    DeviceDomain,
    DeviceStatus,
    Effect,
    Environment,
    HealthStatus,
    HealthThresholds,
    Principal,
    Role,
    Scope,
    Selector,
    Tier,
)
from routeros_mcp.domain.pagination import (
    Position,
    decode_cursor,
    decode_position,
    encode_cursor,
    encode_position,
)
from routeros_mcp.domain.row_filters import exact_matches, fingerprint, matching, parse_conditions, sort_rows

# -- access --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyTool:
    name: str = "tool"
    tier: Tier = Tier.FUNDAMENTAL
    scope: Scope = Scope.READ
    effect: Effect = Effect.READ


DEVICE = DeviceDomain(
    id="d1",
    name="r1",
    management_address="h:443",
    environment=Environment.LAB,
    tags={"site": "ams"},
    status=DeviceStatus.HEALTHY,
)
flags = st.booleans()


@given(
    st.sampled_from(Role),
    st.sampled_from(Scope),
    st.sampled_from(Tier),
    flags,
    flags,
    st.sampled_from(Environment),
    st.sampled_from(DeviceStatus),
)
def test_a_call_is_allowed_when_scope_flags_environment_and_status_all_allow_it(
    role: Role,
    scope: Scope,
    tier: Tier,
    advanced: bool,
    professional: bool,
    environment: Environment,
    status: DeviceStatus,
) -> None:
    device = replace(
        DEVICE, allow_advanced_writes=advanced, allow_professional_workflows=professional, status=status
    )
    caller = Principal(subject="u", role=role, scopes=SCOPES_OF_ROLE[role])
    flag = {Tier.FUNDAMENTAL: True, Tier.ADVANCED: advanced, Tier.PROFESSIONAL: professional}[tier]
    expected = (
        scope in SCOPES_OF_ROLE[role]
        and flag
        and environment is Environment.LAB
        and status is not DeviceStatus.DECOMMISSIONED
    )
    decision = decide(caller, AnyTool(tier=tier, scope=scope), device, environment)
    assert decision.allowed is expected
    assert decide(caller, AnyTool(tier=tier, scope=scope), None, environment).allowed is (
        scope in SCOPES_OF_ROLE[role]
    )


def test_an_empty_device_scope_allows_nothing() -> None:
    nobody = Principal(subject="u", role=Role.ADMIN, scopes=frozenset(Scope), devices=Selector())
    assert not decide(nobody, AnyTool(), None, Environment.LAB).allowed


def test_nobody_who_plans_may_approve_and_nobody_who_approves_may_write() -> None:
    for scopes in SCOPES_OF_ROLE.values():
        assert not {Scope.APPROVE} & scopes or not {Scope.PLAN, Scope.WRITE} & scopes


# -- selectors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["all"], True),
        (["r1"], True),
        (["d1"], True),
        (["r2"], False),
        (["r2,r1"], True),
        (["tag:site=ams"], True),
        (["tag:site=ams", "tag:site=waw"], True),
        (["tag:site=ams", "tag:role=edge"], False),
        (["env:lab", "status:healthy"], True),
        (["env:lab", "status:degraded"], False),
        (["all", "env:prod"], False),
        (["env:prod", "r1"], True),
    ],
)
def test_a_selector_means_what_it_says(words: list[str], meant: bool) -> None:
    assert Selector.parse(words).matches(DEVICE) is meant


@pytest.mark.parametrize("words", [[""], ["tag:"], ["tag:site"], ["tag:=x"], ["env:"], ["status:"], ["a,,b"]])
def test_a_selector_with_a_hole_is_refused(words: list[str]) -> None:
    with pytest.raises(InvalidParams):
        Selector.parse(words)


def test_no_words_mean_no_device() -> None:
    assert Selector.parse([]).is_empty
    assert not Selector.parse([]).matches(DEVICE)


# -- cursors -------------------------------------------------------------------------------------------------


@given(st.lists(st.integers() | st.text()))
def test_a_cursor_comes_back_as_it_was(parts: list[object]) -> None:
    assert decode_cursor(encode_cursor(parts)) == parts


@given(st.datetimes(timezones=st.just(UTC)), st.text())
def test_a_position_comes_back_as_it_was(moment: datetime, row_id: str) -> None:
    position = Position(moment, row_id)
    assert decode_position(encode_position(position)) == position


@given(st.text(min_size=3))
def test_any_text_is_a_cursor_of_ours_or_refused_without_repeating_it(text: str) -> None:
    for read in (decode_cursor, decode_position):
        said = ""
        try:
            read(text)
        except InvalidParams as error:
            said = str(error)
        assert text not in said or text in "The cursor is not one of ours. Pass next_cursor back unchanged"


# -- what people type ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "all", "a b", "tag:x=y", "a,b", "-x", "x" * 256, "é", "a\n"])
def test_a_name_that_could_be_mistaken_for_a_selector_is_refused(name: str) -> None:
    with pytest.raises(InvalidParams):
        validation.device_name(name)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("192.0.2.1", "192.0.2.1:443"),
        ("192.0.2.1:8443", "192.0.2.1:8443"),
        (" router.example ", "router.example:443"),
        ("2001:db8::1", "[2001:db8::1]:443"),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("[2001:db8::1]", "[2001:db8::1]:443"),
    ],
)
def test_an_address_gets_one_form(text: str, normal: str) -> None:
    assert validation.management_address(text) == normal


@pytest.mark.parametrize("text", ["", ":443", "h:0", "h:65536", "h:x", "h/path", "user@h", "h h", "h:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidParams):
        validation.management_address(text)


@pytest.mark.parametrize("tags", [{"": "x"}, {"a b": "x"}, {"a": ""}, {"a": "x,y"}, {"a": "x" * 256}])
def test_a_malformed_tag_is_refused(tags: dict[str, str]) -> None:
    with pytest.raises(InvalidParams):
        validation.tags(tags)


# -- rows ----------------------------------------------------------------------------------------------------


def test_conditions_are_read_and_judged() -> None:
    rows = [{".id": "1", "n": 5, "t": "Alpha"}, {".id": "2", "n": 50}, {".id": "3", "t": "beta"}]
    conditions = parse_conditions({"n": ">=5", "x": True})
    assert exact_matches(conditions) == {"x": "true"}
    assert [row[".id"] for row in matching(rows, conditions)] == ["1", "2"]
    assert [row[".id"] for row in matching(rows, parse_conditions({"t": "~ALP"}))] == ["1"]
    assert [row[".id"] for row in matching(rows, parse_conditions({"t": "!=beta"}))] == ["1", "2"]
    with pytest.raises(InvalidParams):
        matching(rows, parse_conditions({"t": ">1"}))


def test_rows_without_the_property_come_last_whichever_way_they_are_sorted() -> None:
    rows = [{"n": 2}, {"m": 1}, {"n": 10}, {"n": "x"}]
    assert sort_rows(rows, "n") == [{"n": 2}, {"n": 10}, {"n": "x"}, {"m": 1}]
    assert sort_rows(rows, "-n") == [{"n": "x"}, {"n": 10}, {"n": 2}, {"m": 1}]
    assert sort_rows(rows, None) is rows


def test_answers_that_differ_in_ids_only_are_equal() -> None:
    assert fingerprint([{".id": "*1", "a": 1}]) == fingerprint([{"a": 1, ".id": "*2"}])
    assert fingerprint([{"a": 1}]) != fingerprint([{"a": "1"}])


# -- health --------------------------------------------------------------------------------------------------


@given(st.floats(0, 200))
def test_a_load_is_healthy_warning_or_critical_by_its_thresholds(load: float) -> None:
    status, reasons = judge(Figures(cpu_percent=load), HealthThresholds())
    expected = (
        (HealthStatus.CRITICAL if load >= 95 else HealthStatus.WARNING)
        if load >= 80
        else (HealthStatus.HEALTHY)
    )
    assert status is expected
    assert bool(reasons) is (status is not HealthStatus.HEALTHY)


def test_the_worst_finding_decides_and_stands_first() -> None:
    status, reasons = judge(Figures(uptime_s=5, temperature=90.0), HealthThresholds())
    assert status is HealthStatus.CRITICAL
    assert reasons[0].startswith("temperature")


@pytest.mark.parametrize("word", ["nan", "inf", "-inf", "", "x", "1e999"])
def test_a_figure_that_is_no_number_is_an_error(word: str) -> None:
    with pytest.raises(WireError):
        read_figures({"cpu-load": word}, [])


@pytest.mark.parametrize("sensors", [[], [{"temperature": "nan"}], [{"name": "temperature", "value": "hot"}]])
def test_a_board_without_a_sensor_has_no_temperature(sensors: list[dict[str, str]]) -> None:
    assert read_figures({}, sensors).temperature is None


# -- many at once --------------------------------------------------------------------------------------------


@given(st.integers(0, 40), st.integers(0, 8))
def test_every_item_gets_one_outcome_in_order_and_no_more_than_so_many_run(count: int, workers: int) -> None:
    running, most, told = 0, 0, []

    async def action(item: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        if item % 3 == 0:
            raise DeviceUnreachable("down")
        return item

    async def done(outcome: Outcome[int, int]) -> None:
        told.append(outcome.item)

    outcomes = asyncio.run(fan_out(range(count), action, workers=workers, timeout_s=5, done=done))
    assert [outcome.item for outcome in outcomes] == list(range(count))
    assert all((outcome.error is not None) is (outcome.item % 3 == 0) for outcome in outcomes)
    assert sorted(told) == list(range(count))
    assert most <= max(1, workers)


async def test_one_that_hangs_runs_into_its_own_deadline() -> None:
    async def action(item: int) -> int:
        if item == 1:
            await asyncio.Event().wait()
        return item

    async with asyncio.timeout(5):
        outcomes = await fan_out(range(3), action, workers=2, timeout_s=0.01)
    assert [outcome.error.code if outcome.error else "ok" for outcome in outcomes] == [
        "ok",
        "deadline_exceeded",
        "ok",
    ]


async def test_a_bug_comes_to_the_surface() -> None:
    async def action(item: int) -> float:
        return 1 / item

    with pytest.raises(ExceptionGroup) as caught:
        await fan_out([1, 0], action, workers=2, timeout_s=1)
    assert caught.group_contains(ZeroDivisionError)
