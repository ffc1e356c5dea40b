"""The console language: what runs over SSH, in scripts, in `/execute` and in imported files."""

from routeros_mcp.emulator import commands
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.console.catalogue import Catalogue
from routeros_mcp.emulator.console.control import CONTROL
from routeros_mcp.emulator.console.errors import Incomplete, Stopped, SyntaxFault, UserError
from routeros_mcp.emulator.console.functions import FUNCTIONS
from routeros_mcp.emulator.console.machine import Machine
from routeros_mcp.emulator.console.menus import runner
from routeros_mcp.emulator.console.parser import Parser
from routeros_mcp.emulator.console.scope import Scope
from routeros_mcp.emulator.console.scripts import rights
from routeros_mcp.emulator.console.session import CRLF, SCRIPT, Console, Place, Screen
from routeros_mcp.emulator.program import Program, Ran, finish
from routeros_mcp.emulator.store import Store

__all__ = ["CRLF", "SCRIPT", "Console", "Place", "Screen", "is_complete", "perform", "rights", "run", "start"]


def run(store: Store, session: Session, text: str) -> str:
    """Run a script and return what it prints, line ends CRLF. An error is the last thing printed."""
    return perform(Console(store, session), text).output


def perform(console: Console, text: str) -> Ran:
    """Run a script to its end at once, its pauses left out."""
    ran, _ = finish(start(console, text))
    return ran


def start(console: Console, text: str) -> Program:
    """Begin to run a script; its pauses are for the caller to wait.

    A text that cannot be read does not run at all. Where the console has a place, the script goes on from
    there and leaves it where it ended.
    """
    machine, parser = _prepared(console, text)
    try:
        _refuse_unreadable(console.store.unreadable, text)
        block = parser.script()
        console.place.menu = parser.menu
        yield from machine.run(machine.block(block, _scope(console)))
    except Stopped as error:
        machine.meter.printed.append(_told(console, error) + "\n")
        return _ran(machine, has_failed=True)
    return _ran(machine, has_failed=False)


def is_complete(console: Console, text: str) -> bool:
    """Say whether a text ends outside all quotes and brackets."""
    try:
        _prepared(console, text)[1].script()
    except Incomplete:
        return False
    except Stopped:
        return True
    return True


def _prepared(console: Console, text: str) -> tuple[Machine, Parser]:
    own = commands.own_commands()
    catalogue = Catalogue(console.store, own)
    menus = runner(own)
    scope = console.place.scope
    declared = frozenset[str]() if scope is None else scope.names
    parser = Parser(text, catalogue, console.place.menu, declared)
    return Machine(console, catalogue, {**FUNCTIONS, **CONTROL}, menus), parser


def _refuse_unreadable(words: str, text: str) -> None:
    if words and words in text:
        line = text.count("\n", 0, text.index(words)) + 1
        column = text.index(words) - text.rfind("\n", 0, text.index(words))
        raise SyntaxFault(f"syntax error (line {line} column {column})")


def _scope(console: Console) -> Scope:
    if console.place.scope is None:
        console.place.scope = Scope(console.store.globals)
    return console.place.scope


def _told(console: Console, error: Stopped) -> str:
    """Word an error: a terminal is not told its place, except of `:error`. Source: recorded 7.21 to 7.23."""
    if console.screen.is_terminal and not isinstance(error, UserError):
        return error.message
    return str(error)


def _ran(machine: Machine, *, has_failed: bool) -> Ran:
    output = "".join(machine.meter.printed).replace("\n", CRLF)
    return Ran(output=output, has_failed=has_failed)
