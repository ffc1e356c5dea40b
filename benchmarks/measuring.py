"""What the benchmarks of routers share: emulated routers in another process, CPU, sweeps."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from routeros_mcp.domain.models import Login, Secret, SshAccess
from routeros_mcp.domain.ports import Target

T = TypeVar("T")


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


async def timed(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Seconds of wall and of this process's CPU."""
    cpu_before, started = cpu(), time.perf_counter()
    await work()
    return time.perf_counter() - started, cpu() - cpu_before


async def sweep(items: Iterable[T], one: Callable[[T], Awaitable[object]], in_flight: int) -> None:
    """Do it for each, so many at once."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await one(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(worker())
