"""Token buckets: how often one principal may call, reads and changes apart."""

from __future__ import annotations

from dataclasses import dataclass

from routeros_mcp.domain.errors import RateLimited
from routeros_mcp.domain.models import Effect
from routeros_mcp.domain.ports import Clock

_MOST_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """Allows bursts up to a minute's worth and refills evenly."""

    def __init__(self, clock: Clock, *, calls_per_minute: int, changes_per_minute: int) -> None:
        self._clock = clock
        self._per_minute = {
            Effect.READ: calls_per_minute,
            Effect.RECORD: calls_per_minute,
            Effect.CHANGE: changes_per_minute,
        }
        self._buckets: dict[tuple[str, bool], _Bucket] = {}

    def take(self, subject: str, effect: Effect) -> None:
        """Spend one call.

        Raises:
            RateLimited: none is left; the message says when the next one is.
        """
        size = self._per_minute[effect]
        bucket = self._refilled((subject, effect is Effect.CHANGE), size)
        if bucket.tokens < 1.0:
            wait_s = (1.0 - bucket.tokens) * 60.0 / size
            raise RateLimited(
                f"{subject} has used up its {size} calls per minute.",
                fix=f"Wait {wait_s:.1f} s, and ask for more devices in one call instead of one call each.",
                retry_after_s=round(wait_s, 1),
            )
        bucket.tokens -= 1.0

    def _refilled(self, key: tuple[str, bool], size: int) -> _Bucket:
        now = self._clock.monotonic()
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.clear()
        bucket = self._buckets.setdefault(key, _Bucket(float(size), now))
        bucket.tokens = min(float(size), bucket.tokens + (now - bucket.filled_at) * size / 60.0)
        bucket.filled_at = now
        return bucket
