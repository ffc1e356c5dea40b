"""The rows of one router: tables made on first use, ids, names and what refers to them."""

from collections.abc import Iterator, Mapping
from functools import cache

from routeros_mcp.emulator import defaults, expiry
from routeros_mcp.emulator.agenda import Agenda
from routeros_mcp.emulator.clock import Clock, RouterClock, offset_s, stamp
from routeros_mcp.emulator.errors import failure
from routeros_mcp.emulator.journal import Changed, Journal
from routeros_mcp.emulator.machine import Machine, Unpowered
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.registry import Kind, Menu
from routeros_mcp.emulator.spec import RouterSpec
from routeros_mcp.emulator.variables import Held

# Rows whose time is up are looked for no more often than this: tables may be large.
_AGE_S = 0.02
_LOG = "/log"
# Default rows from here on stand outside the counting. Source: recorded ids of queue types, lists, profiles.
_SPECIAL_IDS = 0xFF0000
_RENUMBERED_BY = 2


class Row:
    """One record: what was set, and for factory rows what the factory had set.

    A row that counts does so since it was `born`; one that does not say, since power-on or the last boot.
    """

    __slots__ = ("born", "factory", "number", "values")

    def __init__(self, number: int, values: dict[str, str], factory: Mapping[str, str] | None = None) -> None:
        self.born: float | None = None
        self.number = number
        self.values = values
        self.factory = factory

    @property
    def id(self) -> str:
        return f"*{self.number:X}"

    @property
    def is_dynamic(self) -> bool:
        return self.values.get("dynamic") == "true"


class Table:
    """The rows of one menu in evaluation order."""

    __slots__ = ("aged_at", "menu", "rows")

    def __init__(self, menu: Menu) -> None:
        self.aged_at = -1.0
        self.menu = menu
        self.rows: list[Row] = []

    def find(self, key: str) -> Row | None:
        """Return the row with that `.id`, or in menus that have names with that name."""
        if key.startswith("*"):
            return next((row for row in self.rows if row.id == key.upper()), None)
        return next((row for row in self.rows if row.values.get("name") == key), None)

    def effective(self, row: Row) -> dict[str, str]:
        return {**self.menu.always, **row.values}


