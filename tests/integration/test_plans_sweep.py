"""What dead-man switches leave on routers: ours and over goes, all else is told and left."""

from __future__ import annotations

from typing import Any

import pytest
from world import World, add_address, set_dns, world

from routeros_mcp.domain.planning.deadman import nonce_for
from routeros_mcp.toolkit.pipeline import Success

pytestmark = pytest.mark.slow

SCHEDULER, FILES = "/system/scheduler", "/file"
FOREIGN = "0123456789ab"


def leave(w: World, nonce: str) -> None:
    """Put there what a switch of this nonce consists of, and what it leaves when it has fired."""
    for name in (f"rmcp-dm-{nonce}", f"rmcp-dm-{nonce}-boot", f"rmcp-reverted-{nonce}"):
        w.router().add(SCHEDULER, {"name": name, "interval": "1h", "on-event": ":nothing"})
    w.router().add(FILES, {"name": f"rmcp-cp-{nonce}.backup", "contents": "x"})


def left(w: World) -> set[str]:
    rows = [*w.router().rows(SCHEDULER), *w.router().rows(FILES)]
    return {row["name"] for row in rows if "rmcp-" in row["name"]}


async def swept(w: World, **more: Any) -> dict[str, Any]:
    answer = await w.app.terminal.call(w.admin, "device_sweep", {"devices": ["all"], **more})
    assert isinstance(answer, Success), answer
    return answer.result.payload()


def fates(told: dict[str, Any]) -> dict[str, str]:
    return {find["name"]: find["fate"] for find in told["found"]}


async def test_orphans_of_ended_plans_go_and_those_of_others_stay(small_world: World) -> None:
    w = small_world
    plan = await w.change(add_address("192.0.2.1/24"))
    nonce = nonce_for(plan["plan_id"], (await w.device()).id)
    leave(w, nonce)
    leave(w, FOREIGN)
    every = left(w)
    assert set(fates(await swept(w, dry_run=True)).values()) == {"orphan", "foreign"}
    assert left(w) == every
    w.router().ledger_clear()
    (boot,) = [r[".id"] for r in w.router().rows(SCHEDULER) if r["name"] == f"rmcp-dm-{nonce}-boot"]
    told = await swept(w)
    assert left(w) == {name for name in every if FOREIGN in name}
    assert {name for name, fate in fates(told).items() if fate == "removed"} == every - left(w)
    assert boot in w.router().writes[0].text
    page = await w.call("audit_search", tool="device_sweep", action="WRITE", plan_id=plan["plan_id"])
    assert [event["result"] for event in page["events"]].count("SUCCESS") == 4


async def test_what_belongs_to_a_plan_that_is_not_over_is_left() -> None:
    async with world(1, settle_s=0.1) as w:
        w.router().faults.drop_before(100, "/ip/address/add")
        plan_id = (await w.plan(set_dns("192.0.2.53"), add_address("192.0.2.1/24")))["plan_id"]
        nonce = nonce_for(plan_id, (await w.device()).id)
        await w.approve(plan_id)
        w.router().faults.hang("/ip/dns/set")
        job = await w.call("plan_apply", plan_id=plan_id)
        await w.router().until(lambda: "/ip/dns/set" in w.sent())
        assert set(fates(await swept(w)).values()) == {"in_use"}
        assert {f"rmcp-dm-{nonce}", f"rmcp-dm-{nonce}-boot"} == left(w)
        w.router().faults.clear()
        await w.ended(job["job_id"])


async def test_the_night_s_sweep_looks_at_every_router_and_tells_of_those_it_could_not_read() -> None:
    async with world(3) as w:
        leave(w, FOREIGN)
        w.router(1).faults.down()
        told = await w.app.services.sweep.sweep_all()
        assert [each.error is None for each in told] == [True, False, True]
        assert len(told[0].finds) == 4
