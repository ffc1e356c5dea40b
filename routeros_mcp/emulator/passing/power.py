"""The machine of one router: it boots in order, forgets what was in memory, loses what was not written."""

import math
from collections.abc import Mapping
from typing import Protocol

from routeros_mcp.emulator import hardware
from routeros_mcp.emulator.access import log
from routeros_mcp.emulator.agenda import Act
from routeros_mcp.emulator.clock import moment
from routeros_mcp.emulator.machine import Login, Start
from routeros_mcp.emulator.passing import backup, scheduler
from routeros_mcp.emulator.passing.button import Button
from routeros_mcp.emulator.passing.driver import Driver
from routeros_mcp.emulator.passing.netwatch import Netwatch
from routeros_mcp.emulator.passing.runner import Runner
from routeros_mcp.emulator.passing.safe_mode import SafeMode
from routeros_mcp.emulator.passing.scheduler import Scheduler
from routeros_mcp.emulator.program import Ran
from routeros_mcp.emulator.store import Row, Store

# After the console has started. Source: vendor manual, scheduler, for the first; the others are assumed.
_STARTUP_S = 3.0
_SERVICES_S = 5.0
_NTP_S = 10.0
_CLOCK = "/system/clock"
_IN_MEMORY = ("/ip/dns/cache", "/log", "/system/script/environment", "/user/active")
_LEASES = "/ip/dhcp-server/lease"
_REBOOTED = "router rebooted by {by}"
_CUT = "router was rebooted without proper shutdown, probably power outage"


class Sockets(Protocol):
    """The services of the machine, as the network sees them."""

    def off(self, *, is_clean: bool) -> None:
        """Stop listening, end every connection, drop every request."""

    def on(self) -> None:
        """Listen again."""

    def reconsider_soon(self) -> None:
        """Look again whether the services are where clients look for them."""

    def happened(self) -> None:
        """Hear that something ran by itself."""

    def freed(self) -> None:
        """Run the requests that were held back."""


