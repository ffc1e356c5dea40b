"""What is expected of a router, and what it did: expectations, findings and the report of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routeros_mcp.infra.routeros.conformance.bench import Bench
from routeros_mcp.infra.routeros.conformance.seen import Release, Seen, Subject


class Tag(StrEnum):
    """How well the expectation is founded."""

    OBSERVED = "observed"
    DOCUMENTED = "documented"
    ASSUMED = "assumed"


class Verdict(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    OBSERVED = "observed"
    """The question is open: what was seen is neither right nor wrong."""
    NOT_APPLICABLE = "not applicable"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Source:
    """How well something is known, and from where."""

    tag: Tag
    name: str


Check = Callable[[Bench], Awaitable[Seen]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One thing that is expected. An open one has no right answer yet.

    `since` and `until` bound the releases that it was seen or documented for, both included.
    """

    id: str
    expected: str
    source: Source
    check: Check
    writes: bool = False
    needs_ssh: bool = False
    is_open: bool = False
    since: Release | None = None
    until: Release | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One expectation and what became of it. `seen` holds no secret and nothing that identifies."""

    id: str
    expected: str
    tag: str
    source: str
    seen: str
    verdict: Verdict
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run. `leftovers` is what could not be removed, `broken_off` why it ended early."""

    subject: Subject
    our_version: str
    made_at: datetime
    transports: Sequence[str]
    wrote: bool
    findings: Sequence[Finding]
    leftovers: Sequence[str] = ()
    broken_off: str = ""

    def count(self, verdict: Verdict) -> int:
        return Counter(finding.verdict for finding in self.findings)[verdict]

    def of(self, verdict: Verdict) -> list[Finding]:
        return [finding for finding in self.findings if finding.verdict is verdict]
