"""`/import`: a file of commands, run whole or line by line, up to the first error."""

from collections.abc import Iterator
from dataclasses import dataclass

from routeros_mcp.emulator.console import files
from routeros_mcp.emulator.console.errors import Incomplete, Quit, Returned, ScriptError, SyntaxFault
from routeros_mcp.emulator.console.machine import Errand, Machine, Step
from routeros_mcp.emulator.console.parser import Parser, parse
from routeros_mcp.emulator.console.tree import Block, Command, Unknown
from routeros_mcp.emulator.console.values import NIL, Value, text_of

_DONE = "Script file loaded and executed successfully\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The lines of one command, the first one's number, and the command or why there is none."""

    number: int
    text: str
    block: Block | None
    fault: str = ""


def run(errand: Errand) -> Step:
    """Run a file. What ran before an error stays.

    Source: vendor manual, Scripting; texts as seen on 7.24: `Script Error: …`, and `Cannot open import file`.
    """
    machine, place = errand.machine, f":import; line {errand.command.line}"
    given: dict[str, Value] = yield machine.arguments(errand.command, errand.scope)
    if "file-name" not in given:
        raise ScriptError("missing value(s) of argument(s) file-name", place)
    text = files.read(machine.console, text_of(given["file-name"]))
    if text is None:
        raise ScriptError("Cannot open import file, file does not exist", place)
    is_verbose = given.get("verbose") is True
    if "dry-run" in given and not is_verbose:
        raise ScriptError("dry-run is only possible with verbose=yes", place)
    text = _from_line(text, given.get("from-line", 1))
    try:
        if not is_verbose:
            yield _whole(errand, text)
        else:
            yield _by_line(errand, text, is_dry="dry-run" in given)
    except (Returned, Quit):
        return NIL
    except ScriptError as error:
        raise ScriptError(f"Script Error: {error}", place if error.place else None) from None
    if errand.is_bare:
        machine.print(_DONE)
    return NIL


def _from_line(text: str, first: Value) -> str:
    """Empty the lines before the first to run, so that line numbers stay."""
    skipped = first - 1 if isinstance(first, int) else 0
    lines = text.split("\n")
    return "\n".join(["" for _ in lines[:skipped]] + lines[skipped:])


def _whole(errand: Errand, text: str) -> Step:
    machine = errand.machine
    value: Value = yield machine.block(parse(text, machine.catalogue), errand.scope.function({}))
    return value


def _by_line(errand: Errand, text: str, *, is_dry: bool) -> Step:
    """Run command by command, each told before it runs; variables of one line are unknown to the next."""
    machine, errors = errand.machine, 0
    for piece in _pieces(machine, text):
        machine.print(f"#line {piece.number}\n{piece.text}\n")
        if is_dry:
            fault = piece.fault or _fault(piece.block)
            machine.print(f"{fault}\n" if fault else "")
            errors += bool(fault)
        elif piece.block is None:
            raise ScriptError(piece.fault, None)
        else:
            yield machine.block(piece.block, errand.scope.function({}))
    if errors:
        raise ScriptError(f"found {errors} error(s) in import file", None)
    return NIL


def _pieces(machine: Machine, text: str) -> Iterator[Piece]:
    """Split a file into commands, which may go over several lines; a menu entered holds for what follows."""
    menu, held, first = "", "", 1
    for number, line in enumerate(text.split("\n"), 1):
        held, first = (held + "\n" + line, first) if held else (line, number)
        machine.spend(1 + len(held) // 64)
        parser = Parser(held, machine.catalogue, menu, frozenset())
        try:
            block = parser.script()
        except Incomplete:
            continue
        except SyntaxFault as fault:
            yield Piece(number=first, text=held, block=None, fault=str(fault))
        else:
            menu = parser.menu
            if block.statements:
                yield Piece(number=first, text=held, block=block)
        held = ""
    if held:
        yield Piece(number=first, text=held, block=None, fault="syntax error")


def _fault(block: Block | None) -> str:
    """Say what is wrong with a command that was only read."""
    for statement in block.statements if block is not None else ():
        if isinstance(statement, Unknown):
            return statement.message
        if isinstance(statement, Command) and statement.fault:
            return statement.fault
    return ""
