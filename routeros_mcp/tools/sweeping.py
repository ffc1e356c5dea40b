"""What an admin at a terminal has removed from routers: leftovers of dead-man switches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from routeros_mcp.domain.errors import DeadlineExceeded
from routeros_mcp.domain.models import Effect, JobDomain, JobStatus, Scope
from routeros_mcp.domain.planning.orphans import Fate
from routeros_mcp.domain.plans.sweeping import UNREAD
from routeros_mcp.toolkit.spec import Call, DevicesParams, Result, Toolset, Traits
from routeros_mcp.tools.shapes import counted

SWEEPING = Toolset(name="sweeping", description="Tidy up after dead-man switches.", terminal_only=True)
_WAITS_S = 840.0
_SWEEPS = Traits(scope=Scope.ADMIN, effect=Effect.CHANGE)


class SweepParams(DevicesParams):
    dry_run: bool = False
    """Only report; remove nothing."""


class Sweep(Result):
    job_id: str | None = None
    """The job that did it; none of a dry run."""
    looked_at: int
    found: list[dict[str, Any]] = []
    """Entries and files of dead-man switches: device, path, name, fate, why."""
    unread: list[dict[str, str]] = []
    """Devices that could not be looked at, and why."""

    def headline(self) -> str:
        gone = sum(1 for find in self.found if find["fate"] == Fate.REMOVED)
        left = len(self.found) - gone
        return f"{counted(self.looked_at, 'device')} looked at: {gone} removed, {left} left as they are."


@SWEEPING.tool("Sweep devices", _SWEEPS, timeout_s=900)
async def device_sweep(call: Call, params: SweepParams) -> Sweep:
    """Look for what dead-man switches have left on routers; remove what belongs to ended plans of ours."""
    if params.dry_run:
        swept = await call.services.sweep.look(call.devices)
        return _sweep(len(call.devices), [line for each in swept for line in each.told()])
    queued = await call.services.sweeps.queue(call.principal.subject, call.devices)
    job = await call.services.jobs.wait(call.principal, queued.id, _WAITS_S, call.progress)
    return _sweep(job.progress_done, _lines(job), job_id=job.id)


def _lines(job: JobDomain) -> Sequence[dict[str, Any]]:
    lines = job.report.get("devices")
    if job.status is not JobStatus.SUCCESS or not isinstance(lines, list):
        raise DeadlineExceeded(
            f"The sweep is {job.status}: {job.error_message or 'it has not looked at every device yet'}.",
            fix=f"Follow it with `routeros-mcp job show {job.id}`.",
        )
    return lines


def _sweep(looked_at: int, lines: Sequence[dict[str, Any]], *, job_id: str | None = None) -> Sweep:
    unread = [line for line in lines if line["state"] == UNREAD]
    return Sweep(
        job_id=job_id,
        looked_at=looked_at - len(unread),
        found=[
            {
                "device": line["device"],
                "path": line["path"],
                "name": line["name"],
                "fate": line["state"],
                "why": line["message"].removeprefix(f"{line['name']}: "),
            }
            for line in lines
            if line["state"] != UNREAD
        ],
        unread=[{"device": line["device"], "why": line["message"]} for line in unread],
    )
