"""Netwatch: which watched hosts answer, and the scripts that run when one stops or starts to."""

import ipaddress

from routeros_mcp.emulator import views
from routeros_mcp.emulator.access import log
from routeros_mcp.emulator.agenda import Event
from routeros_mcp.emulator.clock import dated
from routeros_mcp.emulator.expiry import seconds
from routeros_mcp.emulator.machine import Login
from routeros_mcp.emulator.passing.runner import Runner
from routeros_mcp.emulator.program import Ran
from routeros_mcp.emulator.reach import reachability
from routeros_mcp.emulator.store import Row, Store

MENU = "/tool/netwatch"
# What scripts of netwatch may do, whoever wrote them. Source: vendor manual, netwatch.
_LOGIN = Login("*sys", frozenset({"read", "write", "test", "reboot"}))
_QUIET = frozenset(
    {"/log", "/file", "/user", "/user/active", "/user/group", "/system/scheduler", "/system/script"}
)


class Netwatch:
    """Looks at a host at the next full interval after something changed that may matter; never otherwise."""

    __slots__ = ("_events", "_from", "_runner", "_store", "is_linked")

    def __init__(self, store: Store, runner: Runner) -> None:
        self._store = store
        self._runner = runner
        self._events: dict[int, Event] = {}
        self._from = store.clock.steady()
        self.is_linked = True

    def start(self) -> None:
        """Watch at power-on: hosts whose state the configuration tells are believed for the time being."""
        for row in self._rows():
            if "status" not in row.values:
                self._plan(row)

    def boot(self) -> None:
        """Know nothing of any host until its first check."""
        for event in self._events.values():
            event.cancel()
        self._events.clear()
        self._from = self._store.clock.steady()
        for row in self._rows():
            row.values.pop("status", None)
            row.values.pop("since", None)
            self._plan(row)

    def changed(self, path: str) -> None:
        """Look again soon if a change of that menu may matter."""
        if path not in _QUIET:
            for row in self._rows():
                self._plan(row)

    def _rows(self) -> list[Row]:
        return self._store.table(MENU).rows if self._store.is_touched(MENU) else []

    def _plan(self, row: Row) -> None:
        if row.number in self._events or not self._store.has_links:
            return
        step = max(0.001, seconds(self._store.table(MENU).effective(row)["interval"]))
        now = self._store.clock.steady()
        due = self._from + (int((now - self._from) // step) + 1) * step
        self._events[row.number] = self._store.agenda.at(due, lambda: self._check(row))

    def _check(self, row: Row) -> None:
        self._events.pop(row.number, None)
        values = self._store.table(MENU).effective(row)
        if row not in self._store.table(MENU).rows or values.get("disabled") == "true":
            return
        is_up = reaches(self._store, values["host"], is_linked=self.is_linked)
        status = "up" if is_up else "down"
        if row.values.get("status") == status:
            return
        date, _, time_of_day = self._store.stamp().partition(" ")
        row.values |= {"since": f"{dated(date, self._store.spec.release)} {time_of_day}", "status": status}
        log(
            self._store, "netwatch,info", f"event {status} [ type: {values['type']}, host: {values['host']} ]"
        )
        self._run(row, f"{status}-script")

    def _run(self, row: Row, name: str) -> None:
        text = row.values.get(name, "")
        script = self._store.table("/system/script").find(text) if text and not text.startswith("*") else None
        if script is not None:
            text = script.values.get("source", "")
        if text:
            self._runner.begin(_LOGIN, text, self._ended, "netwatch")

    def _ended(self, ran: Ran) -> None:
        if ran.has_failed:
            log(self._store, "script,error", ran.output.strip().rpartition("\n")[2].strip())


def reaches(store: Store, host: str, *, is_linked: bool) -> bool:
    """Say whether the router gets an answer: the host lives, and a route leads to it whose gateway lives.

    Source: assumed; everything on the way that nobody made silent is alive.
    """
    address = _address(store, host)
    if address is None or str(address) in store.silent or not store.has_links:
        return False
    if str(address) == store.spec.manager_address:
        return is_linked and reachability.answers(store)
    if _is_own(store, address):
        return True
    gateway = _gateway(store, address)
    return gateway is not None and gateway.partition("%")[0] not in store.silent


def _address(store: Store, host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        named = (row for row in store.table("/ip/dns/static").rows if row.values.get("name") == host)
        found = next((row.values["address"] for row in named if "address" in row.values), None)
        return None if found is None else ipaddress.ip_address(found)


def _is_own(store: Store, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    rows = store.table("/ip/address").rows
    return any(
        ipaddress.ip_interface(row.values["address"]).ip == address and row.values.get("disabled") != "true"
        for row in rows
    )


def _gateway(store: Store, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str | None:
    """Return where the longest active route to the address leads, nothing when there is none."""
    routes = [row for row in views.rows(store, "/ip/route") if row.get("active") == "true"]
    networks = [(ipaddress.ip_network(row["dst-address"]), row) for row in routes if "blackhole" not in row]
    holding = [(network.prefixlen, row) for network, row in networks if address in network]
    return max(holding, key=lambda found: found[0])[1].get("gateway", "") if holding else None
