"""Runs one call of a client through the pipeline, with its progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import Principal
from routeros_mcp.domain.ports import ReportProgress
from routeros_mcp.mcp.backend import Backend
from routeros_mcp.mcp.outcomes import Refusal

if TYPE_CHECKING:
    from routeros_mcp.toolkit.pipeline import Success


class Reports(Protocol):
    """The part of the SDK's request context that we use."""

    async def report_progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None: ...


class Progress:
    """Passes progress on; the protocol wants each value to be larger than the one before."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._last = -1

    async def __call__(self, done: int, total: int, message: str) -> None:
        if done <= self._last:
            return
        self._last = done
        await self._reports.report_progress(done, total, message)


async def nobody(done: int, total: int, message: str) -> None:
    """Progress that nobody asked for."""


class Caller:
    """The pipeline, opened at first use; what keeps it from opening is an answer like any other."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def call(
        self, principal: Principal, name: str, arguments: Mapping[str, Any], progress: ReportProgress = nobody
    ) -> Success | Refusal:
        # The request's own task runs the call: when the client cancels or leaves, the SDK cancels us with it.
        try:
            pipeline = await self._backend.pipeline()
        except RouterosMcpError as error:
            return Refusal.of(error)
        outcome = await pipeline.call(principal, name, arguments, progress=progress)
        from routeros_mcp.toolkit.pipeline import Failure

        return Refusal.of(outcome, request_id=outcome.request_id) if isinstance(outcome, Failure) else outcome
