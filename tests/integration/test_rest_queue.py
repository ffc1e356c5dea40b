"""One request at a time to each router and user; callers that leave; connections that are kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hostile_router import IDENTITY, OK, Pins, Talk, client, hostile, polite, target

from routeros_mcp.infra.routeros.dial import Limits

# -- one at a time, and callers that leave ----------------------------------------------------------------


class Gate:
    """Answers a request only when the test opens it, and counts how many wait at once."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.arrived = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, talk: Talk) -> None:
        while await talk.request():
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            self.arrived.set()
            await self.open.wait()
            self.waiting -= 1
            talk.answer(OK)


async def test_a_cancelled_caller_does_not_cut_its_request_off() -> None:
    gate = Gate()
    async with hostile(gate) as router, client(Limits(answer_s=5)) as rest, asyncio.TaskGroup() as group:
        caller = group.create_task(rest.read(target(router), IDENTITY))
        await gate.arrived.wait()
        caller.cancel()
        await asyncio.wait([caller])
        assert (caller.cancelled(), router.hang_ups) == (True, 0)
        following = group.create_task(rest.read(target(router), IDENTITY))
        gate.open.set()
        assert await following == [{"name": "core"}]
        assert (router.connections, len(router.requests), gate.most) == (1, 2, 1)


async def test_a_caller_cancelled_in_the_queue_has_sent_nothing() -> None:
    gate = Gate()
    async with hostile(gate) as router, client(Limits(answer_s=5)) as rest, asyncio.TaskGroup() as group:
        first = group.create_task(rest.read(target(router), IDENTITY))
        await gate.arrived.wait()
        second = group.create_task(rest.remove(target(router), "/ip/address", "*1"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        gate.open.set()
        await first
        await rest.read(target(router), IDENTITY)
        assert len(router.requests) == 2


async def test_leaving_the_client_waits_for_the_request_in_flight() -> None:
    gate = Gate()
    async with hostile(gate) as router:
        async with client(Limits(answer_s=5)) as rest, asyncio.TaskGroup() as group:
            caller = group.create_task(rest.remove(target(router), "/ip/address", "*1"))
            await gate.arrived.wait()
            caller.cancel()
            await asyncio.wait([caller])
            asyncio.get_running_loop().call_soon(gate.open.set)
        assert gate.waiting == 0
        with pytest.raises(RuntimeError, match="running"):
            await rest.read(target(router), IDENTITY)


async def test_an_error_inside_the_clients_block_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with client():
            raise KeyError


# -- kept connections ------------------------------------------------------------------------------------


async def test_reads_share_a_connection_until_it_is_idle_for_too_long() -> None:
    now = [0.0]
    async with hostile(polite) as router, client(monotonic=lambda: now[0]) as rest:
        for moment in (0.0, 80.0, 160.0, 260.0):
            now[0] = moment
            await rest.read(target(router), IDENTITY)
        assert router.connections == 2


async def test_only_so_many_connections_are_kept() -> None:
    async with hostile(polite) as one, hostile(polite) as two, client(Limits(keep_connections=1)) as rest:
        for router in (one, two, one):
            await rest.read(target(router, device_id=router.address), IDENTITY)
        assert (one.connections, two.connections) == (2, 1)


async def test_forgetting_a_device_closes_its_connection() -> None:
    async with hostile(polite) as router, client() as rest:
        await rest.read(target(router), IDENTITY)
        await rest.forget("another")
        await rest.read(target(router), IDENTITY)
        assert router.connections == 1
        await rest.forget("d1")
        await rest.read(target(router), IDENTITY)
        assert router.connections == 2


async def test_a_device_forgotten_during_a_request_is_not_kept_afterwards() -> None:
    gate = Gate()
    async with hostile(gate) as router, client(Limits(answer_s=5)) as rest, asyncio.TaskGroup() as group:
        reading = group.create_task(rest.read(target(router), IDENTITY))
        await gate.arrived.wait()
        await rest.forget("d1")
        gate.open.set()
        assert await reading == [{"name": "core"}]
        await rest.read(target(router), IDENTITY)
        assert router.connections == 2


async def test_another_device_at_the_same_address_is_pinned_on_its_own() -> None:
    pins = Pins()
    async with hostile(polite) as router, client(pins=pins) as rest:
        await rest.read(target(router), IDENTITY)
        await rest.read(replace(target(router, device_id="d2"), fingerprint=None), IDENTITY)
        assert pins.pinned == {"d2": router.fingerprint}


async def test_bytes_that_come_while_a_connection_is_idle_spoil_it() -> None:
    async def late(talk: Talk) -> None:
        await talk.request()
        talk.answer(OK)
        if talk.number == 1:
            await talk.unlocked.wait()
            talk.answer(b'{"name":"forged"}')
            await talk.writer.drain()
            await talk.request()
        else:
            await polite(talk)

    async with hostile(late) as router, hostile(polite) as other, client() as rest:
        await rest.read(target(router), IDENTITY)
        router.unlocked.set()
        # a whole exchange elsewhere gives the event loop time to take in what has been sent
        await rest.read(target(other, device_id="d2"), IDENTITY)
        assert await rest.read(target(router), IDENTITY) == [{"name": "core"}]
        assert router.connections == 2
