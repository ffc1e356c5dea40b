"""How `:put` shows parsed code: the text form of what the router would run."""

from collections.abc import Sequence

from routeros_mcp.emulator.console import octets
from routeros_mcp.emulator.console.errors import TooMuch
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
from routeros_mcp.emulator.console.values import Code, text_of

_DEPTH_MAX = 150


def code(value: Code) -> str:
    """Write code as `:put` does; a function is a list whose first element is empty.

    Source: public descriptions of recorded `:parse` output, 7.20 to 7.23; the finer points are assumed.
    """
    if value.is_function:
        return f";{_body(value.block, 0)}"
    return ";".join(_statement(statement, 0) for statement in value.block.statements)


def _statement(statement: Statement, depth: int) -> str:
    if depth > _DEPTH_MAX:
        raise TooMuch("nested too deeply")
    match statement:
        case Command():
            return _command(statement, depth)
        case Call():
            given = [_node(node, depth) for node in statement.arguments.values()]
            callee = _node(statement.callee, depth)
            return f"(<%% {';'.join([f'{callee} (> {callee})', *given])})"
        case Unknown():
            return f"(<%% {statement.message} {';'.join(statement.words)})"
        case Enter():
            return statement.menu or "/"
        case Substitution():
            return f"(<%% {_body(statement.block, depth)})"
        case Block():
            return _body(statement, depth)


def _body(block: Block, depth: int) -> str:
    return f"(evl {' '.join(_statement(statement, depth + 1) for statement in block.statements) or '/'})"


def _command(command: Command, depth: int) -> str:
    if command.fault:
        return f"(evl {command.fault} {command.menu}/{command.name})"
    given = ";".join(_argument(command, name, depth) for name in sorted(command.arguments))
    where = "" if command.where is None else f"where={_node(command.where, depth)}"
    return f"(evl {command.menu}/{command.name}{';'.join(filter(None, [given, where]))})"


def _argument(command: Command, name: str, depth: int) -> str:
    node = command.arguments[name]
    if isinstance(node, Body):
        return f"{name}=;{_body(node.block, depth)}"
    is_name = command.is_builtin and name in {"name", "counter", "error"} and isinstance(node, Literal)
    return f"{name}={'$' if is_name else ''}{_node(node, depth)}"


def _node(node: Node, depth: int) -> str:
    if depth > _DEPTH_MAX:
        raise TooMuch("nested too deeply")
    match node:
        case Literal():
            return text_of(node.value)
        case Variable() | Property():
            return f"${node.name}"
        case Listing():
            return ";".join(_item(key, value, depth + 1) for key, value in node.items)
        case Substitution() | Body():
            return _body(node.block, depth + 1)
        case Unary() | Binary() | Template() | Joined():
            operator, operands = _operation(node)
            return f"({operator} {' '.join(_part(operand, depth + 1) for operand in operands)})"


def _operation(node: Unary | Binary | Template | Joined) -> tuple[str, Sequence[bytes | Node]]:
    match node:
        case Unary():
            return node.operator, (node.operand,)
        case Binary():
            return node.operator, (node.left, node.right)
        case Template():
            return ".", node.parts
        case Joined():
            return ",", node.parts


def _part(part: bytes | Node, depth: int) -> str:
    return octets.text(part) if isinstance(part, bytes) else _node(part, depth)


def _item(key: Node | None, value: Node, depth: int) -> str:
    return _node(value, depth) if key is None else f"{_node(key, depth)}={_node(value, depth)}"
