"""Splitting console input into commands and words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\([0-9A-F]{2}|.)", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "_": " "}
_OPENING = {"{": "}", "[": "]", "(": ")"}


@dataclass(frozen=True, slots=True)
class Line:
    """One command with the line it stands on and the column it begins in, counted from one."""

    number: int
    text: str
    column: int = 1


def commands(script: str) -> Iterator[Line]:
    """Yield commands: they end at a line break or `;` outside quotes and brackets."""
    start = Line(1, "")
    number, column, text = 1, 1, ""
    for atom, depth in _atoms(script):
        number, column = (number + 1, 1) if atom == "\n" else (number, column + len(atom))
        if depth == 0 and atom in {"\n", ";"}:
            yield from _kept(start, text)
            start, text = Line(number, "", column), ""
        else:
            text += atom
    yield from _kept(start, text)


def _kept(start: Line, text: str) -> Iterator[Line]:
    if text.strip() and not text.strip().startswith("#"):
        indent = len(text) - len(text.lstrip())
        yield Line(start.number, text.strip(), start.column + indent)


def words(command: str) -> list[str]:
    """Split a command at spaces outside quotes and brackets; quotes stay on."""
    found, word = [], ""
    for atom, depth in _atoms(command):
        if atom.isspace() and depth == 0:
            found += [word] if word else []
            word = ""
        else:
            word += atom
    return [*found, word] if word else found


def _atoms(text: str) -> Iterator[tuple[str, int]]:
    """Yield characters, escapes whole, each with how deep in quotes and brackets it stands."""
    closing: list[str] = []
    for atom in re.findall(r"\\.|.", text.replace("\r\n", "\n"), re.DOTALL):
        if closing and atom == closing[-1]:
            closing.pop()
            yield atom, 1
            continue
        yield atom, len(closing)
        if atom == '"':
            closing.append('"')
        elif atom in _OPENING and closing[-1:] != ['"']:
            closing.append(_OPENING[atom])


def plain(word: str) -> str:
    """Return the value a word stands for: quotes off, escapes read."""
    if len(word) > 1 and word.startswith('"') and word.endswith('"'):
        return _ESCAPE.sub(_unescaped, word[1:-1])
    return word


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    return _NAMED.get(code, code) if len(code) == 1 else chr(int(code, 16))
