"""One menu of many emulated routers: our client against a bare httpx and a bare asyncio one, side by side."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import ssl
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httpx
from measuring import Pins, routers, sweep, timed

from routeros_mcp.domain.ports import Query, Target
from routeros_mcp.infra.routeros.facade import RouterFacade
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.ssh import SshClient

IN_FLIGHT = 64
PATH = "/ip/address"
Read = Callable[[Target], Awaitable[list[object]]]


def context() -> ssl.SSLContext:
    """One for all, so that it is built once; the certificates are self-signed."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


@asynccontextmanager
async def ours() -> AsyncIterator[Read]:
    networks = [ip_network("127.0.0.0/8")]
    facade = RouterFacade(
        RestClient(pins=Pins(), networks=networks), SshClient(pins=Pins(), networks=networks)
    )

    async def read(target: Target) -> list[object]:
        return list(await facade.read(target, Query(path=PATH)))

    async with facade.running():
        yield read


@asynccontextmanager
async def with_httpx() -> AsyncIterator[Read]:
    """A client for each router, as one for all is far slower, with connections that are kept."""
    shared, clients = context(), dict[str, httpx.AsyncClient]()

    async def read(target: Target) -> list[object]:
        if target.name not in clients:
            clients[target.name] = httpx.AsyncClient(
                base_url=f"https://{target.address}",
                auth=(target.login.username, target.login.password.reveal()),
                verify=shared,
                trust_env=False,
                limits=httpx.Limits(keepalive_expiry=90),
            )
        found: list[object] = (await clients[target.name].get(f"/rest{PATH}")).raise_for_status().json()
        return found

    try:
        yield read
    finally:
        for client in clients.values():
            await client.aclose()


@asynccontextmanager
async def with_asyncio() -> AsyncIterator[Read]:
    """The least that can be done: no time limits, no parsing of HTTP beyond the length."""
    shared, streams = context(), dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]]()

    async def read(target: Target) -> list[object]:
        if target.name not in streams:
            host, _, port = target.address.partition(":")
            streams[target.name] = await asyncio.open_connection(host, int(port), ssl=shared)
        reader, writer = streams[target.name]
        login = base64.b64encode(
            f"{target.login.username}:{target.login.password.reveal()}".encode()
        ).decode()
        head = f"GET /rest{PATH} HTTP/1.1\r\nHost: {target.address}\r\nAuthorization: Basic {login}\r\n\r\n"
        writer.write(head.encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        found: list[object] = json.loads(await reader.readexactly(length))
        return found

    try:
        yield read
    finally:
        for _, writer in streams.values():
            writer.close()


CLIENTS = {"ours": ours, "httpx": with_httpx, "asyncio": with_asyncio}


async def measure(targets: list[Target], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU seconds of each sweep; clients take turns, and each starts without connections."""
    found: dict[str, list[tuple[float, float]]] = {}
    for number in range(rounds + 1):
        for name, client in CLIENTS.items():
            async with client() as read:
                for state in ("cold", "warm"):
                    figure = await timed(lambda read=read: sweep(targets, read, IN_FLIGHT))
                    if number:  # the first round imports and warms up
                        found.setdefault(f"{name} {state}", []).append(figure)
    return found


def show(found: dict[str, list[tuple[float, float]]], count: int, rounds: int) -> None:
    print(f"{PATH} of {count} routers, {IN_FLIGHT} at once; medians of {rounds} interleaved rounds")
    print(f"{'':14} {'wall s':>8} {'CPU ms per router':>18} {'x httpx':>8} {'x asyncio':>10}")
    cpu_ms = {name: statistics.median(row[1] for row in rows) * 1e3 / count for name, rows in found.items()}
    for name, rows in found.items():
        state = name.split()[1]
        ratios = [cpu_ms[name] / cpu_ms[f"{other} {state}"] for other in ("httpx", "asyncio")]
        wall = statistics.median(row[0] for row in rows)
        print(f"{name:14} {wall:8.2f} {cpu_ms[name]:18.3f} {ratios[0]:8.2f} {ratios[1]:10.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="five routers, one round: does it run?")
    chosen = parser.parse_args()
    count, rounds = (5, 1) if chosen.smoke else (chosen.routers, chosen.rounds)
    with routers(count) as targets:
        show(asyncio.run(measure(targets, rounds)), count, rounds)


if __name__ == "__main__":
    main()
