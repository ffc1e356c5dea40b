"""The commands that decide what runs, and those that hold and show values."""

import math
from collections.abc import Generator, Mapping
from typing import Any

from routeros_mcp.emulator import access
from routeros_mcp.emulator.console import operators, rendering
from routeros_mcp.emulator.console.errors import (
    LoopLeft,
    Quit,
    Returned,
    ScriptError,
    Stopped,
    UserError,
)
from routeros_mcp.emulator.console.machine import Builtin, Machine, Step
from routeros_mcp.emulator.console.parser import parse
from routeros_mcp.emulator.console.scope import Scope
from routeros_mcp.emulator.console.tree import Binary, Body, Command, Literal, Node, Variable
from routeros_mcp.emulator.console.values import (
    NOTHING,
    Array,
    Code,
    Empty,
    Id,
    Time,
    Value,
    text_of,
)

_NS = 1_000_000_000
_FIRST_JOB = 0xB546
_JOBS = "/system/script/job"


def needed(command: Command, name: str) -> Node:
    """Return an argument that the command cannot do without.

    Raises:
        ScriptError: it was not given.
    """
    node = command.arguments.get(name)
    if node is None:
        raise ScriptError(f"missing value(s) of argument(s) {name}")
    return node


def _optional(machine: Machine, command: Command, name: str, default: Value, scope: Scope) -> Step:
    node = command.arguments.get(name)
    value: Value = default if node is None else (yield machine.evaluate(node, scope))
    return value


