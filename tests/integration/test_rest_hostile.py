"""The REST client against routers that are slow, huge, rude or not routers at all."""

from __future__ import annotations

import asyncio

import pytest
from hostile_router import (
    IDENTITY,
    OK,
    PASSWORD,
    Talk,
    body_of,
    client,
    hostile,
    polite,
    target,
)

from routeros_mcp.domain.errors import (
    BadAnswer,
    DeviceUnreachable,
    LoginFailed,
    OutcomeUnknown,
    RouterRefused,
)
from routeros_mcp.domain.ports import Query
from routeros_mcp.infra.routeros.dial import Limits

# -- HTTP as it comes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + OK,
        b"HTTP/1.0 200 OK\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n" + OK + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 15\r\n\r\n" + OK,
    ],
    ids=["close", "http-1.0", "chunked", "interim", "gzip-claimed"],
)
async def test_an_answer_is_read_in_every_framing_that_http_knows(raw: bytes) -> None:
    async def manners(talk: Talk) -> None:
        await talk.request()
        talk.send(raw)

    async with hostile(manners) as router, client() as rest:
        assert await rest.read(target(router), IDENTITY) == [{"name": "core"}]


async def test_an_empty_body_is_no_rows() -> None:
    async with hostile(body_of("200 OK", b"")) as router, client() as rest:
        assert await rest.read(target(router), IDENTITY) == []


async def test_a_request_asks_for_no_compression_and_names_its_host() -> None:
    async with hostile(polite) as router, client() as rest:
        await rest.read(target(router), Query(path="/ip/address", item="*1A"))
        head = router.requests[0].decode().split("\r\n")
        assert head[0] == "GET /rest/ip/address/*1A HTTP/1.1"
        assert f"Host: {router.address}" in head
        assert "Accept-Encoding: identity" in head


async def test_a_redirect_is_an_error_and_is_not_followed() -> None:
    async with (
        hostile(body_of("302 Found\r\nLocation: https://127.0.0.1:1/", b"")) as router,
        client() as rest,
    ):
        with pytest.raises(BadAnswer, match="redirect"):
            await rest.read(target(router), IDENTITY)
        assert len(router.requests) == 1


# -- too much, too slow, too strange ---------------------------------------------------------------------


async def test_a_body_that_drips_for_ever_meets_the_total_deadline() -> None:
    async def drip(talk: Talk) -> None:
        await talk.request()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not talk.writer.is_closing():
            talk.send(b" ")
            await asyncio.sleep(0)

    slow = Limits(connect_s=1, answer_s=0.2, answer_bytes=10**9, pause_s=0)
    async with hostile(drip) as router, client(slow) as rest, asyncio.timeout(5):
        with pytest.raises(DeviceUnreachable) as caught:
            await rest.read(target(router), IDENTITY)
        assert caught.value.stage == "answer"
        assert len(router.requests) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: ",
    ],
    ids=["announced", "chunked", "until-close", "header"],
)
async def test_an_answer_over_the_byte_cap_is_refused_while_it_arrives(head: bytes) -> None:
    async def flood(talk: Talk) -> None:
        await talk.request()
        talk.send(head)
        while not talk.writer.is_closing():
            talk.send(b"x" * 4096)
            await talk.writer.drain()

    async with hostile(flood) as router, client() as rest, asyncio.timeout(5):
        with pytest.raises(BadAnswer):
            await rest.read(target(router), IDENTITY)
        assert len(router.requests) == 1


async def test_something_that_speaks_no_http_is_a_bad_answer() -> None:
    async def banner(talk: Talk) -> None:
        await talk.request()
        talk.send(b"220 mail ready\r\n\r\n")

    async with hostile(banner) as router, client() as rest:
        with pytest.raises(BadAnswer, match="does not speak HTTP"):
            await rest.read(target(router), IDENTITY)


async def test_bytes_that_came_unasked_are_not_the_answer_to_the_next_request() -> None:
    async def chatty(talk: Talk) -> None:
        while await talk.request():
            talk.answer(OK)
            talk.answer(b'{"name":"forged"}')

    async with hostile(chatty) as router, client() as rest:
        for _ in range(3):
            assert await rest.read(target(router), IDENTITY) == [{"name": "core"}]
        assert router.connections == 3


