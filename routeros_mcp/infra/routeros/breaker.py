"""A circuit breaker for each router: one that does not answer costs one probe per back-off step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from routeros_mcp.domain.errors import AddressNotAllowed, DeviceError, DeviceUnreachable, OutcomeUnknown
from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.dial import Limits

_MOST_DOUBLINGS = 30


@dataclass(slots=True)
class _Trouble:
    """A router that has been failing. `next_at` is set once it is left alone, `steps` counts the probes."""

    error: DeviceUnreachable
    failures: int = 0
    steps: int = 0
    next_at: float | None = None


class Breaker:
    """Counts transport failures by device. An answer of any kind, a refusal too, ends the count."""

    def __init__(
        self, limits: Limits, *, monotonic: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._chance = chance
        self._troubles: dict[str, _Trouble] = {}

    def check(self, target: Target) -> None:
        """Let pass unless the router is left alone just now.

        Raises:
            DeviceUnreachable: it is; says when it is tried again.
        """
        trouble = self._troubles.get(target.device_id)
        if trouble is None or trouble.next_at is None:
            return
        wait_s = trouble.next_at - self._monotonic()
        if wait_s > 0:
            raise _left_alone(target, trouble, wait_s)

    @contextmanager
    def watching(self, target: Target, *, insist: bool) -> Iterator[None]:
        """Judge the router by how the work inside ends; who does not insist is checked first."""
        is_probe = not insist and self._is_probe(target)
        try:
            yield
        except DeviceUnreachable as error:
            self._failed(target.device_id, error, is_probe=is_probe)
            raise
        except (AddressNotAllowed, OutcomeUnknown):
            raise  # says nothing about whether the router answers
        except DeviceError:
            self.forget(target.device_id)
            raise
        self.forget(target.device_id)

    def forget(self, device_id: str) -> None:
        self._troubles.pop(device_id, None)

    def _is_probe(self, target: Target) -> bool:
        """Check, and take the step's probe if this call is to be it: others wait for the next step."""
        self.check(target)
        trouble = self._troubles.get(target.device_id)
        if trouble is None or trouble.next_at is None:
            return False
        trouble.steps += 1
        trouble.next_at = self._next_at(trouble)
        return True

    def _failed(self, device_id: str, error: DeviceUnreachable, *, is_probe: bool) -> None:
        if not self._limits.backoff_s:
            return
        trouble = self._troubles.setdefault(device_id, _Trouble(error))
        trouble.error = error
        trouble.failures += 1
        is_closed = trouble.next_at is None
        if is_probe or (is_closed and trouble.failures >= self._limits.breaker_failures):
            trouble.next_at = self._next_at(trouble)

    def _next_at(self, trouble: _Trouble) -> float:
        doubled = self._limits.backoff_s * 2.0 ** min(trouble.steps, _MOST_DOUBLINGS)
        swing = 1 + self._limits.backoff_jitter * (2 * self._chance() - 1)
        return self._monotonic() + min(doubled, self._limits.backoff_max_s) * swing


def _left_alone(target: Target, trouble: _Trouble, wait_s: float) -> DeviceUnreachable:
    return DeviceUnreachable(
        f"{target.name} failed {trouble.failures} times in a row and is tried again in {wait_s:.0f} s. "
        f"Last failure: {trouble.error.message}",
        stage=trouble.error.stage,
        fix=f"device_test tries it at once. {trouble.error.fix}".strip(),
        retry_in_s=round(wait_s, 1),
    )
