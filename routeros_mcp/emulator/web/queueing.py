"""One user's requests run one after another, and none longer than the cap."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from routeros_mcp.emulator.errors import session_closed
from routeros_mcp.emulator.web.message import Reply, refusal_reply
from routeros_mcp.emulator.web.rest import Result


@dataclass(slots=True, eq=False)
class Job:
    """A request to run: `run` executes it, `deliver` is called exactly once with the reply."""

    run: Callable[[], Result]
    deliver: Callable[[Reply], None]
    wait_s: float = 0.0
    expiry: asyncio.TimerHandle | None = None


class UserQueue:
    """The serial queue of one user from one address.

    A job that hits the cap answers "Session closed", and so does all that waits behind it; a client that
    goes away changes nothing. Source: vendor manual, REST API; live 7.21.4, 7.23.2.
    """

    def __init__(self, cap_s: float, pace: float = 1.0) -> None:
        self._cap_s = cap_s
        self._pace = pace
        self._waiting: deque[Job] = deque()
        self._timers: set[asyncio.TimerHandle] = set()
        self._is_busy = False

    def submit(self, job: Job) -> None:
        if self._is_busy:
            job.expiry = asyncio.get_running_loop().call_later(self._cap_s, self._expire, job)
            self._waiting.append(job)
        else:
            self._start(job)

    def stop(self) -> None:
        for timer in (*self._timers, *(job.expiry for job in self._waiting if job.expiry)):
            timer.cancel()
        self._waiting.clear()

    def _start(self, job: Job) -> None:
        self._is_busy = True
        if job.expiry is not None:
            job.expiry.cancel()
        if job.wait_s >= self._cap_s:
            self._later(self._cap_s, lambda: self._cut(job))
        elif job.wait_s:
            self._later(job.wait_s, lambda: self._execute(job))
        else:
            self._execute(job)

    def _execute(self, job: Job) -> None:
        result = job.run()
        if result.takes_s >= self._cap_s:
            self._later(self._cap_s * self._pace, lambda: self._cut(job))
        elif result.takes_s * self._pace:
            self._later(result.takes_s * self._pace, lambda: self._finish(job, result))
        else:
            self._finish(job, result)

    def _finish(self, job: Job, result: Result) -> None:
        job.deliver(result.reply if result.at_end is None else result.at_end(result.reply))
        self._next()

    def _cut(self, job: Job) -> None:
        waiting, self._waiting = self._waiting, deque()
        for held in (job, *waiting):
            if held.expiry is not None:
                held.expiry.cancel()
            held.deliver(refusal_reply(session_closed()))
        self._next()

    def _expire(self, job: Job) -> None:
        self._waiting.remove(job)
        job.deliver(refusal_reply(session_closed()))

    def _next(self) -> None:
        self._is_busy = False
        if self._waiting:
            self._start(self._waiting.popleft())

    def _later(self, delay_s: float, then: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            then()

        timer = asyncio.get_running_loop().call_later(delay_s, fire)
        self._timers.add(timer)
