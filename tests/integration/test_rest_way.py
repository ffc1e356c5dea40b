"""The way to a router: addresses, TLS, pins; what fails there sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hostile_router import (
    IDENTITY,
    HostileRouter,
    client,
    hostile,
    polite,
    target,
)

from routeros_mcp.domain.errors import (
    AddressNotAllowed,
    DeviceUnreachable,
    PinMismatch,
)
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.transactions import in_transaction

# -- the way there ---------------------------------------------------------------------------------------


async def test_a_changed_certificate_gets_no_byte_of_a_request() -> None:
    async with hostile(polite) as router, client() as rest:
        for attempt in (
            rest.read(target(router, fingerprint="ab" * 32), IDENTITY),
            rest.remove(target(router, fingerprint="ab" * 32), "/ip/address", "*1"),
        ):
            with pytest.raises(PinMismatch) as caught:
                await attempt
            assert router.fingerprint in caught.value.message
            assert "ab" * 32 in caught.value.message
        assert (router.connections, router.requests) == (2, [])


async def test_a_kept_connection_does_not_serve_a_target_with_another_pin() -> None:
    async with hostile(polite) as router, client() as rest:
        await rest.read(target(router), IDENTITY)
        with pytest.raises(PinMismatch):
            await rest.read(target(router, fingerprint="ab" * 32), IDENTITY)
        assert len(router.requests) == 1


async def test_the_pin_is_compared_without_regard_to_case_and_colons() -> None:
    async with hostile(polite) as router, client() as rest:
        spelled = ":".join(router.fingerprint[i : i + 2] for i in range(0, 64, 2)).upper()
        assert await rest.read(target(router, fingerprint=spelled), IDENTITY) == [{"name": "core"}]


async def test_a_name_with_one_address_outside_the_networks_is_refused_whole() -> None:
    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1", "169.254.169.254"]

    async with hostile(polite) as router, client(resolver=rebinding) as rest:
        with pytest.raises(AddressNotAllowed, match=r"169\.254\.169\.254"):
            await rest.read(target(router, address=f"router.example:{router.port}"), IDENTITY)
        assert router.connections == 0


@pytest.mark.parametrize(
    ("greeting", "advice"),
    [
        (b"", "available-from"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "port is www-ssl's"),
        (bytes.fromhex("15030300020228"), "certificate to www-ssl"),
        (bytes.fromhex("15030300020246"), "allows TLS 1.2"),
    ],
    ids=["turned-away", "plain-http", "no-certificate", "old-tls"],
)
async def test_a_failed_handshake_says_what_to_change(greeting: bytes, advice: str) -> None:
    """The third is the alert of a router whose www-ssl has no certificate: handshake_failure."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(greeting)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server, client() as rest:
        plain = HostileRouter(port=server.sockets[0].getsockname()[1], fingerprint="ab" * 32)
        with pytest.raises(DeviceUnreachable) as caught:
            await rest.add(target(plain), "/ip/address", {})
        assert caught.value.stage == "tls"
        assert advice in caught.value.fix


async def test_a_handshake_that_hangs_ends_at_the_connect_time() -> None:
    released = asyncio.Event()

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server, client(Limits(connect_s=0.1)) as rest, asyncio.timeout(5):
        silent = HostileRouter(port=server.sockets[0].getsockname()[1])
        with pytest.raises(DeviceUnreachable) as caught:
            await rest.read(target(silent), IDENTITY)
        assert caught.value.stage == "tls"
        released.set()


async def test_no_router_is_talked_to_inside_a_database_transaction() -> None:
    async with hostile(polite) as router, client() as rest:
        token = in_transaction.set(True)
        try:
            for attempt in (
                rest.read(target(router), IDENTITY),
                rest.probe(target(router)),
                rest.remove(target(router), "/ip/address", "*1"),
            ):
                with pytest.raises(RuntimeError, match="transaction"):
                    await attempt
        finally:
            in_transaction.reset(token)
        assert router.connections == 0
