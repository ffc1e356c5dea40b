"""Work that outlives its caller: a router request that has begun is finished even if nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Generic, TypeVar

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.infra.tasks import lasting_group

T = TypeVar("T")


class Runner:
    """Owns the tasks of requests in flight. Leaving `running` waits for them; cancelling it cuts them off."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with lasting_group() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = None

    @property
    def is_running(self) -> bool:
        return self._group is not None

    def check(self) -> asyncio.TaskGroup:
        """The group that owns new tasks.

        Raises:
            RuntimeError: outside `running`.
        """
        if self._group is None:
            raise RuntimeError("the router client is used outside `async with client.running()`")
        return self._group

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work in a task of its own; cancelling the caller leaves it running."""
        if not self.is_running:
            work.close()
        group = self.check()
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        group.create_task(_deliver(work, outcome))
        return await outcome


async def _deliver(work: Coroutine[Any, Any, T], outcome: asyncio.Future[T]) -> None:
    with _HandOver(outcome):
        result = await work
        if not outcome.done():
            outcome.set_result(result)


class _HandOver(Generic[T]):
    """Hands an exception to whoever waits, as a task of their own would; a task group must not see it."""

    def __init__(self, outcome: asyncio.Future[T]) -> None:
        self._outcome = outcome

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            return False
        if not isinstance(error, Exception):
            self._outcome.cancel()
            return False
        if not self._outcome.done():
            self._outcome.set_exception(error)
        elif not isinstance(error, RouterosMcpError):
            context = {"message": "a router request that nobody waited for failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
        return True
