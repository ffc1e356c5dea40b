"""The scheduler: when each entry runs next, and what running it does."""

from routeros_mcp.emulator import device_mode, policies
from routeros_mcp.emulator.access import log
from routeros_mcp.emulator.agenda import Event
from routeros_mcp.emulator.clock import moment
from routeros_mcp.emulator.expiry import seconds
from routeros_mcp.emulator.machine import Login
from routeros_mcp.emulator.passing.runner import Runner
from routeros_mcp.emulator.program import Ran
from routeros_mcp.emulator.store import Row, Store

MENU = "/system/scheduler"
_SCRIPTS = "/system/script"
_STARTUP = "startup"
_TICK_S = 0.001
_NO_PERMISSION = "not enough permissions (9)"

Entry = tuple[str, str, str, str]


class Scheduler:
    """Entries by row number with the moment of their next run, in local epoch seconds."""

    __slots__ = ("_event", "_known", "_runner", "_store")

    def __init__(self, store: Store, runner: Runner) -> None:
        self._store = store
        self._runner = runner
        self._known: dict[int, Entry] = {}
        self._event: Event | None = None

    def boot(self) -> None:
        """Begin anew at the start of the console: counts are none, runs fall on start + n times interval."""
        for row in self._rows():
            row.values.pop("run-count", None)
        self._known.clear()
        self.reconsider()

    def reconsider(self) -> None:
        """Look at the entries again after one of them changed."""
        present = {row.number: _entry(row) for row in self._rows()}
        for number in [n for n in self._known if n not in present]:
            del self._known[number]
            self._store.next_runs.pop(number, None)
        for number, entry in present.items():
            if self._known.get(number) != entry:
                self._known[number] = entry
                self._plan(number, entry, self._store.local())
        self._arm()

    def clock_jumped(self, by_s: float) -> None:
        """Keep to the wall clock: a jump back plans anew, a jump ahead makes what it passed fall due.

        Source: vendor manual, scheduler; that what was passed runs once, at once, is assumed.
        """
        if by_s < 0:
            for number, entry in self._known.items():
                self._plan(number, entry, self._store.local())
        self._arm()

    def startup(self) -> None:
        """Run the entries of the start; one with an interval never runs then. Source: vendor manual."""
        for row in self._rows():
            _, start_time, interval, disabled = _entry(row)
            if start_time == _STARTUP and not seconds(interval) and disabled != "true":
                self._run(row)

    def _rows(self) -> list[Row]:
        return self._store.table(MENU).rows if self._store.is_touched(MENU) else []

    def _plan(self, number: int, entry: Entry, now: float) -> None:
        due = first_after(entry, now)
        if due is None:
            self._store.next_runs.pop(number, None)
        else:
            self._store.next_runs[number] = due

    def _arm(self) -> None:
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if self._store.next_runs:
            clock = self._store.clock
            wait_s = max(0.0, min(self._store.next_runs.values()) - self._store.local())
            self._event = self._store.agenda.at(clock.steady() + wait_s, self._fire)

    def _fire(self) -> None:
        now = self._store.local() + _TICK_S
        due = {number for number, when in self._store.next_runs.items() if when <= now}
        for row in [row for row in self._rows() if row.number in due]:
            if row.number in self._store.next_runs:
                self._plan(row.number, _entry(row), max(now, self._store.next_runs[row.number]))
                self._run(row)
        self._arm()

    def _run(self, row: Row) -> None:
        """Run one entry, its own text or the script it names. Source: vendor manual; public log lines."""
        if not device_mode.allows(self._store, "scheduler"):
            return
        row.values["run-count"] = str(int(row.values.get("run-count", "0")) + 1)
        table = self._store.table(MENU)
        granted = policies.granted(table.effective(row)["policy"])
        text = row.values.get("on-event", "")
        script = self._store.table(_SCRIPTS).find(text) if text and not text.startswith("*") else None
        if script is not None:
            wanted = policies.granted(self._store.table(_SCRIPTS).effective(script)["policy"])
            if not wanted <= granted and script.values.get("dont-require-permissions") != "true":
                self._complain(row.values["name"], _NO_PERMISSION)
                return
            script.values["run-count"] = str(int(script.values.get("run-count", "0")) + 1)
            script.values["last-started"] = self._store.stamp()
            text, granted = script.values.get("source", ""), wanted
        name = row.values["name"]
        login = Login(row.values.get("owner", "admin"), granted)
        self._runner.begin(login, text, lambda ran: self._ended(name, ran), name)

    def _ended(self, name: str, ran: Ran) -> None:
        if ran.has_failed:
            self._complain(name, ran.output.strip().rpartition("\n")[2].strip())

    def _complain(self, name: str, error: str) -> None:
        log(self._store, "script,error", error)
        log(
            self._store,
            "script,error",
            f"executing script {name} from scheduler failed, please check it manually",
        )


def _entry(row: Row) -> Entry:
    held = row.values
    return (
        held.get("start-date", ""),
        held.get("start-time", _STARTUP),
        held.get("interval", "0s"),
        held.get("disabled", "false"),
    )


def first_after(entry: Entry, now: float) -> float | None:
    """Return when an entry runs first after a moment: at its start, then at start + n times interval."""
    date, time_of_day, interval, disabled = entry
    if disabled == "true" or not date or time_of_day == _STARTUP:
        return None
    start, step = moment(date, time_of_day), seconds(interval)
    if start > now:
        return start
    return start + (int((now - start) // step) + 1) * step if step else None
