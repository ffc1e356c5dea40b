"""The parsed form of a script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from routeros_mcp.emulator.console.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A word or a quoted text without anything to fill in; `text` is how it was written, quotes off."""

    text: str
    value: Value


@dataclass(frozen=True, slots=True)
class Template:
    """A quoted text with values to fill in."""

    parts: tuple["bytes | Node", ...]


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the row that a filter looks at."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list `{1; "key"=2}`: pairs of key and value, the key absent for values by position."""

    items: tuple[tuple["Node | None", "Node"], ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Words and variables joined by commas, as `$a,10.0.0.1`."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Substitution:
    """A command in square brackets: its result."""

    block: "Block"


@dataclass(frozen=True, slots=True)
class Body:
    """A block given as an argument, to be run by the command."""

    block: "Block"


Node = Literal | Template | Variable | Property | Unary | Binary | Listing | Joined | Substitution | Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: the menu ("" for the root), its name, and its arguments by name.

    Unnamed arguments have got their names; a flag has an empty literal. `fault` is a complaint about an
    argument that is raised when the command runs.
    """

    menu: str
    name: str
    arguments: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    where: Node | None = None
    fault: str = ""
    line: int = 1
    is_builtin: bool = False

    @property
    def shown(self) -> str:
        return f":{self.name}" if self.is_builtin else f"{self.menu}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function called by the variable that holds it; arguments by name, unnamed ones as "1", "2"."""

    callee: Node
    arguments: Mapping[str, Node]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A command that is not there: an error once it is reached. Source: recorded `:parse` output."""

    message: str
    words: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Enter:
    """A menu entered for the lines that follow."""

    menu: str


@dataclass(frozen=True, slots=True)
class Block:
    """Commands with variables of their own."""

    statements: tuple["Statement", ...]


Statement = Command | Call | Unknown | Enter | Block | Substitution
