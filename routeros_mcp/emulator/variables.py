"""The global variables of a router's scripts."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Held:
    """A variable's value, of a type of the console language, and how it reads."""

    value: Any
    shown: str
