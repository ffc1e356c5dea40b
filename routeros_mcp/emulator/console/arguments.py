"""The arguments of a command: named, unnamed, flags, and the filter at the end."""

import re
from abc import abstractmethod
from dataclasses import dataclass, field

from routeros_mcp.emulator.console import literals
from routeros_mcp.emulator.console.catalogue import Catalogue
from routeros_mcp.emulator.console.expressions import ExpressionReader
from routeros_mcp.emulator.console.signatures import Signature, Slot
from routeros_mcp.emulator.console.tree import Body, Joined, Literal, Node

_NAMED = re.compile(r"!?[A-Za-z0-9.][A-Za-z0-9._-]*=")
_UNSET = re.compile(r"!([A-Za-z][A-Za-z0-9._-]*)(?=[\s;\])}]|$)")
_WORD = re.compile(r"[A-Za-z0-9.][A-Za-z0-9._-]*(?=[\s;\])}]|$)")
_BARE = re.compile(r'[^\s;"$\[\](){}\\]+')
_WHERE = re.compile(r"where(?=[\s;\])}(]|$)")
_VARIABLE = re.compile(r"[A-Za-z0-9]+")
_COUNTERS = re.compile(r"[A-Za-z0-9]+(?:,[A-Za-z0-9]+)?")
_VERBATIM = re.compile(r'"(?:\\.|[^"\\])*"|[^{}"]', re.DOTALL)
_SET = Literal("", True)


@dataclass(slots=True)
class Given:
    """The arguments read so far; `prefix` is what a name that begins with a dot goes on from."""

    values: dict[str, Node] = field(default_factory=dict)
    where: Node | None = None
    fault: str = ""
    prefix: str = ""
    is_function: bool = False

    def next_unnamed(self, signature: Signature) -> str | None:
        return next((name for name in signature.unnamed if name not in self.values), None)


