"""What time it is on an emulated router."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Wall time in epoch seconds and a steady counter; tests inject their own."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic

    def stamp(self) -> str:
        """Return the current time as RouterOS 7.10 and later print it.

        Source: vendor manual; before 7.10 the form was `sep/29/2022 07:09:24`.
        """
        return stamp(self.wall())


def stamp(epoch_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(epoch_s))
