"""What happened in a run, in order: the record that the invariants are checked on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an event tells of; the fields of `data` stand behind."""

    PROCESS = "process"  # number, what: started or died
    PLAN = "plan"  # id, status, digest, late (whether its approval has run out)
    JOB = "job"  # id, status, type
    DEVICE = "device"  # device, state, job, code
    STEP = "step"  # device, id, sequence, direction, state, op, path
    AUDIT = "audit"  # device, result, op, path
    CONNECTED = "connected"  # device, process, connection
    SENT = "sent"  # device, process, number, path, step, owner, body
    EFFECT = "effect"  # device, number, path, switches
    READ = "read"  # device, process, connection, path, began (event number)
    FOREIGN = "foreign"  # device, path, row (as it was), words
    FAULT = "fault"  # device, what
    CLOCK = "clock"  # seconds of the jump
    CANCEL = "cancel"  # job


@dataclass(frozen=True, slots=True)
class Event:
    number: int
    at: float
    kind: Kind
    data: dict[str, object]

    def __getitem__(self, name: str) -> object:
        return self.data.get(name)

    def line(self) -> str:
        told = " ".join(f"{name}={value}" for name, value in self.data.items())
        return f"{self.number:5} {self.at:11.4f} {self.kind:9} {told}"


@dataclass(slots=True)
class History:
    """Events in the order in which they happened."""

    events: list[Event] = field(default_factory=list)

    def add(self, at: float, kind: Kind, **data: object) -> int:
        number = len(self.events)
        self.events.append(Event(number, at, kind, data))
        return number

    def of(self, *kinds: Kind) -> Iterator[Event]:
        return (event for event in self.events if event.kind in kinds)

    def digest(self) -> str:
        """Equal for equal runs."""
        return hashlib.sha256("\n".join(event.line() for event in self.events).encode()).hexdigest()

    def text(self) -> str:
        return "\n".join(event.line() for event in self.events)
