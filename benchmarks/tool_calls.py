"""tools/call one after another, on stdio and HTTP: our whole pipeline against the SDK's hello world."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

from peers import HttpPeer, StdioPeer, free_port, hello, ours

ECHO = ("echo", {"message": "hello", "count": 2})
LIST = ("device_list", {"limit": 1})


def rate(call: Callable[[], Any], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return calls / (time.perf_counter() - started)


def compare(
    title: str, peers: dict[str, tuple[Any, tuple[str, dict[str, Any]]]], rounds: int, calls: int
) -> None:
    rates: dict[str, list[float]] = {name: [] for name in peers}
    for peer, what in peers.values():
        for _ in range(20):
            peer.call(*what)
    for _ in range(rounds):
        for name, (peer, what) in peers.items():
            peer.renew()
            rates[name].append(rate(lambda p=peer, w=what: p.call(*w), calls))  # type: ignore[misc]
    print(f"{title}: calls per second, medians of {rounds} interleaved rounds of {calls}")
    medians = [statistics.median(found) for found in rates.values()]
    for name, median in zip(rates, medians, strict=True):
        print(f"  {name:38} {median:8.0f}   {1e3 / median:6.2f} ms each")
    print(f"  {'time of ours / time of the yardstick':38} {medians[0] / medians[1]:8.2f}")
    for peer, _ in peers.values():
        peer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--smoke", action="store_true", help="a few calls: does it run?")
    chosen = parser.parse_args()
    rounds, calls = (1, 20) if chosen.smoke else (chosen.rounds, chosen.calls)
    with tempfile.TemporaryDirectory() as directory:
        environment = {"ROUTEROS_MCP_DATA_DIR": directory, "ROUTEROS_MCP_CALLS_PER_MINUTE": "10000000"}
        echo, own = StdioPeer(hello(), environment), StdioPeer(ours("serve"), environment)
        echo.initialize()
        own.initialize()
        names = ("SDK hello world: echo", "routeros-mcp: device_list, audited")
        compare("stdio", {names[0]: (echo, ECHO), names[1]: (own, LIST)}, rounds, calls)
        ports = free_port(), free_port()
        web = {
            names[0]: (HttpPeer(hello(str(ports[0])), ports[0], environment), ECHO),
            names[1]: (
                HttpPeer(ours("serve", "--http", "--port", str(ports[1])), ports[1], environment),
                LIST,
            ),
        }
        compare("HTTP", web, rounds, calls)


if __name__ == "__main__":
    main()
