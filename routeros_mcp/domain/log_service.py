"""Searches the logs of many routers as one, newest line first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.device_fanout import Bounds, DeviceFailure, ask_each
from routeros_mcp.domain.errors import BadAnswer, InvalidParams
from routeros_mcp.domain.log_lines import LogFilter, LogLine, RouterNow, log_lines
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.pagination import decode_cursor, encode_cursor
from routeros_mcp.domain.ports import Query, ReportProgress, RouterReader, Target

_CLOCK = Query(path="/system/clock")
_LINES = Query(path="/log", fields=("time", "topics", "message"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines newest first, how many more fit, and who gave no answer."""

    lines: tuple[LogLine, ...]
    left_out: int
    failures: tuple[DeviceFailure, ...]
    next_cursor: str | None = None


class LogService:
    def __init__(self, router: RouterReader, connections: Connections, bounds: Bounds) -> None:
        self._router = router
        self._connections = connections
        self._bounds = bounds

    async def search(
        self,
        devices: Sequence[DeviceDomain],
        wanted: LogFilter,
        *,
        limit: int,
        cursor: str | None,
        progress: ReportProgress,
    ) -> LogPage:
        """A page stays where it is while new lines arrive: the cursor names the last line of the one before.

        Raises:
            the routers' common error, when none of them answered.
        """
        after = _position(cursor)

        async def one(device: DeviceDomain, target: Target) -> list[LogLine]:
            return [line for line in await self._lines(device, target) if wanted.takes(line)]

        answers, failures = await ask_each(devices, self._connections, one, self._bounds, progress)
        fitting = [line for lines in answers for line in lines if after is None or line.age > after]
        page = nsmallest(limit, fitting, key=lambda line: line.age)
        left_out = len(fitting) - len(page)
        return LogPage(
            lines=tuple(page),
            left_out=left_out,
            failures=failures,
            next_cursor=encode_cursor(page[-1].age) if left_out else None,
        )

    async def _lines(self, device: DeviceDomain, target: Target) -> list[LogLine]:
        """The log first: what it holds then is not ahead of the clock."""
        rows = await self._router.read(target, _LINES)
        clock = await self._router.read(target, _CLOCK)
        if not clock:
            raise BadAnswer(f"{device.name} gave an empty /system/clock.", fix="Ask again in a minute.")
        return log_lines(device.name, rows, RouterNow.of(clock[0]))


def _position(cursor: str | None) -> tuple[float, str, int] | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [float() | int() as age, str() as device, int() as number]:
            return (float(age), device, number)
        case _:
            raise InvalidParams("The cursor is not one of ours.", fix="Pass next_cursor back unchanged.")
