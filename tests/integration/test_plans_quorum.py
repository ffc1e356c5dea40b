"""Policies over real plans: several approvers, windows, freezes, caps, and what waits too long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fakes.clock import FakeClock
from world import ToolFailed, World, principal, reopened, set_comment, set_dns, world

from routeros_mcp.domain.device_service import DeviceChanges
from routeros_mcp.domain.models import Principal, Role, Scope
from routeros_mcp.emulator import branch_fleet

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday


@asynccontextmanager
async def governed(
    folder: Path, rules: str, *, routers: int = 1, more: str = "", **settings: Any
) -> AsyncIterator[tuple[World, FakeClock]]:
    """A lab under a policy with these rules, and a clock that stands still."""
    file, clock = folder / "policy.yaml", FakeClock(NOON, held=True)
    file.write_text(f"{more}\nrules:\n{rules}")
    file.chmod(0o644)
    async with world(
        routers, adapt=lambda ports: replace(ports, clock=clock), policy_file=file, **settings
    ) as w:
        yield w, clock


def ruled(require: str, when: str = "{}") -> str:
    return f"  - {{name: the rule, when: {when}, require: {require}}}"


def person(subject: str, role: Role = Role.APPROVER) -> Principal:
    return principal(role, subject=subject)


async def submitted(w: World, *devices: str, server: str = "192.0.2.53") -> str:
    plan_id: str = (await w.plan(set_dns(server), devices=list(devices) or None))["plan_id"]
    return plan_id


async def not_approved(w: World, plan_id: str, who: Principal) -> ToolFailed:
    with pytest.raises(ToolFailed) as caught:
        await w.approve(plan_id, who=who)
    return caught.value


async def standing(w: World, plan_id: str) -> tuple[str, str]:
    """The plan's status, and how many of the approvals that it needs it has."""
    (told,) = [one for one in (await w.call("plan_list"))["plans"] if one["plan_id"] == plan_id]
    return told["status"], told["approvals"]


BEN, CARLA, DAN = person("user:ben"), person("user:carla"), person("user:dan")


# -- several approvers -----------------------------------------------------------------------------------


