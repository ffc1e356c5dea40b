"""The rules around a plan: its life, its risk, its waves, its words, its recipes."""

from __future__ import annotations

import itertools
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import Conflict, InvalidParams
from routeros_mcp.domain.models import (
    Change,
    ChangeOp,
    DeviceDomain,
    Environment,
    MenuKind,
    MenuSpec,
    PlanStatus,
    PropertySpec,
    Risk,
    StepState,
)
from routeros_mcp.domain.planning.lifecycle import (
    TRANSITIONS,
    check_transition,
    derive,
    is_untouched,
)
from routeros_mcp.domain.planning.operations import Operation, check
from routeros_mcp.domain.planning.recipes import wishes_of
from routeros_mcp.domain.planning.render import MASK, diff_lines, group_diffs, visible
from routeros_mcp.domain.planning.risk import judge_change, judge_plan
from routeros_mcp.domain.planning.rollout import (
    OnFailure,
    Rollout,
    RolloutWish,
    Stop,
    StopKind,
    rollout_of,
    stored_stop,
    wave_numbers,
)

S = StepState
ENDED = (
    PlanStatus.FAILED,
    PlanStatus.REJECTED,
    PlanStatus.CANCELLED,
    PlanStatus.EXPIRED,
    PlanStatus.ROLLED_BACK,
)
DONE, UNTOUCHED = {S.CONFIRMED, S.VERIFIED}, {S.PLANNED, S.DRIFTED, S.NOT_APPLIED, S.CONFLICT}
SETTLED = DONE | UNTOUCHED | {S.ROLLED_BACK, S.ABANDONED}
some_states = st.lists(st.sampled_from(S), min_size=1, max_size=6)


# -- life ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ENDED)
def test_no_way_leads_out_of_an_ended_plan(status: PlanStatus) -> None:
    for wanted in PlanStatus:
        with pytest.raises(Conflict):
            check_transition("p", status, wanted)


def test_every_state_of_a_plan_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(PlanStatus)
    assert set().union(*TRANSITIONS.values()) | {PlanStatus.DRAFT} == set(PlanStatus)


def test_nothing_is_applied_that_was_not_approved() -> None:
    before = {status for status, after in TRANSITIONS.items() if PlanStatus.APPLYING in after}
    assert before == {PlanStatus.APPROVED}


def combinations() -> Iterator[tuple[StepState, ...]]:
    """Every set of states that up to four devices can be in: what they add up to counts no heads."""
    for size in range(1, 5):
        yield from itertools.combinations(S, size)


@pytest.mark.parametrize("is_unwell", [False, True])
def test_what_devices_add_up_to_after_applying_is_true(is_unwell: bool) -> None:
    for states in combinations():
        status = derive(PlanStatus.APPLYING, states, is_unwell=is_unwell)
        assert status in TRANSITIONS[PlanStatus.APPLYING]
        assert (status is PlanStatus.APPLIED) is (set(states) <= DONE and not is_unwell)
        if status is PlanStatus.FAILED:
            assert set(states) <= UNTOUCHED
        if status is PlanStatus.ROLLED_BACK:
            assert set(states) <= UNTOUCHED | {S.ROLLED_BACK}
        if status is PlanStatus.PARTIALLY_APPLIED:
            assert set(states) & DONE
            assert S.PLANNED not in states
        if not set(states) <= SETTLED or is_unwell:
            assert status is PlanStatus.HALTED


def test_what_devices_add_up_to_after_rolling_back_is_true() -> None:
    for states in combinations():
        status = derive(PlanStatus.ROLLING_BACK, states)
        assert status in TRANSITIONS[PlanStatus.ROLLING_BACK]
        assert (status is PlanStatus.ROLLED_BACK) is (set(states) <= UNTOUCHED | {S.ROLLED_BACK})
        assert (status is PlanStatus.HALTED) is (not set(states) <= SETTLED)


def test_what_was_derived_once_is_derived_again() -> None:
    for before in (PlanStatus.APPLYING, PlanStatus.ROLLING_BACK):
        for states in combinations():
            once = derive(before, states)
            assert derive(once, states) is once