def _put(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield machine.evaluate(needed(command, "message"), scope)
    machine.print((rendering.code(value) if isinstance(value, Code) else text_of(value)) + "\n")
    return value


def _error(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield machine.evaluate(needed(command, "message"), scope)
    raise UserError(text_of(value))


def _log(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield machine.evaluate(needed(command, "message"), scope)
    access.log(machine.console.store, f"script,{command.name}", text_of(value))
    return NOTHING


def _delay(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield from _optional(machine, command, "delay-time", 1, scope)
    seconds = seconds_of(value)
    if seconds > 0:
        yield seconds
    return NOTHING


def seconds_of(value: Value) -> float:
    """Read a time, or a number of seconds.

    Raises:
        ScriptError: it is neither.
    """
    match value:
        case bool():
            raise ScriptError("invalid value for argument delay-time")
        case Time():
            return value.ns / _NS
        case int():
            return float(value)
        case _:
            raise ScriptError("invalid value for argument delay-time")


def _return(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield machine.evaluate(needed(command, "value"), scope)
    raise Returned(value)


def _quit(_machine: Machine, _command: Command, _scope: Scope) -> Step:
    yield 0.0
    raise Quit


def _leave(_machine: Machine, command: Command, _scope: Scope) -> Step:
    yield 0.0
    raise LoopLeft(is_over=command.name == "break")


# Variables.


def _name(command: Command) -> str:
    node = needed(command, "name")
    if not isinstance(node, Literal):
        raise ScriptError("invalid value for argument name")
    return node.text


def _given(machine: Machine, command: Command, scope: Scope) -> Step:
    """Compute what a variable gets: a value, or a function."""
    body = command.arguments.get("do")
    if isinstance(body, Body):
        return Code(body.block, is_function=True)
    value: Value = yield from _optional(machine, command, "value", NOTHING, scope)
    machine.charge(value)
    return value


def _global(machine: Machine, command: Command, scope: Scope) -> Step:
    name = _name(command)
    value: Value = yield from _given(machine, command, scope)
    scope.declare_global(name)
    if command.arguments.keys() & {"do", "value"}:
        scope.set(name, value)
    return value


def _local(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield from _given(machine, command, scope)
    scope.define(_name(command), value)
    return value


def _set(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield from _given(machine, command, scope)
    yield _assign(machine, needed(command, "name"), value, scope)
    return value


def _assign(machine: Machine, target: Node, value: Value, scope: Scope) -> Step:
    """Set a variable, or the element of a list that one holds: `($a->"x"->0)`."""
    match target:
        case Literal(text=name) | Variable(name=name):
            if not scope.set(name, value):
                raise ScriptError(f"no such variable {name}")
        case Binary(operator="->", left=left, right=right):
            held: Value = yield machine.evaluate(left, scope)
            key: Value = yield machine.evaluate(right, scope)
            changed = operators.with_element(held, key, value)
            machine.spend(changed.weight // 8)
            yield _assign(machine, left, changed, scope)
        case _:
            raise ScriptError("invalid value for argument name")
    return NOTHING


# Branches and loops.


def _condition(machine: Machine, node: Node, scope: Scope) -> Generator[Any, Any, bool]:
    value: Value = yield machine.evaluate(node, scope)
    if not isinstance(value, bool):
        raise ScriptError("conditional not boolean")
    return value


def _if(machine: Machine, command: Command, scope: Scope) -> Step:
    is_so = yield from _condition(machine, needed(command, "condition"), scope)
    branch = command.arguments.get("do" if is_so else "else")
    value: Value = NOTHING if branch is None else (yield machine.body(branch, scope))
    return value


def _round(machine: Machine, body: Node | None, scope: Scope) -> Generator[Any, Any, bool]:
    """Run the body of a loop once; say whether the loop goes on."""
    machine.spend()
    try:
        if body is not None:
            yield machine.body(body, scope)
    except LoopLeft as left:
        return not left.is_over
    return True


def _while(machine: Machine, command: Command, scope: Scope) -> Step:
    condition, body = needed(command, "condition"), command.arguments.get("do")
    while (yield from _condition(machine, condition, scope)):
        if not (yield from _round(machine, body, scope)):
            break
    return NOTHING


def _number(machine: Machine, command: Command, name: str, scope: Scope) -> Generator[Any, Any, int]:
    value: Value = yield machine.evaluate(needed(command, name), scope)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScriptError(f"invalid value for argument {name}")
    return value


def _for(machine: Machine, command: Command, scope: Scope) -> Step:
    """Count up, or down where `to` is less than `from`. Source: verified on 7.21 and 7.24."""
    first = yield from _number(machine, command, "from", scope)
    last = yield from _number(machine, command, "to", scope)
    step = 1 if first <= last else -1
    if "step" in command.arguments:
        step = yield from _number(machine, command, "step", scope)
    name, body, counter = _counter(command), command.arguments.get("do"), first
    while counter <= last if step >= 0 else counter >= last:
        inner = scope.inner()
        inner.define(name, counter)
        if not (yield from _round(machine, body, inner)):
            break
        counter += step
    return NOTHING


def _counter(command: Command) -> str:
    node = needed(command, "counter")
    return node.text if isinstance(node, Literal) else ""


def _foreach(machine: Machine, command: Command, scope: Scope) -> Step:
    """Visit values, or with `k,v` keys and values; what is no list is a list of one."""
    held: Value = yield machine.evaluate(needed(command, "in"), scope)
    array = held if isinstance(held, Array) else Array(() if isinstance(held, Empty) else (held,))
    first, comma, second = _counter(command).partition(",")
    for key, value in list(array.pairs()):
        inner = scope.inner()
        inner.define(first, key if comma else value)
        if comma:
            inner.define(second, value)
        if not (yield from _round(machine, command.arguments.get("do"), inner)):
            break
    return NOTHING


def _do(machine: Machine, command: Command, scope: Scope) -> Step:
    """Run a block, again while a condition holds, and another if it fails."""
    body, condition = command.arguments.get("command"), command.arguments.get("while")
    try:
        while (yield from _round(machine, body, scope)):
            if condition is None or not (yield from _condition(machine, condition, scope)):
                break
    except ScriptError:
        if "on-error" not in command.arguments:
            raise
        yield machine.body(command.arguments["on-error"], scope)
    return NOTHING


# Errors.


def _onerror(machine: Machine, command: Command, scope: Scope) -> Step:
    """Say whether the first block failed, after running the second if it did.

    `:return` in either block is the result of the command and leaves no function (verified on 7.24).
    """
    name, was_error = needed(command, "error"), False
    try:
        try:
            yield machine.body(needed(command, "in"), scope)
        except ScriptError as error:
            was_error = True
            located(error, command)
            handler = scope.inner()
            handler.define(name.text if isinstance(name, Literal) else "", str(error))
            if "do" in command.arguments:
                yield machine.body(command.arguments["do"], handler)
    except Returned as returned:
        return returned.value
    return was_error


def located(error: Stopped, command: Command) -> None:
    if error.place == "":
        error.place = f"{command.shown}; line {command.line}"


def _retry(machine: Machine, command: Command, scope: Scope) -> Step:
    """Try up to `max` times with pauses between. Source: vendor manual; zero times with max=0 (7.21)."""
    pause: Value = yield from _optional(machine, command, "delay", 1, scope)
    most: Value = yield from _optional(machine, command, "max", 1, scope)
    for left in range(most - 1 if isinstance(most, int) else 0, -1, -1):
        machine.spend()
        try:
            value: Value = yield machine.body(needed(command, "command"), scope)
        except ScriptError:
            if left:
                yield seconds_of(pause)
            elif "on-error" in command.arguments:
                yield machine.body(command.arguments["on-error"], scope)
            else:
                raise
        else:
            return value
    return NOTHING


# Scripts in scripts.


def _time(machine: Machine, command: Command, scope: Scope) -> Step:
    """Return how long a block paused; nothing else takes time here."""
    before = machine.meter.paused_s
    yield machine.body(needed(command, "command"), scope)
    passed = machine.meter.paused_s - before
    return Time(0 if math.isinf(passed) else round(passed * _NS))


def _parse(machine: Machine, command: Command, scope: Scope) -> Step:
    value: Value = yield machine.evaluate(needed(command, "source"), scope)
    block = parse(text_of(value), machine.catalogue)
    return Code(block)


def _execute(machine: Machine, command: Command, scope: Scope) -> Step:
    """Run a script and return its output, or at once the id of a job. Its errors are output.

    Source: vendor manual; verified on 7.21: the caller catches none of them.
    """
    value: Value = yield machine.evaluate(needed(command, "script"), scope)
    mark = len(machine.meter.printed)
    yield run_text(machine, text_of(value), scope)
    output = machine.take_back(mark)
    if "as-string" in command.arguments:
        return output
    return Id(f"*{machine.console.store.next_number(_JOBS) + _FIRST_JOB - 1:X}")


def run_text(machine: Machine, text: str, scope: Scope) -> Step:
    """Run a script of its own; its error is printed, not raised."""
    try:
        block = parse(text, machine.catalogue)
        yield machine.block(block, scope.function({}))
    except (Returned, Quit):
        return NOTHING
    except ScriptError as error:
        machine.print(f"{error}\n")
    return NOTHING


def _nothing(_machine: Machine, _command: Command, _scope: Scope) -> Step:
    yield 0.0
    return NOTHING


CONTROL: Mapping[str, Builtin] = {
    "break": _leave,
    "continue": _leave,
    "delay": _delay,
    "do": _do,
    "error": _error,
    "execute": _execute,
    "for": _for,
    "foreach": _foreach,
    "global": _global,
    "if": _if,
    "local": _local,
    "log": _log,
    "nothing": _nothing,
    "onerror": _onerror,
    "parse": _parse,
    "put": _put,
    "quit": _quit,
    "retry": _retry,
    "return": _return,
    "set": _set,
    "time": _time,
    "while": _while,
}
