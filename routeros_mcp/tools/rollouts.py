"""How a plan is carried over its devices, as callers say it and as it is shown to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from routeros_mcp.domain.models import JobStatus, JobType
from routeros_mcp.domain.planning.rollout import OnFailure, RolloutWish
from routeros_mcp.domain.plans.making import PlanView
from routeros_mcp.domain.plans.running import Part
from routeros_mcp.toolkit.spec import Params
from routeros_mcp.tools.jobs import job_waves


class RolloutParams(Params):
    """How the plan reaches its devices; what is left out is as the settings say."""

    waves: list[str] | None = Field(default=None, min_length=1, max_length=20)
    """Such as ["1", "10%", "100%"]: numbers or shares of those left."""
    parallel: int | None = Field(default=None, ge=1, le=100)
    """Devices of a wave at the same time."""
    on_failure: Literal["halt", "roll_back_device", "roll_back_wave", "roll_back_all"] | None = None
    """What a failed wave takes back."""
    gates: bool | None = None
    """Compare health before and after."""
    soak_s: float | None = Field(default=None, ge=0, le=86_400)
    """Seconds between two waves."""

    def wish(self) -> RolloutWish:
        return RolloutWish(
            waves=None if self.waves is None else tuple(self.waves),
            parallel=self.parallel,
            on_failure=None if self.on_failure is None else OnFailure(self.on_failure),
            gates=self.gates,
            soak_s=self.soak_s,
        )


class PlanApplyParams(Params):
    plan_id: str = Field(min_length=1, max_length=64)
    resume: bool = False
    """Go on with its paused job, accepting why it paused."""
    wait_s: float = Field(default=0.0, ge=0.0, le=55.0)
    """Wait so long for the job to end or pause."""


class PlanRollbackParams(PlanApplyParams):
    devices: list[str] = Field(default_factory=list, max_length=500)
    """Only these of the plan's devices, by name or id."""
    wave: int | None = Field(default=None, ge=1, le=10_000)
    """Only the devices of this wave."""

    def part(self) -> Part:
        return Part(devices=tuple(self.devices), wave=self.wave)


def newest_job(view: PlanView) -> dict[str, Any] | None:
    """The newest job of a plan in short; None while it has none."""
    job = view.job
    if job is None:
        return None
    stopped = job.report.get("stopped")
    facts = {
        "job_id": job.id,
        "job_type": str(job.job_type),
        "status": str(job.status),
        "result": job.result_summary,
        "waves": job_waves(job, view.devices),
        "order": job.report.get("order"),
        "stopped": stopped["reason"] if isinstance(stopped, Mapping) else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def how_to_resume(view: PlanView) -> str:
    """What to do about a plan whose newest job is paused; empty where it is not."""
    job = view.job
    if job is None or job.status is not JobStatus.PAUSED:
        return ""
    tool = "plan_apply" if job.job_type is JobType.APPLY_PLAN else "plan_rollback"
    words = f"{tool} with resume=true goes on, job_cancel stops it."
    return f"Its job {job.id} is paused: {job.result_summary}. {words}"
