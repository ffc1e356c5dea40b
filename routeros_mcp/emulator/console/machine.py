"""Runs parsed scripts, a step at a time, within limits."""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.console import octets, operators
from routeros_mcp.emulator.console.catalogue import Catalogue
from routeros_mcp.emulator.console.errors import (
    LoopLeft,
    Quit,
    Returned,
    ScriptError,
    Stopped,
    TooMuch,
)
from routeros_mcp.emulator.console.scope import Scope
from routeros_mcp.emulator.console.session import Console
from routeros_mcp.emulator.console.tree import (
    Binary,
    Block,
    Body,
    Call,
    Command,
    Enter,
    Joined,
    Listing,
    Literal,
    Node,
    Property,
    Statement,
    Substitution,
    Template,
    Unary,
    Unknown,
    Variable,
)
from routeros_mcp.emulator.console.values import (
    NIL,
    NOTHING,
    TEXT_MAX,
    Array,
    Code,
    TooLarge,
    Value,
    text_of,
)
from routeros_mcp.emulator.errors import Refusal

Step = Generator[Any, Any, Value]
"""A piece of work: yields further steps to be done first, or seconds to pause; ends with a value."""

Builtin = Callable[["Machine", Command, Scope], Step]
MenuRunner = Callable[["Errand"], Step]
STEPS_MAX = 250_000
_OUTPUT_MAX = 4_000_000
_STACK_MAX = 10_000
_ELEMENTS_PER_STEP = 8
_CARRIED = (Stopped, Returned, LoopLeft, Quit, Refusal, TooLarge, RecursionError)


@dataclass(frozen=True, slots=True)
class Errand:
    """A command of a menu to be run. It `is_bare` when nothing takes its value, so that it may print."""

    machine: "Machine"
    command: Command
    scope: Scope
    is_bare: bool

    @property
    def whole(self) -> str:
        return f"{self.command.menu}/{self.command.name}"


@dataclass(slots=True)
class Meter:
    """What a run has used up and printed, scripts it ran inside counted."""

    steps: int = 0
    size: int = 0
    paused_s: float = 0.0
    printed: list[str] = field(default_factory=list)


