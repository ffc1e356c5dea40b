"""Scripts as they run on a router: their pauses pass on its clock, and a reboot ends them."""

from collections.abc import Callable

from routeros_mcp.emulator.agenda import Event
from routeros_mcp.emulator.machine import Login, Start
from routeros_mcp.emulator.program import Program, Ran
from routeros_mcp.emulator.store import Row, Store

_JOBS = "/system/script/job"
_LONGEST_S = 1e9

Done = Callable[[Ran], None]


class Running:
    """One script under way and its row among the jobs."""

    __slots__ = ("done", "job", "login", "program", "wait")

    def __init__(self, program: Program, login: Login, job: Row, done: Done) -> None:
        self.program = program
        self.login = login
        self.job = job
        self.done = done
        self.wait: Event | None = None


class Runner:
    """All scripts that run in the background of one router."""

    __slots__ = ("_running", "_start", "_store")

    def __init__(self, store: Store, start: Start) -> None:
        self._store = store
        self._start = start
        self._running: list[Running] = []

    def begin(self, login: Login, text: str, done: Done, name: str = "") -> str:
        """Run a script up to its first pause and return the id of its job.

        `done` hears of its end, unless a reboot comes first.
        """
        jobs = self._store.table(_JOBS)
        values = {"owner": login.user, "script": name, "started": self._store.stamp(), "type": "command"}
        job = Row(self._store.next_number(_JOBS), values)
        jobs.rows.append(job)
        running = Running(self._start(login, text), login, job, done)
        self._running.append(running)
        self._step(running)
        return job.id

    def stop(self) -> None:
        """End all scripts where they are."""
        running, self._running = self._running, []
        for one in running:
            self._forget(one)
            one.program.close()

    def _step(self, running: Running) -> None:
        try:
            pause_s = next(running.program)
        except StopIteration as end:
            self._finish(running, end.value)
            return
        if running in self._running and pause_s < _LONGEST_S:
            due = self._store.clock.steady() + pause_s
            running.wait = self._store.agenda.at(due, lambda: self._step(running))

    def _finish(self, running: Running, ran: Ran) -> None:
        if running in self._running:
            self._running.remove(running)
            self._forget(running)
            running.done(ran)

    def _forget(self, running: Running) -> None:
        if running.wait is not None:
            running.wait.cancel()
        jobs = self._store.table(_JOBS)
        if running.job in jobs.rows:
            jobs.rows.remove(running.job)
