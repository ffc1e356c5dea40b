"""The jobs under way in this process: started, waited for, and cut off when the process ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.infra.jobs.execution import JobExecution
from routeros_mcp.infra.tasks import lasting_group

log = logging.getLogger(__name__)


class JobTasks:
    """Owns a task for each job. On the way out they get `drain_s` seconds to end.

    One that takes longer is cut off as a crash would: whoever takes it up reads its devices back.
    """

    def __init__(self, execution: JobExecution, drain_s: float) -> None:
        self._execution = execution
        self._drain_s = drain_s
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        cut: list[str] = []
        try:
            async with lasting_group() as group:
                self._group = group
                try:
                    yield
                finally:
                    self._group = None
                    await self._drain()
                    cut += [job_id for job_id, task in self._tasks.items() if task.cancel()]
        finally:
            for job_id in cut:
                log.warning("job_cut_off", extra={"job_id": job_id})
                with suppress(RouterosMcpError):
                    await self._execution.release(job_id)

    @property
    def is_open(self) -> bool:
        return self._group is not None

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._tasks

    def launch(self, job_id: str, work: Coroutine[None, None, None]) -> asyncio.Event:
        """Begin; the event tells the end.

        Raises:
            RuntimeError: the process is on its way out, or has not begun.
        """
        if self._group is None:
            work.close()
            raise RuntimeError("No job can be started: `running()` has not been entered, or is being left.")
        ended = self._ended[job_id] = asyncio.Event()
        task = self._tasks[job_id] = self._group.create_task(work)

        def over(ending: asyncio.Task[None]) -> None:
            # A job that paused may have been started again before its first task is over.
            if self._tasks.get(job_id) is ending:
                del self._ended[job_id], self._tasks[job_id]
            ended.set()

        task.add_done_callback(over)
        return ended

    async def wait(self, job_id: str, timeout_s: float) -> None:
        """Return when the job has ended here or the time is over; at once when it is not under way here."""
        ended = self._ended.get(job_id)
        if ended is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await ended.wait()

    async def _drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_s):
                for ended in list(self._ended.values()):
                    await ended.wait()
