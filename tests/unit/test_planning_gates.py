"""Health gates against a baseline, and the order of a network from its edge inwards."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.health_figures import Figures
from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.planning.gates import (
    GateResult,
    GateVerdict,
    Vitals,
    compare,
    intended_by,
    overall,
    stored_vitals,
    vitals_of,
)
from routeros_mcp.domain.planning.topology import leaves_first, neighbour_names, resolve

FIGURES = Figures(cpu_percent=10.0, memory_free=1000, uptime_s=500, version="7.20.5 (stable)")
BASE = Vitals(figures=FIGURES, running=frozenset({"ether1", "ether2"}), has_default_route=True)


def later(**figures: object) -> Vitals:
    return replace(BASE, figures=replace(FIGURES, **figures))


@pytest.mark.parametrize(
    ("after", "verdict", "word"),
    [
        (later(uptime_s=560), GateVerdict.PASSED, ""),
        (later(cpu_percent=85.0, uptime_s=560), GateVerdict.PASSED, ""),
        (later(cpu_percent=97.0, uptime_s=560), GateVerdict.INCONCLUSIVE, "97"),
        (later(cpu_percent=None, uptime_s=560), GateVerdict.INCONCLUSIVE, "not reported"),
        (later(memory_free=400, uptime_s=560), GateVerdict.INCONCLUSIVE, "memory"),
        (later(uptime_s=20), GateVerdict.FAILED, "restarted"),
        (later(version="7.21 (stable)"), GateVerdict.FAILED, "7.21"),
        (replace(BASE, running=frozenset({"ether1"})), GateVerdict.FAILED, "ether2"),
        (replace(BASE, has_default_route=False), GateVerdict.FAILED, "default route"),
        (replace(BASE, has_default_route=None), GateVerdict.INCONCLUSIVE, "routes"),
        (None, GateVerdict.INCONCLUSIVE, "measured"),
    ],
)
def test_a_router_is_judged_by_its_own_baseline(
    after: Vitals | None, verdict: GateVerdict, word: str
) -> None:
    result = compare(BASE, after)
    assert result.verdict is verdict
    assert word in "; ".join(result.reasons)
    assert bool(result.reasons) is (verdict is not GateVerdict.PASSED)


def test_without_a_baseline_nothing_passes() -> None:
    assert compare(None, BASE).verdict is GateVerdict.INCONCLUSIVE


def test_a_wave_is_as_good_as_its_worst_device() -> None:
    results = [GateResult(verdict=verdict) for verdict in (GateVerdict.PASSED, GateVerdict.INCONCLUSIVE)]
    assert overall(results) is GateVerdict.INCONCLUSIVE
    assert overall([]) is GateVerdict.PASSED


def test_vitals_come_from_rows() -> None:
    rows = [
        {"name": "ether1", "running": "true"},
        {"name": "ether2", "running": "false"},
        {"name": "ether3", "running": "true", "disabled": "true"},
    ]
    vitals = vitals_of(FIGURES, rows, [{"active": "true"}])
    assert (vitals.running, vitals.has_default_route) == (frozenset({"ether1"}), True)
    assert vitals_of(FIGURES, rows, None).has_default_route is None


def test_leaves_go_before_their_branch_and_the_core_comes_last() -> None:
    links = {"core": {"pop1", "pop2"}, "pop1": {"pop2", "a", "b"}, "pop2": {"c"}, "c": {"d"}}
    ordered = leaves_first(["core", "pop1", "pop2", "a", "b", "c", "d"], links)
    assert ordered == ["a", "b", "d", "c", "core", "pop1", "pop2"]


def test_who_has_no_neighbours_keeps_the_given_order() -> None:
    assert leaves_first(["b", "a", "c"], {"a": {"elsewhere"}}) == ["b", "a", "c"]


@given(
    st.integers(1, 25).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.integers(0, 10**6), min_size=n, max_size=n))
    )
)
def test_in_any_tree_every_branch_comes_after_all_but_one_of_what_hangs_on_it(
    drawn: tuple[int, list[int]],
) -> None:
    size, seeds = drawn
    links: dict[int, set[int]] = {node: set() for node in range(size)}
    for node in range(1, size):
        links[node].add(seeds[node] % node)
    ordered = leaves_first(list(range(size)), links)
    assert sorted(ordered) == list(range(size))
    place = {node: number for number, node in enumerate(ordered)}
    both = {node: links[node] | {other for other in links if node in links[other]} for node in links}
    for node, others in both.items():
        assert sum(place[other] > place[node] for other in others) <= 1


def test_neighbours_are_told_by_identity_and_address() -> None:
    rows = [{"identity": "pop1", "address4": "192.0.2.1"}, {"interface": "ether1"}, {"identity": ""}]
    assert neighbour_names(rows) == {"pop1", "192.0.2.1"}


def test_a_name_that_two_routers_share_tells_neither() -> None:
    names = {1: {"a", "MikroTik"}, 2: {"b", "MikroTik", "192.0.2.2"}, 3: {"c"}}
    heard = {1: {"192.0.2.2", "elsewhere"}, 3: {"MikroTik", "a"}}
    assert resolve(names, heard) == {1: {2}, 3: {1}}


def test_what_the_plan_takes_away_on_purpose_fails_no_gate() -> None:
    def change(op: ChangeOp, path: str, key: dict[str, str], **after: str) -> Change:
        return Change(device_id="d", op=op, path=path, key=key, before={}, after=after or None)

    ports = [
        change(ChangeOp.SET, "/interface/ethernet", {"name": "ether1"}, disabled="true"),
        change(ChangeOp.REMOVE, "/interface/vlan", {"name": "ether2"}),
    ]
    gone = replace(BASE, running=frozenset(), has_default_route=False)
    assert compare(BASE, gone, intended_by(ports)).reasons == ("the default route is gone",)
    route = change(ChangeOp.REMOVE, "/ip/route", {"dst-address": "0.0.0.0/0"})
    assert compare(BASE, gone, intended_by([*ports, route])).verdict is GateVerdict.PASSED
    comment = change(ChangeOp.SET, "/interface", {"name": "ether1"}, comment="x")
    assert compare(BASE, gone, intended_by([comment, route])).verdict is GateVerdict.FAILED


def test_a_radio_without_clients_is_no_lost_link() -> None:
    rows = [{"name": "wifi1", "type": "wifi", "running": "true"}]
    assert vitals_of(FIGURES, rows, None).running == frozenset()


def test_vitals_come_back_from_what_is_stored() -> None:
    assert stored_vitals(json.loads(json.dumps(BASE.plain()))) == BASE
    assert stored_vitals(None) is None
