"""Which process runs a job, and whether it still lives."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from routeros_mcp.domain.models import JobDomain
from routeros_mcp.domain.ports import Ids

RELEASED = "released"
"""Owner of a job that its process has cut off and given up."""


class FileLock:
    """Held by one process, or one holder within a process, until it lets go or dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Lock the file; False while somebody else holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def host_name() -> str:
    return socket.gethostname()[:20]


def new_owner(ids: Ids) -> str:
    """`host-pid-chance`: no process ever has another's."""
    return f"{host_name()}-{os.getpid()}-{ids.new()[-12:]}"


def this_process() -> str:
    """`host/pid/start`: the start time tells a reused process number apart."""
    return f"{host_name()}/{os.getpid()}/{_started(os.getpid())}"


def is_abandoned(job: JobDomain) -> bool:
    """Whether the process of this machine that runs the job is gone, by the process table."""
    host, _, rest = (job.owner or RELEASED).partition("/")
    number, _, started = rest.partition("/")
    return host != host_name() or not number.isdigit() or not _lives(int(number), started)


def _lives(number: int, started: str) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(number) == started


def _started(number: int) -> str:
    """The process's start in clock ticks since boot where /proc tells, else empty."""
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
