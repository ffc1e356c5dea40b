"""Tries one expectation and says what became of it."""

from __future__ import annotations

from collections.abc import Callable

from routeros_mcp.domain.errors import (
    DeviceError,
    DeviceUnreachable,
    LoginFailed,
    NoCredential,
    PinMismatch,
    PolicyDenied,
)
from routeros_mcp.infra.routeros.conformance.bench import Bench
from routeros_mcp.infra.routeros.conformance.model import Expectation, Finding, Verdict
from routeros_mcp.infra.routeros.conformance.scrub import Scrubber
from routeros_mcp.infra.routeros.conformance.seen import NotApplicable, NotTried, Release, Seen, Subject
from routeros_mcp.infra.routeros.refusals import clean

_ANSWERED_BADLY = frozenset({"http", "answer"})
"""Stages of a failure that say how the router treated the request, not whether it can be reached."""
_LOGIN_OR_PIN = (PolicyDenied, LoginFailed, NoCredential, PinMismatch)
_Outcome = tuple[Verdict, str]


class Unreachable(Exception):
    """The router cannot be reached any more; the text is the client's."""


async def tried(
    expectation: Expectation,
    bench: Bench,
    *,
    may_write: bool,
    scrubber: Scrubber,
    monotonic: Callable[[], float],
) -> Finding:
    """Raises Unreachable when nothing further can be tried either."""
    started = monotonic()
    verdict, words = _passed_over(expectation, bench, may_write=may_write) or await _outcome(
        expectation, bench
    )
    return finding_of(expectation, verdict, scrubber.scrubbed(clean(words)), (monotonic() - started) * 1000)


def finding_of(expectation: Expectation, verdict: Verdict, words: str, duration_ms: float = 0.0) -> Finding:
    return Finding(
        id=expectation.id,
        expected=expectation.expected,
        tag=str(expectation.source.tag),
        source=expectation.source.name,
        seen=words,
        verdict=verdict,
        duration_ms=duration_ms,
    )


def _passed_over(expectation: Expectation, bench: Bench, *, may_write: bool) -> _Outcome | None:
    """Why it is not tried at all."""
    if not _covers(expectation, bench.subject):
        bounds = [
            f"{word} {'.'.join(map(str, bound))}"
            for word, bound in (("from", expectation.since), ("up to", expectation.until))
            if bound is not None
        ]
        return Verdict.NOT_APPLICABLE, f"known of versions {' '.join(bounds)}"
    if expectation.needs_ssh and bench.target.ssh is None:
        return Verdict.NOT_TRIED, "the device is not set up for SSH (device update --ssh-port)"
    if expectation.writes and not may_write:
        return Verdict.NOT_TRIED, "needs --allow-writes"
    return None


def _covers(expectation: Expectation, subject: Subject) -> bool:
    since: Release = expectation.since or subject.release
    until: Release = expectation.until or subject.release
    return since <= subject.release <= until


async def _outcome(expectation: Expectation, bench: Bench) -> _Outcome:
    try:
        return _judged(expectation, await expectation.check(bench))
    except NotApplicable as reason:
        return Verdict.NOT_APPLICABLE, str(reason)
    except NotTried as reason:
        return Verdict.NOT_TRIED, str(reason)
    except DeviceError as error:
        return _failed(expectation, error)
    except (LookupError, TypeError, ValueError) as error:
        # a check takes an answer apart as it ought to be
        return _judged(expectation, Seen(f"an answer of another form ({type(error).__name__})", agrees=False))


def _failed(expectation: Expectation, error: DeviceError) -> _Outcome:
    """A refusal is what the router did; a login or a way that will not do says nothing about it."""
    if isinstance(error, _LOGIN_OR_PIN):
        return Verdict.NOT_TRIED, error.message
    if not isinstance(error, DeviceUnreachable):
        return _judged(expectation, Seen(f"{error.code}: {error.message}", agrees=False))
    if error.stage in _ANSWERED_BADLY:
        return _judged(expectation, Seen(error.message, agrees=False))
    if expectation.needs_ssh:
        return Verdict.NOT_TRIED, error.message
    raise Unreachable(error.message) from error


def _judged(expectation: Expectation, seen: Seen) -> _Outcome:
    if expectation.is_open:
        return Verdict.OBSERVED, seen.words
    return (Verdict.AGREES if seen.agrees else Verdict.DIFFERS), seen.words
