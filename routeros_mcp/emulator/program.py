"""A script as it runs on a router: it pauses for a while now and then, and ends with what it printed."""

from collections.abc import Generator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a script printed, line ends CRLF, and whether it was stopped by an error, which is then last."""

    output: str
    has_failed: bool


Program = Generator[float, None, Ran]
"""Yields the seconds it wants to pause; whoever drives it decides on which clock they pass."""


def finish(program: Program) -> tuple[Ran, float]:
    """Run a program to its end at once; return what it printed and the seconds it would have paused."""
    paused_s = 0.0
    while True:
        try:
            paused_s += next(program)
        except StopIteration as end:
            return end.value, paused_s
