"""The rows of one router: tables made on first use, ids, names and what refers to them."""

from collections.abc import Iterator, Mapping

from routeros_mcp.emulator import defaults
from routeros_mcp.emulator.clock import Clock, offset_s, stamp
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.registry import Kind, Menu
from routeros_mcp.emulator.spec import RouterSpec

# A router is believed to have been up for this long when it is switched on here.
_UPTIME_AT_START_S = 4360
# Default rows from here on stand outside the counting. Source: recorded ids of queue types, lists, profiles.
_SPECIAL_IDS = 0xFF0000


class Row:
    """One record: what was set, and for factory rows what the factory had set."""

    __slots__ = ("factory", "number", "values")

    def __init__(self, number: int, values: dict[str, str], factory: Mapping[str, str] | None = None) -> None:
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

    __slots__ = ("menu", "rows")

    def __init__(self, menu: Menu) -> None:
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
        self.config = defaults.configuration(spec)
        self.clock = clock
        self.booted_at = clock.steady() - _UPTIME_AT_START_S
        self.overrides: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.health: dict[str, str] = {}
        self.ssh_keys: dict[str, list[bytes]] = {}
        self.cancelled_checks = 0
        self.planned: dict[str, str] = {}
        self.packages_off: dict[str, str] = {}
        self.connections: dict[int, tuple[str, str]] = {}
        self._tables: dict[str, Table] = {}
        self._links: list[str] = []
        self._next: dict[str, int] = {}

    def local(self) -> float:
        """Return the router's wall time: epoch seconds shifted by the zone of its clock."""
        return self.clock.wall() + offset_s(self.single("/system/clock").values.get("gmt-offset", "+00:00"))

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
        return table

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
        for values in table.menu.declared.factory:
            kept = {key: value for key, value in values.items() if key != ".id"}
            number = int(values[".id"][1:], 16)
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

    def reboot(self) -> None:
        """Start over: uptime counts from now; dynamic rows and sessions are gone."""
        self.booted_at = self.clock.steady()
        self.overrides.pop("uptime_s", None)
        for path, table in self._tables.items():
            if path in {"/user/active", "/log"}:
                table.rows.clear()
            else:
                table.rows = [row for row in table.rows if not row.is_dynamic]

    def _repoint_field(self, holder: str, key: str, old: str, new: str) -> None:
        for row in self.table(holder).rows:
            held = row.values.get(key, "")
            parts = [
                new if part == old else "!" + new if part == "!" + old else part for part in held.split(",")
            ]
            if held and ",".join(parts) != held:
                row.values[key] = ",".join(parts)


def _hardware(values: Mapping[str, str]) -> dict[str, str]:
    """Return what a port had when it left the factory, which exports leave out."""
    kept = {key: text for key, text in values.items() if key in {"default-name", "mac-address", "l2mtu"}}
    return {**kept, "name": values["default-name"]}
