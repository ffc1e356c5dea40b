"""What emulated routers cost: memory and start time for a thousand, idle and after one read each."""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import resource
import ssl
import sys
import time
from pathlib import Path

from routeros_mcp.emulator import Fleet, Router, make_fleet

IN_FLIGHT = 32


def resident_mb() -> float:
    """Memory of this process now; where the system does not tell, the most it ever had."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


async def read(router: Router, context: ssl.SSLContext) -> None:
    login = base64.b64encode(f"{router.username}:{router.password}".encode()).decode()
    host, _, port = router.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    head = f"GET /rest/system/resource HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    answer = await reader.read()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"{router.name}: {answer[:80]!r}")
    writer.close()


async def read_all(routers: list[Router]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    waiting = iter(routers)

    async def worker() -> None:
        for router in waiting:
            await read(router, context)

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(worker())


async def measure(count: int) -> None:
    async with Fleet.running(make_fleet("mixed", 3)) as few:
        await read_all(list(few))  # what all routers share is loaded once
    before, started = resident_mb(), time.perf_counter()
    async with Fleet.running(make_fleet("mixed", count)) as fleet:
        start_s = time.perf_counter() - started
        idle = resident_mb() - before
        started = time.perf_counter()
        await read_all(list(fleet))
        read_s = time.perf_counter() - started
        asked = resident_mb() - before
    thousands = count / 1000
    print(f"{count} emulated routers of a mixed fleet in one process; per 1,000 routers:")
    print(f"{'start':24} {start_s / thousands:8.2f} s")
    print(f"{'idle':24} {idle / thousands:8.1f} MB")
    print(f"{'after one read each':24} {asked / thousands:8.1f} MB")
    print(f"{'one read each':24} {read_s / thousands:8.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", type=int, default=2_000)
    parser.add_argument("--smoke", action="store_true", help="twenty routers: does it run?")
    chosen = parser.parse_args()
    asyncio.run(measure(20 if chosen.smoke else chosen.routers))


if __name__ == "__main__":
    main()
