"""A plan over many routers: waves that are kept, gates between them, and what a failure takes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from world import DNS, World, set_comment, set_dns, world

from routeros_mcp.emulator import READS, RouterSpec, make_fleet, wanted

NEIGHBOURS = "/rest/ip/neighbor"
RESOURCE = "/system/resource"


async def rolled_out(w: World, *operations: dict[str, Any], **rollout: Any) -> dict[str, Any]:
    """Plan with the rollout, approve, apply; the job afterwards."""
    plan_id = await approved(w, *operations, **rollout)
    return await w.apply_and_wait(plan_id)


async def approved(w: World, *operations: dict[str, Any], **rollout: Any) -> str:
    plan = await w.plan(*(operations or (set_dns("192.0.2.53"),)), rollout=rollout)
    await w.approve(plan["plan_id"])
    plan_id: str = plan["plan_id"]
    return plan_id


async def plan_of(w: World, job: dict[str, Any]) -> dict[str, Any]:
    return await w.call("plan_get", plan_id=job["plan_id"])


def changed(w: World) -> list[bool]:
    return [w.router(name).rows(DNS)[0]["servers"] == "192.0.2.53" for name in w.names]


def sick(w: World, at: int, **figures: float) -> None:
    """Let the router show the figures from its first write on."""
    router = w.router(at)

    def after_a_write(request: Any) -> bool:
        if request.path == "/rest/ip/dns/set":
            asyncio.get_running_loop().call_soon(lambda: router.set_resource(**figures))
        return False

    router.faults.drop_after(1, after_a_write)


class TestWaves:
    async def test_the_canary_goes_first_and_each_wave_is_told_with_its_gate(self) -> None:
        async with world(5) as w:
            job = await rolled_out(w, waves=["1", "2", "100%"])
            assert job["status"] == "success"
            assert job["waves"] == [
                {"wave": 1, "done": 1, "total": 1, "gate": "passed"},
                {"wave": 2, "done": 2, "total": 2, "gate": "passed"},
                {"wave": 3, "done": 2, "total": 2, "gate": "passed"},
            ]
            assert [row["wave"] for row in (await plan_of(w, job))["device_states"]] == [1, 2, 2, 3, 3]
            first = {name: w.router(name).writes[0].at for name in w.names}
            assert sorted(first, key=first.__getitem__)[0] == w.names[0]

    @pytest.mark.parametrize(
        ("waves", "word"), [(["half"], "half"), (["50%"], "left"), (["0"], "'0'"), (["101%", "100%"], "101%")]
    )
    async def test_waves_that_are_none_are_refused_with_an_example(
        self, small_world: World, waves: list[str], word: str
    ) -> None:
        refused = await small_world.fails(
            "plan_create", devices=["all"], operations=[set_dns("192.0.2.53")], rollout={"waves": waves}
        )
        assert (refused.code, word in refused.message) == ("invalid_params", True)
        assert "100%" in refused.fix

    async def test_the_options_are_shown_and_covered_by_the_digest(self, small_world: World) -> None:
        w = small_world
        plain = await w.plan(set_dns("192.0.2.53"))
        assert plain["rollout"] == {
            "waves": ["1", "10%", "100%"],
            "parallel": 5,
            "on_failure": "roll_back_device",
            "gates": True,
            "soak_s": 0.0,
        }
        soaked = await w.plan(set_dns("192.0.2.53"), rollout={"soak_s": 5})
        assert soaked["rollout"]["soak_s"] == 5.0
        assert soaked["digest"] != plain["digest"]
