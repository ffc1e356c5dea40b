"""The commands of menus: what they read and change, and how a refusal of the menu reads on a console."""

from collections.abc import Collection, Generator, Mapping
from typing import Any

from routeros_mcp.emulator import operations, views
from routeros_mcp.emulator.commands import Call, Outcome, need_write, perform
from routeros_mcp.emulator.console import files, listing, rows, scripts
from routeros_mcp.emulator.console.errors import ScriptError
from routeros_mcp.emulator.console.machine import Errand, MenuRunner, Step
from routeros_mcp.emulator.console.tree import Literal, Node
from routeros_mcp.emulator.console.values import NIL, NOTHING, Array, Id, Value, text_of
from routeros_mcp.emulator.errors import Refusal
from routeros_mcp.emulator.menus import registry

# A command of a menu costs about as much as this many steps of the language.
_MENU_STEPS = 25
_NO_MATCH = "input does not match any value of "
_ROW_ARGUMENTS = ("place-before", "copy-from", "destination")
Texts = dict[str, str]


def runner(actions: Collection[str]) -> MenuRunner:
    """Return what runs the commands of menus.

    `actions` are the commands of one menu only.
    """

    def run(errand: Errand) -> Step:
        errand.machine.spend(_MENU_STEPS)
        try:
            errand.machine.console.session.need("read")
            value: Value = yield chosen(errand)(errand)
        except Refusal as refusal:
            raise _complaint(errand, refusal.detail or "no such item") from None
        return value

    def chosen(errand: Errand) -> MenuRunner:
        name = errand.command.name
        script = scripts.COMMANDS.get(errand.whole) or scripts.COMMANDS.get(name)
        if script is not None:
            return script
        if name in _READING and errand.whole not in actions:
            return _READING[name]
        return _CHANGING.get(name, _acted) if errand.command.menu else _acted

    return run


def _complaint(errand: Errand, detail: str) -> ScriptError:
    """Say where it went wrong. Source: recorded texts of 7.21.4 and of the 7.23 argument survey."""
    where = errand.whole
    if detail.startswith(_NO_MATCH):
        where += f" ({detail.removeprefix(_NO_MATCH)})"
    if detail.startswith("missing ="):
        missing = [detail[len("missing =") : -1]]
        if errand.command.name == "add":
            required = registry.menu(errand.command.menu).required
            missing = [name for name in required if name not in errand.command.arguments] or missing
        prefix = "" if errand.machine.console.screen.is_terminal else "Script Error: "
        detail = f"{prefix}missing value(s) of argument(s) {' '.join(missing)}"
    detail = detail.replace("unknown parameter", "bad parameter")
    return ScriptError(detail, f"{where}; line {errand.command.line}")


# What is read.


def _find(errand: Errand) -> Step:
    machine = errand.machine
    kept = yield from rows.selected(machine, errand.command.menu, errand.command.where, errand.scope)
    return machine.array(Id(row[".id"]) for row in kept)


def _get(errand: Errand) -> Step:
    """Return one property, or all as a list."""
    machine, path = errand.machine, errand.command.menu
    menu, store = machine.console.store.menu(path), machine.console.store
    secrets = machine.console.session.sees_secrets
    if views.is_single(store, path):
        shown = views.single(store, path, with_secrets=secrets)
    else:
        value: Value = yield _value(errand, "numbers")
        found = rows.ids(store, path, value)
        if len(found) != 1:
            raise ScriptError("no such item" if not found else "invalid internal item number")
        shown = next(row for row in views.rows(store, path, with_secrets=secrets) if row[".id"] == found[0])
    if "value-name" not in errand.command.arguments:
        return rows.as_array(menu, shown, [])
    name = text_of((yield _value(errand, "value-name")))
    if name in shown:
        return rows.typed(menu, name, shown[name])
    if name not in menu.fields:
        raise Refusal(f"{_NO_MATCH}value-name")
    return NOTHING


def _print(errand: Errand) -> Step:
    """Draw a menu, or with `as-value` or `count-only` return it."""
    machine, path, given = errand.machine, errand.command.menu, errand.command.arguments
    store, menu = machine.console.store, machine.console.store.menu(path)
    names = yield from _properties(errand)
    if views.is_single(store, path):
        single = views.single(store, path, with_secrets=machine.console.session.sees_secrets)
        if "as-value" in given:
            return rows.as_array(menu, single, names)
        yield _shown(errand, listing.single(menu, single, names))
        return NIL
    kept = yield from rows.selected(machine, path, errand.command.where, errand.scope)
    kept = yield from _from(errand, kept)
    if "count-only" in given:
        machine.print(f"{len(kept)}\n" if errand.is_bare else "")
        return len(kept)
    if "as-value" in given:
        return machine.array(rows.as_array(menu, row, [".id", *names] if names else []) for row in kept)
    yield _shown(errand, listing.table(menu, kept, _form(given), names))
    if given.keys() & {"follow", "follow-only"}:
        yield float("inf")
    return NIL


def _form(given: Mapping[str, Node]) -> str:
    return next((form for form in ("terse", "value-list", "detail", "brief") if form in given), "")


def _properties(errand: Errand) -> Generator[Any, Any, list[str]]:
    for argument in ("proplist", ".proplist"):
        if argument in errand.command.arguments:
            text = yield _text(errand, argument)
            return [name for name in text.split(",") if name]
    return []


