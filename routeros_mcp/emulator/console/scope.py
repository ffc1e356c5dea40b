"""Variables: those of a block, and the router's own, which outlive scripts until a reboot."""

from collections.abc import Mapping

from routeros_mcp.emulator.console.values import NOTHING, Empty, Value, text_of
from routeros_mcp.emulator.variables import Held

Globals = dict[str, Held]


class Scope:
    """The variables of one block, and those around it. A function's scope has none around it.

    A global is seen only where it was declared. Source: vendor manual, Scripting: scopes.
    """

    __slots__ = ("_declared", "_globals", "_local", "_parent", "row")

    def __init__(
        self,
        variables: Globals,
        parent: "Scope | None" = None,
        given: Mapping[str, Value] | None = None,
        row: Mapping[str, Value] | None = None,
    ) -> None:
        self._globals = variables
        self._parent = parent
        self._local: dict[str, Value] = dict(given or {})
        self._declared: set[str] = set()
        self.row: Mapping[str, Value] | None = row if parent is None or row is not None else parent.row

    def inner(self, row: Mapping[str, Value] | None = None) -> "Scope":
        return Scope(self._globals, self, row=row)

    def function(self, given: Mapping[str, Value]) -> "Scope":
        return Scope(self._globals, None, given)

    @property
    def names(self) -> frozenset[str]:
        """The variables declared in this very block."""
        return frozenset(self._local) | frozenset(self._declared)

    def define(self, name: str, value: Value) -> None:
        self._local[name] = value

    def declare_global(self, name: str) -> None:
        """Show the router's variable here, unless the function was given one of that name.

        Source: vendor manual, Functions.
        """
        if name not in self._local:
            self._declared.add(name)

    def get(self, name: str) -> Value:
        """Return the value, or nothing for what is not declared (verified on 7.21)."""
        if name in self._local:
            return self._local[name]
        if name in self._declared:
            held = self._globals.get(name)
            value: Value = NOTHING if held is None else held.value
            return value
        return NOTHING if self._parent is None else self._parent.get(name)

    def set(self, name: str, value: Value) -> bool:
        """Change a variable where it was declared; say whether it was. Nothing removes a global."""
        if name in self._local:
            self._local[name] = value
        elif name not in self._declared:
            return self._parent is not None and self._parent.set(name, value)
        elif isinstance(value, Empty):
            self._globals.pop(name, None)
        else:
            self._globals[name] = Held(value, text_of(value))
        return True
