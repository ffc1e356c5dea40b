"""From spawn to the first tools/list over stdio: the whole server against the SDK's hello world."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

from peers import StdioPeer, cpu_of_children, hello, ours


def once(command: list[str], environment: dict[str, str]) -> tuple[float, float, int]:
    """Wall and CPU seconds of the process, and the tools it lists."""
    cpu_before, started = cpu_of_children(), time.perf_counter()
    peer = StdioPeer(command, environment)
    peer.initialize()
    tools = len(peer.ask("tools/list", {})["result"]["tools"])
    wall = time.perf_counter() - started
    peer.process.kill()
    peer.process.wait()
    for pipe in (peer.process.stdin, peer.process.stdout):
        assert pipe
        pipe.close()
    return wall, cpu_of_children() - cpu_before, tools


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--smoke", action="store_true", help="one round: does it run?")
    chosen = parser.parse_args()
    rounds = 1 if chosen.smoke else chosen.rounds
    with tempfile.TemporaryDirectory() as directory:
        environment = {"ROUTEROS_MCP_DATA_DIR": directory}
        peers = {"SDK hello world": hello(), "routeros-mcp serve": ours("serve")}
        results: dict[str, list[tuple[float, float, int]]] = {name: [] for name in peers}
        for command in peers.values():
            once(command, environment)  # byte code and file cache
        for _ in range(rounds):
            for name, command in peers.items():
                results[name].append(once(command, environment))
    print(
        f"{'server':22} {'wall ms':>8} {'CPU ms':>8} {'tools':>6}   (medians of {rounds} interleaved rounds)"
    )
    medians = {}
    for name, rows in results.items():
        wall, cpu = (statistics.median(row[i] for row in rows) * 1e3 for i in (0, 1))
        medians[name] = (wall, cpu)
        print(f"{name:22} {wall:8.0f} {cpu:8.0f} {rows[0][2]:6}")
    base, own = medians.values()
    print(f"{'ratio':22} {own[0] / base[0]:8.2f} {own[1] / base[1]:8.2f}")


if __name__ == "__main__":
    main()