def _from(errand: Errand, kept: list[dict[str, str]]) -> Generator[Any, Any, list[dict[str, str]]]:
    for argument in ("from", "numbers"):
        if argument in errand.command.arguments:
            value: Value = yield _value(errand, argument)
            wanted = rows.ids(errand.machine.console.store, errand.command.menu, value)
            return [row for row in kept if row[".id"] in wanted]
    return kept


def _shown(errand: Errand, text: str) -> Step:
    """Print, or write to a file; what is asked for as a value prints nothing."""
    if "file" in errand.command.arguments:
        name = yield _text(errand, "file")
        files.write(errand.machine.console, f"{name.removesuffix('.txt')}.txt", text)
    elif errand.is_bare:
        errand.machine.print(text)
    return NIL


# Arguments.


def _value(errand: Errand, name: str) -> Step:
    node = errand.command.arguments.get(name)
    if node is None:
        prefix = "" if errand.machine.console.screen.is_terminal else "Script Error: "
        raise ScriptError(f"{prefix}missing value(s) of argument(s) {name}")
    value: Value = yield errand.machine.evaluate(node, errand.scope)
    return value


def _text(errand: Errand, name: str) -> Generator[Any, Any, str]:
    """Return an argument as text: what was written, or the value's; lists are joined by commas."""
    node = errand.command.arguments[name]
    if isinstance(node, Literal):
        return node.text
    value: Value = yield errand.machine.evaluate(node, errand.scope)
    return ",".join(map(text_of, value.values())) if isinstance(value, Array) else text_of(value)


def _texts(errand: Errand) -> Generator[Any, Any, Texts]:
    """Return the arguments but for those that name rows of this menu."""
    found: Texts = {}
    for name in errand.command.arguments:
        if name not in {"numbers", *_ROW_ARGUMENTS}:
            found[name] = yield _text(errand, name)
    return found


def _row_arguments(errand: Errand) -> Generator[Any, Any, Texts]:
    """Return the ids of rows that arguments name, such as `place-before=0`."""
    found: Texts = {}
    for name in _ROW_ARGUMENTS:
        if name in errand.command.arguments:
            value: Value = yield _value(errand, name)
            named = rows.ids(errand.machine.console.store, errand.command.menu, value)
            if named:
                found[name] = named[0]
    return found


def _call(errand: Errand, arguments: Mapping[str, Any]) -> Call:
    console = errand.machine.console
    path = errand.command.menu or "/"
    console.store.journal.actor = console.session.user
    return Call(store=console.store, session=console.session, path=path, arguments=arguments)


# What is changed.


def _add(errand: Errand) -> Step:
    texts: Texts = yield _texts(errand)
    named: Texts = yield _row_arguments(errand)
    return _result(perform(_call(errand, {**texts, **named}), "add"))


def _change(errand: Errand) -> Step:
    """Run `set`, `remove`, `enable`, `disable`, `move` and the like; nothing found is nothing done."""
    path, console = errand.command.menu, errand.machine.console
    arguments: dict[str, Any] = yield _texts(errand)
    if not views.is_single(console.store, path):
        value: Value = yield _value(errand, "numbers")
        arguments[".id"] = rows.ids(console.store, path, value)
        arguments |= yield _row_arguments(errand)
        if not arguments[".id"]:
            need_write(console.session, path)
            return NOTHING
    name = "set" if errand.command.name == "comment" else errand.command.name
    return _result(perform(_call(errand, arguments), name))


def _unset(errand: Errand) -> Step:
    store, path = errand.machine.console.store, errand.command.menu
    value: Value = yield _value(errand, "numbers")
    names: Value = yield _value(errand, "value-name")
    need_write(errand.machine.console.session, path)
    store.journal.actor = errand.machine.console.session.user
    for row_id in rows.ids(store, path, value):
        for name in text_of(names).replace(";", ",").split(","):
            operations.unset(store, *rows.located(store, path, row_id), name)
    return NOTHING


def _acted(errand: Errand) -> Step:
    """Run a command of this menu only, for as long as it takes; its frames are printed or returned."""
    machine, path = errand.machine, errand.command.menu
    arguments: dict[str, Any] = yield _texts(errand)
    if "numbers" in errand.command.arguments:
        value: Value = yield _value(errand, "numbers")
        has_rows = path != "" and machine.console.store.menu(path).is_list
        arguments[".id"] = rows.ids(machine.console.store, path, value) if has_rows else [text_of(value)]
    is_value = arguments.pop("as-value", None) is not None
    outcome = perform(_call(errand, arguments), errand.command.name)
    if outcome.takes_s:
        yield float(outcome.takes_s)
    result = _result(outcome)
    if errand.is_bare and not is_value and isinstance(result, Array):
        machine.print(listing.frames(outcome.content))
    return result


def _result(outcome: Outcome) -> Value:
    match outcome.content:
        case {"ret": str(text)}:
            return Id(text) if text.startswith("*") else text
        case list() as frames if frames:
            return Array(Array((), _texts_of(frame)) for frame in frames)
        case _:
            return NOTHING


def _texts_of(frame: object) -> dict[str, Value]:
    held = frame if isinstance(frame, dict) else {}
    return {str(name): str(text) for name, text in held.items()}


_READING: Mapping[str, MenuRunner] = {"find": _find, "get": _get, "print": _print}
_CHANGING: Mapping[str, MenuRunner] = {
    **dict.fromkeys(("comment", "disable", "enable", "move", "remove", "reset", "set"), _change),
    "add": _add,
    "unset": _unset,
}