class Machine:
    """One script as it runs. `builtins` are the commands of the language, `menus` runs those of menus."""

    def __init__(
        self,
        console: Console,
        catalogue: Catalogue,
        builtins: Mapping[str, Builtin],
        menus: MenuRunner,
        meter: Meter | None = None,
    ) -> None:
        self.console = console
        self.catalogue = catalogue
        self.meter = meter or Meter()
        self._builtins = builtins
        self._menus = menus

    # What surrounds a script.

    def run(self, step: Step) -> Generator[float, None, None]:
        """Do a step and all it asks for; yields the pauses. Errors come out as `Stopped`."""
        try:
            yield from self._drive(step)
        except (Returned, Quit, LoopLeft):
            return
        except TooLarge:
            raise TooMuch("out of memory") from None
        except RecursionError:
            raise TooMuch("nested too deeply") from None
        except Refusal as refusal:
            raise ScriptError(str(refusal)) from None

    def _drive(self, step: Step) -> Generator[float, None, None]:
        """Keep the steps on a stack of our own, so that no script can exhaust Python's."""
        stack: list[Generator[Any, Any, Any]] = [step]
        value: Value | None = None
        raised: BaseException | None = None
        while stack:
            try:
                asked = stack[-1].send(value) if raised is None else stack[-1].throw(raised)
            except StopIteration as end:
                stack.pop()
                value, raised = end.value, None
            except _CARRIED as error:
                stack.pop()
                value, raised = None, error
            else:
                value, raised = None, None
                if isinstance(asked, float):
                    self.meter.paused_s += asked
                    yield asked
                elif len(stack) < _STACK_MAX:
                    stack.append(asked)
                else:
                    raised = TooMuch("nested too deeply")
        if raised is not None:
            raise raised

    def spend(self, steps: int = 1) -> None:
        """Count work done.

        Raises:
            TooMuch: more than any script of the field needs; assumed.
        """
        self.meter.steps += steps
        if self.meter.steps > STEPS_MAX:
            raise TooMuch("script takes too long")

    def print(self, text: str) -> None:
        self.meter.printed.append(text)
        self.meter.size += len(text)
        if self.meter.size > _OUTPUT_MAX:
            raise TooMuch("too much output")

    def take_back(self, mark: int) -> str:
        """Return what was printed since there were `mark` pieces of output, and unprint it."""
        taken, self.meter.printed[mark:] = self.meter.printed[mark:], []
        return "".join(taken)

    def inner(self, session: Session) -> "Machine":
        """Return a machine for a script that runs inside this one, with these rights."""
        console = Console(self.console.store, session, self.console.screen)
        return Machine(console, self.catalogue, self._builtins, self._menus, self.meter)

    # Statements.

    def block(self, block: Block, scope: Scope) -> Step:
        """Run the commands of a block in the given scope; the value is that of the last."""
        value: Value = NOTHING
        for statement in block.statements:
            value = yield self.statement(statement, scope, is_bare=True)
        return value

    def body(self, node: Node | None, scope: Scope) -> Step:
        """Run a block given as an argument, or the code that a value holds."""
        if isinstance(node, Body):
            value: Value = yield self.block(node.block, scope.inner())
            return value
        held: Value = NOTHING if node is None else (yield self.evaluate(node, scope))
        if isinstance(held, Code):
            value = yield self.block(held.block, scope.inner())
            return value
        return held

    def statement(self, statement: Statement, scope: Scope, *, is_bare: bool) -> Step:
        self.spend()
        value: Value = NOTHING
        match statement:
            case Command():
                value = yield self._command(statement, scope, is_bare=is_bare)
            case Call():
                value = yield self._call(statement, scope)
            case Block():
                value = yield self.block(statement, scope.inner())
            case Substitution():
                value = yield self.evaluate(statement, scope)
            case Unknown():
                raise ScriptError(statement.message, None)
            case Enter():
                pass
        return value

    def _command(self, command: Command, scope: Scope, *, is_bare: bool) -> Step:
        if command.fault:
            raise ScriptError(command.fault, None)
        try:
            if command.is_builtin:
                runner = self._builtins["log" if command.menu else command.name]
                value: Value = yield runner(self, command, scope)
            else:
                value = yield self._menus(Errand(self, command, scope, is_bare))
        except Stopped as error:
            if error.place == "":
                error.place = f"{command.shown}; line {command.line}"
            raise
        return value

    def _call(self, call: Call, scope: Scope) -> Step:
        """Run the code a variable holds; what else it may hold is the value of the call."""
        callee: Value = yield self.evaluate(call.callee, scope)
        given: dict[str, Value] = {}
        for name, node in call.arguments.items():
            given[name] = yield self.evaluate(node, scope)
        if not isinstance(callee, Code):
            return callee
        try:
            yield self.block(callee.block, scope.function(given))
        except Returned as returned:
            return returned.value
        return NOTHING

    # Arguments and expressions.

    def arguments(self, command: Command, scope: Scope) -> Generator[Any, Any, dict[str, Value]]:
        """Compute all arguments of a command."""
        found: dict[str, Value] = {}
        for name, node in command.arguments.items():
            found[name] = yield self.evaluate(node, scope)
        return found

    def evaluate(self, node: Node, scope: Scope) -> Step:
        self.spend()
        match node:
            case Literal():
                return node.value
            case Variable():
                return scope.get(node.name)
            case Property():
                return (scope.row or {}).get(node.name, NOTHING)
            case Body():
                return Code(node.block)
        value: Value = yield self._compound(node, scope)
        return value

    def _compound(self, node: Node, scope: Scope) -> Step:
        match node:
            case Template():
                return self._template(node, scope)
            case Joined():
                return self._joined(node, scope)
            case Listing():
                return self._listing(node, scope)
            case Substitution():
                return self._substitution(node, scope)
            case Unary():
                return self._unary(node, scope)
            case Binary():
                return self._binary(node, scope)
            case _:
                raise AssertionError(node)

    def _template(self, node: Template, scope: Scope) -> Step:
        parts: list[str] = []
        for part in node.parts:
            if isinstance(part, bytes):
                parts.append(octets.text(part))
            else:
                parts.append(text_of((yield self.evaluate(part, scope))))
        whole = octets.joined(*parts)
        if len(whole) > TEXT_MAX:
            raise TooLarge
        self.spend(len(whole) // 1024)
        return whole

    def _joined(self, node: Joined, scope: Scope) -> Step:
        items: list[Value] = []
        for part in node.parts:
            value: Value = yield self.evaluate(part, scope)
            items += value.items if isinstance(value, Array) else [value]
        return self.array(items)

    def _listing(self, node: Listing, scope: Scope) -> Step:
        items: list[Value] = []
        keyed: dict[str, Value] = {}
        for key, part in node.items:
            name = None if key is None else (yield self.evaluate(key, scope))
            value: Value = yield self.evaluate(part, scope)
            if name is None:
                items.append(value)
            else:
                keyed[text_of(name)] = value
        return self.array(items, keyed)

    def _substitution(self, node: Substitution, scope: Scope) -> Step:
        value: Value = NIL
        for statement in node.block.statements:
            value = yield self.statement(statement, scope, is_bare=False)
        return value

    def _unary(self, node: Unary, scope: Scope) -> Step:
        operand: Value = yield self.evaluate(node.operand, scope)
        return operators.unary(node.operator, operand)

    def _binary(self, node: Binary, scope: Scope) -> Step:
        left: Value = yield self.evaluate(node.left, scope)
        right: Value = yield self.evaluate(node.right, scope)
        self.charge(left)
        self.charge(right)
        return operators.binary(node.operator, left, right)

    def charge(self, value: Value) -> None:
        if isinstance(value, Array):
            self.spend(value.weight // _ELEMENTS_PER_STEP)
        elif isinstance(value, str):
            self.spend(len(value) // 1024)

    def array(self, items: Iterable[Value], keyed: Mapping[str, Value] | None = None) -> Array:
        made = Array(items, keyed)
        self.charge(made)
        return made
