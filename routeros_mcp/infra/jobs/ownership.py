"""Which process runs a job, and whether it still lives."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from routeros_mcp.domain.models import JobDomain

HEARTBEAT_S = 5.0
RELEASED = "released"
"""Owner of a job that its process has cut off and given up."""
_SILENT_FOR = timedelta(seconds=30)


def this_process() -> str:
    """`host/pid/start`: the start time tells a reused process number apart."""
    return f"{socket.gethostname()[:40]}/{os.getpid()}/{_started(os.getpid())}"


def is_abandoned(job: JobDomain, now: datetime) -> bool:
    """Whether the process that runs the job is gone.

    On this machine the process table says so at once; elsewhere half a minute without a heartbeat does.
    """
    if job.owner == RELEASED:
        return True
    if job.owner is None:
        return job.updated_at is None or now - job.updated_at > _SILENT_FOR
    host, _, rest = job.owner.partition("/")
    number, _, started = rest.partition("/")
    if host == socket.gethostname()[:40] and number.isdigit():
        return not _lives(int(number), started)
    return job.updated_at is None or now - job.updated_at > _SILENT_FOR


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
