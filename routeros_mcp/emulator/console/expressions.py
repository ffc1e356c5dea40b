"""Expressions: what stands in round brackets, behind `where`, and in lists."""

import re
from collections.abc import Callable, Mapping

from routeros_mcp.emulator.console import literals
from routeros_mcp.emulator.console.strings import StringReader
from routeros_mcp.emulator.console.tree import Binary, Listing, Literal, Node, Property, Unary

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")
_DOTTED = re.compile(r"\.?[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)*")
_TOKENS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:[0-9]+w)?(?:[0-9]+d)?[0-9]+:[0-9]+(?::[0-9]+(?:\.[0-9]+)?)?",
        r"(?=[0-9A-Fa-f]*:)[0-9A-Fa-f:]*(?:[0-9]+(?:\.[0-9]+){3})?(?:/[0-9]+)?",
        r"[0-9]+(?:\.[0-9]+)*(?:/[0-9]+)?[A-Za-z0-9]*",
        r"\*[0-9A-Fa-f]+",
        r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*",
    )
)
_BARE = re.compile(r'[^\s;"$\[\](){}=<>~&|\\^]+')
_KEY = re.compile(r'[^\s;"$\[\](){}=\\]+(?==)')
_ELEMENT = re.compile(r'[^\s;"$\[\](){}\\]+')
# From the loosest to the tightest. Source: the manual's examples; the order of the rest is assumed.
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||", "or"),
    ("&&", "and"),
    ("<=", ">=", "!=", "=", "<", ">", "~", "in"),
    (",",),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    (".",),
    ("+", "-"),
    ("*", "/", "%"),
)
_LEVEL_OF = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_BY_LENGTH = sorted(_LEVEL_OF, key=len, reverse=True)
_COMPARING = frozenset(_LEVELS[2])
_SAME = {"||": "or", "&&": "and"}


class ExpressionReader(StringReader):
    """Reads expressions; `filter_names` are the properties that bare names mean, inside a filter."""

    filter_names: frozenset[str] | None = None
    _is_inside = True

    def parenthesis(self) -> Node:
        """Read `( … )`; line ends inside are blanks."""
        self.at += 1
        was_inside, self._is_inside = self._is_inside, True
        self.go_deeper()
        self.skip_inside()
        node = self._climb(0)
        self.skip_inside()
        self.expect(")")
        self.come_back()
        self._is_inside = was_inside
        return node

    def filter_of(self, names: frozenset[str]) -> Node:
        """Read the conditions behind `where`; those side by side must all hold."""
        was, self.filter_names = self.filter_names, names
        was_inside, self._is_inside = self._is_inside, False
        node = self._climb(0)
        self.skip_spaces()
        while not self.is_at_end_of_command:
            node = Binary("and", node, self._climb(0))
            self.skip_spaces()
        self.filter_names, self._is_inside = was, was_inside
        return node

    def named(self, name: str) -> Node:
        """In a filter `$name` is the property, if there is one. Source: vendor manual, reserved names."""
        if self.filter_names is not None and name in self.filter_names:
            return Property(name)
        return super().named(name)

    def _skip(self) -> None:
        if self._is_inside:
            self.skip_inside()
        else:
            self.skip_spaces()

    def _climb(self, lowest: int) -> Node:
        """Read operands joined by operators of this level and tighter ones, left to right."""
        left = self._operand()
        while True:
            start = self.at
            self._skip()
            operator = self._operator(lowest)
            if not operator:
                self.at = start
                return left
            self._skip()
            right = self._right_of(operator)
            left = Binary(_SAME.get(operator, operator), left, right)

    def _right_of(self, operator: str) -> Node:
        """Read what follows an operator; behind a comparison in a filter a bare word is a value."""
        if operator in _COMPARING and self.filter_names is not None:
            word = self.take(_BARE)
            if word:
                return Literal(word, word if "," in word else literals.read(word))
        return self._climb(_LEVEL_OF[operator] + 1)

    def _operator(self, lowest: int) -> str:
        for operator in _BY_LENGTH:
            if self.text.startswith(operator, self.at):
                return self._allowed(operator, lowest)
        return ""

    def _allowed(self, operator: str, lowest: int) -> str:
        after = self.text[self.at + len(operator) : self.at + len(operator) + 1]
        if _LEVEL_OF[operator] < lowest or (operator.isalpha() and after.isalnum()):
            return ""
        if operator == "-" and after == ">":
            return ""
        self.at += len(operator)
        return operator

    def _operand(self) -> Node:
        node = self._prefixed()
        while self.text.startswith("->", self.at):
            self.at += 2
            node = Binary("->", node, self._key())
        return node

    def _key(self) -> Node:
        word = self.take(_WORD)
        return Literal(word, word) if word else self._simple()

    def _prefixed(self) -> Node:
        if self.next in {"!", "-", "~"} and self.next:
            operator = self.next
            self.at += 1
            self.go_deeper()
            self._skip()
            node = Unary(operator, self._operand())
            self.come_back()
            return node
        return self._simple()

    def _simple(self) -> Node:
        reader = _BY_CHARACTER.get(self.next)
        if reader is not None:
            return reader(self)
        if self.filter_names is not None:
            return self._property()
        if self.next == "":
            raise self.incomplete()
        return self._word()

    def _property(self) -> Node:
        start = self.at
        word = self.take(_DOTTED)
        if not word:
            return self._word()
        if self.filter_names is not None and word in self.filter_names:
            return Property(word)
        if word not in {"true", "false", "yes", "no"}:
            self.fail(f"bad parameter {word}")
        self.at = start
        return self._word()

    def _word(self) -> Node:
        found = [match[0] for token in _TOKENS if (match := token.match(self.text, self.at))]
        word = max(found, key=len, default="")
        if not word and self.next == "":
            raise self.incomplete()
        if not word:
            self.fail()
        self.at += len(word)
        return Literal(word, literals.read(word))

    def listing(self) -> Listing:
        """Read `{1; "key"=2; $x}`."""
        self.at += 1
        self.go_deeper()
        items: list[tuple[Node | None, Node]] = []
        self.skip_inside()
        while self.next != "}":
            items.append(self._item())
            self.skip_inside()
            if not self.has(";"):
                break
            self.skip_inside()
        self.expect("}")
        self.come_back()
        return Listing(tuple(items))

    def _item(self) -> tuple[Node | None, Node]:
        key = self.take(_KEY)
        node: Node = Literal(key, key) if key else self.element()
        if not self.has("="):
            return None, node
        self.skip_inside()
        return node, self.element()

    def element(self) -> Node:
        """Read one value of a list: as an argument, but lists are lists."""
        reader = _BY_CHARACTER.get(self.next)
        if reader is not None:
            return reader(self)
        word = self.take(_ELEMENT)
        if not word and self.next == "":
            raise self.incomplete("missing closing brace")
        if not word:
            self.fail()
        return Literal(word, literals.read(word))


_BY_CHARACTER: Mapping[str, Callable[[ExpressionReader], Node]] = {
    '"': lambda reader: reader.quoted(),
    "$": lambda reader: reader.variable(),
    "[": lambda reader: reader.substitution(),
    "(": lambda reader: reader.parenthesis(),
    "{": lambda reader: reader.listing(),
}
