"""Runs one action on many items: N workers over an iterator, a deadline each, an outcome each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from routeros_mcp.domain.errors import DeadlineExceeded, RouterosMcpError

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Value]):
    """What became of one item: a value, or the expected failure that stays with it."""

    item: Item
    value: Value | None = None
    error: RouterosMcpError | None = None


async def fan_out(
    items: Iterable[Item],
    action: Callable[[Item], Awaitable[Value]],
    *,
    workers: int,
    timeout_s: float,
    done: Callable[[Outcome[Item, Value]], Awaitable[None]] | None = None,
) -> list[Outcome[Item, Value]]:
    """Run the action on every item; outcomes keep the order of the items.

    An expected failure stays with its item; a bug cancels the rest and surfaces. `done` is awaited after each
    item, for progress and for batching.
    """
    outcomes: dict[int, Outcome[Item, Value]] = {}
    numbered = iter(enumerate(items))

    async def worker() -> None:
        for index, item in numbered:
            outcomes[index] = await _attempt(item, action, timeout_s)
            if done is not None:
                await done(outcomes[index])

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, workers)):
            group.create_task(worker())
    return [outcomes[index] for index in sorted(outcomes)]


async def _attempt(
    item: Item, action: Callable[[Item], Awaitable[Value]], timeout_s: float
) -> Outcome[Item, Value]:
    try:
        async with asyncio.timeout(timeout_s):
            return Outcome(item, value=await action(item))
    except TimeoutError:
        late = DeadlineExceeded(
            f"No answer within {timeout_s:g} s.", fix="Try again, or ask this device alone."
        )
        return Outcome(item, error=late)
    except RouterosMcpError as error:
        return Outcome(item, error=error)
