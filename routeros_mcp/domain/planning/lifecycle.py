"""The life of a plan: which state may follow which, and the state that its devices add up to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import PlanStatus, StepState

S = PlanStatus

TRANSITIONS: Mapping[PlanStatus, frozenset[PlanStatus]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.CANCELLED}),
    S.SUBMITTED: frozenset({S.APPROVED, S.REJECTED, S.CANCELLED, S.EXPIRED}),
    S.APPROVED: frozenset({S.APPLYING, S.REJECTED, S.CANCELLED, S.EXPIRED}),
    S.APPLYING: frozenset({S.APPLIED, S.HALTED, S.FAILED, S.PARTIALLY_APPLIED, S.ROLLED_BACK}),
    S.APPLIED: frozenset({S.ROLLING_BACK}),
    S.HALTED: frozenset({S.ROLLING_BACK, S.APPLIED, S.FAILED, S.PARTIALLY_APPLIED, S.ROLLED_BACK}),
    S.PARTIALLY_APPLIED: frozenset({S.ROLLING_BACK}),
    S.ROLLING_BACK: frozenset({S.ROLLED_BACK, S.PARTIALLY_APPLIED, S.HALTED}),
    S.FAILED: frozenset(),
    S.REJECTED: frozenset(),
    S.CANCELLED: frozenset(),
    S.EXPIRED: frozenset(),
    S.ROLLED_BACK: frozenset(),
}

_DONE = frozenset({StepState.CONFIRMED, StepState.VERIFIED})
_UNTOUCHED = frozenset({StepState.PLANNED, StepState.DRIFTED, StepState.NOT_APPLIED, StepState.CONFLICT})
_OPEN = frozenset(StepState) - _DONE - _UNTOUCHED - {StepState.ROLLED_BACK, StepState.ABANDONED}


def check_transition(plan_id: str, current: PlanStatus, wanted: PlanStatus) -> None:
    """Raises Conflict when the state may not follow; says what the plan is."""
    if wanted not in TRANSITIONS[current]:
        raise Conflict(
            f"Plan {plan_id} is {current}: it cannot become {wanted}.", fix=_ADVICE.get(current, "")
        )


def after_apply(states: Collection[StepState]) -> PlanStatus:
    """What a plan is once its job has ended, from the states of its devices.

    Open ends (an unknown outcome, a failed roll back, a device left in the middle) halt it. A mix of done and
    untouched is halted while devices were left out, else partially applied. Nothing done means failed, or
    rolled back where it was.
    """
    if any(state in _OPEN for state in states):
        return S.HALTED
    done = any(state in _DONE for state in states)
    if done and all(state in _DONE for state in states):
        return S.APPLIED
    if done:
        return S.HALTED if StepState.PLANNED in states else S.PARTIALLY_APPLIED
    if StepState.ABANDONED in states:
        return S.PARTIALLY_APPLIED
    return S.ROLLED_BACK if StepState.ROLLED_BACK in states else S.FAILED


def after_rollback(states: Collection[StepState]) -> PlanStatus:
    if any(state in _OPEN for state in states):
        return S.HALTED
    if any(state in _DONE or state is StepState.ABANDONED for state in states):
        return S.PARTIALLY_APPLIED
    return S.ROLLED_BACK


def is_open(state: StepState) -> bool:
    """Whether nobody can say yet what the device's rows are: it is locked until then."""
    return state in _OPEN


def is_untouched(state: StepState) -> bool:
    return state in _UNTOUCHED


_ADVICE: Mapping[PlanStatus, str] = {
    S.SUBMITTED: "A second person approves it in a terminal: routeros-mcp plan approve PLAN.",
    S.APPLYING: "Follow its job with job_get.",
    S.EXPIRED: "Make a new plan.",
    S.FAILED: "Nothing was changed; make a new plan.",
    S.ROLLED_BACK: "Make a new plan.",
    S.CANCELLED: "Make a new plan.",
    S.REJECTED: "Make a new plan.",
}
