"""Exports over SSH against exports over REST: the client's CPU, cold and on a kept connection."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

from routeros_mcp.domain.models import Login, Secret, SshAccess
from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.ssh import SshClient

IN_FLIGHT = 8
Export = Callable[[Target], Awaitable[str]]


class Pins:
    """Takes whatever is presented: the figures are about transport."""

    async def pin(self, device_id: str, fingerprint: str) -> None: ...

    async def pin_host_key(self, device_id: str, fingerprint: str) -> None: ...


@contextmanager
def routers(count: int) -> Iterator[list[Target]]:
    """Emulated routers in a process of their own, so that their CPU is not counted."""
    command = [sys.executable, str(Path(__file__).with_name("routers.py")), str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield [target(row) for row in json.loads(process.stdout.readline())]
        process.communicate()


def target(row: dict[str, str]) -> Target:
    login = Login(username=row["username"], password=Secret(row["password"]))
    access = SshAccess(port=int(row["ssh_port"]), login=login)
    return Target(device_id=row["name"], name=row["name"], address=row["address"], login=login, ssh=access)


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def sweep(targets: list[Target], export: Export) -> tuple[float, float]:
    """CPU and wall milliseconds for each export."""
    waiting = iter(targets)

    async def worker() -> None:
        for one in waiting:
            await export(one)

    cpu_before, started = cpu(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(worker())
    scale = 1e3 / len(targets)
    return (cpu() - cpu_before) * scale, (time.perf_counter() - started) * scale


async def measure(targets: list[Target], rounds: int) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    networks = [ip_network("127.0.0.0/8")]
    for number in range(rounds + 1):
        for name, kind in (("REST", RestClient), ("SSH", SshClient)):
            client = kind(pins=Pins(), networks=networks)
            async with client.running():
                figures = [await sweep(targets, client.export) for _ in ("cold", "warm")]
            if number:  # the first round imports and warms up
                for state, figure in zip(("cold", "warm"), figures, strict=True):
                    found.setdefault(f"{name} {state}", []).append(figure)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="one round of four routers: does it run?")
    chosen = parser.parse_args()
    count, rounds = (4, 1) if chosen.smoke else (chosen.routers, chosen.rounds)
    with routers(count) as targets:
        found = asyncio.run(measure(targets, rounds))
    print(f"{'export':10} {'CPU ms':>8} {'wall ms':>8}   (medians of {rounds} interleaved rounds of {count})")
    for name, figures in found.items():
        cpu_ms, wall_ms = (statistics.median(figure[i] for figure in figures) for i in (0, 1))
        print(f"{name:10} {cpu_ms:8.2f} {wall_ms:8.2f}")


if __name__ == "__main__":
    main()
