"""Jobs: work that outlives the call that started it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from routeros_mcp.domain.job_service import StopMode
from routeros_mcp.domain.models import Effect, JobDomain, JobStatus, PlanDeviceDomain, Scope, StepState
from routeros_mcp.domain.planning.progress import gates_of, waves_of
from routeros_mcp.domain.planning.render import visible
from routeros_mcp.toolkit.spec import READS, Call, Params, Result, Toolset, Traits
from routeros_mcp.tools.shapes import counted

JOBS = Toolset(name="jobs", description="Follow jobs.")
_STOPS = Traits(scope=Scope.WRITE, effect=Effect.RECORD)
_MOST_DEVICES = 200
_MOST_REASONS = 20


class JobGetParams(Params):
    job_id: str = Field(min_length=1, max_length=64)
    wait_s: float = Field(default=0.0, ge=0.0, le=55.0)
    """Wait so long for the job to end or pause."""


class JobView(Result):
    job_id: str
    job_type: str
    status: str
    plan_id: str | None = None
    done: int
    total: int
    requested_by: str
    result: str | None = None
    error: str | None = None
    waves: list[dict[str, Any]] = []
    """In their order: wave, done, total, and once measured the health gate's verdict with its reasons."""
    devices: list[dict[str, Any]] = []
    """How far each has got: device, wave, state; afterwards also writes accepted and reverted, and gate."""
    devices_total: int | None = None
    """Of how many devices `devices` lists those that went worst, where not all of them."""
    order: str | None = None
    stopped: str | None = None
    """Why it did not go on to the end."""
    started_at: str | None = None
    finished_at: str | None = None

    def headline(self) -> str:
        text = f"Job {self.job_id} ({self.job_type}) is {self.status}, {self.done} of {self.total} devices"
        is_told = self.result and (self.finished_at or self.status == JobStatus.PAUSED)
        return f"{text}: {self.result}." if is_told else f"{text}."


@JOBS.tool("Get a job", READS, timeout_s=90)
async def job_get(call: Call, params: JobGetParams) -> JobView:
    """Show how far a job has got, device by device; waits for its end if asked."""
    job = await call.services.jobs.wait(call.principal, params.job_id, params.wait_s, call.progress)
    return await job_view(call, job)


class JobListParams(Params):
    status: JobStatus | None = None
    plan_id: str | None = Field(default=None, max_length=64)
    limit: int = Field(default=20, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=500)


class JobList(Result):
    jobs: list[dict[str, Any]]
    next_cursor: str | None = None

    def headline(self) -> str:
        more = "; more with next_cursor" if self.next_cursor else ""
        return f"{counted(len(self.jobs), 'job')}, newest first{more}."


@JOBS.tool("List jobs", READS)
async def job_list(call: Call, params: JobListParams) -> JobList:
    """List jobs, newest first; narrow by plan or status."""
    page = await call.services.jobs.page(
        call.principal, status=params.status, plan_id=params.plan_id, limit=params.limit, cursor=params.cursor
    )
    return JobList(jobs=[_brief(job) for job in page.items], next_cursor=page.next_cursor)


class JobCancelParams(Params):
    job_id: str = Field(min_length=1, max_length=64)
    mode: Literal["leave", "roll_back", "pause"] = "leave"
    """leave: what was changed stays. roll_back: undo it. pause: until plan_apply or plan_rollback resumes."""


@JOBS.tool("Stop or pause a job", _STOPS)
async def job_cancel(call: Call, params: JobCancelParams) -> JobView:
    """Ask a job to stop, for good or for now, before its next device; one under way is always finished."""
    mode = StopMode(params.mode)
    return await job_view(call, await call.services.rollouts.stop(call.principal, params.job_id, mode))


async def job_view(call: Call, job: JobDomain) -> JobView:
    """A job with its plan's devices as they stand."""
    view = await call.services.plans.get(call.principal, job.plan_id) if job.plan_id else None
    rows = [row for row in view.devices if row.device_id in set(job.device_ids)] if view else []
    told = job_devices(job, rows, view.names if view else {})
    listed = sorted(told, key=_badness)[:_MOST_DEVICES] if len(told) > _MOST_DEVICES else told
    stopped = job.report.get("stopped")
    return JobView(
        **_brief(job),
        waves=job_waves(job, rows),
        devices=listed,
        devices_total=len(told) if len(told) > _MOST_DEVICES else None,
        order=_text(job.report.get("order")),
        stopped=_text(stopped["reason"]) if isinstance(stopped, Mapping) else None,
    )


def job_waves(job: JobDomain, rows: Sequence[PlanDeviceDomain]) -> list[dict[str, Any]]:
    """The waves of a job with their gates."""
    gates = gates_of(job)
    return [
        {
            "wave": each.wave,
            "done": each.done,
            "total": each.total,
            **({"gate": each.gate} if each.gate else {}),
            **_gate_details(gates.get(str(each.wave), {})),
        }
        for each in waves_of(job, rows)
    ]


def job_devices(
    job: JobDomain, rows: Sequence[PlanDeviceDomain], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The devices of a job: as its report tells them once there is one, else as they stand."""
    reported = job.report.get("devices")
    if isinstance(reported, list) and job.status.is_final:
        return [dict(each) for each in reported]
    held = [
        {
            "device": names.get(row.device_id, row.device_id),
            "wave": row.wave,
            "state": str(row.state),
            "code": row.error_code,
            "message": row.error_message,
        }
        for row in rows
    ]
    return [{name: value for name, value in each.items() if value is not None} for each in held]


def _gate_details(gate: Mapping[str, object]) -> dict[str, Any]:
    """Why a gate did not simply pass, and who went on in spite of it."""
    reasons = gate.get("reasons")
    told: dict[str, Any] = {}
    if isinstance(reasons, list) and reasons:
        told["reasons"] = [_text(reason) for reason in reasons[:_MOST_REASONS]]
    if "accepted_by" in gate:
        told["accepted_by"] = gate["accepted_by"]
    return told


def _badness(device: Mapping[str, object]) -> int:
    """Smaller is worse: lists that are cut keep what a person has to look at."""
    return 1 if device["state"] in {StepState.CONFIRMED, StepState.PLANNED, StepState.ROLLED_BACK} else 0


def _text(value: object) -> str | None:
    return None if value is None else visible(str(value))


def _brief(job: JobDomain) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "job_type": str(job.job_type),
        "status": str(job.status),
        "plan_id": job.plan_id,
        "done": job.progress_done,
        "total": job.progress_total,
        "requested_by": job.requested_by,
        "result": job.result_summary,
        "error": job.error_message,
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }
