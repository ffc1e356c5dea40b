"""The commands every table has: add, set, unset, remove, move, enable, disable."""

from collections.abc import Iterable, Mapping

from routeros_mcp.emulator import access, policies, rules
from routeros_mcp.emulator import arguments as reading
from routeros_mcp.emulator.errors import Refusal, bad_value, failure
from routeros_mcp.emulator.journal import Changed, Reordered
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.store import Row, Store, Table

Arguments = Mapping[str, str]
_SCRIPTS = frozenset({"/system/scheduler", "/system/script"})


def add(store: Store, path: str, arguments: Arguments, owner: str = "admin") -> Row:
    """Add one row and return it.

    Raises:
        Refusal: unknown, missing or bad arguments, or a rule of the menu.
    """
    table = store.table(path)
    given = dict(arguments)
    before, source = given.pop("place-before", None), given.pop("copy-from", None)
    _check_extras(table, before, given)
    given = reading.known(table.menu, given)
    base = dict(_one(table, source).values) if source is not None else {}
    rules.check_required(table.menu, {**base, **given})
    position = len(table.rows) if before is None else _position(table, before)
    values = base | {k: v for k, v in reading.stored(store, table.menu, given).items() if v is not None}
    _complete(store, table, values, owner)
    rules.apply(store, table, values, None)
    row = Row(store.next_number(path), values)
    table.rows.insert(position, row)
    store.bear(row)
    store.journal.step(Changed(table, row, None, values, position))
    store.record(path, "added")
    return row


def _check_extras(table: Table, before: str | None, given: dict[str, str]) -> None:
    if before is not None and not table.menu.is_ordered:
        raise reading.unknown_parameter("place-before")
    given.pop("numbers", None)


def _one(table: Table, key: str) -> Row:
    row = table.find(key)
    if row is None:
        raise Refusal("no such item")
    return row


def _position(table: Table, before: str) -> int:
    """Find the row to insert before. Source: recorded CHR 7.23.7, `place-before=0` on an empty table."""
    if before.isdecimal() and int(before) < len(table.rows):
        return int(before)
    return table.rows.index(_one(table, before))


def _complete(store: Store, table: Table, values: dict[str, str], owner: str) -> None:
    declared = table.menu.declared
    if declared.auto_name and not values.get("name"):
        values["name"] = _free_name(table, declared.auto_name)
    if table.menu.path in _SCRIPTS:
        values.setdefault("owner", owner)
        _cut_policy(store, table, values, owner)
    if table.menu.path == "/system/scheduler":
        date, _, time_of_day = store.stamp().partition(" ")
        values.setdefault("start-date", date)
        values.setdefault("start-time", time_of_day)
    if table.menu.path == "/user/group":
        values["policy"] = policies.absolute(values.get("policy", ""))
    if table.menu.path.endswith("/address-list"):
        values["creation-time"] = store.stamp()
        if "timeout" in values:
            values["dynamic"] = "true"


def _cut_policy(store: Store, table: Table, values: dict[str, str | None] | dict[str, str], by: str) -> None:
    """Leave a script only the policies of whoever made it. Source: vendor manual, scheduler and scripting."""
    if store.table("/user").find(by) is None:
        return
    granted = access.group_of(store, by)[1]
    asked = (values.get("policy") or table.menu.always["policy"]).split(",")
    kept = [word for word in asked if word in granted]
    if kept != asked:
        values |= {"policy": ",".join(kept)}


def _free_name(table: Table, stem: str) -> str:
    taken = {row.values.get("name") for row in table.rows}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}{number}") not in taken)


def change(store: Store, path: str, row: Row, arguments: Arguments, actor: str = "") -> None:
    """Set arguments of one row (or of a singleton's only row).

    `!name` takes the key away, as the vendor's API clients do. A login that disables itself is answered with
    success and stays enabled. Source: recorded CHR 7.23.7.
    """
    table = store.table(path)
    taken = reading.known(table.menu, {name[1:]: "" for name in arguments if name.startswith("!")})
    given = reading.known(table.menu, {k: v for k, v in arguments.items() if not k.startswith("!")})
    fresh = reading.stored(store, table.menu, given) | dict.fromkeys(taken)
    if path == "/user/group" and fresh.get("policy") is not None:
        fresh["policy"] = policies.additive(row.values.get("policy", ""), fresh["policy"] or "")
    if path in _SCRIPTS and "policy" in fresh:
        _cut_policy(store, table, fresh, actor)
    if path == "/user" and row.values.get("name") == actor and fresh.get("disabled") == "true":
        fresh.pop("disabled")
    replace(store, table, row, fresh)


def replace(store: Store, table: Table, row: Row, fresh: Mapping[str, str | None]) -> None:
    if row.is_dynamic and not table.menu.path.endswith("/address-list"):
        raise failure("can not change dynamic item")
    for key in table.menu.required if not table.menu.refusal else ():
        if key in row.values and key in fresh and fresh[key] is None:
            raise bad_value(table.menu.outward(key))
    values = {key: text for key, text in {**row.values, **fresh}.items() if text is not None}
    if table.menu.is_list:
        rules.apply(store, table, values, row)
    old = row.values.get("name")
    if old is not None and "name" not in values:
        raise failure("name can not be empty")
    before, row.values = row.values, values
    store.journal.step(Changed(table, row, before, values))
    if old is not None and old != values.get("name"):
        store.repoint(table.menu.path, old, values["name"])
    if "timeout" in fresh:
        store.bear(row)
    store.record(table.menu.path, "changed")


def switch(store: Store, path: str, row: Row, *, is_disabled: bool) -> None:
    table = store.table(path)
    if "disabled" not in table.menu.fields:
        raise reading.unknown_parameter("disabled")
    replace(store, table, row, {"disabled": "true" if is_disabled else "false"})


def unset(store: Store, path: str, row: Row, name: str) -> None:
    table = store.table(path)
    key = table.menu.inward(name)
    if key is None or table.menu.fields[key].is_readonly:
        raise Refusal("input does not match any value of value-name")
    replace(store, table, row, {key: None})


def remove(store: Store, path: str, row: Row) -> None:
    """Remove one row; hard references to it read `*id` from now on."""
    table = store.table(path)
    rules.check_removable(store, table, row)
    store.journal.step(Changed(table, row, row.values, None, table.rows.index(row)))
    table.rows.remove(row)
    name = row.values.get("name")
    if name is not None:
        store.repoint(path, name, row.id)
    store.record(path, "removed")


def move(store: Store, path: str, rows: Iterable[Row], destination: str | None) -> None:
    """Put rows before the destination, in the order given.

    A missing or unknown destination means the end of the whole table, without an error, and a number counts
    over the whole table, not the chain. Source: recorded CHR 7.23.7.
    """
    table = store.table(path)
    moving = list(rows)
    target = _destination(table, destination)
    if target in moving:
        raise failure("can not move object before itself")
    before = table.rows
    table.rows = [row for row in table.rows if row not in moving]
    at = len(table.rows) if target is None else table.rows.index(target)
    table.rows[at:at] = moving
    store.journal.step(Reordered(table, before, tuple(table.rows)))
    store.record(path, "moved")


def _destination(table: Table, text: str | None) -> Row | None:
    if text is None:
        return None
    if text.isdecimal():
        return table.rows[int(text)] if int(text) < len(table.rows) else None
    return table.find(text) if text.startswith("*") else None


def holder(store: Store, path: str, row: Row) -> str:
    """Return the menu that really holds a row: /interface is a view over the typed menus."""
    if path != "/interface":
        return path
    return next(p for p in registry.interface_types() if store.has(p) and row in store.table(p).rows)
