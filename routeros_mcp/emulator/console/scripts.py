"""Stored scripts and exports: what a console runs itself, so that pauses and output are its own."""

from collections.abc import Generator, Mapping
from typing import Any

from routeros_mcp.emulator import export, policies
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.console import files, importing, rows
from routeros_mcp.emulator.console.errors import Quit, Returned, ScriptError
from routeros_mcp.emulator.console.machine import Errand, MenuRunner, Step
from routeros_mcp.emulator.console.parser import parse
from routeros_mcp.emulator.console.session import Console
from routeros_mcp.emulator.console.values import NOTHING, Value, text_of
from routeros_mcp.emulator.errors import no_permission
from routeros_mcp.emulator.store import Row

_SCRIPTS = "/system/script"
_EXPORT_STEPS = 3_000


def run_script(errand: Errand) -> Step:
    """Run stored scripts with the rights of the caller, or with `use-script-permissions` with their own.

    Source: vendor manual, Scripting: script permissions.
    """
    machine = errand.machine
    if "numbers" not in errand.command.arguments:
        raise ScriptError("missing value(s) of argument(s) numbers")
    value: Value = yield machine.evaluate(errand.command.arguments["numbers"], errand.scope)
    has_own = "use-script-permissions" in errand.command.arguments
    for row_id in rows.ids(machine.console.store, _SCRIPTS, value):
        _, row = rows.located(machine.console.store, _SCRIPTS, row_id)
        session = rights(machine.console, row, has_own=has_own)
        block = parse(row.values.get("source", ""), machine.catalogue)
        try:
            yield machine.inner(session).block(block, errand.scope.function({}))
        except (Returned, Quit):
            continue
    return NOTHING


def rights(console: Console, row: Row, *, has_own: bool = False) -> Session:
    """Count a stored script as started, and return with what rights it runs.

    Raises:
        Refusal: it asks for more than the caller has.
    """
    table = console.store.table(_SCRIPTS)
    held = policies.granted(table.effective(row).get("policy", ""))
    if row.values.get("dont-require-permissions") != "true" and not held <= console.session.granted:
        raise no_permission()
    row.values["run-count"] = str(int(row.values.get("run-count", "0")) + 1)
    row.values["last-started"] = console.store.stamp()
    own = console.session
    return Session(own.user, held & own.granted, own.until) if has_own else own


def _export(errand: Errand) -> Step:
    """Print the configuration of this menu and those below, or write it to a file."""
    machine, given = errand.machine, errand.command.arguments
    machine.spend(_EXPORT_STEPS)
    if "show-sensitive" in given:
        machine.console.session.need("sensitive")
    paths = yield from _paths(errand)
    only = yield from _only(errand)
    options = export.Options(
        path=errand.command.menu,
        paths=paths,
        only=only,
        is_terse="terse" in given,
        is_verbose="verbose" in given,
        shows_secrets="show-sensitive" in given,
        width=machine.console.screen.width,
    )
    text = export.export(machine.console.store, options)
    if "file" in given:
        name = text_of((yield machine.evaluate(given["file"], errand.scope)))
        files.write(machine.console, name.removesuffix(".rsc") + ".rsc", text)
    else:
        machine.print(text)
    return NOTHING


def _paths(errand: Errand) -> Generator[Any, Any, tuple[str, ...]]:
    """Read `path=/ip/firewall,!/ip/firewall/nat`. Source: vendor manual, 7.23."""
    node = errand.command.arguments.get("path")
    if node is None:
        return ()
    text = text_of((yield errand.machine.evaluate(node, errand.scope)))
    return tuple(part.replace(" ", "/") for part in text.replace(";", ",").split(",") if part)


def _only(errand: Errand) -> Generator[Any, Any, frozenset[str] | None]:
    """Read `where …`: the rows of this menu that are to be exported. Source: vendor manual, 7.13."""
    if errand.command.where is None:
        return None
    kept = yield from rows.selected(errand.machine, errand.command.menu, errand.command.where, errand.scope)
    return frozenset(row[".id"] for row in kept)


COMMANDS: Mapping[str, MenuRunner] = {
    "/import": importing.run,
    f"{_SCRIPTS}/run": run_script,
    "export": _export,
}
