"""The history check finds each way in which a ledger and a trail may differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from reliability.history import LANDS_WITHIN_S, Write, compared, disagreements

from routeros_mcp.domain.models import AuditEventDomain, AuditResult

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATTEMPT, SUCCESS, FAILURE = AuditResult.ATTEMPT, AuditResult.SUCCESS, AuditResult.FAILURE
DNS, ADDRESS = "/ip/dns", "/ip/address"


def line(second: float, result: AuditResult, path: str, step: int, state: str = "") -> AuditEventDomain:
    op = "set" if path == DNS else "add"
    return AuditEventDomain(
        id=f"a{second}",
        timestamp=NOON + timedelta(seconds=second),
        user_sub="anna",
        user_role="admin",
        action="WRITE",
        tool_name="plan_apply",
        tool_tier="professional",
        result=result,
        plan_id="p1",
        metadata={"device": "r1", "step": step, "op": op, "path": path, "state": state},
    )


def write(second: float, path: str) -> Write:
    at = NOON.timestamp() + second
    verb = "set" if path == DNS else "add"
    return Write(router="r1", menu=path, verb=verb, arrived_at=at, ran_at=at)


TRAIL = [
    line(0, ATTEMPT, DNS, 1),
    line(2, SUCCESS, DNS, 1),
    line(3, ATTEMPT, ADDRESS, 2),
    line(5, SUCCESS, ADDRESS, 2),
]
WRITES = [write(1, DNS), write(4, ADDRESS)]


def test_a_ledger_and_a_trail_that_agree() -> None:
    assert disagreements(WRITES, TRAIL, timed=True) == []


def test_what_was_lost_on_its_way_and_sent_again_agrees() -> None:
    lost = [line(-3, ATTEMPT, DNS, 0), line(-1, FAILURE, DNS, 0, "not_applied")]
    assert disagreements(WRITES, [*lost, *TRAIL], timed=True) == []


def test_what_landed_too_late_to_be_waited_for_is_forgiven_and_counted() -> None:
    trail = [*TRAIL[:3], line(5, FAILURE, ADDRESS, 2, "not_applied")]
    found = compared([WRITES[0], write(3.5 + LANDS_WITHIN_S, ADDRESS)], trail, timed=True)
    assert (found.wrongs, len(found.forgiven)) == ([], 1)


@pytest.mark.parametrize(
    ("writes", "trail", "words"),
    [
        ([*WRITES, write(6, DNS)], TRAIL, "without an intent"),
        ([WRITES[0], WRITES[0], WRITES[1]], TRAIL, "without an intent"),
        (WRITES[:1], TRAIL, "a success that never took effect"),
        (WRITES[::-1], TRAIL, "out of order"),
        (WRITES, TRAIL[:3], "has no outcome"),
        (WRITES, TRAIL[1:], "an outcome without an intent"),
        (WRITES, [*TRAIL[:3], line(5, FAILURE, ADDRESS, 2, "not_applied")], "says that it did not"),
        ([write(-1, DNS), WRITES[1]], TRAIL, "without an intent"),
        ([write(2.5, DNS), WRITES[1]], TRAIL, "told before it took effect"),
        (WRITES, [TRAIL[0], *TRAIL[2:]], "begun before the outcome"),
    ],
)
def test_each_disagreement_is_told(writes: list[Write], trail: list[AuditEventDomain], words: str) -> None:
    assert any(words in word for word in disagreements(writes, trail, timed=True))
