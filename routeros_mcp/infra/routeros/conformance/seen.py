"""What a check hands back, and what it knows of the router beforehand."""

from __future__ import annotations

from dataclasses import dataclass

Release = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the router did, in words that may be published, and whether that was expected."""

    words: str
    agrees: bool = True


class NotApplicable(Exception):
    """The router has nothing that the expectation is about; the text says why."""


class NotTried(Exception):
    """It could not be found out on this router with this login; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The router as far as it may be published."""

    version: str
    architecture: str
    board: str
    kind: str
    release: Release

    @property
    def is_chr(self) -> bool:
        return self.kind == "CHR"
