"""A DNS change applied to a fleet in waves, against the bare cost of the same REST calls."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics

from installation import Bare, Installation, installed
from measuring import routers, sweep, timed

from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.ports import Target

IN_FLIGHT = 5  # routers that a job works on side by side
PATH = "/ip/dns"
Figures = dict[str, list[tuple[float, float]]]


async def measure(targets: list[Target], rounds: int) -> Figures:
    found: Figures = {"bare calls": [], "apply": []}
    bare = Bare()
    async with installed(targets) as place:
        for number in range(rounds + 1):
            calls = await timed(lambda n=number: sweep(targets, lambda t: changed(bare, t, n), IN_FLIGHT))
            servers = f"192.0.2.{number + 1}"
            plan_id = await place.plan(Operation(op=ChangeOp.SET, path=PATH, values={"servers": servers}))
            await place.approve(plan_id)
            applied = await timed(lambda p=plan_id, w=place: carried_out(w, p))
            if number:  # the first round imports and warms up
                found["bare calls"].append(calls)
                found["apply"].append(applied)
    await bare.close()
    return found


async def changed(bare: Bare, target: Target, number: int) -> None:
    """What an apply sends: a look, the write and the proof, each on a connection of its own."""
    await bare.get(target, PATH, fresh=True)
    await bare.post(target, f"{PATH}/set", json.dumps({"servers": f"198.51.100.{number + 1}"}).encode())
    await bare.get(target, PATH, fresh=True)


async def carried_out(place: Installation, plan_id: str) -> None:
    await place.apply(plan_id)


def show(found: Figures, count: int, rounds: int) -> None:
    print(f"DNS change on {count} routers, {IN_FLIGHT} at once; medians of {rounds} interleaved rounds")
    print(f"{'':12} {'wall s':>8} {'wall ms per router':>19} {'CPU ms per router':>18}")
    medians: dict[str, tuple[float, float]] = {}
    for name, rows in found.items():
        wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        medians[name] = wall, cpu
        print(f"{name:12} {wall:8.2f} {wall * 1e3 / count:19.1f} {cpu * 1e3 / count:18.2f}")
    (bare_wall, bare_cpu), (wall, cpu) = medians["bare calls"], medians["apply"]
    print(f"{wall / bare_wall:.1f} x the time and {cpu / bare_cpu:.1f} x the CPU of the bare calls;")
    print("journalled, audited, compared before and after, in waves")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="five routers, one round: does it run?")
    chosen = parser.parse_args()
    count, rounds = (5, 1) if chosen.smoke else (chosen.routers, chosen.rounds)
    with routers(count) as targets:
        show(asyncio.run(measure(targets, rounds)), count, rounds)


if __name__ == "__main__":
    main()
