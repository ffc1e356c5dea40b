"""Time-ordered ids: UUID version 7 as text, so that inserts append to their indexes."""

from __future__ import annotations

import secrets
import threading
import time
from uuid import UUID

_RANDOM_BITS = 74


class Uuid7Ids:
    """Implements `ports.Ids`. Ids of one process always rise, even when the clock steps back.

    Layout: RFC 9562, section 5.7; within a millisecond the random part counts on by a random step (6.2, 2).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        """Return 36 characters that sort after every earlier id of this process."""
        fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        with self._lock:
            if fresh >> _RANDOM_BITS <= self._last >> _RANDOM_BITS:
                fresh = self._last + 1 + secrets.randbits(32)
            self._last = fresh
        return str(_as_uuid(fresh))


def _as_uuid(value: int) -> UUID:
    """Lay 48 bits of time and 74 of chance around the version and variant bits."""
    moment, chance = value >> _RANDOM_BITS, value & ((1 << _RANDOM_BITS) - 1)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return UUID(int=moment << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


_IDS = Uuid7Ids()


def new_id() -> str:
    """Return an id of the process-wide sequence."""
    return _IDS.new()
