"""How far a job has got, wave by wave, as its devices tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.models import JobDomain, PlanDeviceDomain, StepState

_UNDER_WAY = frozenset(
    {StepState.PLANNED, StepState.ARMED, StepState.INTENT, StepState.SENT, StepState.ACKED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveProgress:
    """One wave of a job; `gate` is the verdict on it, once there is one."""

    wave: int
    done: int
    total: int
    gate: str | None = None


def has_ended(row: PlanDeviceDomain, job: JobDomain) -> bool:
    """Whether the job is through with the device, for good or ill."""
    return row.job_id == job.id and row.state not in _UNDER_WAY


def is_pending(row: PlanDeviceDomain, job: JobDomain) -> bool:
    """Whether the job has the device before it, or has left it in the middle when its process died."""
    if row.state is StepState.PLANNED:
        return True
    return row.job_id == job.id and row.state in _UNDER_WAY | {StepState.UNKNOWN}


def waves_of(job: JobDomain, rows: Sequence[PlanDeviceDomain]) -> list[WaveProgress]:
    """The waves in their order, of the devices that the job is about; none until they are known."""
    concerned, waves = set(job.device_ids), dict[int, list[PlanDeviceDomain]]()
    for row in rows:
        if row.wave is not None and row.device_id in concerned:
            waves.setdefault(row.wave, []).append(row)
    gates = gates_of(job)
    return [
        WaveProgress(
            wave=number,
            done=sum(1 for row in members if has_ended(row, job)),
            total=len(members),
            gate=_word(gates.get(str(number)), "verdict"),
        )
        for number, members in sorted(waves.items())
    ]


def gates_of(job: JobDomain) -> Mapping[str, Mapping[str, object]]:
    """What the job's report holds of its gates, by the number of the wave in words."""
    held = job.report.get("gates")
    return held if isinstance(held, Mapping) else {}


def _word(held: Mapping[str, object] | None, name: str) -> str | None:
    return None if held is None else str(held[name])
