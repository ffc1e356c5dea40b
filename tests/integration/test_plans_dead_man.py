"""Plans under a dead-man switch: what nobody confirms the router undoes by itself."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from fakes.mortal import run_mortal
from fakes.router import BrokenWriter
from world import DNS, FILTER, World, add_address, configured, remove_rule, reopened, set_dns, world

from routeros_mcp.domain.models import StepState
from routeros_mcp.emulator import Request, RouterSpec, User, branch_fleet

SCHEDULER = "/system/scheduler"
ADDRESS = "/ip/address"
LIST = "/ip/firewall/address-list"
VLAN = "/interface/vlan"
MENUS = (DNS, FILTER, ADDRESS, LIST, VLAN)
DEADLINE_S = 200
PAST_S = 230
PATIENCE: dict[str, Any] = {"deadman_timeout_s": DEADLINE_S, "deadman_tick_s": 5}
RISKY = (set_dns("192.0.2.53"), add_address("192.0.2.1/24"), remove_rule("defconf: drop invalid"))
SAID = ("a plain one", 'with "quotes"', "$money; [find] \\ {}", "Grüße, or not", "")


def quick(**more: Any) -> RouterSpec:
    """A branch office whose time runs fast, so that the switch is soon seen to tick."""
    return replace(branch_fleet(1)[0], time_scale=20, **more)


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world(specs=[quick()], **PATIENCE) as place:
        yield place


def rows_of(w: World) -> list[list[dict[str, str]]]:
    """What was configured: without dynamic rows, which no restart outlives."""
    return [
        [
            {name: text for name, text in row.items() if name != "cache-used"}
            for row, shown in zip(configured(w.router(), path), w.router().rows(path), strict=True)
            if shown.get("dynamic") != "true"
        ]
        for path in MENUS
    ]


def switch_rows(w: World) -> list[str]:
    return [row["name"] for row in w.router().rows(SCHEDULER)]


def script_writes(w: World) -> list[Request]:
    return [request for request in w.router().writes if request.path.startswith(f"/rest{SCHEDULER}/")]


async def begun(w: World, *operations: dict[str, Any]) -> tuple[str, str]:
    """Plan, approve, start; the plan and its job."""
    plan = await w.plan(*operations)
    assert not plan["no_dead_man_switch"], plan
    await w.approve(plan["plan_id"])
    return plan["plan_id"], (await w.call("plan_apply", plan_id=plan["plan_id"]))["job_id"]


async def unconfirmed(w: World, *operations: dict[str, Any]) -> dict[str, Any]:
    """Carry out a plan whose confirmation gets lost, until the router has undone it; the plan then."""
    w.router().ledger_clear()
    w.router().faults.drop_before(1, f"{SCHEDULER}/remove")
    plan_id, job_id = await begun(w, *operations)
    await w.router().until(lambda: any(request.path.endswith("/remove") for request in script_writes(w)))
    await w.router().advance(PAST_S)
    await w.ended(job_id)
    return await w.call("plan_get", plan_id=plan_id)


def at_random(seed: int, number: int) -> list[dict[str, Any]]:
    """Some operations on rows that the fleet has or that they add; each comment is one row's own."""
    chance = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    comment = f"{number} {SAID[chance[31] % len(SAID)]}"
    where = {"before": {"comment": "forward established"}} if chance[30] % 2 else {}
    rule = {"chain": "forward", "protocol": "tcp", "src-address": f"10.9.{number}.0/24", "comment": comment}
    choices: list[dict[str, Any]] = [
        set_dns(f"192.0.2.{number + 1}", "192.0.2.99"),
        {"op": "set", "path": DNS, "values": {"allow-remote-requests": "no"}},
        {"op": "add", "path": FILTER, "values": {**rule, "action": "drop", "dst-port": "80-88"}, **where},
        remove_rule("defconf: drop new from WAN"),
        {"op": "set", "path": FILTER, "match": {"comment": "defconf: accept ICMP"},
         "values": {"comment": f"{comment} ICMP", "disabled": "yes"}},
        {"op": "set", "path": FILTER, "match": {"comment": "defconf: drop invalid"},
         "values": {"connection-state": "invalid,new", "src-address": "10.8.0.0/16"}},
        add_address(f"10.{77 + number}.0.1/24", "bridge"),
        {"op": "set", "path": ADDRESS, "match": {"comment": "office"}, "values": {"comment": comment}},
        {"op": "set", "path": ADDRESS, "match": {"comment": "uplink"}, "values": {"comment": None}},
        {"op": "add", "path": LIST, "values": {"list": "guests", "address": "198.18.0.7"}},
        {"op": "add", "path": VLAN,
         "values": {"name": f"v{number}", "vlan-id": f"{200 + number}", "interface": "bridge"}},
    ]  # fmt: skip
    return [choice for choice, byte in zip(choices, chance, strict=False) if byte % 3 == 0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_plan_the_router_is_as_before_when_nobody_confirms(w: World, seed: int) -> None:
    for number in range(3):
        before = rows_of(w)
        operations = [add_address(f"10.200.{number}.1/24", "bridge"), *at_random(seed, number)]
        plan = await unconfirmed(w, *operations)
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"]), (operations, plan)
        assert rows_of(w) == before, operations
        assert switch_rows(w) == []


async def test_an_order_that_nobody_confirms_is_the_old_one_again(w: World) -> None:
    before = rows_of(w)
    rows = [{"comment": "defconf: drop new from WAN"}, {"comment": "forward established"}]
    wish = {"op": "ensure", "path": FILTER, "rows": rows, "keys": ["comment"], "scope": {"chain": "forward"}}
    w.router().faults.drop_before(1, f"{SCHEDULER}/remove")
    plan = await w.plan(wish)
    await w.approve(plan["plan_id"])
    job = await w.call("plan_apply", plan_id=plan["plan_id"])
    await w.router().until(lambda: any(request.path.endswith("/remove") for request in script_writes(w)))
    assert rows_of(w) != before
    await w.router().advance(PAST_S)
    await w.ended(job["job_id"])
    assert (await w.call("plan_get", plan_id=plan["plan_id"]))["status"] == "rolled_back"
    assert rows_of(w) == before


async def test_a_plan_is_armed_before_its_first_write_and_disarmed_after_its_last(w: World) -> None:
    plan = await w.change(*RISKY)
    assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
    sent = [request.path.removeprefix("/rest") for request in w.router().writes]
    add, remove = f"{SCHEDULER}/add", f"{SCHEDULER}/remove"
    assert sent == [add, add, *w.sent(), remove, remove]
    assert len(w.sent()) == len(RISKY)
    assert switch_rows(w) == []
    page = await w.call("audit_search", action="WRITE", plan_id=plan["plan_id"])
    assert [event["result"] for event in reversed(page["events"])] == ["ATTEMPT", "SUCCESS"] * len(sent)


async def test_the_router_has_run_the_script_to_its_end_before_anything_is_written(w: World) -> None:
    w.router().faults.hang("/ip/dns/set")
    _, job_id = await begun(w, *RISKY)
    await w.router().until(lambda: bool(w.sent()))
    tick, boot = w.router().rows(SCHEDULER)
    assert (int(tick["run-count"]) > 0, boot["run-count"]) == (True, "0")
    assert boot["comment"].startswith("armed")
    assert tick["on-event"].replace(":local boot 0;", ":local boot 1;") == boot["on-event"]
    w.router().faults.clear()
    await w.router().advance(PAST_S)
    await w.ended(job_id)


async def test_a_low_risk_needs_no_switch(w: World) -> None:
    plan = await w.change(set_dns("192.0.2.53"))
    assert (plan["status"], script_writes(w)) == ("applied", [])


async def cut_off_past_the_deadline(w: World, plan_id: str, job_id: str) -> dict[str, Any]:
    """Cut the link until the router has undone the change; the plan once its job has ended."""
    w.router().faults.down()
    await w.router().advance(PAST_S)
    w.router().faults.up()
    await w.ended(job_id)
    return await w.call("plan_get", plan_id=plan_id)


async def test_a_link_that_is_cut_after_the_writes_comes_back_to_the_old_state(w: World) -> None:
    before = rows_of(w)
    w.router().faults.slow(0.5, "/ip/firewall/filter/remove")
    plan_id, job_id = await begun(w, *RISKY)
    await w.router().until(lambda: len(w.sent()) == len(RISKY))
    plan = await cut_off_past_the_deadline(w, plan_id, job_id)
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
    assert (rows_of(w), switch_rows(w)) == (before, [])


@pytest.mark.slow
async def test_a_write_that_got_lost_and_was_undone_by_the_router_is_not_said_to_be_unsent() -> None:
    async with world(specs=[quick()], settle_s=3, **PATIENCE) as w:
        w.router().faults.drop_after(1, f"{FILTER}/remove")
        plan_id, job_id = await begun(w, *RISKY)
        await w.router().until(lambda: w.executed() == len(RISKY))
        plan = await cut_off_past_the_deadline(w, plan_id, job_id)
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
        async with w.ports.uow.read() as tx:
            steps = await tx.plans.steps_of(plan_id)
        assert [step.state for step in steps] == [StepState.ACKED, StepState.ACKED, StepState.UNKNOWN]


async def test_a_switch_that_fires_while_it_is_taken_away_leaves_nothing_behind(w: World) -> None:
    before = rows_of(w)
    w.router().faults.drop_before(2, f"{FILTER}/remove")
    w.router().faults.slow(0.5, f"{SCHEDULER}/remove")
    plan_id, job_id = await begun(w, *RISKY)
    await w.router().until(lambda: any(request.path.endswith("/remove") for request in script_writes(w)))
    await w.router().advance(PAST_S)
    await w.ended(job_id)
    plan = await w.call("plan_get", plan_id=plan_id)
    assert (w.states(plan), rows_of(w), switch_rows(w)) == (["rolled_back"], before, [])


async def test_a_lost_write_is_not_sent_once_more_when_the_router_has_begun_to_undo(w: World) -> None:
    before = rows_of(w)
    w.router().faults.drop_before(1, "/ip/address/add")
    _, job_id = await begun(w, add_address("192.0.2.1/24"))
    await w.router().until(lambda: bool(w.sent()))
    await w.router().advance(PAST_S)
    (device,) = (await w.ended(job_id))["devices"]
    assert (device["state"], w.sent()) == ("rolled_back", ["/ip/address/add"])
    assert (rows_of(w), switch_rows(w)) == (before, [])


async def test_a_lock_out_that_could_not_be_foreseen_is_undone_by_the_router() -> None:
    async with world(specs=[quick()], router_read_timeout_s=1, **PATIENCE) as w:
        before = rows_of(w)
        values = {"chain": "input", "action": "drop", "limit": "1000,1000:packet", "comment": "flood"}
        rule = {"op": "add", "path": FILTER, "values": values, "before": {"comment": "management"}}
        plan_id, job_id = await begun(w, rule)
        await w.router().until(lambda: bool(w.sent()) and len(w.router().rows(FILTER)) > len(before[1]))
        await w.router().advance(PAST_S)
        await w.ended(job_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert plan["management_path"][0]["verdict"] == "at_risk"
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
        assert (rows_of(w), switch_rows(w)) == (before, [])


async def test_a_bug_in_the_middle_is_undone_by_the_router_too() -> None:
    def broken(ports: Any) -> Any:
        return replace(ports, writer=BrokenWriter(ports.writer, after=3))

    async with world(specs=[quick()], adapt=broken, **PATIENCE) as w:
        before = rows_of(w)
        plan_id, job_id = await begun(w, *RISKY)
        await w.router().until(lambda: bool(w.sent()))
        await w.router().advance(PAST_S)
        await w.ended(job_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
        assert (rows_of(w), switch_rows(w)) == (before, [])


@pytest.mark.slow
async def test_a_server_started_again_too_late_waits_until_the_router_has_undone_the_change() -> None:
    async with world(specs=[quick()], **PATIENCE) as w:
        before = rows_of(w)
        plan_id = (await w.plan(*RISKY))["plan_id"]
        await w.approve(plan_id)
        await run_mortal(w.settings, "plan_apply", plan_id, 25)
        assert w.sent()
        assert len(switch_rows(w)) == 2
        await w.router().advance(DEADLINE_S * 0.6)
        async with reopened(w) as again:
            w.router().ledger_clear()
            await w.router().until(lambda: bool(w.router().ledger))
            assert (await again.call("plan_get", plan_id=plan_id))["status"] == "applying"
            await w.router().advance(PAST_S)
            (job,) = (await again.call("job_list", plan_id=plan_id))["jobs"]
            await again.ended(job["job_id"])
            plan = await again.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
        assert (rows_of(w), switch_rows(w)) == (before, [])


async def test_a_router_that_restarts_before_the_confirmation_undoes_the_change(w: World) -> None:
    before = rows_of(w)
    w.router().faults.hang("/ip/firewall/filter/remove")
    plan_id, job_id = await begun(w, *RISKY)
    await w.router().until(lambda: len(w.sent()) == len(RISKY))
    w.router().faults.clear()
    w.router().reboot()
    await w.router().advance(30)
    await w.ended(job_id)
    plan = await w.call("plan_get", plan_id=plan_id)
    assert (plan["status"], w.states(plan)) == ("rolled_back", ["rolled_back"])
    assert (rows_of(w), switch_rows(w)) == (before, [])


async def refused(w: World) -> str:
    """Carry out a plan that is refused before its first write; why."""
    before, others = rows_of(w), switch_rows(w)
    plan = await w.change(*RISKY)
    assert (plan["status"], w.states(plan)) == ("failed", ["not_applied"])
    assert (rows_of(w), switch_rows(w), w.sent()) == (before, others, [])
    return str(plan["device_states"][0]["message"])


async def test_a_router_whose_device_mode_forbids_the_scheduler_is_left_alone() -> None:
    mode = {"/system/device-mode": [{"mode": "home", "scheduler": "false"}]}
    spec = quick()
    async with world(specs=[replace(spec, config={**spec.config, **mode})]) as w:
        assert "device mode" in await refused(w)
        assert script_writes(w) == []


async def test_nothing_is_armed_beside_somebody_else_s_switch(w: World) -> None:
    w.router().add(SCHEDULER, {"name": "rmcp-dm-0123456789ab", "interval": "10s", "on-event": ":nothing"})
    assert "already runs a dead-man switch: rmcp-dm-0123456789ab" in await refused(w)
    assert script_writes(w) == []


@pytest.mark.slow
@pytest.mark.parametrize("guard", ["script", "checkpoint"])
async def test_a_switch_that_the_router_cannot_read_is_none(guard: str) -> None:
    words = {"script": "/ip/firewall/filter/add", "checkpoint": "/system/backup/load"}
    async with world(specs=[quick()], **{**PATIENCE, "deadman_tick_s": 1}) as w:
        before = rows_of(w)
        w.router().faults.unreadable(words[guard])
        plan = await w.carry_out((await w.plan(*RISKY, guard=guard))["plan_id"])
        assert (plan["status"], w.states(plan)) == ("failed", ["not_applied"])
        assert "not to its end" in plan["device_states"][0]["message"]
        assert (rows_of(w), switch_rows(w)) == (before, [])
        assert [path for path in w.sent() if not path.startswith(("/system/backup", "/file"))] == []
        assert "syntax error" in " ".join(row["message"] for row in w.router().rows("/log"))


async def test_an_entry_that_somebody_sets_to_another_time_is_no_switch(w: World) -> None:
    w.router().faults.slow(0.6, f"{SCHEDULER}/add")
    plan_id, job_id = await begun(w, *RISKY)
    await w.router().until(lambda: bool(switch_rows(w)))
    (tick, *_) = w.router().rows(SCHEDULER)
    w.router().edit(SCHEDULER, tick[".id"], {"interval": "1d"})
    await w.ended(job_id)
    plan = await w.call("plan_get", plan_id=plan_id)
    assert "does not run when it should" in plan["device_states"][0]["message"]
    assert (w.states(plan), switch_rows(w), w.sent()) == (["not_applied"], [], [])


async def test_a_login_that_may_too_little_to_undo_the_change_may_not_make_it() -> None:
    user = User(name="writer", password="writer-password", group="narrow")
    policy = "read,write,test,rest-api,api,sensitive,!policy"
    spec = quick(users=(user,))
    group = {"/user/group": [{"name": "narrow", "policy": policy}]}
    async with world(specs=[replace(spec, config={**spec.config, **group})]) as w:
        assert "policy" in await refused(w)


async def test_no_secret_stands_in_a_script(w: World) -> None:
    secret = {"name": "anna", "service": "l2tp", "password": "kumquat-Xylophone-77"}
    w.router().add("/ppp/secret", secret)
    change = {
        "op": "set",
        "path": "/ppp/secret",
        "match": {"name": "anna"},
        "values": {"password": "next-77"},
    }
    plan = await w.plan(change)
    assert "must not stand in a script" in plan["no_dead_man_switch"][0]
    done = await w.carry_out(plan["plan_id"])
    assert (done["status"], script_writes(w)) == ("applied", [])
