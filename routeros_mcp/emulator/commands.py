"""POST commands of menus: which there are, what policy each needs and what each answers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from routeros_mcp.emulator import operations, query, views
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.arguments import unknown_parameter
from routeros_mcp.emulator.errors import Refusal, no_command, not_found
from routeros_mcp.emulator.interfaces import all_rows
from routeros_mcp.emulator.menus import command_tree, versions
from routeros_mcp.emulator.menus.fields import Presence
from routeros_mcp.emulator.store import Row, Store
from routeros_mcp.emulator.values import canonical_int

PRINT_WORDS = frozenset(
    {
        ".proplist",
        ".query",
        ".id",
        "brief",
        "detail",
        "stats",
        "terse",
        "value-list",
        "without-paging",
        "as-value",
        "show-ids",
        "count-only",
        "from",
        "follow",
        "follow-only",
        "interval",
        "once",
        "proplist",
        "where",
        "bytes",
        "packets",
        "rate",
        "numbers",
    }
)
_COUNTERS = frozenset({"bytes", "hits", "packets"})
_UNSET_SINCE = (7, 22)
_ORDER_BY_SINCE = (7, 24)
FOREVER = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command as it runs: where, by whom, with what."""

    store: Store
    session: Session
    path: str
    arguments: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        return str(self.arguments.get(name, default))

    def number(self, name: str, default: int) -> int:
        return int(canonical_int(name, self.text(name, str(default)), None))

    def words(self, name: str) -> list[str]:
        held = self.arguments.get(name, [])
        return held if isinstance(held, list) else [part for part in str(held).split(",") if part]

    def strings(self) -> dict[str, str]:
        """Return the arguments proper: without ids, lists joined by commas."""
        return {
            name: ",".join(value) if isinstance(value, list) else value
            for name, value in self.arguments.items()
            if name not in {".id", "numbers"}
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer of a command and how long the router took for it; `spoiled` tells what ended it early."""

    content: object
    takes_s: float = 0.0
    spoiled: Callable[[], Refusal | None] | None = None


Command = Callable[[Call], Outcome]
_NOTHING: list[object] = []


def nothing() -> Outcome:
    return Outcome(content=_NOTHING)


def locate(store: Store, path: str, key: str) -> tuple[str, Row]:
    """Return a row and the menu that holds it, by id or name.

    Raises:
        Refusal: 404 for an unknown id or name; "no such command prefix" for a name where rows have none.
    """
    if path == "/interface":
        found = next(((p, r) for p, r in all_rows(store) if key in {r.id, r.values.get("name")}), None)
        if found is None:
            raise not_found()
        return found
    row = store.table(path).find(key)
    if row is None and not key.startswith("*") and not store.menu(path).has_names:
        raise Refusal("no such command prefix")
    if row is None:
        raise not_found()
    return path, row


def targets(call: Call) -> list[tuple[str, Row]]:
    """Return the rows named by `.id` or its alias `numbers`.

    Raises:
        Refusal: none given, or one unknown.
    """
    keys = call.words(".id") or call.words("numbers")
    if not keys:
        raise Refusal("missing =.id=")
    return [locate(call.store, call.path, key) for key in keys]


def print_rows(call: Call) -> Outcome:
    _check_print(call)
    shown = _printed(call)
    words = call.words(".query") if isinstance(call.arguments.get(".query"), list) else [call.text(".query")]
    if ".query" in call.arguments:
        shown = [row for row in shown if query.matches_words(row, words)]
    if "count-only" in call.arguments:
        return Outcome(content={"ret": str(len(shown))})
    if "order-by" in call.arguments:
        shown.sort(key=lambda row: [row.get(name, "") for name in call.words("order-by")])
    names = call.words(".proplist") or call.words("proplist")
    content = [query.project(row, names) for row in shown] if names else shown
    is_endless = "follow" in call.arguments or "follow-only" in call.arguments
    return Outcome(content=content, takes_s=FOREVER if is_endless else 0.0)


def _printed(call: Call) -> list[dict[str, str]]:
    secrets = call.session.sees_secrets
    if views.is_single(call.store, call.path):
        return [views.single(call.store, call.path, with_secrets=secrets)]
    shown = views.rows(call.store, call.path, with_secrets=secrets)
    keys = call.words(".id")
    return [row for row in shown if row[".id"] in keys] if keys else shown


def _check_print(call: Call) -> None:
    allowed = PRINT_WORDS | ({"order-by"} if call.store.spec.release >= _ORDER_BY_SINCE else set())
    if views.is_single(call.store, call.path):
        allowed -= {"follow-only", "follow", "count-only", ".id"}
    for name in call.arguments:
        if name not in allowed:
            raise unknown_parameter(name)


def add_row(call: Call) -> Outcome:
    row = operations.add(call.store, call.path, call.strings(), call.session.user)
    return Outcome(content={"ret": row.id})


def set_rows(call: Call) -> Outcome:
    if views.is_single(call.store, call.path):
        operations.change(call.store, call.path, call.store.single(call.path), call.strings())
        return nothing()
    for path, row in targets(call):
        operations.change(call.store, path, row, call.strings(), call.session.user)
    return nothing()


def remove_rows(call: Call) -> Outcome:
    for path, row in targets(call):
        operations.remove(call.store, path, row)
    return nothing()


def unset_rows(call: Call) -> Outcome:
    """Take one key away. Source: works on 7.23.2, refused by 7.21.4."""
    if call.store.spec.release < _UNSET_SINCE:
        raise unknown_parameter("value-name")
    if "value-name" not in call.arguments:
        raise Refusal("missing =value-name=")
    for path, row in targets(call):
        operations.unset(call.store, path, row, call.text("value-name"))
    return nothing()


def move_rows(call: Call) -> Outcome:
    rows = [row for _, row in targets(call)]
    operations.move(call.store, call.path, rows, call.arguments.get("destination"))
    return nothing()


def _switch(*, is_disabled: bool) -> Command:
    def run(call: Call) -> Outcome:
        for path, row in targets(call):
            operations.switch(call.store, path, row, is_disabled=is_disabled)
        return nothing()

    return run


def reset_rows(call: Call) -> Outcome:
    """Take every key that is not always shown away from the named rows."""
    for path, row in targets(call):
        table = call.store.table(path)
        names = [
            f.name
            for f in table.menu.fields.values()
            if f.presence is Presence.WHEN_SET and not f.is_readonly
        ]
        operations.replace(call.store, table, row, dict.fromkeys(names))
    return nothing()


def get_value(call: Call) -> Outcome:
    single = views.is_single(call.store, call.path)
    shown = views.single(call.store, call.path) if single else views.row(call.store, *targets(call)[0])
    return Outcome(content={"ret": shown.get(call.text("value-name"), "")})


def comment_rows(call: Call) -> Outcome:
    for path, row in targets(call):
        operations.change(call.store, path, row, {"comment": call.text("comment")}, call.session.user)
    return nothing()


def reset_counters(call: Call) -> Outcome:
    """Set the counters of the named rows, or of all, to nothing."""
    named = "numbers" in call.arguments or ".id" in call.arguments
    rows = [row for _, row in targets(call)] if named else call.store.table(call.path).rows
    for row in rows:
        for name in _COUNTERS.intersection(row.values):
            row.values[name] = "0/0" if "/" in row.values[name] else "0"
    return nothing()


def find_rows(call: Call) -> Outcome:
    return Outcome(content={"ret": ";".join(row[".id"] for row in views.rows(call.store, call.path))})


def listen(call: Call) -> Outcome:
    """Accept and never end; settings menus cannot be followed. Source: recorded CHR 7.23.7."""
    if views.is_single(call.store, call.path):
        raise unknown_parameter("follow-only")
    return Outcome(content=_NOTHING, takes_s=FOREVER)


EVERYWHERE: Mapping[str, Command] = {
    "print": print_rows,
    "add": add_row,
    "set": set_rows,
    "remove": remove_rows,
    "unset": unset_rows,
    "move": move_rows,
    "enable": _switch(is_disabled=False),
    "disable": _switch(is_disabled=True),
    "reset": reset_rows,
    "get": get_value,
    "find": find_rows,
    "listen": listen,
    "comment": comment_rows,
    "reset-counters": reset_counters,
    "reset-counters-all": reset_counters,
}
_READING = frozenset({"print", "get", "find", "listen"})


def run(call: Call, name: str) -> Outcome:
    """Run a command that every menu shares.

    Raises:
        Refusal: the menu lacks it, the login may not, or the command itself refuses.
    """
    menu = call.store.menu(call.path)
    if name not in EVERYWHERE or name not in menu.commands | {"listen"} or menu.kind == "directory":
        raise no_command()
    if name not in _READING:
        need_write(call.session, call.path)
    return EVERYWHERE[name](call)


def need_write(session: Session, path: str) -> None:
    """Changing logins needs `policy` beside `write`. Source: vendor manual, User."""
    session.need("write", *(["policy"] if path.startswith("/user") else []))


_OWN: dict[str, Command] = {}


def register(own: Mapping[str, Command]) -> None:
    """Make known the commands that one menu only has, by path."""
    _OWN.update(own)


def own_commands() -> Mapping[str, Command]:
    return _OWN


def perform(call: Call, name: str) -> Outcome:
    """Run any command of a menu, for REST and the console alike.

    One that the menu has but this emulator does not act out answers nothing.

    Raises:
        Refusal: the menu has no such command, or the command refuses.
    """
    own = _OWN.get(f"{call.path.rstrip('/')}/{name}") if _has(call, name) else None
    if own is not None:
        return own(call)
    if name in EVERYWHERE:
        return run(call, name)
    if name not in call.store.menu(call.path).commands:
        raise no_command()
    need_write(call.session, call.path)
    known = command_tree.arguments(call.path, name)
    for argument in call.strings() if command_tree.is_listed(call.path, name) else ():
        if argument not in known and not argument.startswith("."):
            raise unknown_parameter(argument)
    return nothing()


def _has(call: Call, name: str) -> bool:
    """Say whether this release's menu has the command; what stands outside menus always is there."""
    if call.path == "/" or not versions.is_dated(call.path, name):
        return True
    menu = call.store.menu(call.path)
    return menu.kind == "directory" or name in menu.commands
