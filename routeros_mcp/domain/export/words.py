"""The words of a logical line: arguments, flags, names, and expressions in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from routeros_mcp.domain.errors import WireError
from routeros_mcp.domain.export.lines import Line
from routeros_mcp.domain.export.quoting import unescape

_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_PIECE = r'[^\s"\\;\[\](){}$]'
_WORD = re.compile(
    rf"(?P<name>!?\.?[A-Za-z0-9][A-Za-z0-9._-]*+)(?P<sign>=)?(?P<value>(?(sign)(?:{_PIECE}++|{_QUOTED})*+))(?:\s++|\Z)"
    rf"|(?P<plain>(?:{_PIECE}++|{_QUOTED})++)(?:\s++|\Z)"
    r"|(?P<opens>(?:!?\.?[A-Za-z0-9][A-Za-z0-9._-]*+=)?)(?=[\[({$])",
    re.DOTALL,
)
_BLANK = re.compile(r"\s*+")
_STRING = re.compile(_QUOTED, re.DOTALL)
_BRACKETED = re.compile(rf'{_QUOTED}|\\.|[\[({{]|[\])}}]|[^"\\\[\](){{}}\s]++|\s', re.DOTALL)
_CLOSING = {"[": "]", "(": ")", "{": "}"}


class Word(NamedTuple):
    """`name=value`, or a lone `name` or `text`; `raw` is the value or the text as it stands."""

    offset: int
    name: str | None
    raw: str | None
    is_expression: bool = False


def words(line: Line, start: int = 0) -> Iterator[Word]:
    """Split the line from an offset on.

    Raises:
        ExportError: what stands there is no word of a command.
    """
    text, position = line.text, _skip(line.text, start)
    while position < len(text):
        match = _WORD.match(text, position)
        if match is None:
            raise line.error("This is no word of a command.", position)
        if (opens := match["opens"]) is not None:
            closed = _closing(line, match.end())
            yield Word(position, opens[:-1] or None, text[match.end() : closed], is_expression=True)
            position = _skip(text, closed)
        else:
            raw = match["value"] if match["sign"] else match["plain"]
            yield Word(position, match["name"], raw)
            position = match.end()


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _closing(line: Line, start: int) -> int:
    """Where the expression that starts here ends: at the first blank outside its brackets."""
    waiting: list[str] = []
    position = start
    while position < len(line.text):
        match = _BRACKETED.match(line.text, position)
        if match is None:
            break
        token = match[0]
        if token.isspace() and not waiting:
            return position
        if token in _CLOSING:
            waiting.append(_CLOSING[token])
        elif token in {"]", ")", "}"} and (not waiting or waiting.pop() != token):
            raise line.error(f"Nothing is open that {token} would close.", position)
        position = match.end()
    if waiting:
        raise line.error(f"A {waiting[-1]} is missing.", position)
    return position


def decoded(line: Line, raw: str, offset: int) -> str:
    """The value that a word stands for: quotes off, escapes read.

    Raises:
        ExportError: an escape that RouterOS does not know.
    """
    if '"' not in raw:
        return raw
    try:
        return _STRING.sub(lambda quoted: unescape(quoted[0][1:-1]), raw)
    except WireError as error:
        raise line.error(error.message, offset) from error
