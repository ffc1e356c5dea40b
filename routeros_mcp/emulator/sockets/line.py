"""The line between clients and a router: it delays, loses, resets and goes out."""

import zlib
from collections.abc import Callable

from routeros_mcp.emulator.reach.reachability import Verdict

_NEVER = float("-inf")


class Line:
    """What happens to new connections before the router sees them; all is well until a fault is set."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._disturbed_until = _NEVER
        self.calm()

    def calm(self) -> None:
        """Take back every fault of the line."""
        self.resets = 0
        self.lost_percent = 0.0
        self.latency_s = self.jitter_s = 0.0
        self.flap_period_s = self.flap_down_s = 0.0
        self.aborts_hurt_s = 0.0
        self._flaps_from = self._steady()
        self._connections = self._packets = 0
        self._owes_401 = False

    def verdict(self) -> Verdict | None:
        """Judge one new connection; nothing means that it reaches the router."""
        self._connections += 1
        if self.resets > 0:
            self.resets -= 1
            return Verdict.RESET
        if self.is_out or self._steady() < self._disturbed_until:
            return Verdict.RESET
        return Verdict.SILENT if self._is_lost() else None

    def _is_lost(self) -> bool:
        """Spread the lost ones evenly: of a hundred connections exactly so many."""
        before = int((self._connections - 1) * self.lost_percent / 100)
        return int(self._connections * self.lost_percent / 100) > before

    @property
    def is_out(self) -> bool:
        """Whether a flapping line is out at this moment: at the end of each period."""
        if not self.flap_period_s:
            return False
        at_s = (self._steady() - self._flaps_from) % self.flap_period_s
        return at_s >= self.flap_period_s - self.flap_down_s

    def delay_s(self) -> float:
        """Return how long the next request takes to arrive: the latency, more or less by the jitter."""
        self._packets += 1
        share = zlib.crc32(str(self._packets).encode()) % 2001 / 1000 - 1
        return max(0.0, self.latency_s + share * self.jitter_s)

    def aborted(self) -> None:
        """Take note that a client left in the middle of a request.

        A router then resets connections for a while, and a 401 meant for nobody reaches somebody else.
        Source: recorded 7.21.5.
        """
        if self.aborts_hurt_s:
            self._disturbed_until = self._steady() + self.aborts_hurt_s
            self._owes_401 = True

    def takes_401(self) -> bool:
        """Say whether a request gets the stray 401; only the first one does."""
        is_due = self._owes_401 and self._steady() < self._disturbed_until
        self._owes_401 = False
        return is_due
