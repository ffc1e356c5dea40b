"""What the journal costs a step: many small writes on one router, through a plan and bare."""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from installation import Bare, Installation, installed
from measuring import routers, timed

from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.ports import Target

PATH = "/ip/dns/static"


async def measure(target: Target, steps: int, rounds: int) -> dict[str, list[float]]:
    """Seconds for each step, by name."""
    found: dict[str, list[float]] = {"bare write": [], "step of a plan": [], "one durable commit": []}
    bare = Bare()
    async with installed([target]) as place:
        for number in range(rounds + 1):
            plain, _ = await timed(lambda n=number: written(bare, target, steps, n))
            plan_id = await place.plan(*(added(f"ours-{number}-{step}") for step in range(steps)))
            await place.approve(plan_id)
            planned, _ = await timed(lambda p=plan_id, w=place: carried_out(w, p))
            if number:  # the first round imports and warms up
                found["bare write"].append(plain / steps)
                found["step of a plan"].append(planned / steps)
                found["one durable commit"].append(committed(steps))
    await bare.close()
    return found


def added(name: str) -> Operation:
    values = {"name": f"{name}.example.net", "address": "192.0.2.1", "comment": name}
    return Operation(op=ChangeOp.ADD, path=PATH, values=values)


async def written(bare: Bare, target: Target, steps: int, number: int) -> None:
    for step in range(steps):
        body = {"name": f"bare-{number}-{step}.example.net", "address": "192.0.2.1"}
        await bare.post(target, f"{PATH}/add", json.dumps(body).encode())


async def carried_out(place: Installation, plan_id: str) -> None:
    await place.apply(plan_id)


def committed(count: int) -> float:
    """Seconds for a commit that reaches the disk, the floor under any journal."""
    with (
        tempfile.TemporaryDirectory() as directory,
        closing(sqlite3.connect(Path(directory) / "x.db", isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE t (x)")
        started = time.perf_counter()
        for number in range(count):
            connection.execute("INSERT INTO t VALUES (?)", (number,))
        return (time.perf_counter() - started) / count


def show(found: dict[str, list[float]], steps: int, rounds: int) -> None:
    print(f"{steps} writes of {PATH} on one router; medians of {rounds} rounds, ms for each")
    ms = {name: statistics.median(rows) * 1e3 for name, rows in found.items()}
    for name, figure in ms.items():
        print(f"{name:20} {figure:8.2f}")
    over = ms["step of a plan"] - ms["bare write"]
    commits = over / ms["one durable commit"]
    print(f"the journal with its audit lines: {over:.2f} ms a step, {commits:.1f} commits")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="five steps, one round: does it run?")
    chosen = parser.parse_args()
    steps, rounds = (5, 1) if chosen.smoke else (chosen.steps, chosen.rounds)
    with routers(1) as targets:
        show(asyncio.run(measure(targets[0], steps, rounds)), steps, rounds)


if __name__ == "__main__":
    main()
