"""An MCP client follows a rollout, in both eras: progress while it waits, changes of what it watches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mcp import Client
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import ResourceUpdatedNotification
from mcp_world import server
from world import DNS, World, only, principal, set_dns, world

from routeros_mcp.domain.models import Role

pytestmark = pytest.mark.slow


async def started(w: World) -> str:
    """A job whose canary takes its time."""
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    await w.approve(plan_id)
    w.router(0).faults.slow(0.5, on=f"{DNS}/set")
    job_id: str = (await w.call("plan_apply", plan_id=plan_id))["job_id"]
    return job_id


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy")])
async def test_progress_follows_the_devices_while_a_client_waits(mode: str) -> None:
    async with world(3) as w:
        seen: list[tuple[float, float | None]] = []

        async def note(done: float, total: float | None, message: str | None) -> None:
            assert message
            seen.append((done, total))

        plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
        await w.approve(plan_id)
        job = await w.call("plan_apply", plan_id=plan_id)
        w.router(1).faults.slow(0.8, on=f"{DNS}/set")
        async with asyncio.timeout(30), Client(server(w), mode=mode) as client:
            asked = {"job_id": job["job_id"], "wait_s": 20}
            answer = await client.call_tool("job_get", asked, progress_callback=note)
        assert answer.structured_content["status"] == "success"
        done = [each for each, _ in seen]
        assert done == sorted(set(done))
        assert seen[-1] == (3, 3)


async def test_a_listener_hears_of_its_job_and_its_plan() -> None:
    async with world(2) as w:
        job_id = await started(w)
        job = await w.call("job_get", job_id=job_id)
        uris = {f"job://{job_id}", f"plan://{job['plan_id']}"}
        heard: set[str] = set()
        async with (
            asyncio.timeout(30),
            Client(server(w)) as client,
            client.listen(resource_subscriptions=sorted(uris)) as events,
        ):
            async for event in events:
                assert isinstance(event, ResourceUpdated)
                heard.add(event.uri)
                if heard == uris:
                    break
        assert (await w.ended(job_id))["status"] == "success"


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_a_subscriber_of_the_older_protocol_hears_of_its_job_until_it_has_enough() -> None:
    async with world(2) as w:
        heard: asyncio.Queue[str] = asyncio.Queue()

        async def note(message: Any) -> None:
            if isinstance(message, ResourceUpdatedNotification):
                heard.put_nowait(message.params.uri)

        job_id = await started(w)
        uri = f"job://{job_id}"
        async with asyncio.timeout(30), Client(server(w), mode="legacy", message_handler=note) as client:
            await client.subscribe_resource(uri)
            assert await heard.get() == uri
            await client.unsubscribe_resource(uri)
        assert (await w.ended(job_id))["status"] == "success"


async def test_nobody_hears_of_a_job_out_of_their_sight() -> None:
    async with world(2) as w:
        job_id = await started(w)
        stranger = principal(Role.ADMIN, devices=only(w.names[0]), subject="user:half")
        watches = w.app.services.watches
        assert await watches.next_mark(stranger, "job", job_id, None) is None
        assert await watches.next_mark(w.admin, "job", "no-such-job", None) is None
        marks = 0
        mark = await watches.next_mark(w.admin, "job", job_id, None)
        while mark is not None:
            marks += 1
            mark = await watches.next_mark(w.admin, "job", job_id, mark)
        assert marks > 1
        assert (await w.ended(job_id))["status"] == "success"
