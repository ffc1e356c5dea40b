"""Which RouterOS version a router says it runs, in a form that can be compared."""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})(?:\.([0-9]{1,3}))?")


class Release(NamedTuple):
    """A RouterOS version. A beta or a release candidate counts as what it is to become."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str | None) -> Release | None:
        """Read `7.20.5 (stable)`, `7.24rc2 (testing)`, `7.1beta4`; None for what does not begin so."""
        found = _VERSION.match(text or "")
        return cls(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")
