"""Asks many routers the same: each has its own deadline, and one that fails does not hide the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import NoCredential, RouterosMcpError
from routeros_mcp.domain.fanout import Outcome, fan_out
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.ports import ReportProgress, Target

T = TypeVar("T")
_Item = tuple[DeviceDomain, Target | NoCredential]


class Bounds(Protocol):
    """How many routers at once, and how long one may take."""

    @property
    def workers(self) -> int: ...
    @property
    def timeout_s(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFailure:
    """A router that gave no answer."""

    device: str
    error: RouterosMcpError


async def ask_each(
    devices: Sequence[DeviceDomain],
    connections: Connections,
    ask: Callable[[DeviceDomain, Target], Awaitable[T]],
    bounds: Bounds,
    progress: ReportProgress | None = None,
) -> tuple[list[T], tuple[DeviceFailure, ...]]:
    """The answers in the order of the devices, and the failures beside them.

    Raises:
        the routers' common error, when none of them answered.
    """
    done = 0

    async def one(item: _Item) -> T:
        device, target = item
        if isinstance(target, NoCredential):
            raise target
        return await ask(device, target)

    async def report(outcome: Outcome[_Item, T]) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            await progress(done, len(devices), outcome.item[0].name)

    items = list(zip(devices, await connections.targets(devices), strict=True))
    outcomes = await fan_out(items, one, workers=bounds.workers, timeout_s=bounds.timeout_s, done=report)
    answers = [outcome.value for outcome in outcomes if outcome.value is not None]
    failures = tuple(
        DeviceFailure(device=outcome.item[0].name, error=outcome.error)
        for outcome in outcomes
        if outcome.error is not None
    )
    if failures and not answers:
        raise failures[0].error
    return answers, failures
