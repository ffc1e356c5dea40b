"""A plan for a whole fleet, computed and stored, against the bare reads that it takes."""

from __future__ import annotations

import argparse
import asyncio
import statistics

from installation import Bare, Installation, installed
from measuring import routers, sweep, timed

from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.ports import Target

IN_FLIGHT = 32
PATH = "/ip/dns"
Figures = dict[str, list[tuple[float, float]]]


async def measure(targets: list[Target], rounds: int) -> Figures:
    """Wall and CPU seconds; the two take turns, and both keep their connections."""
    found: Figures = {"bare reads": [], "plan": []}
    bare = Bare()
    async with installed(targets) as place:
        for number in range(rounds + 1):
            reads = await timed(lambda: sweep(targets, lambda t: bare.get(t, PATH), IN_FLIGHT))
            plan = await timed(lambda n=number: planned(place, n))
            if number:  # the first round opens connections and warms up
                found["bare reads"].append(reads)
                found["plan"].append(plan)
    await bare.close()
    return found


async def planned(place: Installation, number: int) -> None:
    servers = f"192.0.2.{number + 1},192.0.2.99"
    await place.plan(Operation(op=ChangeOp.SET, path=PATH, values={"servers": servers}))


def show(found: Figures, count: int, rounds: int) -> None:
    print(f"plan of {PATH} on {count} routers, {IN_FLIGHT} at once; medians of {rounds} interleaved rounds")
    print(f"{'':12} {'wall s':>8} {'CPU ms per router':>18}")
    cpu_ms: dict[str, float] = {}
    for name, rows in found.items():
        wall = statistics.median(row[0] for row in rows)
        cpu_ms[name] = statistics.median(row[1] for row in rows) * 1e3 / count
        print(f"{name:12} {wall:8.2f} {cpu_ms[name]:18.2f}")
    print(f"{cpu_ms['plan'] / cpu_ms['bare reads']:.1f} x the CPU of the bare reads")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="ten routers, one round: does it run?")
    chosen = parser.parse_args()
    count, rounds = (10, 1) if chosen.smoke else (chosen.routers, chosen.rounds)
    with routers(count) as targets:
        show(asyncio.run(measure(targets, rounds)), count, rounds)


if __name__ == "__main__":
    main()
