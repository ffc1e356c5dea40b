"""What flows over an interface: a day's curve with ripples, whose sum over time is exact."""

import math
from dataclasses import dataclass

_DAY_S = 86_400.0
_BUSY_HOUR_S = 19.5 * 3600
# Share of the mean and period of each wave: the day, half an hour, a minute. Together they stay below one.
_WAVES = ((0.55, _DAY_S), (0.10, 1747.0), (0.06, 61.0))


@dataclass(frozen=True, slots=True)
class Flow:
    """Traffic in one direction: `mean_bps` over a day; the seed shifts its ripples."""

    seed: int
    mean_bps: float
    busy_hour_s: float = _BUSY_HOUR_S

    def rate(self, at_s: float) -> float:
        """Return bits per second at that moment; it is never negative."""
        return self.mean_bps * (
            1 + sum(a * math.cos(self._angle(n, at_s)) for n, (a, _) in enumerate(_WAVES))
        )

    def carried(self, from_s: float, until_s: float) -> float:
        """Return the bytes that went by between two moments: the integral of `rate`."""
        return max(0.0, self._sum(until_s) - self._sum(from_s)) / 8

    def _sum(self, at_s: float) -> float:
        waves = sum(
            share * period / math.tau * math.sin(self._angle(number, at_s))
            for number, (share, period) in enumerate(_WAVES)
        )
        return self.mean_bps * (at_s + waves)

    def _angle(self, wave: int, at_s: float) -> float:
        period = _WAVES[wave][1]
        shift = self.busy_hour_s if wave == 0 else self.seed % 977 / 977 * period
        return math.tau * ((at_s - shift) % period) / period


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One end of a link between two emulated routers: what it receives the other end sends."""

    received: Flow
    sent: Flow


def wires(seed: int, down_bps: float, up_bps: float) -> tuple[Wire, Wire]:
    """Return the upper and the lower end of a link that carries so much down and up on average."""
    down, up = Flow(seed, down_bps), Flow(seed + 1, up_bps)
    return Wire(received=up, sent=down), Wire(received=down, sent=up)
