"""A router whose outcome nobody knows: locked until a person says what it is, with its rows before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from world import DNS, ToolFailed, World, set_comment, set_dns, world

from routeros_mcp.domain.models import Principal, Role
from routeros_mcp.emulator import Request
from routeros_mcp.toolkit.pipeline import Failure

pytestmark = pytest.mark.slow

OURS, OTHER = "192.0.2.53", "198.51.100.1"


@asynccontextmanager
async def left_open(*, is_done: bool = True, routers: int = 1) -> AsyncIterator[tuple[World, str]]:
    """A plan whose first router went silent with its only write, and is back; the write was done or not."""
    async with world(routers, settle_s=0.1) as w:
        router = w.router()
        plan_id = (await w.plan(set_dns(OURS)))["plan_id"]
        await w.approve(plan_id)

        def going_silent(request: Request) -> bool:
            if request.path == "/rest/ip/dns/set":
                asyncio.get_running_loop().call_soon(router.faults.down)
                return True
            return False

        drop = router.faults.drop_after if is_done else router.faults.drop_before
        drop(1, going_silent)
        await w.apply_and_wait(plan_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)[0]) == ("halted", "unknown")
        router.faults.up()
        yield w, plan_id


async def person(w: World, tool: str, *, who: Principal | None = None, **arguments: Any) -> dict[str, Any]:
    """Call a tool as somebody at a terminal does."""
    answer = await w.app.terminal.call(who or w.approver, tool, arguments)
    if isinstance(answer, Failure):
        raise ToolFailed(answer)
    return answer.result.payload()


async def resolved(w: World, plan_id: str, claim: str, **more: Any) -> dict[str, Any]:
    return await person(w, "plan_resolve", plan_id=plan_id, device=w.names[0], claim=claim, **more)


async def test_the_rows_are_held_against_both_sides_of_the_plan() -> None:
    async with left_open() as (w, plan_id):
        given = {"plan_id": plan_id, "device": w.names[0]}
        seen = await person(w, "plan_compare", **given, claim="confirmed")
        assert (seen["unlike_planned"], seen["against"]) == ([], [])
        assert OURS in seen["unlike_before"][0]
        assert (await person(w, "plan_compare", **given, claim="rolled_back"))["against"]


async def test_what_a_person_says_unlocks_the_router_and_is_the_plan_s_state() -> None:
    async with left_open() as (w, plan_id):
        told = await resolved(w, plan_id, "confirmed")
        assert (told["state"], told["plan_status"]) == ("confirmed", "applied")
        plan = await w.call("plan_get", plan_id=plan_id)
        assert "user:second-person" in plan["device_states"][0]["message"]
        other = (await w.plan(set_comment("x")))["plan_id"]
        await w.approve(other)
        page = await w.call("audit_search", tool="plan_resolve")
        assert [event["result"] for event in page["events"]] == ["SUCCESS"]
        await w.roll_back_and_wait(plan_id)
        assert (await w.call("plan_get", plan_id=plan_id))["status"] == "rolled_back"
        assert (await w.apply_and_wait(other))["status"] == "success"


@pytest.mark.parametrize(
    ("is_done", "claim", "status"), [(True, "not_applied", "failed"), (False, "confirmed", "applied")]
)
async def test_a_claim_that_the_rows_deny_needs_the_name(is_done: bool, claim: str, status: str) -> None:
    async with left_open(is_done=is_done) as (w, plan_id):
        for typed in ("", "yes"):
            with pytest.raises(ToolFailed) as caught:
                await resolved(w, plan_id, claim, typed=typed)
            assert caught.value.code == "conflict"
        assert w.states(await w.call("plan_get", plan_id=plan_id)) == ["unknown"]
        told = await resolved(w, plan_id, claim, typed=w.names[0])
        assert (told["state"], told["plan_status"]) == (claim, status)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert "against: " in plan["device_states"][0]["message"]


async def test_a_router_that_cannot_be_read_is_given_up_or_insisted_on() -> None:
    async with left_open(routers=2) as (w, plan_id):
        w.router().faults.down()
        with pytest.raises(ToolFailed, match="cannot be read"):
            await resolved(w, plan_id, "confirmed")
        told = await resolved(w, plan_id, "abandoned")
        assert (told["state"], told["plan_status"]) == ("abandoned", "halted")
        w.router().faults.up()
        assert (await w.change(set_comment("x")))["status"] == "applied"


async def test_only_an_open_outcome_is_resolved_and_never_by_a_model() -> None:
    async with left_open(is_done=False) as (w, plan_id):
        assert "plan_resolve" not in w.app.pipeline.tools
        maker = Principal(subject="test:ops", role=Role.OPS_RW, scopes=frozenset(), devices=w.admin.devices)
        given = {"plan_id": plan_id, "device": w.names[0], "claim": "not_applied"}
        with pytest.raises(ToolFailed, match="forbidden"):
            await person(w, "plan_resolve", who=maker, **given)
        assert (await resolved(w, plan_id, "not_applied"))["plan_status"] == "failed"
        with pytest.raises(ToolFailed, match="nothing to resolve"):
            await resolved(w, plan_id, "confirmed")
        assert w.router().rows(DNS)[0]["servers"] != OURS