@given(st.sampled_from(PlanStatus), st.lists(st.sampled_from(S), max_size=6), st.booleans(), st.booleans())
def test_a_plan_only_ever_becomes_what_it_may(
    status: PlanStatus,
    states: list[StepState],
    overdue: bool,
    under_way: bool,
) -> None:
    derived = derive(status, states, is_overdue=overdue, is_under_way=under_way)
    assert derived is status or derived in TRANSITIONS[status] or derived is PlanStatus.EXPIRED
    if status in ENDED or under_way:
        assert derived in {status, PlanStatus.EXPIRED}
    waits = status in {PlanStatus.DRAFT, PlanStatus.SUBMITTED, PlanStatus.APPROVED}
    assert (derived is PlanStatus.EXPIRED) is (status is PlanStatus.EXPIRED or (waits and overdue))


@given(st.permutations(list(S)), st.integers(1, 14))
def test_the_order_and_the_number_of_devices_do_not_matter(states: list[StepState], size: int) -> None:
    some = states[:size]
    for status in (PlanStatus.APPLYING, PlanStatus.ROLLING_BACK, PlanStatus.HALTED):
        assert derive(status, some) is derive(status, sorted(some * 2))


def test_a_halted_plan_is_judged_anew_once_a_person_has_settled_it() -> None:
    assert derive(PlanStatus.HALTED, [S.CONFIRMED, S.UNKNOWN]) is PlanStatus.HALTED
    assert derive(PlanStatus.HALTED, [S.CONFIRMED, S.CONFIRMED]) is PlanStatus.APPLIED
    assert derive(PlanStatus.HALTED, [S.ROLLED_BACK, S.NOT_APPLIED]) is PlanStatus.ROLLED_BACK


def test_an_untouched_device_is_one_that_nothing_was_written_to() -> None:
    assert {state for state in S if is_untouched(state)} == UNTOUCHED


# -- waves ---------------------------------------------------------------------------------------------------

SIZES = st.one_of(st.integers(1, 50).map(str), st.integers(1, 100).map(lambda share: f"{share}%"))
ENDINGS = st.one_of(st.integers(1, 50).map(str), st.just("100%"))


@given(st.integers(0, 600), st.lists(SIZES, max_size=6), ENDINGS)
def test_waves_take_every_device_once_and_in_order(count: int, sizes: list[str], ending: str) -> None:
    waves = Rollout(waves=(*sizes, ending)).waves
    numbers = wave_numbers(count, waves)
    assert len(numbers) == count
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, max(numbers, default=0) + 1))
    if numbers and waves[0].isdigit():
        assert numbers.count(1) == min(count, int(waves[0]))


def test_the_canary_goes_alone_and_the_second_wave_is_a_tenth_of_the_rest() -> None:
    numbers = wave_numbers(101)
    assert [numbers.count(wave) for wave in (1, 2, 3)] == [1, 10, 90]


def test_the_last_number_repeats_until_no_device_is_left() -> None:
    assert wave_numbers(7, ("1", "3")) == [1, 2, 2, 2, 3, 3, 3]


@pytest.mark.parametrize("waves", [(), ("",), ("0",), ("-1",), ("1.5",), ("%",), ("101%", "1"), ("1", "99%"),
                                   ("9" * 5000,), ("\u0661",), ("1",) * 21])  # fmt: skip
def test_waves_that_are_none_or_never_end_are_refused(waves: tuple[str, ...]) -> None:
    with pytest.raises(InvalidParams):
        Rollout(waves=waves)


@given(
    st.lists(ENDINGS, min_size=1, max_size=3), st.integers(1, 9), st.sampled_from(OnFailure), st.booleans()
)
def test_a_rollout_comes_back_from_a_plans_options(
    waves: list[str],
    parallel: int,
    on_failure: OnFailure,
    gates: bool,
) -> None:
    wish = RolloutWish(waves=tuple(waves), parallel=parallel, on_failure=on_failure, gates=gates)
    rollout = wish.over(Rollout(soak_s=3.0))
    assert (rollout.waves, rollout.gates, rollout.soak_s) == (tuple(waves), gates, 3.0)
    assert rollout_of({"rollout": json.loads(json.dumps(rollout.plain()))}) == rollout
    assert rollout_of({}) == Rollout()


@given(st.sampled_from(StopKind), st.text(max_size=9), st.none() | st.integers(1, 9), st.lists(st.text()))
def test_a_stop_comes_back_from_a_jobs_report(
    kind: StopKind, reason: str, wave: int | None, undo: list[str]
) -> None:
    stop = Stop(kind=kind, reason=reason, wave=wave, undo=tuple(undo))
    assert stored_stop(json.loads(json.dumps(stop.plain()))) == stop
    assert stored_stop(None) is None


# -- risk ----------------------------------------------------------------------------------------------------