async def test_a_password_echoed_by_the_router_does_not_reach_the_message() -> None:
    detail = f'{{"error":400,"detail":"bad\\u202e value {PASSWORD} for \\u0007 user"}}'.encode()
    async with hostile(body_of("400 Bad Request", detail)) as router, client() as rest:
        with pytest.raises(RouterRefused) as caught:
            await rest.read(target(router), IDENTITY)
        assert caught.value.message == "bad value *** for user"


# -- repeats ---------------------------------------------------------------------------------------------


async def test_a_read_whose_answer_stops_half_way_is_repeated_once() -> None:
    async def half(talk: Talk) -> None:
        await talk.request()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{")

    async with hostile(half) as router, client() as rest:
        with pytest.raises(DeviceUnreachable) as caught:
            await rest.read(target(router), IDENTITY)
        assert caught.value.stage == "http"
        assert len(router.requests) == 2


async def test_a_kept_connection_that_the_router_resets_is_replaced_without_notice() -> None:
    async def once(talk: Talk) -> None:
        await talk.request()
        talk.answer(OK)
        if talk.number == 1:
            await talk.request()
            talk.reset()
        else:
            await polite(talk)

    async with hostile(once) as router, client() as rest:
        assert await rest.read(target(router), IDENTITY) == [{"name": "core"}]
        assert await rest.read(target(router), IDENTITY) == [{"name": "core"}]
        assert (router.connections, len(router.requests)) == (2, 3)


async def test_a_401_right_after_a_lost_connection_is_asked_again() -> None:
    async def stray(talk: Talk) -> None:
        if talk.number == 1:
            await talk.request()
            talk.reset()
        elif talk.number == 2:
            await talk.request()
        else:
            await talk.request()
            talk.answer(b"", "401 Unauthorized")
            await polite(talk)

    async with hostile(stray) as router, client() as rest:
        with pytest.raises(DeviceUnreachable):
            await rest.read(target(router), IDENTITY)
        with pytest.raises(LoginFailed):
            await rest.read(target(router), IDENTITY)
        assert len(router.requests) == 4


async def test_a_401_out_of_the_blue_is_believed_at_once() -> None:
    async with hostile(body_of("401 Unauthorized", b"")) as router, client() as rest:
        with pytest.raises(LoginFailed):
            await rest.read(target(router), IDENTITY)
        assert len(router.requests) == 1


# -- writes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 400 Bad Request\r\nContent-Length: 39\r\n\r\n{"error":400,"detail":"Session closed"}',
        b"220 mail ready\r\n\r\n",
    ],
    ids=["nothing", "half", "no-json", "no-id", "too-long", "redirect", "500", "502", "cut", "no-http"],
)
async def test_a_write_without_a_definite_answer_is_sent_once_and_unknown(raw: bytes) -> None:
    async def manners(talk: Talk) -> None:
        await talk.request()
        talk.send(raw)

    async with hostile(manners) as router, client() as rest:
        with pytest.raises(OutcomeUnknown):
            await rest.add(target(router), "/ip/address", {"address": "192.0.2.1/24"})
        assert len(router.requests) == 1


async def test_a_write_that_is_never_answered_is_unknown_at_the_deadline() -> None:
    async def mute(talk: Talk) -> None:
        await talk.request()
        await talk.unlocked.wait()

    limits = Limits(connect_s=1, answer_s=0.1)
    async with hostile(mute) as router, client(limits) as rest, asyncio.timeout(5):
        with pytest.raises(OutcomeUnknown):
            await rest.remove(target(router), "/ip/address", "*1")
        assert len(router.requests) == 1


async def test_a_write_goes_over_a_connection_of_its_own_that_is_closed_afterwards() -> None:
    async with hostile(polite) as router, client() as rest:
        await rest.read(target(router), IDENTITY)
        await rest.set(target(router), "/system/identity", None, {"name": "core"})
        await rest.read(target(router), IDENTITY)
        assert (router.connections, router.hang_ups) == (2, 1)
        assert b"Connection: close" in router.requests[1]
        assert b"Content-Type: application/json\r\n" in router.requests[1]
