"""The audit trail: every call leaves a line, and no line can be changed without a trace."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress

import pytest
from world import World, only, principal, set_comment, set_dns, world

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.models import AuditResult, Role


async def newest(w: World, **wanted: object) -> dict[str, object]:
    event: dict[str, object] = (await w.call("audit_search", limit=1, **wanted))["events"][0]
    return event


async def test_a_read_leaves_one_line_with_who_what_and_which_device(small_world: World) -> None:
    w = small_world
    await w.call("device_get", device=w.names[0], who=principal(Role.READ_ONLY, subject="user:reader"))
    event = await newest(w, tool="device_get")
    assert (event["user"], event["role"], event["action"]) == ("user:reader", "read_only", "READ")
    assert (event["result"], event["device"], event["environment"]) == ("SUCCESS", w.names[0], "lab")


async def test_a_change_leaves_an_attempt_before_its_outcome(small_world: World) -> None:
    w = small_world
    await w.call("change_apply", device=w.names[0], operation=set_comment("x"), dry_run=False)
    page = await w.call("audit_search", tool="change_apply", action="CHANGE")
    assert [event["result"] for event in page["events"]] == ["SUCCESS", "ATTEMPT"]
    assert len({event["request_id"] for event in page["events"]}) == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "action"),
    [
        ("plan_create", {"devices": ["all"], "recipe": "dns_ntp_rollout"}, "AUTHZ_DENIED"),
        ("no_such_tool", {}, "UNKNOWN_TOOL"),
        ("device_list", {"colour": "red"}, "READ"),
        ("device_get", {"device": "nope"}, "READ"),
    ],
    ids=["denied", "unknown tool", "bad argument", "not found"],
)
async def test_a_call_that_fails_leaves_a_line_too(
    small_world: World, tool: str, arguments: dict[str, object], action: str
) -> None:
    w = small_world
    failed = await w.fails(tool, who=principal(Role.READ_ONLY), **arguments)
    event = await newest(w, tool=tool)
    assert (event["action"], event["result"]) == (action, "FAILURE")
    assert str(event["error"]).startswith(f"{failed.code}: ")


async def test_a_call_that_its_caller_gives_up_leaves_a_line_too(small_world: World) -> None:
    w = small_world
    w.router().faults.hang()
    async with asyncio.timeout(10):
        with suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                read = group.create_task(w.call("routeros_read", devices=["all"], path="/ip/dns"))
                await w.router().until(lambda: bool(w.router().ledger))
                read.cancel()
    w.router().faults.clear()
    event = await newest(w, tool="routeros_read")
    assert (event["result"], event["device"]) == ("FAILURE", w.names[0])


@pytest.mark.parametrize("name", ["\ud800", "nul\x00", "x" * 5000, ""])
async def test_whatever_a_tool_is_called_the_call_is_answered_and_recorded(
    small_world: World, name: str
) -> None:
    w = small_world
    arguments = {"plan_id": name, name: name, "deep": {name: [name]}}
    before = (await w.call("audit_verify"))["lines"]
    assert (await w.fails(name, **arguments)).code == "not_found"
    verdict = await w.call("audit_verify")
    assert verdict["intact"]
    assert verdict["lines"] == before + 2


async def test_a_device_flag_that_is_off_denies_and_is_recorded(small_world: World) -> None:
    w = small_world
    device = await w.device()
    from routeros_mcp.domain.device_service import DeviceChanges

    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    await w.approve(plan_id)
    off = DeviceChanges(allow_advanced_writes=False, allow_professional_workflows=False)
    await w.app.services.devices.update(device, off)
    calls: dict[str, dict[str, object]] = {
        "plan_create": {"devices": ["all"], "operations": [set_dns("192.0.2.54")]},
        "plan_apply": {"plan_id": plan_id},
        "change_apply": {"device": device.name, "operation": set_comment("x")},
    }
    for tool, arguments in calls.items():
        assert (await w.fails(tool, **arguments)).code == "forbidden"
        assert (await newest(w, tool=tool))["action"] == "AUTHZ_DENIED"
    assert w.sent() == []


async def test_lines_recorded_at_once_share_one_chain_without_a_gap(small_world: World) -> None:
    w = small_world
    before = (await w.call("audit_verify"))["lines"]
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for number in range(200):
            entry = AuditEntry(
                principal=w.admin,
                action="READ",
                tool_name=f"t{number}",
                tool_tier="fundamental",
                result=AuditResult.SUCCESS,
            )
            group.create_task(w.app.services.audit.record(entry))
    verdict = await w.call("audit_verify")
    assert (verdict["intact"], verdict["lines"]) == (True, before + 201)


FLIP = "UPDATE audit_events SET user_sub = 'user:innocent' WHERE sequence = 3"
TAMPERINGS = {
    "altered": (FLIP, 3),
    "metadata": ("UPDATE audit_events SET metadata = '{}' WHERE sequence = 2", 2),
    "outcome": ("UPDATE audit_events SET result = 'FAILURE' WHERE sequence = 4", 4),
    "removed": ("DELETE FROM audit_events WHERE sequence = 3", 3),
    "first removed": ("DELETE FROM audit_events WHERE sequence = 1", 1),
    "renumbered": ("UPDATE audit_events SET sequence = sequence + 1000 WHERE sequence >= 3", 3),
    "mac": ("UPDATE audit_events SET mac = replace(mac, substr(mac, 1, 1), 'x') WHERE sequence = 3", 3),
    "tail cut": ("DELETE FROM audit_events WHERE sequence > 4", 5),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
async def test_a_line_tampered_with_past_its_triggers_is_found(kind: str) -> None:
    statement, where = TAMPERINGS[kind]
    async with world(1) as w:
        for _ in range(5):
            await w.call("device_list")
        await w.app.services.audit.anchor()
        with closing(sqlite3.connect(w.database)) as connection, connection:
            triggers = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_events'"
            ).fetchall()
            assert triggers
            with pytest.raises(sqlite3.Error):
                connection.execute(statement)
            for (trigger,) in triggers:
                connection.execute(f"DROP TRIGGER {trigger}")
            assert connection.execute(statement).rowcount > 0
        verdict = await w.call("audit_verify")
        assert (verdict["intact"], verdict["broken_at"]) == (False, where)


async def test_without_a_place_for_the_audit_line_nothing_is_changed(small_world: World) -> None:
    w = small_world
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    await w.approve(plan_id)
    with closing(sqlite3.connect(w.database)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    answer = await w.app.pipeline.call(w.admin, "plan_apply", {"plan_id": plan_id})
    assert getattr(answer, "code", None) in {"database_unavailable", "internal"}
    with closing(sqlite3.connect(w.database)) as connection, connection:
        connection.execute("DROP TRIGGER full")
    assert w.sent() == []
    assert (await w.call("plan_get", plan_id=plan_id))["status"] == "approved"


async def test_an_audit_trail_that_fails_in_the_middle_of_a_plan_stops_the_writes(
    small_world: World,
) -> None:
    w = small_world
    plan_id = (await w.plan(set_dns("192.0.2.53"), set_comment("x")))["plan_id"]
    await w.approve(plan_id)
    with closing(sqlite3.connect(w.database)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit_events WHEN NEW.action = 'WRITE'"
            " BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    job = await w.apply_and_wait(plan_id)
    with closing(sqlite3.connect(w.database)) as connection, connection:
        connection.execute("DROP TRIGGER full")
    assert w.sent() == []
    assert job["status"] == "failed"
    assert (await w.call("plan_get", plan_id=plan_id))["status"] == "failed"


async def test_devices_out_of_sight_read_like_devices_that_do_not_exist() -> None:
    async with world(2) as w:
        snapshots = await w.call("snapshot_capture", devices=["all"])
        taken = {row["device"]: row["snapshot_id"] for row in snapshots["captured"]}
        half = principal(Role.ADMIN, devices=only(w.names[0]), subject="user:half")
        hidden, seen = w.names[1], w.names[0]
        for tool, argument, value, absent in (
            ("device_get", "device", hidden, "nowhere"),
            ("device_get", "device", (await w.device(1)).id, "nowhere"),
            ("routeros_read", "devices", [hidden], "nowhere"),
            ("snapshot_get", "snapshot_id", taken[hidden], "nowhere"),
        ):
            more = {"path": "/ip/dns"} if tool == "routeros_read" else {}
            nothing = [absent] if isinstance(value, list) else absent
            first = await w.fails(tool, who=half, **{argument: value}, **more)
            second = await w.fails(tool, who=half, **{argument: nothing}, **more)
            word = value[0] if isinstance(value, list) else value
            assert (first.code, first.message) == ("not_found", second.message.replace(absent, word))
        listed = await w.call("device_list", who=half)
        assert [device["name"] for device in listed["devices"]] == [seen]
        diff = {"device": seen, "older": taken[seen], "newer": taken[hidden]}
        assert (await w.fails("config_diff", who=half, **diff)).code == "not_found"
