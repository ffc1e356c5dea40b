"""Where in a script its reader is: blanks, comments, continued lines, and the place of an error."""

import re
from typing import NoReturn

from routeros_mcp.emulator.console import octets
from routeros_mcp.emulator.console.errors import Incomplete, SyntaxFault, TooMuch

_DEPTH_MAX = 40
_SPACES = re.compile(r"(?:[ \t]|\r(?=\n)|\\\r?\n)*")
_LINES = re.compile(r"(?:[ \t\r\n;]|\\\r?\n|#[^\n]*)*")
_INSIDE = re.compile(r"(?:[ \t\r\n]|\\\r?\n|#[^\n]*)*")
_COMMENT = re.compile(r"#[^\n]*")
_SEPARATORS = "\r\n;"
_CLOSERS = ")]}"


class Cursor:
    """A text and a position in it, counted in characters from zero."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._depth = 0

    @property
    def next(self) -> str:
        """The character at the position, or nothing at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def is_at_end_of_command(self) -> bool:
        return self.next == "" or self.next in _SEPARATORS or self.next in _CLOSERS

    def take(self, pattern: re.Pattern[str]) -> str:
        """Read what matches here, if anything does."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def has(self, text: str) -> bool:
        """Step over a text if it stands here."""
        is_here = self.text.startswith(text, self.at)
        self.at += len(text) * is_here
        return is_here

    def skip_spaces(self) -> bool:
        """Skip blanks and continued line ends, and a comment behind them; say whether there were any."""
        start = self.at
        self.take(_SPACES)
        if self.at > start or start == 0:
            self.take(_COMMENT)
        return self.at > start

    def skip_lines(self) -> None:
        """Skip to the next command."""
        self.take(_LINES)

    def skip_inside(self) -> None:
        """Skip blanks inside brackets, where a line end is one."""
        self.take(_INSIDE)

    def expect(self, closing: str) -> None:
        if self.has(closing):
            return
        if self.next == "":
            raise self.incomplete("missing closing brace" if closing == "}" else "syntax error")
        self.fail()

    def place(self, at: int | None = None) -> tuple[int, int]:
        """Return line and column, both from one; columns count bytes. Source: recorded 7.23.7."""
        end = self.at if at is None else at
        start = self.text.rfind("\n", 0, end) + 1
        return self.text.count("\n", 0, end) + 1, len(octets.of(self.text[start:end])) + 1

    def told(self, what: str, at: int | None = None) -> str:
        line, column = self.place(at)
        return f"{what} (line {line} column {column})"

    def fail(self, what: str = "syntax error", at: int | None = None) -> NoReturn:
        if self.text[self.at :] in {"\\", "\\\r"}:
            raise self.incomplete()
        raise SyntaxFault(self.told(what, at))

    def incomplete(self, what: str = "syntax error") -> Incomplete:
        return Incomplete(self.told(what, len(self.text)))

    def go_deeper(self) -> None:
        """Count a bracket in; deep nesting is an error rather than the end of the process."""
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise TooMuch(self.told("nested too deeply"))

    def come_back(self) -> None:
        self._depth -= 1
