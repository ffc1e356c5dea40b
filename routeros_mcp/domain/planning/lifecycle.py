"""The life of a plan: which state may follow which, and the state that its devices add up to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import PlanStatus, StepState

S = PlanStatus

TRANSITIONS: Mapping[PlanStatus, frozenset[PlanStatus]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.CANCELLED}),
    S.SUBMITTED: frozenset({S.APPROVED, S.REJECTED, S.CANCELLED, S.EXPIRED}),
    S.APPROVED: frozenset({S.APPLYING, S.SUBMITTED, S.REJECTED, S.CANCELLED, S.EXPIRED}),
    S.APPLYING: frozenset({S.APPLIED, S.HALTED, S.FAILED, S.PARTIALLY_APPLIED, S.ROLLED_BACK}),
    S.APPLIED: frozenset({S.ROLLING_BACK}),
    S.HALTED: frozenset({S.ROLLING_BACK, S.APPLIED, S.PARTIALLY_APPLIED, S.ROLLED_BACK, S.FAILED}),
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


def derive(
    status: PlanStatus,
    states: Collection[StepState] = (),
    *,
    is_under_way: bool = False,
    is_overdue: bool = False,
    is_unwell: bool = False,
) -> PlanStatus:
    """What a plan is: from the status it was last given, the states of its devices, and what else is known.

    `is_under_way`: its job has not ended; `is_overdue`: its time to be carried out is over; `is_unwell`: a
    device that it changed failed its health gate and stayed changed. Without states the devices are left out
    of it. Ended plans stay what they are, and so do those with all or a part in place until they are rolled
    back; a halted one is judged anew, since a person may have settled what halted it.
    """
    match status:
        case S.DRAFT | S.SUBMITTED | S.APPROVED:
            return S.EXPIRED if is_overdue else status
        case S.APPLYING | S.HALTED if states and not is_under_way:
            return _after_apply(states, is_unwell=is_unwell)
        case S.ROLLING_BACK if states and not is_under_way:
            return _after_rollback(states)
        case _:
            return status


def _after_apply(states: Collection[StepState], *, is_unwell: bool) -> PlanStatus:
    """Open ends (an unknown outcome, a failed roll back, a device left in the middle) halt the plan.

    So does a device that is worse off. A mix of done and untouched is halted while devices were left out,
    else partially applied. Nothing done means failed, or rolled back where it was.
    """
    if any(state in _OPEN for state in states) or is_unwell:
        return S.HALTED
    done = any(state in _DONE for state in states)
    if done and all(state in _DONE for state in states):
        return S.APPLIED
    if done or StepState.ABANDONED in states:
        return S.HALTED if StepState.PLANNED in states else S.PARTIALLY_APPLIED
    return S.ROLLED_BACK if StepState.ROLLED_BACK in states else S.FAILED


def _after_rollback(states: Collection[StepState]) -> PlanStatus:
    if any(state in _OPEN for state in states):
        return S.HALTED
    if any(state in _DONE or state is StepState.ABANDONED for state in states):
        return S.PARTIALLY_APPLIED
    return S.ROLLED_BACK


def is_open(state: StepState) -> bool:
    """Whether nobody can say yet what the device's rows are: it is locked until then."""
    return state in _OPEN


def is_in_flight(state: StepState) -> bool:
    """Whether a step may have been sent and nobody has said what became of it."""
    return state in {StepState.INTENT, StepState.SENT, StepState.UNKNOWN}


def is_untouched(state: StepState) -> bool:
    return state in _UNTOUCHED


def is_done(state: StepState) -> bool:
    return state in _DONE


_ADVICE: Mapping[PlanStatus, str] = {
    S.SUBMITTED: "A second person approves it in a terminal: routeros-mcp plan approve PLAN.",
    S.APPLYING: "Follow its job with job_get; plan_apply with resume=true goes on with a paused one.",
    S.ROLLING_BACK: "Follow its job with job_get; plan_rollback with resume=true goes on with a paused one.",
    S.EXPIRED: "Make a new plan.",
    S.FAILED: "Nothing was changed; make a new plan.",
    S.ROLLED_BACK: "Make a new plan.",
    S.CANCELLED: "Make a new plan.",
    S.REJECTED: "Make a new plan.",
}
