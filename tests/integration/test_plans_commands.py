"""Commands in plans: a closed list, sent once, proven where they can be, never undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.mortal import run_mortal
from world import World, principal, reopened, set_dns, world

from routeros_mcp.domain.models import Role
from routeros_mcp.domain.planning.commands import has_restarted


def command(path: str, name: str, /, **match: str) -> dict[str, Any]:
    return {"op": "command", "path": path, "command": name, **({"match": match} if match else {})}


REBOOT = command("/system", "reboot")
FLUSH = command("/ip/dns/cache", "flush")
RUN = command("/system/script", "run", name="tidy")
RENEW = command("/ip/dhcp-client", "renew", interface="ether4")


def power_cycle(port: str) -> dict[str, Any]:
    return command("/interface/ethernet/poe", "power-cycle", name=port)


async def approved(w: World, plan: dict[str, Any]) -> str:
    """Approve by as many people as it takes; the plan's id."""
    for number in range(plan["approval"]["needed"]):
        await w.approve(plan["plan_id"], who=principal(Role.APPROVER, subject=f"user:{number}"))
    return str(plan["plan_id"])


async def carried_out(w: World, *operations: dict[str, Any]) -> dict[str, Any]:
    plan_id = await approved(w, await w.plan(*operations))
    await w.apply_and_wait(plan_id)
    return await w.call("plan_get", plan_id=plan_id)


async def test_a_restart_is_named_for_what_it_is_and_takes_two_approvals(small_world: World) -> None:
    plan = await small_world.plan(REBOOT)
    assert (plan["risk"], plan["approval"]["needed"]) == ("extreme", 2)
    assert plan["diff"][0]["lines"] == ["! /system/reboot"]
    (lost,) = plan["cannot_be_undone"]
    assert "a restart" in lost
    assert len(plan["no_dead_man_switch"]) == 1


@pytest.mark.slow
async def test_a_restart_is_believed_when_the_uptime_has_fallen(small_world: World) -> None:
    w = small_world
    booted = w.router().store.booted_at
    plan = await carried_out(w, REBOOT)
    assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"])
    assert w.router().store.booted_at > booted
    assert w.sent() == ["/system/reboot"]
    assert "restart" in (await w.fails("plan_rollback", plan_id=plan["plan_id"])).message


@pytest.mark.parametrize(
    ("lost", "state"),
    [("drop_after", "confirmed"), pytest.param("drop_before", "not_applied", marks=pytest.mark.slow)],
)
async def test_a_lost_answer_to_a_restart_is_settled_by_the_uptime(
    small_world: World, lost: str, state: str
) -> None:
    w = small_world
    getattr(w.router().faults, lost)(1, "/system/reboot")
    assert w.states(await carried_out(w, REBOOT)) == [state]
    assert w.sent() == ["/system/reboot"]


@pytest.mark.parametrize(
    ("before", "now", "elapsed", "told"),
    [
        (1_000, 20, 60, True),
        (1_000, 1_060, 60, False),
        (30, 3_000, 3_600, None),  # up again for longer than it was then
        (1_000, 1_060, 3_660, None),  # our clock has jumped an hour ahead
        (1_000, 4_600, 60, None),  # or back
    ],
)
def test_only_a_fallen_uptime_proves_a_restart(
    before: int, now: int, elapsed: int, told: bool | None
) -> None:
    seen = [timedelta(seconds=seconds) for seconds in (before, now, elapsed)]
    assert has_restarted(*seen) is told