def a_change(path: str, op: ChangeOp = ChangeOp.SET, device: str = "d1", **after: str) -> Change:
    named = {name.replace("_", "-"): value for name, value in after.items()}
    return Change(device_id=device, op=op, path=path, before={}, after=named or {"x": "1"})


@pytest.mark.parametrize(
    ("change", "lab", "prod"),
    [
        (a_change("/interface", comment="x"), Risk.LOW, Risk.LOW),
        (a_change("/interface", name="x"), Risk.LOW, Risk.LOW),
        (a_change("/interface", comment="x", disabled="yes"), Risk.HIGH, Risk.HIGH),
        (a_change("/ip/firewall/filter", comment="x"), Risk.LOW, Risk.LOW),
        (a_change("/ip/firewall/filter", action="drop"), Risk.HIGH, Risk.HIGH),
        (a_change("/ip/firewall/address-list", ChangeOp.ADD), Risk.MEDIUM, Risk.MEDIUM),
        (a_change("/ip/dns", servers="x"), Risk.LOW, Risk.MEDIUM),
        (a_change("/ip/dns/static", name="x"), Risk.LOW, Risk.MEDIUM),
        (a_change("/system/identity", name="x"), Risk.LOW, Risk.LOW),
        (a_change("/user", comment="x"), Risk.HIGH, Risk.HIGH),
        (a_change("/ip/service", port="x"), Risk.HIGH, Risk.HIGH),
        (a_change("/ppp/secret", name="x"), Risk.HIGH, Risk.HIGH),
        (a_change("/system/script", name="x"), Risk.HIGH, Risk.HIGH),
        (a_change("/snmp/community", name="x"), Risk.MEDIUM, Risk.MEDIUM),
        (a_change("/system/reboot", ChangeOp.COMMAND), Risk.EXTREME, Risk.EXTREME),
        (a_change("/ip/route", ChangeOp.REMOVE), Risk.HIGH, Risk.HIGH),
        (a_change("/never/heard/of"), Risk.HIGH, Risk.HIGH),
        (a_change("/ip/dnsmasq", servers="x"), Risk.HIGH, Risk.HIGH),
    ],
    ids=lambda value: f"{value.path}" if isinstance(value, Change) else str(value),
)
def test_a_change_is_as_risky_as_the_rules_say(change: Change, lab: Risk, prod: Risk) -> None:
    assert judge_change(change, Environment.LAB).risk is lab
    assert judge_change(change, Environment.PROD).risk is prod


def a_device(number: int, environment: Environment) -> DeviceDomain:
    return DeviceDomain(id=f"d{number}", name=f"r{number}", management_address="h:1", environment=environment)


def test_a_plan_is_as_risky_as_its_riskiest_change_and_says_why() -> None:
    changes = [a_change("/interface", comment="x"), a_change("/ip/route")]
    risk, reasons = judge_plan(changes, [a_device(1, Environment.LAB)])
    assert risk is Risk.HIGH
    assert reasons == ("high: /ip/route: routing", "low: /interface: names and comments only")[:2] or (
        reasons[0] == "high: /ip/route: routing"
    )


def test_several_production_devices_at_once_are_high_risk() -> None:
    changes = [a_change("/interface", device=f"d{n}", comment="x") for n in (1, 2)]
    prod = [a_device(n, Environment.PROD) for n in (1, 2)]
    assert judge_plan(changes, prod)[0] is Risk.HIGH
    assert judge_plan(changes[:1], prod)[0] is Risk.LOW
    assert judge_plan(changes, [a_device(n, Environment.LAB) for n in (1, 2)])[0] is Risk.LOW
    assert judge_plan([], [])[0] is Risk.LOW


# -- words ---------------------------------------------------------------------------------------------------

anything = st.text(max_size=40)


def is_hidden(character: str) -> bool:
    return character != " " and unicodedata.category(character)[0] in {"C", "Z"}


@given(anything, anything, st.dictionaries(anything, anything, max_size=3), st.sampled_from(ChangeOp))
def test_no_diff_holds_a_character_that_cannot_be_seen(
    path: str, key: str, values: dict[str, str], op: ChangeOp
) -> None:
    change = Change(device_id="d1", op=op, path=path, key={key: key}, before=values, after=values)
    shown = "".join(diff_lines([change], lambda _: frozenset()))
    assert [c for c in shown if is_hidden(c)] == []


@pytest.mark.parametrize(
    "character", ["\u202e", "\u200b", "\x1b", "\n", "\r", "\u2028", "\u00ad", "\u3164", "\ufe0f"]
)
def test_what_hides_is_written_as_its_number(character: str) -> None:
    assert visible(f"a{character}b") == f"a\\u{{{ord(character):04x}}}b"


