"""Quoted texts: escapes, and the values to fill in."""

import re
from abc import ABC, abstractmethod

from routeros_mcp.emulator.console import octets
from routeros_mcp.emulator.console.cursor import Cursor
from routeros_mcp.emulator.console.tree import Literal, Node, Substitution, Template, Variable

_PLAIN = re.compile(r'[^"\\$]+')
_NAME = re.compile(r"[A-Za-z0-9]+")
_HEX = re.compile(r"[0-9A-F]{2}")
_CONTINUED = re.compile(r"\r?\n[ \t]*")
_ESCAPES = {
    '"': b'"',
    "\\": b"\\",
    "$": b"$",
    "?": b"?",
    "n": b"\n",
    "r": b"\r",
    "t": b"\t",
    "a": b"\a",
    "b": b"\b",
    "f": b"\f",
    "v": b"\v",
    "_": b" ",
}


class StringReader(Cursor, ABC):
    """Reads what stands between double quotes. Source: vendor manual, Scripting: escape sequences."""

    @abstractmethod
    def substitution(self) -> Substitution:
        """Read a command in square brackets."""

    @abstractmethod
    def parenthesis(self) -> Node:
        """Read an expression in round brackets."""

    def quoted(self) -> Literal | Template:
        """Read a quoted text; an escape that is none is a syntax error."""
        self.at += 1
        parts: list[bytes | Node] = []
        while not self.has('"'):
            if self.next == "":
                raise self.incomplete()
            parts.append(self._part())
        if any(not isinstance(part, bytes) for part in parts):
            return Template(tuple(parts))
        whole = octets.text(b"".join(part for part in parts if isinstance(part, bytes)))
        return Literal(whole, whole)

    def _part(self) -> "bytes | Node":
        if self.next == "\\":
            return self._escape()
        if self.next == "$":
            return self._filled()
        return octets.of(self.take(_PLAIN))

    def _escape(self) -> bytes:
        start = self.at
        self.at += 1
        if self.next == "":
            raise self.incomplete()
        if self.take(_CONTINUED):
            return b""
        code = self.take(_HEX)
        if code:
            return bytes([int(code, 16)])
        if self.next not in _ESCAPES:
            self.fail(at=start)
        self.at += 1
        return _ESCAPES[self.text[self.at - 1]]

    def _filled(self) -> "bytes | Node":
        """Read `$name`, `$[…]` or `$(…)`; any other dollar sign stands for itself."""
        self.at += 1
        if self.next == "[":
            return self.substitution()
        if self.next == "(":
            return self.parenthesis()
        name = self.take(_NAME)
        return self.named(name) if name else b"$"

    def named(self, name: str) -> Node:
        return Variable(name)

    def variable(self) -> Node:
        """Read `$name` or `$"any name"`."""
        self.at += 1
        if self.next == '"':
            start = self.at
            found = self.quoted()
            if not isinstance(found, Literal):
                self.fail(at=start)
            return self.named(found.text)
        name = self.take(_NAME)
        if not name:
            self.fail()
        return self.named(name)
