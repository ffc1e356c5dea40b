"""Jobs: work that outlives the call that started it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from routeros_mcp.domain.models import Effect, JobDomain, JobStatus, Scope
from routeros_mcp.toolkit.spec import READS, Call, Params, Result, Toolset, Traits
from routeros_mcp.tools.shapes import counted

JOBS = Toolset(name="jobs", description="Follow jobs.")
_STOPS = Traits(scope=Scope.WRITE, effect=Effect.RECORD)


class JobGetParams(Params):
    job_id: str = Field(min_length=1, max_length=64)
    wait_s: float = Field(default=0.0, ge=0.0, le=55.0)
    """Wait up to this long for the job to end."""


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
    devices: list[dict[str, Any]] = []
    """How far each device has got: device, state, code, message."""
    started_at: str | None = None
    finished_at: str | None = None

    def headline(self) -> str:
        text = f"Job {self.job_id} ({self.job_type}) is {self.status}, {self.done} of {self.total} devices"
        return f"{text}: {self.result}." if self.result and self.finished_at else f"{text}."


@JOBS.tool("Get a job", READS, timeout_s=90)
async def job_get(call: Call, params: JobGetParams) -> JobView:
    """Show how far a job has got, device by device; waits for its end if asked."""
    return await job_view(call, await call.services.jobs.wait(call.principal, params.job_id, params.wait_s))


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


@JOBS.tool("Cancel a job", _STOPS)
async def job_cancel(call: Call, params: JobCancelParams) -> JobView:
    """Ask a job to stop before its next devices; a device under way is always finished."""
    return await job_view(call, await call.services.jobs.cancel(call.principal, params.job_id))


async def job_view(call: Call, job: JobDomain) -> JobView:
    """A job with its plan's devices as they stand."""
    devices: list[dict[str, Any]] = []
    if job.plan_id:
        view = await call.services.plans.get(call.principal, job.plan_id)
        devices = [
            {
                "device": view.names.get(row.device_id, row.device_id),
                "state": str(row.state),
                **({"code": row.error_code, "message": row.error_message} if row.error_message else {}),
            }
            for row in view.devices
        ]
    return JobView(**_brief(job), devices=devices)


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