class ArgumentReader(ExpressionReader):
    """Reads arguments up to the end of the command."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        super().__init__(text)
        self.catalogue = catalogue

    @abstractmethod
    def body(self, *, is_function: bool) -> Body:
        """Read a block to run."""

    @abstractmethod
    def declare(self, name: str) -> None:
        """Take note of a variable."""

    @abstractmethod
    def is_declared(self, name: str) -> bool:
        """Say whether the variable may be set here."""

    def arguments(self, signature: Signature, given: Given) -> Given:
        """Read all arguments; what follows a value without a blank is one too many."""
        is_apart = True
        while True:
            is_apart = self.skip_spaces() or is_apart
            if self.is_at_end_of_command:
                return given
            if not is_apart:
                self.fail("expected end of command")
            self._argument(signature, given)
            if given.where is not None:
                return given
            is_apart = False

    def _argument(self, signature: Signature, given: Given) -> None:
        if signature.filters is not None and self._filter(signature, given):
            return
        start = self.at
        name = self.take(_NAMED)
        if name:
            self._named(signature, given, name[:-1])
        elif not self._flag(signature, given):
            self.at = start
            self._unnamed(signature, given)

    def _filter(self, signature: Signature, given: Given) -> bool:
        has_word = bool(self.take(_WHERE))
        if not has_word and not signature.always_filters:
            return False
        self.skip_spaces()
        if self.is_at_end_of_command:
            self.fail("missing value for where")
        given.where = self.filter_of(signature.filters or frozenset())
        return True

    def _named(self, signature: Signature, given: Given, written: str) -> None:
        name = self._whole_name(signature, given, written)
        if not self.skip_spaces() or not self._is_name_next():
            slot = Slot.TEXT if name is None else signature.slot(name)
            value = self._value(slot, given, name or "") if not self.is_at_end_of_command else Literal("", "")
        else:
            value = Literal("", "")
        given.values[name or written] = value

    def _is_name_next(self) -> bool:
        return _NAMED.match(self.text, self.at) is not None

    def _whole_name(self, signature: Signature, given: Given, written: str) -> str | None:
        """Spell a name out: `.mode` behind `configuration.country`, or the beginning of one.

        An unknown one is complained of when the command runs. Source: recorded 7.23: the column is that of
        the equals sign.
        """
        full = f"{given.prefix}{written}" if written.startswith(".") and given.prefix else written
        bare = full.removeprefix("!")
        name = self.catalogue.parameter(signature, bare)
        if name is None:
            given.fault = given.fault or self.told(f"bad parameter {bare}", self.at - 1)
            return None
        given.prefix = name.rpartition(".")[0]
        return f"!{name}" if full.startswith("!") else name

    def _flag(self, signature: Signature, given: Given) -> bool:
        """Read a word that is an argument of its own, or `!name`, which takes a value away."""
        unset = _UNSET.match(self.text, self.at)
        if unset is not None and self.catalogue.parameter(signature, unset[1]) in signature.slots:
            self.at = unset.end()
            given.values[f"!{self.catalogue.parameter(signature, unset[1])}"] = Literal("", "")
            return True
        word = self.take(_WORD)
        if word not in signature.flags:
            return False
        given.values[word] = _SET
        return True

    def _unnamed(self, signature: Signature, given: Given) -> None:
        name = given.next_unnamed(signature)
        if name is None and signature.other is Slot.TEXT:
            word = self.take(_WORD)
            if word:
                given.values[word] = _SET
                return
        if name is None:
            self.fail("expected end of command")
        given.values[name] = self._value(signature.slot(name), given, name)

    def _value(self, slot: Slot, given: Given, name: str) -> Node:
        if slot is Slot.NAME:
            return self._variable_name(given, name)
        if self.next == "{":
            if slot is Slot.BLOCK:
                return self.body(is_function=given.is_function)
            return self._verbatim() if slot is Slot.TEXT else self.listing()
        if self.next in {"=", ""}:
            self.fail()
        return self._joined()

    def _joined(self) -> Node:
        """Read a value; words and variables may be joined by commas."""
        parts: list[Node] = []
        while True:
            part = self._piece()
            has_more = isinstance(part, Literal) and part.text.endswith(",") and self.next == "$"
            if has_more and isinstance(part, Literal):
                part = Literal(part.text[:-1], part.text[:-1])
            parts.append(part)
            if not has_more and not self.has(","):
                return parts[0] if len(parts) == 1 else Joined(tuple(parts))

    def _piece(self) -> Node:
        if self.next in {'"', "$", "[", "("} and self.next:
            return self.element()
        word = self.take(_BARE)
        if not word:
            self.fail()
        return Literal(word, literals.read(word))

    def _verbatim(self) -> Literal:
        """Read a script in braces as text. Source: scripts of the field, `source={…}`."""
        start, depth = self.at + 1, 0
        while True:
            if self.next == "{":
                depth += 1
            elif self.next == "}":
                depth -= 1
            elif not self.take(_VERBATIM):
                raise self.incomplete("missing closing brace")
            else:
                continue
            self.at += 1
            if depth == 0:
                text = self.text[start : self.at - 1]
                return Literal(text, text)

    def _variable_name(self, given: Given, argument: str) -> Node:
        """Read the name of a variable: letters and digits, or anything in quotes."""
        if self.next == "(":
            return self.parenthesis()
        self.has("$")
        start = self.at
        if self.next == '"':
            name = self.quoted()
            if not isinstance(name, Literal):
                self.fail(at=start)
        else:
            word = self.take(_COUNTERS if argument == "counter" else _VARIABLE)
            if not word:
                self.fail()
            name = Literal(word, word)
        if argument == "name" and not given.is_function and not self.is_declared(name.text):
            self.fail(at=start)
        self.declare(name.text)
        if not self.is_at_end_of_command and self.next not in " \t\\":
            self.fail()
        return name
