"""In which order devices are changed: a canary first, then a tenth, then the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def waves(items: Sequence[T], *, canary: int = 1, second_share: float = 0.1) -> list[Sequence[T]]:
    """Cut the items into waves; empty waves are left out."""
    second = (
        canary + math.ceil(max(0, len(items) - canary) * second_share) if len(items) > canary + 1 else canary
    )
    cuts = [items[:canary], items[canary:second], items[second:]]
    return [wave for wave in cuts if wave]
