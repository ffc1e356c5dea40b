"""Runs one call of a client through the pipeline, with its progress."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import Principal
from routeros_mcp.domain.ports import ReportProgress
from routeros_mcp.mcp.backend import Backend
from routeros_mcp.mcp.outcomes import Answer, Refusal

if TYPE_CHECKING:
    from routeros_mcp.toolkit.pipeline import Failure, Success


log = logging.getLogger(__name__)


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
    ) -> Answer | Refusal:
        """Call one tool; never raises but for cancellation.

        The request's own task runs the call: when the client cancels or leaves, the SDK cancels us with it.
        """
        try:
            pipeline = await self._backend.pipeline()
            return _shown(await pipeline.call(principal, name, arguments, progress=progress))
        except RouterosMcpError as error:
            return Refusal.of(error)
        except Exception:
            # The SDK would show the exception's text to the client, and a driver's may hold a password.
            log.exception("call_failed", extra={"tool": name})
            return Refusal.of(RouterosMcpError("The server hit a bug; it was logged."))

    async def next_mark(self, principal: Principal, kind: str, key: str, known: str | None) -> str | None:
        """As the backend's; what fails cannot be watched, and that is all."""
        try:
            return await self._backend.next_mark(principal, kind, key, known)
        except RouterosMcpError:
            return None
        except Exception:
            log.exception("watch_failed", extra={"kind": kind, "key": key})
            return None


def _shown(outcome: Success | Failure) -> Answer | Refusal:
    from routeros_mcp.toolkit.pipeline import Failure

    if isinstance(outcome, Failure):
        return Refusal.of(outcome, request_id=outcome.request_id)
    return Answer(payload=outcome.result.payload(), request_id=outcome.request_id)
