"""A mix of faults for writes: what befalls the next one is drawn from a seed, the same each time."""

import hashlib
from dataclasses import dataclass

from routeros_mcp.emulator.faults import Effect, Fault, Faults, Matcher, matcher
from routeros_mcp.emulator.web.message import Request

_PARTS = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What share of the writes meets what; the others are fine.

    `dropped` are lost before they run, `unanswered` run and get no answer, `reset` run and end in a TCP
    reset, `late` lose their connection at once and run some seconds later, within the bounds of `late_s`.
    """

    dropped: float = 0.05
    unanswered: float = 0.10
    reset: float = 0.05
    late: float = 0.03
    late_s: tuple[float, float] = (0.3, 1.0)

    def befalls(self, seed: str, number: int) -> tuple[Effect, float] | None:
        """The effect on the write of this number, and its seconds; nothing when all goes well."""
        at, spread = _chances(f"{seed}/{number}")
        shares = (
            (Effect.DROP_BEFORE, self.dropped),
            (Effect.DROP_AFTER, self.unanswered),
            (Effect.RESET, self.reset),
            (Effect.LATE, self.late),
        )
        for effect, share in shares:
            if at < share:
                first, last = self.late_s
                return effect, first + spread * (last - first)
            at -= share
        return None


def mix_in(faults: Faults, mix: Mix, seed: str, on: Matcher | str | None = None) -> None:
    """Let the mix befall the writes of a router that match, until its faults are cleared."""
    is_meant, number = matcher(on), 0

    def befallen(request: Request) -> Fault | None:
        nonlocal number
        if not request.is_write or not is_meant(request):
            return None
        number += 1
        drawn = mix.befalls(seed, number)
        if drawn is None:
            return None
        return Fault(effect=drawn[0], matches=is_meant, left=1, seconds=drawn[1])

    faults.draw_from(befallen)


def _chances(text: str) -> tuple[float, float]:
    """Two numbers from 0 to 1 that the text alone decides."""
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:4]) / _PARTS, int.from_bytes(digest[4:8]) / _PARTS