class Power:
    """Everything that happens on one router by itself."""

    __slots__ = (
        *("_going", "_is_off", "_saved_wall", "_sockets", "_store", "button", "driver"),
        *("netwatch", "runner", "safe_mode", "scheduler"),
    )

    def __init__(self, store: Store, sockets: Sockets, start: Start) -> None:
        self._store = store
        self._sockets = sockets
        self._going = False
        self._is_off = False
        self._saved_wall = store.clock.wall()
        self.driver = Driver(store.agenda, store.clock, sockets.happened)
        self.runner = Runner(store, start)
        self.scheduler = Scheduler(store, self.runner)
        self.netwatch = Netwatch(store, self.runner)
        self.safe_mode = SafeMode(store)
        self.button = Button(store, sockets.freed)
        store.machine = self

    @property
    def is_serving(self) -> bool:
        """Whether the boot has come as far as the services."""
        return self._store.has_links

    def start(self) -> None:
        """Go on living on this event loop; a router just switched on here has been up for a while."""
        self.driver.start()
        self.scheduler.reconsider()
        self.netwatch.start()

    def stop(self) -> None:
        self.driver.stop()
        self.runner.stop()

    def link(self, *, is_up: bool) -> None:
        """Hear that the way to the manager was cut or mended."""
        self.netwatch.is_linked = is_up
        self.netwatch.changed("")

    # What commands ask for.

    def changed(self, path: str) -> None:
        if self._is_off:
            return
        if path == scheduler.MENU:
            self.scheduler.reconsider()
        if path == _CLOCK:
            self._set_clock()
        self.netwatch.changed(path)
        self._sockets.reconsider_soon()

    def run(self, login: Login, text: str) -> str:
        return self.runner.begin(login, text, _silently)

    def change_mode(self, wanted: Mapping[str, str], within_s: float) -> None:
        self.button.await_press(wanted, within_s)

    def reboot(self, by: str, restored: bytes | None = None) -> None:
        if not self._going:
            self._going = True
            self._after(0.0, lambda: self._halt(_REBOOTED.format(by=by), restored))

    # What people at the device do.

    def press_button(self) -> None:
        """Press the mode or reset button: an awaited change of device-mode takes effect with a restart."""
        if self.button.confirm():
            self.reboot("admin")

    def cut(self, lost_s: float | None, *, is_half_written: bool) -> None:
        """Take the power away for a moment, with what was not yet written to the flash."""
        if self._is_off:
            return
        self.button.confirm()
        now = self._store.clock.steady()
        since = now - lost_s if lost_s is not None else self._flushed(now)
        for action in self._store.journal.unwritten(since):
            action.undo()
        self._lose_files(since, is_half_written=is_half_written)
        self._halt(_CUT, None, is_clean=False)

    def _flushed(self, now: float) -> float:
        """Return when the flash was last written: every `write_back_s`, at a moment of the router's own.

        Source: vendor manual: a change may wait 40 seconds; the steady rhythm is assumed.
        """
        every = self._store.spec.write_back_s
        if not every:
            return math.inf
        own = self._store.spec.seed % 97 / 97 * every
        return now - (now - own) % every

    def _lose_files(self, since: float, *, is_half_written: bool) -> None:
        files = self._store.table("/file")
        late = [row for row in files.rows if self._store.written.get(row.number, since - 1) >= since]
        for row in late:
            if is_half_written:
                contents = row.values.get("contents", "")
                row.values["contents"] = contents[: len(contents) // 2]
            else:
                files.rows.remove(row)

    # Down and up again.

    def _after(self, seconds: float, act: Act) -> None:
        self._store.agenda.at(self._store.clock.steady() + seconds, act)

    def _halt(self, told: str, restored: bytes | None, *, is_clean: bool = True) -> None:
        self._is_off, self._going = True, True
        self._store.has_links = False
        self._store.agenda.clear()
        self.runner.stop()
        self.safe_mode.forget()
        self.button.drop()
        self._sockets.off(is_clean=is_clean)
        self._saved_wall = self._store.clock.wall()
        if restored is not None:
            backup.restore(self._store, restored)
        forget_memory(self._store)
        self._after(self._store.spec.boot_s, lambda: self._start_console(told))

    def _start_console(self, told: str) -> None:
        store = self._store
        store.booted_at = store.told_at = store.clock.steady()
        self._is_off = self._going = False
        self._start_clock()
        log(store, "system,info" if told != _CUT else "system,error,critical", told)
        self.scheduler.boot()
        self._after(_STARTUP_S, self.scheduler.startup)
        self._after(_SERVICES_S, self._start_services)

    def _start_services(self) -> None:
        self._store.has_links = True
        self.netwatch.boot()
        self._sockets.on()
        client = self._store.single("/system/ntp/client").values
        if client.get("enabled") == "true" and client.get("servers"):
            self._after(_NTP_S, self._hear_time)

    # The wall clock.

    def _start_clock(self) -> None:
        """Begin with the time the board has: its own, the last saved, or none. Source: assumed."""
        spec = self._store.spec
        match spec.clock_at_boot or ("kept" if spec.is_chr else "saved"):
            case "saved":
                self._store.clock.set_wall(self._saved_wall)
            case "1970":
                self._store.clock.set_wall(0.0)

    def _hear_time(self) -> None:
        clock = self._store.clock
        self.jump_clock(clock.true_wall() - clock.wall())

    def jump_clock(self, seconds: float) -> None:
        """Move the wall clock alone, as whoever sets it does; uptime goes on as before."""
        clock = self._store.clock
        self.scheduler.clock_jumped(clock.set_wall(clock.wall() + seconds))

    def _set_clock(self) -> None:
        """Take over what was entered in /system/clock."""
        store = self._store
        values = store.single(_CLOCK).values
        if "date" not in values and "time" not in values:
            return
        date, _, time_of_day = store.stamp().partition(" ")
        wanted = moment(values.pop("date", date), values.pop("time", time_of_day))
        self.jump_clock(wanted - store.local())


def _silently(_ran: Ran) -> None:
    """Keep the end of a script nobody waits for to oneself."""


def forget_memory(store: Store) -> None:
    """Lose what is not on the disk: dynamic rows, sessions, log, history, counters, files in memory."""
    store.journal.forget()
    store.overrides.pop("uptime_s", None)
    store.next_runs.clear()
    store.globals.clear()
    store.written.clear()
    for path, table in store.tables().items():
        table.rows[:] = [] if path in _IN_MEMORY else [row for row in table.rows if not row.is_dynamic]
        for row in table.rows:
            _reset(path, row)
    if hardware.has_flash_folder(store.spec):
        files = store.table("/file")
        files.rows[:] = [row for row in files.rows if f"{row.values.get('name')}/".startswith("flash/")]


def _reset(path: str, row: Row) -> None:
    if "/firewall/" in path or path.startswith("/queue/"):
        row.values = {key: text for key, text in row.values.items() if key not in {"bytes", "packets"}}
    if path == _LEASES and "expires-after" in row.values:
        waiting = {"last-seen": "never", "status": "waiting"}
        kept = {key: text for key, text in row.values.items() if not key.startswith(("active-", "expires-"))}
        row.values = kept | waiting
