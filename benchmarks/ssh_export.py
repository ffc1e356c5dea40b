"""Exports over SSH against exports over REST: the client's CPU, cold and on a kept connection."""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Awaitable, Callable
from ipaddress import ip_network

from measuring import Pins, routers, sweep, timed

from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.ssh import SshClient

IN_FLIGHT = 8
Export = Callable[[Target], Awaitable[str]]


async def swept(targets: list[Target], export: Export) -> tuple[float, float]:
    """CPU and wall milliseconds for each export."""
    wall_s, cpu_s = await timed(lambda: sweep(targets, export, IN_FLIGHT))
    return cpu_s * 1e3 / len(targets), wall_s * 1e3 / len(targets)


async def measure(targets: list[Target], rounds: int) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    networks = [ip_network("127.0.0.0/8")]
    for number in range(rounds + 1):
        for name, kind in (("REST", RestClient), ("SSH", SshClient)):
            client = kind(pins=Pins(), networks=networks)
            async with client.running():
                figures = [await swept(targets, client.export) for _ in ("cold", "warm")]
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
