"""Keeps two labs out of one directory, also after one of them was killed."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCK = "lab.lock"

_held: list[int] = []
"""Descriptors stay open, and locked, until the process ends."""


def take(directory: Path) -> bool:
    """Lock the directory for this process; False while another lab holds it."""
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held.append(descriptor)
    return True