def test_a_long_text_says_how_long_it_is() -> None:
    assert visible("x" * 1000) == "x" * 400 + "… (1000 characters)"


@given(st.sampled_from([ChangeOp.ADD, ChangeOp.SET, ChangeOp.REMOVE]))
def test_a_secret_is_never_shown_wherever_it_stands(op: ChangeOp) -> None:
    held = {"pin-code-of-vendor": "kumquat-1", "password": "kumquat-2"}
    change = Change(device_id="d1", op=op, path="/x", key=held, before=held, after=held)
    shown = "".join(diff_lines([change], lambda _: frozenset({"pin-code-of-vendor"})))
    assert "kumquat" not in shown
    assert MASK in shown


def test_equal_diffs_stand_together_the_largest_group_first() -> None:
    changes = [a_change("/ip/dns", device=f"d{n}", servers="1" if n < 3 else "2") for n in range(4)]
    groups = group_diffs(changes, {f"d{n}": f"r{n}" for n in range(4)}, lambda _: frozenset())
    assert [group.devices for group in groups] == [("r0", "r1", "r2"), ("r3",)]


# -- recipes and operations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"dns_servers": []},
        {"dns_servers": ["ntp.example.net"]},
        {"dns_servers": ["192.0.2.256"]},
        {"dns_servers": [7]},
        {"ntp_servers": ["-bad-.example"]},
        {"ntp_servers": ["1.2.3"]},
        {"ntp_servers": ["a" * 300]},
        {"ntp_servers": ["x; /user add name=eve"]},
        {"ntp_servers": ["x\n"]},
        {"colour": "red"},
    ],
)
def test_a_recipe_refuses_what_cannot_be(arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidParams):
        wishes_of("dns_ntp_rollout", arguments)


def test_a_recipe_becomes_operations_and_an_unknown_one_is_answered_with_the_known() -> None:
    wanted = wishes_of("dns_ntp_rollout", {"dns_servers": ["192.0.2.1", "2001:db8::1"]})
    assert [(o.path, o.values) for o in wanted] == [("/ip/dns", {"servers": "192.0.2.1,2001:db8::1"})]
    with pytest.raises(InvalidParams, match="dns_ntp_rollout"):
        wishes_of("dns_rollout", {})


MENU = MenuSpec(
    path="/x",
    kind=MenuKind.LIST,
    properties={
        "name": PropertySpec(name="name", writable=True, required=True),
        "state": PropertySpec(name="state", readable=True),
    },
    commands=("add", "set", "remove"),
)
SET = Operation(op=ChangeOp.SET, path="/x", match={"name": "a"}, values={"name": "b"})


@pytest.mark.parametrize(
    ("operation", "menu", "words"),
    [
        (replace(SET, op=ChangeOp.COMMAND), MENU, "not supported"),
        (replace(SET, op=ChangeOp.MOVE), MENU, "takes no `values`"),
        (replace(SET, op=ChangeOp.MOVE, values={}), MENU, "not ordered"),
        (replace(SET, values={}), MENU, "changes nothing"),
        (replace(SET, match={}), MENU, "names no row"),
        (replace(SET, values={"state": "x"}), MENU, "read-only"),
        (replace(SET, values={"nmae": "x"}), MENU, "did you mean name"),
        (replace(SET, match={"nmae": "x"}), MENU, "did you mean name"),
        (replace(SET, op=ChangeOp.ADD), MENU, "no `match`"),
        (Operation(op=ChangeOp.ADD, path="/x", values={"comment": "x"}), MENU, "needs name"),
        (replace(SET, op=ChangeOp.REMOVE), MENU, "no `values`"),
        (replace(SET, values={"name": "x" * 61_001}), MENU, "too long"),
        (SET, replace(MENU, kind=MenuKind.SINGLE), "single object"),
        (SET, replace(MENU, kind=MenuKind.COMMANDS), "holds commands"),
        (SET, replace(MENU, commands=("add",)), "has no set"),
    ],
)
def test_an_operation_that_cannot_be_meant_is_refused(
    operation: Operation, menu: MenuSpec, words: str
) -> None:
    with pytest.raises(InvalidParams) as caught:
        check(operation, menu)
    assert words in str(caught.value)


def test_a_menu_that_nobody_knows_is_a_warning_and_no_error() -> None:
    (warning,) = check(SET, None)
    assert "not checked" in warning
    assert check(SET, MENU) == ()
