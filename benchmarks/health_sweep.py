"""A health sweep over many emulated routers: client CPU and wall, cold and warm, against a bare client."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import sweep, timed

from routeros_mcp.app import App, open_app
from routeros_mcp.config import Settings
from routeros_mcp.domain.device_service import Registration
from routeros_mcp.domain.models import DeviceDomain, Environment, Login, Principal, Role, Secret, Selector

IN_FLIGHT = 32
PATHS = ("/rest/system/resource", "/rest/system/health")


class Bare:
    """The same two reads over raw asyncio streams: no parsing beyond lengths, no pins, no database."""

    def __init__(self, routers: list[dict[str, str]]) -> None:
        self._routers = routers
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._open: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def sweep(self) -> None:
        async def both(router: dict[str, str]) -> None:
            for path in PATHS:
                await self._get(router, path)

        await sweep(self._routers, both, IN_FLIGHT)

    async def _get(self, router: dict[str, str], path: str) -> None:
        if router["name"] not in self._open:
            host, _, port = router["address"].partition(":")
            self._open[router["name"]] = await asyncio.open_connection(host, int(port), ssl=self._context)
        reader, writer = self._open[router["name"]]
        login = base64.b64encode(f"{router['username']}:{router['password']}".encode()).decode()
        request = f"GET {path} HTTP/1.1\r\nHost: {router['address']}\r\nAuthorization: Basic {login}\r\n\r\n"
        writer.write(request.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(length)

    async def close(self) -> None:
        for _, writer in self._open.values():
            writer.close()
        self._open.clear()


async def register(app: App, routers: list[dict[str, str]]) -> None:
    for router in routers:
        login = Login(username=router["username"], password=Secret(router["password"]))
        wanted = Registration(
            name=router["name"],
            management_address=router["address"],
            environment=Environment.LAB,
            login=login,
        )
        await app.services.devices.register(wanted)


async def measure(routers: list[dict[str, str]], rounds: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(
            data_dir=Path(directory),
            management_networks=["127.0.0.0/8"],
            fanout_workers=IN_FLIGHT,
            health_reuse_s=0,
        )
        async with open_app(settings) as app:
            await register(app, routers)
            everyone = Principal(
                subject="bench", role=Role.ADMIN, scopes=frozenset(), devices=Selector.everything()
            )
            fresh = await app.services.devices.resolve(everyone, ["all"])
            # before anything is measured: the first sweep of all pins every certificate
            await app.services.health.check(fresh, silent)
            devices = await app.services.devices.resolve(everyone, ["all"])
            await report(app, list(devices), routers, rounds)


async def silent(done: int, total: int, message: str) -> None: ...


async def report(app: App, devices: list[DeviceDomain], routers: list[dict[str, str]], rounds: int) -> None:
    async def ours() -> None:
        readings = await app.services.health.check(devices, silent)
        failed = [reading for reading in readings if reading.error]
        if failed:
            raise SystemExit(f"{len(failed)} failed: {failed[0].error}")

    bare = Bare(routers)
    found: dict[str, list[tuple[float, float]]] = {
        k: [] for k in ("bare cold", "ours cold", "bare warm", "ours warm")
    }
    for _ in range(rounds):
        await bare.close()
        for device in devices:
            await app.services.health.disconnect(device)
        found["bare cold"].append(await timed(bare.sweep))
        found["ours cold"].append(await timed(ours))
        found["bare warm"].append(await timed(bare.sweep))
        found["ours warm"].append(await timed(ours))
    await bare.close()
    show(found, len(devices), rounds)


def show(found: dict[str, list[tuple[float, float]]], count: int, rounds: int) -> None:
    print(f"health sweep of {count} routers, {IN_FLIGHT} at once; medians of {rounds} interleaved rounds")
    print(f"{'':12} {'wall s':>8} {'client CPU ms per router':>26}")
    cpu_ms: dict[str, float] = {}
    for name, rows in found.items():
        wall = statistics.median(row[0] for row in rows)
        cpu_ms[name] = statistics.median(row[1] for row in rows) * 1e3 / count
        print(f"{name:12} {wall:8.2f} {cpu_ms[name]:26.2f}")
    for state in ("cold", "warm"):
        ratio = cpu_ms[f"ours {state}"] / cpu_ms[f"bare {state}"]
        print(f"{state}: {ratio:.1f} x the CPU of the bare client, results judged and stored")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="ten routers, one round: does it run?")
    chosen = parser.parse_args()
    count, rounds = (10, 1) if chosen.smoke else (chosen.routers, chosen.rounds)
    command = [sys.executable, str(Path(__file__).with_name("routers.py")), str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdin
    routers = json.loads(process.stdout.readline())
    asyncio.run(measure(routers, rounds))
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


if __name__ == "__main__":
    main()
