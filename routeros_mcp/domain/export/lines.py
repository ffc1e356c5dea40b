"""The lines of an export: wrapped ones joined, with the way back to where each character stood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from routeros_mcp.domain.errors import ExportError

# Possessive throughout: whatever the text, each character is looked at once.
_LOGICAL = re.compile(r'(?:[^"\\\n]++|\\\r\n|\\.|"(?:[^"\\]++|\\\r\n|\\.)*+")*+', re.DOTALL)
_WRAP = re.compile(r"(\\[^\r\n])|\\\r?\n[ \t]*+")
_WRAPPED = re.compile(r"\\\r?\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line: `text` joined and without line end, `source` as it stands, `number` from 1."""

    number: int
    text: str
    source: str

    @property
    def is_comment(self) -> bool:
        return self.text.startswith("#") or not self.text.strip()

    def error(self, message: str, offset: int = 0) -> ExportError:
        """Say what is wrong at an offset into `text`."""
        return _error(message, self.source, self._origin(offset), self.number)

    def _origin(self, offset: int) -> int:
        """Where in `source` the character at an offset into `text` stands."""
        if not _WRAPPED.search(self.source):
            return offset
        for wrap in _WRAP.finditer(self.source):
            if wrap[1] is None:
                if wrap.start() > offset:
                    break
                offset += len(wrap[0])
        return offset


def _error(message: str, source: str, offset: int, first: int) -> ExportError:
    before = source[:offset]
    column = offset - (before.rfind("\n") + 1) + 1
    return ExportError(message, line=first + before.count("\n"), column=column)


def logical_lines(text: str) -> Iterator[Line]:
    """Split text into logical lines; joined together, their sources are the text.

    Raises:
        ExportError: a quote that is not closed, or a text that ends in the middle of a line.
    """
    position, number = 0, 1
    while position < len(text):
        line = _line_at(text, position, number)
        yield line
        position += len(line.source)
        number += line.source.count("\n")


def _line_at(text: str, start: int, number: int) -> Line:
    if text.startswith("#", start):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
    else:
        end = _end_of_command(text, start, number)
    source = text[start : end + 1]
    joined = source.removesuffix("\n").removesuffix("\r")
    if "\\" in joined and not joined.startswith("#") and _WRAPPED.search(joined):
        joined = _WRAP.sub(lambda wrap: wrap[1] or "", joined)
    return Line(number, joined, source)


def _end_of_command(text: str, start: int, number: int) -> int:
    match = _LOGICAL.match(text, start)
    end = match.end() if match else start
    if end < len(text) and text[end] != "\n":
        message = "A quote is not closed." if text[end] == '"' else "The text ends in the middle of a line."
        raise _error(message, text[start:], end - start, number)
    return end


def readable_lines(text: str) -> Iterator[Line]:
    """As `logical_lines`; from a line on that cannot be told from the next, lines as they stand."""
    done = 0
    try:
        for line in logical_lines(text):
            yield line
            done += len(line.source)
    except ExportError:
        number = text.count("\n", 0, done) + 1
        for offset, source in enumerate(text[done:].split("\n")):
            yield Line(number + offset, source.removesuffix("\r"), source)