@pytest.mark.slow
@pytest.mark.parametrize(("point", "state", "sent"), [("sent", "confirmed", 1), ("intent", "not_applied", 0)])
async def test_after_a_crash_a_restart_is_looked_for_and_not_sent_again(
    point: str, state: str, sent: int
) -> None:
    async with world(1) as w:
        plan_id = await approved(w, await w.plan(REBOOT))
        await run_mortal(w.settings, "plan_apply", plan_id, point)
        async with reopened(w) as again:
            (job,) = (await again.call("job_list", plan_id=plan_id))["jobs"]
            (device,) = (await again.ended(job["job_id"]))["devices"]
        assert (device["state"], len(w.sent())) == (state, sent)


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        (FLUSH, "/ip/dns/cache/flush"),
        (RUN, "/system/script/run"),
        pytest.param(RENEW, "/ip/dhcp-client/renew", marks=pytest.mark.slow),
    ],
)
async def test_other_commands_are_sent_once_and_only_their_answer_tells(
    small_world: World, operation: dict[str, Any], path: str
) -> None:
    w = small_world
    w.router().add("/system/script", {"name": "tidy", "source": ":log info tidy"})
    w.router().add("/ip/dhcp-client", {"interface": "ether4"})
    plan = await carried_out(w, operation)
    assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"]), plan["device_states"]
    w.router().faults.drop_after(1, path)
    plan = await carried_out(w, operation)
    assert (plan["status"], w.states(plan)) == ("halted", ["unknown"])
    assert w.sent() == [path] * 2
    assert (await w.fails("plan_rollback", plan_id=plan["plan_id"])).code == "conflict"


async def test_a_command_that_the_router_does_not_have_was_not_carried_out(small_world: World) -> None:
    """The emulated boards have no port that gives power."""
    w = small_world
    plan = await carried_out(w, power_cycle("ether5"))
    assert (plan["status"], w.states(plan)) == ("failed", ["not_applied"])
    assert w.sent() == ["/interface/ethernet/poe/power-cycle"]


async def test_a_row_that_has_changed_since_keeps_its_command_from_being_sent(small_world: World) -> None:
    w = small_world
    item = w.router().add("/system/script", {"name": "tidy", "source": ":log info tidy"})
    plan_id = await approved(w, await w.plan(RUN))
    w.router().edit("/system/script", item, {"source": "/system reset-configuration"})
    await w.apply_and_wait(plan_id)
    assert w.states(await w.call("plan_get", plan_id=plan_id)) == ["drifted"]
    assert w.sent() == []


async def test_the_managers_own_link_is_not_taken_away(small_world: World) -> None:
    plan = await small_world.plan(power_cycle("ether1"))
    assert plan["management_path"][0]["verdict"] == "at_risk"
    with pytest.raises(Exception, match="may cut the manager off"):
        await small_world.approve(plan["plan_id"])


REFUSED: list[tuple[list[dict[str, Any]], dict[str, str], str]] = [
    ([command("/system", "rebot")], {}, "did you mean /system/reboot"),
    ([command("/interface", "disable", name="ether1")], {}, 'Use {"op": "disable"'),
    ([command("/system", "shutdown")], {}, "Nobody could switch the router on again"),
    ([command("/certificate", "remove", name="x")], {}, "Keys"),
    ([command("/system", "reboot", name="x")], {}, "about the whole router"),
    ([command("/system/script", "run")], {}, "names no row"),
    ([command("/system/script", "run", nam="x")], {}, "has no property 'nam'"),
    ([set_dns("192.0.2.53"), FLUSH], {}, "a plan of their own"),
    ([REBOOT], {"guard": "checkpoint"}, "nothing to guard"),
    ([{**set_dns("192.0.2.53"), "command": "flush"}], {}, "takes no command"),
    ([{**REBOOT, "values": {"x": "y"}}], {}, "takes no values"),
]


async def test_what_cannot_be_meant_is_refused_with_what_to_do(small_world: World) -> None:
    for operations, more, words in REFUSED:
        refused = await small_world.fails("plan_create", devices=["all"], operations=operations, **more)
        assert words in f"{refused.message} {refused.fix}"


@pytest.mark.slow
async def test_the_gate_lets_a_restart_pass_that_was_meant() -> None:
    async with world(2, rollout_waves=["1", "100%"]) as w:
        plan = await carried_out(w, REBOOT)
        assert (plan["status"], w.states(plan)) == ("applied", ["confirmed"] * 2)
        assert [wave["gate"] for wave in plan["job"]["waves"]] == ["passed"] * 2