class Store:
    """All tables of one router. Rows hold names; `rename` and `forget` keep them true.

    RouterOS stores hard references by id, so a rename follows everywhere and a removal leaves `*id` behind.
    Source: recorded dangling references (`server=*1`, `remote-address=*2`).
    """

    def __init__(self, spec: RouterSpec, clock: Clock) -> None:
        self.spec = spec
        self.config = defaults.PowerOn(spec)
        self.clock = RouterClock(clock, spec.time_scale)
        self.agenda = Agenda()
        self.journal = Journal()
        self.machine: Machine = Unpowered()
        self.told_at = self.clock.steady()
        self.switched_on_at = self.clock.steady()
        self.booted_at = self.told_at - spec.life.uptime_s
        self.has_links = True
        self.silent: dict[str, float] = {}
        self.written: dict[int, float] = {}
        self.globals: dict[str, Held] = {}
        self.next_runs: dict[int, float] = {}
        self.overrides: dict[str, str] = dict(spec.life.figures)
        self.hidden: set[str] = set()
        self.health: dict[str, str] = dict(spec.life.sensors)
        self.lost_policies: frozenset[str] = frozenset()
        self.is_disk_full = False
        self.unreadable = ""
        self.ssh_keys: dict[str, list[bytes]] = {}
        self.cancelled_checks = 0
        self.planned: dict[str, str] = {}
        self.packages_off: dict[str, str] = {}
        self.connections: dict[int, tuple[str, str]] = {}
        self._epoch_s = clock.wall() - clock.steady()
        self._tables: dict[str, Table] = {}
        self._links: list[str] = []
        self._next: dict[str, int] = {_LOG: spec.life.lines + 1} if spec.life.lines else {}

    def steady_wall(self) -> float:
        """Return epoch seconds that no setting of the clock moves: what traffic follows."""
        return self._epoch_s + self.clock.steady()

    @property
    def switched_on_wall(self) -> float:
        """Return the router's wall time when it was switched on here, as `local` tells it."""
        return self._epoch_s + self.switched_on_at + self._gmt_offset_s()

    def local(self) -> float:
        """Return the router's wall time: epoch seconds shifted by the zone of its clock."""
        return self.clock.wall() + self._gmt_offset_s()

    def _gmt_offset_s(self) -> int:
        return offset_s(self.single("/system/clock").values.get("gmt-offset", "+00:00"))

    def stamp(self) -> str:
        return stamp(self.local())

    def menu(self, path: str) -> Menu:
        """Return the menu, if this router's hardware and version have it.

        Raises:
            KeyError: no such menu here.
        """
        found = registry.menu(path, self.spec.release)
        if found.boards and found.boards not in self.features and path != "/system/health":
            raise KeyError(path)
        return found

    def is_made(self, path: str) -> bool:
        """Say whether anybody has looked at the menu yet; until then its rows take no room."""
        return path in self._tables

    @property
    def features(self) -> frozenset[str]:
        """Hardware traits and the packages that run."""
        return self.spec.features - self.packages_off.keys() if self.packages_off else self.spec.features

    def apply_packages(self) -> None:
        """Do what was planned for packages; those switched off take their menus with them."""
        for name, change in self.planned.items():
            if change == "enable":
                self.packages_off.pop(name, None)
            else:
                self.packages_off[name] = change
        self.planned.clear()
        self._links.clear()

    def table(self, path: str) -> Table:
        table = self._tables.get(path)
        if table is None:
            table = self._tables[path] = Table(self.menu(path))
            self._seed(path, table)
        if path in expiry.AGING and table.rows:
            self._age(path, table)
        return table

    def is_touched(self, path: str) -> bool:
        """Say whether the menu may hold rows that the factory did not put there."""
        return path in self._tables or path in self.config

    def tables(self) -> dict[str, Table]:
        """Return the tables that were looked at or configured."""
        for path in self.config:
            if self.has(path):
                self.table(path)
        return self._tables

    @property
    def counters(self) -> dict[str, int]:
        """The next id of each counter."""
        return self._next

    def put_back(self, tables: dict[str, Table], counters: dict[str, int]) -> None:
        """Keep only these tables; the others are made anew as the configuration at power-on tells."""
        self._tables = tables
        self._next = dict(counters)

    def _age(self, path: str, table: Table) -> None:
        """Drop the rows whose time is up; looking again at once would find no more."""
        now = self.clock.steady()
        if 0 <= now - table.aged_at < _AGE_S:
            return
        table.aged_at = now
        counting = (row for row in table.rows if expiry.AGING[path].key in row.values)
        for row in [row for row in counting if self.aged(path, row) is None]:
            table.rows.remove(row)

    def aged(self, path: str, row: Row) -> Mapping[str, str] | None:
        """Return what time made of a row's values, nothing when the row is gone; words do not count."""
        now = self.clock.steady()
        silent = [self.silent[key] for key in _addresses(row.values) if key in self.silent]
        age = expiry.Age(
            seconds=now - (self.told_at if row.born is None else row.born),
            silent_s=now - min(silent) if silent else None,
            lease_s=self._lease_s(row) if path == "/ip/dhcp-server/lease" else 1800.0,
        )
        try:
            return expiry.AGING[path].at(row.values, age)
        except ValueError:
            return {}

    def _lease_s(self, row: Row) -> float:
        servers = self.table("/ip/dhcp-server")
        server = servers.find(row.values.get("active-server", row.values.get("server", "")))
        own = row.values.get("lease-time")
        return expiry.seconds(own or (servers.effective(server)["lease-time"] if server else "30m"))

    def bear(self, row: Row) -> None:
        """Let a row that counts begin to count now."""
        row.born = self.clock.steady()

    def record(self, path: str, text: str) -> None:
        """Make the changes of one command an entry of the history, and tell the machine."""
        self.journal.commit(path, text, self.clock.steady(), self.stamp())
        self.machine.changed(path)

    def interface_tables(self) -> list[tuple[str, Table]]:
        """Return the typed interface menus this router has, with their paths."""
        if not self._links:
            self._links = [path for path in registry.interface_types() if self.has(path)]
        return [(path, self.table(path)) for path in self._links]

    def _seed(self, path: str, table: Table) -> None:
        configured = self.config.get(path, ())
        if table.menu.kind is Kind.SINGLE:
            table.rows.append(Row(0, dict(configured[0]) if configured else {}))
            return
        for number, kept in _factory_rows(path):
            if number < _SPECIAL_IDS:
                self._reserve(path, number)
            table.rows.append(Row(number, dict(kept), kept))
        for given in configured:
            self._place(path, table, dict(given))

    def _place(self, path: str, table: Table, values: dict[str, str]) -> None:
        named = table.find(values["name"]) if "name" in values and table.menu.declared.factory else None
        if named is not None:
            named.values.update(values)
            return
        given = values.pop(".id", "")
        number = int(given[1:], 16) if given else self.next_number(path)
        self._reserve(path, number)
        factory = _hardware(values) if "default-name" in values else None
        table.rows.append(Row(number, values, factory))

    def next_number(self, path: str) -> int:
        """Give the next id of the menu's counter; interface menus share one."""
        self.table(path)
        declared = registry.menu(path).declared
        sequence = declared.sequence or path
        if sequence == "interface" and sequence not in self._next:
            self._next[sequence] = declared.first_id
            self._load_interfaces()
        number = self._next.get(sequence, declared.first_id)
        self._next[sequence] = number + 1
        return number

    def renumber(self) -> None:
        """Shift the ids in use, the scheduler's aside: who kept one finds another row under it, or none."""
        for path, table in self._tables.items():
            if table.menu.kind is not Kind.SINGLE and path != "/system/scheduler":
                for row in table.rows:
                    row.number += _RENUMBERED_BY
        self._next = {name: number + _RENUMBERED_BY for name, number in self._next.items()}

    def _load_interfaces(self) -> None:
        """Read all typed interface menus first: those with fixed ids decide where the counter starts."""
        self.interface_tables()

    def _reserve(self, path: str, number: int) -> None:
        declared = registry.menu(path).declared
        sequence = declared.sequence or path
        self._next[sequence] = max(self._next.get(sequence, declared.first_id), number + 1)

    def single(self, path: str) -> Row:
        rows = self.table(path).rows
        if not rows:
            rows.append(Row(0, {}))
        return rows[0]

    def names(self, namespace: str) -> Iterator[tuple[str, Row]]:
        """Yield every name a hard reference of this kind may hold, with its row."""
        for path in registry.namespaces().get(namespace, ()):
            if self.has(path):
                for row in self.table(path).rows:
                    yield row.values.get("name", ""), row

    def has(self, path: str) -> bool:
        try:
            self.menu(path)
        except KeyError:
            return False
        return True

    def resolve(self, namespace: str, text: str) -> str | None:
        """Return the name for a name or id, or nothing when no such row exists."""
        for name, row in self.names(namespace):
            if text in {name, row.id}:
                return name
        return None

    def repoint(self, path: str, old: str, new: str) -> None:
        """Make every hard reference to `old` of this menu say `new`."""
        kinds = {kind for kind, menus in registry.namespaces().items() if path in menus}
        for holder in {*self._tables, *self.config}:
            if not self.has(holder):
                continue
            menu = self.menu(holder)
            for key in menu.references:
                if kinds.intersection(word.rstrip(":") for word in menu.fields[key].words):
                    self._repoint_field(holder, key, old, new)

    def need_room(self) -> None:
        """Check that a file can be written.

        Raises:
            Refusal: the disk is full. The words are assumed.
        """
        if self.is_disk_full:
            raise failure("not enough space")

    def _repoint_field(self, holder: str, key: str, old: str, new: str) -> None:
        table = self.table(holder)
        for row in table.rows:
            held = row.values.get(key, "")
            parts = [
                new if part == old else "!" + new if part == "!" + old else part for part in held.split(",")
            ]
            if held and ",".join(parts) != held:
                before, row.values = row.values, {**row.values, key: ",".join(parts)}
                self.journal.step(Changed(table, row, before, row.values))


def _addresses(values: Mapping[str, str]) -> list[str]:
    """Return by what a row's host is known when it falls silent."""
    return [values[key] for key in ("address", "active-address", "mac-address") if key in values]


@cache
def _factory_rows(path: str) -> tuple[tuple[int, Mapping[str, str]], ...]:
    """Return the rows of a menu that every router leaves the factory with: one copy for all routers."""
    return tuple(
        (int(values[".id"][1:], 16), {key: text for key, text in values.items() if key != ".id"})
        for values in registry.menu(path).declared.factory
    )


def _hardware(values: Mapping[str, str]) -> dict[str, str]:
    """Return what a port had when it left the factory, which exports leave out."""
    kept = {key: text for key, text in values.items() if key in {"default-name", "mac-address", "l2mtu"}}
    return {**kept, "name": values["default-name"]}
