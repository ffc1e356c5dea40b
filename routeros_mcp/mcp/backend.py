"""What the MCP front end needs from whoever starts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from routeros_mcp.domain.models import Principal
from routeros_mcp.domain.ports import ReportProgress

if TYPE_CHECKING:
    # Imported for type checkers only: the pipeline brings pydantic models and services, the start does not.
    from routeros_mcp.toolkit.pipeline import Failure, Success


class Calls(Protocol):
    """The pipeline, as seen from here."""

    async def call(
        self, principal: Principal, name: str, arguments: Mapping[str, Any], *, progress: ReportProgress
    ) -> Success | Failure: ...


class Backend(Protocol):
    """Opens what is slow to open as late as possible."""

    async def pipeline(self) -> Calls:
        """The pipeline; opens the database and the rest at the first call.

        Raises:
            RouterosMcpError: it cannot be opened; every call is answered with that.
        """
        ...

    def warm(self) -> None:
        """Begin to open in the background; called once, after the first list of tools went out."""
        ...

    async def next_mark(self, principal: Principal, kind: str, key: str, known: str | None) -> str | None:
        """As `WatchService.next_mark`: waits until the `job` or `plan` is another than the known one."""
        ...

    def principal(self, claims: Mapping[str, Any] | None) -> Principal:
        """Who calls; `claims` are those of a verified token, None where the transport has none."""
        ...
