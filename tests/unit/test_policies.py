"""Approval policies: they only ever tighten, and windows, freezes and caps mean what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.domain.models import DeviceDomain, Environment, Risk
from routeros_mcp.domain.planning.policies import (
    BUILT_IN,
    ApprovalPolicy,
    AtOnce,
    Caps,
    Demand,
    Freeze,
    Match,
    PlanFacts,
    PolicyRule,
    Requirement,
    Window,
    excesses,
    is_open,
    next_opening,
    person_of,
    required,
)

ZONES = tuple(ZoneInfo(name) for name in ("UTC", "Europe/Amsterdam", "America/St_Johns", "Pacific/Auckland"))
PATHS = ("/ip/dns", "/ip/firewall/filter", "/ip/firewall/nat", "/user")
PERSONS = ("anna", "ben", "carla", "dan")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
FIRST = NOON.replace(day=20, tzinfo=None)


def device(number: int, environment: str = "lab", **tags: str) -> DeviceDomain:
    return DeviceDomain(
        id=f"d{number}",
        name=f"r{number}",
        management_address="192.0.2.1:443",
        environment=Environment(environment),
        tags=tags,
    )


def facts(*devices: DeviceDomain, risk: Risk = Risk.LOW, **more: object) -> PlanFacts:
    given: dict[str, object] = {"paths": frozenset({"/ip/dns"}), "changes": len(devices)}
    return PlanFacts(devices=devices, risk=risk, **{**given, **more})


def rule(name: str = "a rule", match: Match | None = None, **demand: object) -> PolicyRule:
    return PolicyRule(name=name, match=match or Match(), demand=Demand(**demand))


def policy(*rules: PolicyRule, at_once: AtOnce = AtOnce.EVERYWHERE) -> ApprovalPolicy:
    return ApprovalPolicy(rules=rules, at_once=at_once)


# -- any policy, any plan --------------------------------------------------------------------------------

_some_tags = st.dictionaries(st.sampled_from(("site", "role")), st.sampled_from(("a", "b")), max_size=2)
_devices = st.lists(
    st.builds(lambda environment, tags: (environment, tags), st.sampled_from(list(Environment)), _some_tags),
    min_size=1,
    max_size=5,
).map(lambda held: tuple(device(n, e, **tags) for n, (e, tags) in enumerate(held)))
_facts = st.builds(
    PlanFacts,
    devices=_devices,
    paths=st.frozensets(st.sampled_from(PATHS), min_size=1),
    changes=st.integers(1, 6),
    risk=st.sampled_from(list(Risk)),
    irreversible=st.booleans(),
)
_windows = st.builds(
    Window,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start_min=st.integers(0, 700),
    end_min=st.integers(701, 1440),
    zone=st.sampled_from(ZONES),
) | st.builds(
    Window,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start_min=st.integers(701, 1439),
    end_min=st.integers(0, 700),
    zone=st.sampled_from(ZONES),
)
_freezes = st.builds(
    lambda start, hours: Freeze(starts=start, ends=start + timedelta(hours=hours)),
    st.datetimes(FIRST, FIRST + timedelta(days=15), timezones=st.sampled_from(ZONES)),
    st.integers(1, 100),
)
_matches = st.builds(
    Match,
    environments=st.frozensets(st.sampled_from(list(Environment)), max_size=2),
    tags=_some_tags.map(lambda tags: {key: frozenset({value}) for key, value in tags.items()}),
    paths=st.lists(st.sampled_from(("/ip", "/ip/firewall", "/user")), max_size=2).map(tuple),
    risk=st.none() | st.sampled_from(list(Risk)),
    devices=st.integers(0, 4),
    changes=st.integers(0, 4),
    irreversible=st.booleans(),
)
_caps = st.builds(
    Caps,
    per_plan=st.none() | st.integers(1, 5),
    per_tag=st.dictionaries(st.sampled_from(("site", "role")), st.integers(1, 3), max_size=1),
    per_day=st.none() | st.integers(1, 9),
)
_demands = st.builds(
    Demand,
    approvers=st.none() | st.integers(1, 3),
    among=st.frozensets(st.sampled_from(PERSONS)),
    roles=st.frozensets(st.just("approver")),
    risk=st.none() | st.sampled_from(list(Risk)),
    windows=st.lists(_windows, max_size=2).map(tuple),
    freezes=st.lists(_freezes, max_size=2).map(tuple),
    caps=_caps,
)
_rules = st.lists(st.builds(PolicyRule, name=st.just("r"), match=_matches, demand=_demands), max_size=4)
_policies = st.builds(ApprovalPolicy, rules=_rules.map(tuple), at_once=st.sampled_from(list(AtOnce)))
_moments = st.datetimes(FIRST, FIRST + timedelta(days=20), timezones=st.just(UTC))


def is_as_strict(tight: Requirement, loose: Requirement, about: PlanFacts, moment: datetime) -> bool:
    """Whether what `tight` lets through `loose` lets through as well: asked, not read off the fields."""
    people = [(person, role) for person in PERSONS for role in ("approver", "admin")]
    return (
        tight.approvers >= max(loose.approvers, 1)
        and tight.risk.rank >= max(loose.risk.rank, about.risk.rank)
        and (loose.at_once or not tight.at_once)
        and all(loose.admits(*one) for one in people if tight.admits(*one))
        and (
            is_open(moment, loose.windows, loose.freezes) or not is_open(moment, tight.windows, tight.freezes)
        )
        and (any(excesses(tight, about.devices)) or not any(excesses(loose, about.devices)))
    )


def check_tightening(held: ApprovalPolicy, more: ApprovalPolicy, about: PlanFacts, moment: datetime) -> None:
    alone, plain = required(held, about), required(BUILT_IN, about)
    assert is_as_strict(alone, plain, about, moment)
    assert alone.at_once <= (about.risk is Risk.LOW and len(about.devices) == 1)
    both = replace(held, rules=held.rules + more.rules)
    assert is_as_strict(required(both, about), alone, about, moment)


@settings(max_examples=60)
@given(_policies, _policies, _facts, _moments)
def test_no_policy_is_looser_than_none_and_no_rule_takes_back_what_another_demands(
    held: ApprovalPolicy, more: ApprovalPolicy, about: PlanFacts, moment: datetime
) -> None:
    check_tightening(held, more, about, moment)


@pytest.mark.slow
@settings(max_examples=600)
@given(
    _policies, _policies, st.lists(_facts, min_size=3, max_size=3), st.lists(_moments, min_size=3, max_size=3)
)
def test_five_thousand_times_a_policy_only_tightens(
    held: ApprovalPolicy, more: ApprovalPolicy, plans: list[PlanFacts], moments: list[datetime]
) -> None:
    for about, moment in product(plans, moments):
        check_tightening(held, more, about, moment)


@settings(max_examples=25)
@given(st.lists(_windows, min_size=1, max_size=2), st.lists(_freezes, max_size=2), _moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    windows: list[Window], freezes: list[Freeze], moment: datetime
) -> None:
    opening = next_opening(moment, [windows], freezes)
    assert opening is not None
    assert is_open(opening, [windows], freezes)
    between = (opening - moment) // timedelta(minutes=7)
    for number in range(min(between, 300)):
        assert not is_open(moment + timedelta(minutes=7) * number, [windows], freezes)


# -- what holds without a policy -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "risk", "irreversible", "approvers"),
    [
        ("lab", Risk.LOW, False, 1),
        ("prod", Risk.HIGH, False, 1),
        ("lab", Risk.EXTREME, False, 2),
        ("prod", Risk.LOW, True, 2),
        ("staging", Risk.HIGH, True, 1),
    ],
)
def test_the_built_in_rules(environment: str, risk: Risk, irreversible: bool, approvers: int) -> None:
    about = facts(device(1, environment), risk=risk, irreversible=irreversible)
    assert required(BUILT_IN, about).approvers == approvers


@pytest.mark.parametrize(
    ("word", "environment", "at_once"),
    [
        (AtOnce.EVERYWHERE, "prod", True),
        (AtOnce.LAB, "lab", True),
        (AtOnce.LAB, "prod", False),
        (AtOnce.NEVER, "lab", False),
    ],
)
def test_low_risk_on_one_device_needs_no_approver_where_policy_says_so(
    word: AtOnce, environment: str, at_once: bool
) -> None:
    one = device(1, environment)
    assert required(policy(at_once=word), facts(one)).at_once is at_once
    assert not required(policy(at_once=word), facts(one, device(2, environment))).at_once
    assert not required(policy(at_once=word), facts(one, risk=Risk.MEDIUM)).at_once
    assert not required(policy(rule(approvers=1), at_once=word), facts(one)).at_once


# -- rules -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "does_fit"),
    [
        (Match(), True),
        (Match(environments=frozenset({Environment.LAB})), True),
        (Match(environments=frozenset({Environment.PROD})), False),
        (Match(tags={"site": frozenset({"ams", "rtm"})}), True),
        (Match(tags={"site": frozenset({"ams"}), "role": frozenset({"core"})}), False),
        (Match(risk=Risk.MEDIUM), True),
        (Match(risk=Risk.HIGH), False),
        (Match(devices=2), True),
        (Match(devices=3), False),
        (Match(changes=3), False),
        (Match(paths=("/ip",)), True),
        (Match(paths=("/ip/dn",)), False),
        (Match(paths=("/",)), True),
        (Match(irreversible=True), False),
    ],
)
def test_a_rule_is_for_the_plans_that_hold_all_it_names(match: Match, does_fit: bool) -> None:
    about = facts(device(1, site="ams"), device(2, role="core"), risk=Risk.MEDIUM)
    assert (required(policy(rule(match=match, approvers=3)), about).approvers == 3) is does_fit


def test_a_raised_risk_makes_further_rules_fit() -> None:
    held = policy(
        rule("then three", Match(risk=Risk.EXTREME), approvers=3),
        rule("then extreme", Match(risk=Risk.HIGH), risk=Risk.EXTREME),
        rule("dns is high", Match(paths=("/ip/dns",)), risk=Risk.HIGH),
    )
    found = required(held, facts(device(1)))
    assert (found.risk, found.approvers) == (Risk.EXTREME, 3)
    assert any("then three: 3 approvers" in reason for reason in found.reasons)


def test_an_approver_is_acceptable_to_every_rule() -> None:
    held = policy(rule("a", among=frozenset({"anna", "ben"})), rule("b", among=frozenset({"ben", "carla"})))
    found = required(held, facts(device(1)))
    assert [person for person in PERSONS if found.admits(person, "approver")] == ["ben"]


def test_caps_count_the_devices_that_their_rule_is_for() -> None:
    caps = Caps(per_plan=2, per_tag={"site": 1}, per_day=3)
    match = Match(tags={"role": frozenset({"core"})})
    found = required(policy(rule(match=match, caps=caps)), facts(device(0, role="core")))
    core = [device(n, role="core", site="ams" if n < 2 else "rtm") for n in range(4)]
    others = [device(n, role="edge", site="ams") for n in range(10, 20)]
    assert list(excesses(found, [core[0], core[2], *others], [core[3]])) == []
    (word,) = excesses(found, core[:2])
    assert "2 devices of site=ams" in word
    assert len(list(excesses(found, core))) == 4
    assert list(excesses(found, [core[0]], [*core[1:], *others])) == [
        "a rule: 4 devices within 24 hours, at most 3 allowed"
    ]
    assert list(excesses(found, [core[0]], core[:3])) == []


# -- hours and days --------------------------------------------------------------------------------------

NIGHT = Window(days=frozenset({1}), start_min=22 * 60, end_min=5 * 60, zone=ZoneInfo("Europe/Amsterdam"))


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-24T20:59:59+00:00", False),
        ("2026-11-24T21:00:00+00:00", True),
        ("2026-11-25T03:59:59+00:00", True),
        ("2026-11-25T04:00:00+00:00", False),
        ("2026-11-25T21:30:00+00:00", False),
        ("2026-07-07T20:00:00+00:00", True),  # Amsterdam's summer time
        ("2026-07-07T19:59:00+00:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(moment: str, opened: bool) -> None:
    assert is_open(datetime.fromisoformat(moment), [[NIGHT]], []) is opened


def test_of_each_rules_windows_one_has_to_be_open() -> None:
    day = Window(days=frozenset(range(7)), start_min=60, end_min=120, zone=UTC)
    inside = NOON.replace(hour=1, minute=30)
    assert is_open(inside, [[NIGHT, day]], [])
    assert is_open(inside, [[day], [day, NIGHT]], [])
    assert not is_open(NOON, [[day], [replace(day, end_min=1440)]], [])


def test_a_freeze_closes_every_window_until_it_ends() -> None:
    freeze = Freeze(starts=NOON, ends=NOON + timedelta(days=3), reason="fair")
    assert [is_open(NOON + timedelta(days=days), [], [freeze]) for days in (0, 2, 3)] == [False, False, True]
    assert next_opening(NOON, [], [freeze]) == freeze.ends
    assert next_opening(NOON, [], [freeze], NOON + timedelta(days=1)) is None


def test_openings_come_one_after_the_other() -> None:
    window = Window(days=frozenset({0, 3}), start_min=600, end_min=660, zone=ZONES[2])
    found = [NOON]
    for _ in range(5):
        opening = next_opening(found[-1] + timedelta(hours=2), [[window]], [])
        assert opening is not None
        found.append(opening)
    assert {(b - a).days for a, b in pairwise(found[1:])} == {3, 4}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("local:anna", "user:anna", True),
        ("user:Anna", "oidc:ANNA", True),
        ("user:anna", "oidc:anna@example.net", True),
        ("user:ﬁnn", "user:finn", True),
        ("anna", "user:anna ", True),
        ("user:anna", "user:hanna", False),
        ("user:anna", "anna:user", False),
    ],
)
def test_subjects_that_may_be_one_person_are_taken_for_one(one: str, other: str, same: bool) -> None:
    assert (person_of(one) == person_of(other)) is same
