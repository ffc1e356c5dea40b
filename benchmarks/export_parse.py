"""How many MB of exports a second are read, written, compared and searched."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from routeros_mcp.domain.export import (
    Export,
    diff_exports,
    hits_in,
    line_query,
    parse_export,
    serialise,
    words_of,
)
from routeros_mcp.emulator import Clock, branch_fleet
from routeros_mcp.emulator.export import Options, export
from routeros_mcp.emulator.store import Store
from routeros_mcp.infra.routeros.schema import FileMenuSchema

SCHEMA = FileMenuSchema()
QUERY = line_query("action=drop input")


def texts(routers: int) -> list[str]:
    clock = Clock(wall=lambda: 1_741_609_000.0)
    return [
        export(Store(spec, clock), Options(is_verbose=verbose))
        for spec in branch_fleet(routers)
        for verbose in (False, True)
    ]


def measured(work: Callable[[], object], rounds: int) -> float:
    """Median seconds of CPU: other programs on the machine do not count."""
    spans = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        spans.append(time.process_time() - started)
    return statistics.median(spans)


def report(exports: list[str], rounds: int) -> None:
    size_mb = sum(map(len, exports)) / 1e6
    parsed = [parse_export(text) for text in exports]
    fresh: list[Export] = [one.unwritten() for one in parsed]
    tasks: dict[str, Callable[[], object]] = {
        "read": lambda: [parse_export(text) for text in exports],
        "write, unchanged": lambda: [serialise(one) for one in parsed],
        "write, all anew": lambda: [serialise(one) for one in fresh],
        "compare": lambda: [
            diff_exports(one, other, SCHEMA) for one, other in zip(parsed, parsed[2:], strict=False)
        ],
        "words for the index": lambda: [words_of(text) for text in exports],
        "search": lambda: [list(hits_in(text, QUERY)) for text in exports],
    }
    print(f"{len(exports)} exports, {size_mb:.2f} MB; medians of {rounds} rounds")
    for name, work in tasks.items():
        print(f"{name:20} {size_mb / measured(work, rounds):8.1f} MB/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="two routers, one round: does it run?")
    chosen = parser.parse_args()
    routers, rounds = (2, 1) if chosen.smoke else (chosen.routers, chosen.rounds)
    report(texts(routers), rounds)


if __name__ == "__main__":
    main()
