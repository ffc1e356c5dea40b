"""The history check: the routers' ledgers of writes and our audit trail tell the same story, both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.models import (
    AuditEventDomain,
    AuditResult,
    PlanStepDomain,
    StepDirection,
    StepState,
)

SKEW_S = 0.05
"""So far the stamps of two processes on one machine may disagree."""
_OF_SWITCHES = frozenset({"/system/scheduler", "/system/backup", "/file"})
"""Where dead-man switches are put and taken away, beside the steps."""
_MOST_TRIES = 2
LANDS_WITHIN_S = 3.0
"""A write that lands later after its intent counts as lost, as after the minute that real routers take."""
_SETS = frozenset({"set", "unset"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write request that took effect on a router; times in epoch seconds, where they can be compared."""

    router: str
    menu: str
    verb: str
    row: str = ""
    arrived_at: float | None = None
    ran_at: float | None = None

    def __str__(self) -> str:
        return f"{self.router}: {self.verb} {self.menu} {self.row}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One intent of the trail and what the trail says became of it, if it says so."""

    router: str
    menu: str
    verb: str
    key: tuple[str, ...]
    intended_at: float
    result: AuditResult | None = None
    told_at: float | None = None
    state: str = ""

    def __str__(self) -> str:
        return f"{self.router}: {self.verb} {self.menu} ({'/'.join(self.key)}), {self.result or 'no outcome'}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How ledger and trail differ, in words, and what is forgiven: writes that landed too late to be told."""

    wrongs: Sequence[str]
    forgiven: Sequence[str]


def disagreements(
    writes: Iterable[Write], trail: Iterable[AuditEventDomain], *, timed: bool = False
) -> list[str]:
    """How ledger and trail differ, in words; empty when they do not, with nothing to forgive."""
    found = compared(writes, trail, timed=timed)
    return [*found.wrongs, *found.forgiven]


def compared(writes: Iterable[Write], trail: Iterable[AuditEventDomain], *, timed: bool = False) -> Agreement:
    """Hold ledger and trail against each other.

    Each write that took effect was intended before and has an outcome after; each success in the trail took
    effect; per router both have the same order, and nothing was begun before the step before it had an
    outcome. With `timed` the order is also that of the clocks.
    """
    told, found = list(attempts(trail)), list(writes)
    wrongs: list[str] = []
    forgiven: list[str] = []
    for router in dict.fromkeys([each.router for each in (*found, *told)]):
        ours = [each for each in told if each.router == router]
        theirs = list(_collapsed(each for each in found if each.router == router))
        pairs = _paired(theirs, ours, timed=timed)
        late = {number for number, at in pairs.items() if _is_beyond(theirs[number], ours[at])}
        forgiven += (f"landed too late: {theirs[number]}" for number in late)
        wrongs += _of_router(theirs, ours, pairs, late, timed=timed)
    return Agreement([*wrongs, *_overtaken(told)], forgiven)


def attempts(trail: Iterable[AuditEventDomain]) -> Iterator[Attempt]:
    """The intents in the order of the trail, each with its outcome: that of the same step or entry next."""
    open_ones: dict[tuple[str, ...], int] = {}
    found: list[Attempt] = []
    for event in trail:
        if event.action != "WRITE" or not event.metadata.get("path"):
            continue
        key = _key_of(event)
        if event.result is AuditResult.ATTEMPT:
            open_ones[key] = len(found)
            found.append(_attempt(event, key))
        elif key in open_ones:
            at = open_ones[key]
            found[at] = _answered(found[at], event)
        else:
            found.append(_answered(replace(_attempt(event, key), intended_at=float("inf")), event))
    yield from found


def _key_of(event: AuditEventDomain) -> tuple[str, ...]:
    told = event.metadata
    if "entry" in told:
        return (str(event.plan_id), str(told["device"]), str(told["op"]), str(told["entry"]))
    return (str(event.plan_id), str(told["device"]), str(told["step"]))


def _attempt(event: AuditEventDomain, key: tuple[str, ...]) -> Attempt:
    told = event.metadata
    return Attempt(
        router=str(told["device"]),
        menu=str(told["path"]),
        verb=str(told["op"]),
        key=key[2:],
        intended_at=event.timestamp.timestamp(),
    )


def _answered(attempt: Attempt, event: AuditEventDomain) -> Attempt:
    told_at, state = event.timestamp.timestamp(), str(event.metadata.get("state", ""))
    return replace(attempt, result=event.result, told_at=told_at, state=state)


def _collapsed(writes: Iterable[Write]) -> Iterator[Write]:
    """Set and unset of one row in a row count as one: versions differ in how many requests they take."""
    last: Write | None = None
    for write in writes:
        is_part = last is not None and write.verb == "unset" and last.verb in _SETS
        if is_part and last is not None and (write.menu, write.row) == (last.menu, last.row):
            continue
        yield write
        last = write


