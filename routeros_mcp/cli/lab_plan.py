"""What a lab is to be: known before anything is started."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

_WORDS = (
    "amber", "basalt", "cedar", "delta", "ember", "fjord", "granite", "harbor", "island", "juniper", "kelp",
    "lagoon", "meadow", "nectar", "orchid", "pebble", "quartz", "ridge", "saffron", "tundra", "umber",
    "violet", "willow", "yarrow", "acorn", "birch", "copper", "dune", "elm", "fern", "garnet", "heron",
)  # fmt: skip

MOST_ROUTERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabPlan:
    """What the lab is to be: known before anything is started, so that it can be printed first."""

    directory: Path
    passphrase: str
    routers: int
    seed: int
    spare: bool = True
    fleet: str = "branch"
    faults: tuple[str, ...] = ()


def new_passphrase() -> str:
    """Six words of 32: thirty bits, for a lab that lives as long as its terminal."""
    return "-".join(secrets.choice(_WORDS) for _ in range(6))