async def test_a_plan_waits_until_as_many_persons_as_policy_asks_for_have_approved(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{approvers: 2}")) as (w, _):
        made = await w.plan(set_dns("192.0.2.53"))
        assert (made["approval"]["needed"], made["approval"]["given"]) == (2, [])
        assert "the rule: 2 approvers" in made["approval"]["reasons"]
        plan_id = made["plan_id"]
        first = await w.approve(plan_id, who=BEN)
        assert (first["status"], first.get("approved_by")) == ("submitted", None)
        assert [one["by"] for one in first["approval"]["given"]] == ["user:ben"]
        assert await standing(w, plan_id) == ("submitted", "1 of 2")
        failed = await w.fails("plan_apply", plan_id=plan_id)
        assert (failed.code, "1 of 2 approvals" in failed.message) == ("not_approved", True)
        again = await not_approved(w, plan_id, person("oidc:BEN@example.net"))
        assert (again.code, "already: 1 of 2" in again.message) == ("conflict", True)
        second = await w.approve(plan_id, who=CARLA)
        assert (second["status"], second["approved_by"]) == ("approved", "user:ben, user:carla")
        assert await standing(w, plan_id) == ("approved", "2 of 2")
        assert (await w.apply_and_wait(plan_id))["status"] == "success"


async def test_one_rejection_is_final(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{approvers: 2}")) as (w, _):
        plan_id = await submitted(w)
        await w.approve(plan_id, who=BEN)
        await w.app.terminal.call(CARLA, "plan_reject", {"plan_id": plan_id, "reason": "no"})
        assert (await not_approved(w, plan_id, DAN)).code == "conflict"
        assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rejected"


ALIASES = ("local:anna", "user:anna", "user:Anna", "oidc:anna@example.net", "token:\uff41\uff4e\uff4e\uff41")


async def test_no_alias_of_its_maker_approves_a_plan_and_no_person_approves_twice(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{approvers: 2}")) as (w, _):
        for maker in ALIASES:
            made = replace(w.admin, subject=maker)
            plan_id = (
                await w.call("plan_create", who=made, devices=["all"], operations=[set_dns("192.0.2.1")])
            )["plan_id"]
            for alias in ALIASES:
                assert (await not_approved(w, plan_id, person(alias))).code == "forbidden"
            assert await standing(w, plan_id) == ("submitted", "0 of 2")
        for one, other in product(ALIASES, ALIASES):
            plan_id = await submitted(w)
            await w.approve(plan_id, who=person(one))
            assert (await not_approved(w, plan_id, person(other))).code == "conflict"
            assert await standing(w, plan_id) == ("submitted", "1 of 2")


async def test_only_those_whom_policy_names_approve(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{approved_by: [ben, carla]}")) as (w, _):
        plan_id = await submitted(w)
        assert (await w.call("plan_get", plan_id=plan_id))["approval"]["who_may"] == "only ben, carla"
        failed = await not_approved(w, plan_id, DAN)
        assert (failed.code, failed.fix) == ("forbidden", "Who may: only ben, carla.")
        every = replace(principal(Role.ADMIN, subject="user:eve"), scopes=frozenset(Scope))
        assert (await not_approved(w, plan_id, every)).code == "forbidden"
        assert (await w.approve(plan_id, who=BEN))["status"] == "approved"


async def test_extreme_risk_needs_two_approvers_without_any_policy() -> None:
    async with world(1) as w:
        operation = {"op": "set", "path": "/system/package/update", "values": {"channel": "testing"}}
        plan = await w.plan(operation)
        assert (plan["risk"], plan["approval"]["needed"]) == ("extreme", 2)
        assert (await w.approve(plan["plan_id"], who=BEN))["status"] == "submitted"
        assert (await w.approve(plan["plan_id"], who=CARLA))["status"] == "approved"


async def test_a_raised_risk_is_the_plans_and_brings_the_dead_man_switch(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{risk: high}", "{paths: /ip/dns}")) as (w, _):
        plan = await w.plan(set_dns("192.0.2.53"))
        assert (plan["risk"], plan["risk_reasons"][0]) == ("high", "high: the approval policy says so")
        operation = set_dns("192.0.2.53")
        failed = await w.fails("change_apply", device=w.names[0], operation=operation, dry_run=False)
        assert failed.code == "forbidden"
        harmless = {"device": w.names[0], "operation": set_comment("uplink"), "dry_run": False}
        assert (await w.call("change_apply", **harmless))["status"] == "applied"


@pytest.mark.parametrize(
    ("more", "rules"),
    [
        ("low_risk_at_once: never", ruled("{risk: low}")),
        ("", ruled("{approvers: 1}", "{environments: lab}")),
        ("", ruled("{windows: [{days: [sun]}]}")),
        ("", ruled("{freezes: [{from: 2026-11-25, to: 2026-11-25}]}")),
    ],
    ids=["never", "approvers", "window", "freeze"],
)
async def test_a_change_at_once_is_made_only_where_policy_lets_it(
    tmp_path: Path, more: str, rules: str
) -> None:
    async with governed(tmp_path, rules, more=more) as (w, _):
        operation = set_comment("uplink")
        failed = await w.fails("change_apply", device=w.names[0], operation=operation, dry_run=False)
        assert failed.code == "forbidden"
        assert w.sent() == []
        (plan,) = (await w.call("plan_list"))["plans"]
        assert plan["status"] == "cancelled"


# -- when --------------------------------------------------------------------------------------------------


async def test_outside_its_window_an_approved_plan_waits_and_loses_nothing(tmp_path: Path) -> None:
    window = "{windows: [{days: [wed], from: '12:10', to: '13:00'}]}"
    async with governed(tmp_path, ruled(window)) as (w, clock):
        plan_id = await submitted(w)
        told = await w.approve(plan_id, who=BEN)
        assert told["approval"]["window"] == "closed; opens 2026-11-25 12:10 UTC"
        failed = await w.fails("plan_apply", plan_id=plan_id)
        assert (failed.code, "outside its change window" in failed.message) == ("forbidden", True)
        assert w.sent() == []
        clock.advance(timedelta(minutes=10))
        assert (await w.apply_and_wait(plan_id))["status"] == "success"


async def test_an_approval_that_would_run_out_before_the_window_opens_is_refused(tmp_path: Path) -> None:
    window = "{windows: [{days: [wed], from: '12:30', to: '13:00'}]}"
    async with governed(tmp_path, ruled(window)) as (w, clock):
        plan_id = await submitted(w)
        failed = await not_approved(w, plan_id, BEN)
        assert (failed.code, "2026-11-25 12:30 UTC" in failed.fix) == ("forbidden", True)
        clock.advance(timedelta(minutes=16))
        assert (await w.approve(plan_id, who=BEN))["status"] == "approved"


async def test_a_freeze_that_began_since_the_approval_stops_the_plan(tmp_path: Path) -> None:
    freeze = "{freezes: [{from: 2026-11-26, to: 2026-11-27, reason: fair}]}"
    async with governed(tmp_path, ruled(freeze), approval_ttl_min=1_000) as (w, clock):
        plan_id = await submitted(w)
        await w.approve(plan_id, who=BEN)
        clock.advance(timedelta(hours=12))
        failed = await w.fails("plan_apply", plan_id=plan_id)
        assert (failed.code, "(fair)" in failed.message) == ("forbidden", True)
        assert (await w.call("plan_get", plan_id=plan_id))["status"] == "approved"


# -- how much ----------------------------------------------------------------------------------------------


async def test_a_plan_over_the_cap_says_so_and_is_not_approved(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{devices_per_plan: 1}"), routers=2) as (w, _):
        plan = await w.plan(set_dns("192.0.2.53"))
        assert plan["approval"]["refused"] == ["the rule: 2 devices in one plan, at most 1 allowed"]
        assert "too large" in (await not_approved(w, plan["plan_id"], BEN)).message
        await w.approve(await submitted(w, w.names[0]), who=BEN)


async def test_devices_of_a_day_are_counted_over_all_plans(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{devices_per_day: 2}"), routers=3) as (w, clock):
        first = await submitted(w, *w.names[:2])
        second, third = await submitted(w, w.names[2]), await submitted(w, w.names[0], server="192.0.2.54")
        for plan_id in (first, second, third):
            await w.approve(plan_id, who=BEN)
        await w.apply_and_wait(first)
        failed = await w.fails("plan_apply", plan_id=second)
        assert (failed.code, "3 devices within 24 hours" in failed.message) == ("forbidden", True)
        assert w.sent(2) == []
        # A device that is counted already is no further one.
        await w.apply_and_wait(third)
        clock.advance(timedelta(hours=23, minutes=50))
        fourth = await submitted(w, w.names[2], server="192.0.2.55")
        await w.approve(fourth, who=BEN)
        clock.advance(timedelta(minutes=11))
        assert (await w.apply_and_wait(fourth))["status"] == "success"


# -- what changes between approval and apply ---------------------------------------------------------------


async def test_a_tag_that_changed_since_brings_its_rule_to_bear(tmp_path: Path) -> None:
    rules = ruled("{approvers: 2}", "{tags: {role: core}}")
    async with governed(tmp_path, rules) as (w, _):
        plan_id = await submitted(w)
        assert (await w.approve(plan_id, who=BEN))["status"] == "approved"
        await retag(w, role="core")
        failed = await w.fails("plan_apply", plan_id=plan_id)
        assert (failed.code, "1 of the 2 approvals" in failed.message) == ("not_approved", True)
        assert await standing(w, plan_id) == ("approved", "1 of 2")
        assert (await w.approve(plan_id, who=CARLA))["status"] == "approved"
        assert (await w.apply_and_wait(plan_id))["status"] == "success"


async def retag(w: World, **tags: str) -> None:
    device = await w.device()
    await w.app.services.devices.update(device, DeviceChanges(tags=tags))


async def test_approvals_under_another_policy_do_not_count(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{approvers: 1}")) as (w, clock):
        plan_id = await submitted(w)
        await w.approve(plan_id, who=BEN)
        file = w.settings.policy_file
        assert file is not None
        file.write_text(f"rules:\n{ruled('{approvers: 1, risk: medium}')}")
        async with reopened(w, adapt=lambda ports: replace(ports, clock=clock)) as other:
            failed = await other.fails("plan_apply", plan_id=plan_id)
            assert (failed.code, "another approval policy" in failed.message) == ("not_approved", True)
            assert await standing(other, plan_id) == ("approved", "0 of 1")
            await other.approve(plan_id, who=BEN)
            assert (await other.apply_and_wait(plan_id))["status"] == "success"


# -- what waits too long -----------------------------------------------------------------------------------


async def test_a_plan_whose_approval_ran_out_waits_for_a_new_one(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{approvers: 2}")) as (w, clock):
        plan_id = await submitted(w)
        await w.approve(plan_id, who=BEN)
        clock.advance(timedelta(minutes=10))
        await w.approve(plan_id, who=CARLA)
        clock.advance(timedelta(minutes=5))
        assert await standing(w, plan_id) == ("submitted", "1 of 2")
        assert (await w.fails("plan_apply", plan_id=plan_id)).code == "not_approved"
        told = await w.approve(plan_id, who=BEN)
        assert (told["status"], told["approved_by"]) == ("approved", "user:carla, user:ben")
        clock.advance(timedelta(minutes=20))
        assert await standing(w, plan_id) == ("submitted", "0 of 2")
        failed = await w.fails("plan_apply", plan_id=plan_id)
        assert (failed.code, "plan approve" in failed.fix) == ("expired", True)
        assert w.sent() == []


async def test_plans_that_waited_too_long_are_expired_by_whoever_looks_first(tmp_path: Path) -> None:
    async with governed(tmp_path, ruled("{risk: low}")) as (w, clock):
        waiting, agreed = await submitted(w), await submitted(w, server="192.0.2.54")
        done = await submitted(w, server="192.0.2.55")
        await w.carry_out(done)
        await w.approve(agreed, who=BEN)
        clock.advance(timedelta(hours=24))
        assert await w.app.services.approvals.sweep() == 2
        assert await w.app.services.approvals.sweep() == 0
        listed = {one["plan_id"]: one["status"] for one in (await w.call("plan_list"))["plans"]}
        assert listed == {waiting: "expired", agreed: "expired", done: "applied"}
        assert (await w.call("plan_list", status="submitted"))["plans"] == []
        assert (await not_approved(w, waiting, BEN)).code == "expired"
        for tool in ("plan_apply", "plan_cancel"):
            assert (await w.fails(tool, plan_id=agreed)).code == "conflict"


# -- cutting the manager off -------------------------------------------------------------------------------


async def test_a_plan_that_cuts_the_manager_off_runs_only_when_its_approver_names_the_device() -> None:
    (spec,) = branch_fleet(1)
    wan = next(row["address"] for row in spec.config["/ip/address"] if row["interface"] == "ether1")
    managed = replace(spec, manager_address="198.51.100.10", management_address=wan.partition("/")[0])
    async with world(specs=[managed], deadman_timeout_s=4) as w:
        drop = {"chain": "input", "action": "drop", "comment": "closed"}
        operation = {"op": "add", "path": "/ip/firewall/filter", "values": drop}
        plan = await w.plan(operation | {"before": {"comment": "management"}})
        assert plan["approval"]["must_name"] == w.names
        arguments = {"plan_id": plan["plan_id"], "digest": plan["digest"]}
        for named in ([], ["edge-9"], [*w.names, "edge-9"]):
            answer = await w.app.terminal.call(w.approver, "plan_approve", {**arguments, "overrides": named})
            assert getattr(answer, "code", None) == "forbidden"
        await w.app.terminal.call(w.approver, "plan_approve", {**arguments, "overrides": w.names})
        told = await w.call("plan_get", plan_id=plan["plan_id"])
        assert [one["overrides"] for one in told["approval"]["given"]] == [w.names]
        before = [rule.get("comment") for rule in w.router().rows("/ip/firewall/filter")]
        job = await w.apply_and_wait(plan["plan_id"])
        assert job["devices"][0]["state"] == "rolled_back", job
        after = [rule.get("comment") for rule in w.router().rows("/ip/firewall/filter")]
        assert after == before