def _of_router(
    writes: Sequence[Write],
    told: Sequence[Attempt],
    pairs: Mapping[int, int],
    late: Container[int],
    *,
    timed: bool,
) -> Iterator[str]:
    for number, write in enumerate(writes):
        if number in late:
            continue
        if fault := _fault_of(write, told, pairs.get(number), timed=timed):
            yield f"{fault}: {write}"
    had_effect = frozenset(pairs.values())
    for number, each in enumerate(told):
        if each.intended_at == float("inf"):
            yield f"an outcome without an intent: {each}"
        succeeded = each.result is AuditResult.SUCCESS
        if succeeded and number not in had_effect and not _is_answered(told, number):
            yield f"a success that never took effect, or out of order: {each}"


def _fault_of(write: Write, told: Sequence[Attempt], number: int | None, *, timed: bool) -> str:
    """What the trail has wrong about a write that took effect; empty when nothing."""
    if number is None:
        return "took effect without an intent before it, or out of order"
    if not _has_outcome(told, number):
        return "took effect and has no outcome in the trail"
    if told[number].state == "not_applied":
        return "took effect, and the trail says that it did not"
    if timed and _told_too_early(write, told[number]):
        return "its success was told before it took effect"
    return ""


def _has_outcome(told: Sequence[Attempt], number: int) -> bool:
    """Whether it has one, or a later attempt of the same key, which took it up after a crash."""
    return any(each.result is not None for each in told[number:] if each.key == told[number].key)


def _is_answered(told: Sequence[Attempt], number: int) -> bool:
    """Whether an earlier attempt of the same key had the effect: taken up after a crash, it was only read.

    An entry of a dead-man switch may also have removed itself: then nothing was left to remove.
    """
    one = told[number]
    is_switch = one.menu == "/system/scheduler"
    earlier = any(each.key == one.key for each in told[:number])
    return is_switch and (earlier or one.verb == "remove")


def _is_beyond(write: Write, attempt: Attempt) -> bool:
    """Whether it counts as lost, and landed after all: the machine was too slow for the test."""
    if attempt.state != "not_applied" or write.ran_at is None:
        return False
    return write.ran_at > attempt.intended_at + LANDS_WITHIN_S


def _told_too_early(write: Write, attempt: Attempt) -> bool:
    return (
        attempt.result is AuditResult.SUCCESS
        and write.ran_at is not None
        and attempt.told_at is not None
        and attempt.told_at + SKEW_S < write.ran_at
    )


def _paired(writes: Sequence[Write], told: Sequence[Attempt], *, timed: bool) -> Mapping[int, int]:
    """Which attempt had which write: as many pairs as there can be in order, successes before others."""
    best = [[0] * (len(told) + 1) for _ in range(len(writes) + 1)]
    for i in range(len(writes) - 1, -1, -1):
        for j in range(len(told) - 1, -1, -1):
            gain = _worth(writes[i], told[j], timed=timed)
            best[i][j] = max(best[i + 1][j], best[i][j + 1], gain and gain + best[i + 1][j + 1])
    pairs: dict[int, int] = {}
    i = j = 0
    while i < len(writes) and j < len(told):
        gain = _worth(writes[i], told[j], timed=timed)
        if gain and best[i][j] == gain + best[i + 1][j + 1]:
            pairs[i] = j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            i += 1
    return pairs


def _worth(write: Write, attempt: Attempt, *, timed: bool) -> int:
    """What a pair counts; nothing when the write cannot have come from the attempt."""
    if write.menu != attempt.menu or not _same_verb(write.verb, attempt.verb):
        return 0
    if timed and write.arrived_at is not None and write.arrived_at + SKEW_S < attempt.intended_at:
        return 0
    if attempt.result is AuditResult.SUCCESS:
        # a switch that has gone by itself leaves nothing to remove: then the write is a later attempt's
        return 1 if timed and _told_too_early(write, attempt) else 4
    return 2 if attempt.state == "not_applied" else 3


def _same_verb(ledger: str, trail: str) -> bool:
    return ledger == trail or (ledger in _SETS and trail in _SETS) or trail == "command"


def _overtaken(told: Sequence[Attempt]) -> Iterator[str]:
    """Steps of a router that were begun before the one before them had an outcome."""
    last: dict[str, Attempt] = {}
    for attempt in told:
        if attempt.menu in _OF_SWITCHES:
            continue
        before = last.get(attempt.router)
        if before is not None and (before.told_at is None or before.told_at > attempt.intended_at):
            yield f"begun before the outcome of {before}: {attempt}"
        last[attempt.router] = attempt


def third_tries(steps: Iterable[PlanStepDomain]) -> Iterator[str]:
    """Changes that were sent again after they had got lost twice; a roll back may go on after each crash."""
    lost: Counter[str] = Counter()
    for step in sorted(steps, key=lambda step: (step.device_id, step.sequence)):
        if step.direction is StepDirection.APPLY:
            if lost[step.device_id] >= _MOST_TRIES:
                yield f"{step.device_id}: {step.change.op} {step.change.path} is tried once too often"
            lost[step.device_id] = lost[step.device_id] + 1 if step.state is StepState.NOT_APPLIED else 0
