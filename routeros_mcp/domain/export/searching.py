"""Words and phrases looked for in the lines of exports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from routeros_mcp.domain.errors import ExportError, InvalidParams
from routeros_mcp.domain.export.lines import Line, readable_lines
from routeros_mcp.domain.export.parse import menu_of

UNINDEXED = "_all_"
"""Stands for every word in the index of a text with too many of them; no word looks like it."""

_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_TOKEN = re.compile(r"[a-z0-9]+")
_STRANGE = re.compile(r"[^\x00-\x7f]+")
_SPACE = re.compile(r"\\(?:[nrt_]|\\)")
_MOST_TERMS = 10
_LONGEST_TOKEN = 64
_MOST_INDEXED = 400_000
"""Characters; PostgreSQL takes a megabyte of words for one row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuery:
    """What a line must hold: every pattern. `words` are what its text must hold; `x*` is any word with x."""

    words: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]
    section: str | None = None

    def matches(self, text: str) -> bool:
        shown = _plain(text)
        return all(pattern.search(shown) for pattern in self.patterns)

    def covers(self, menu: str) -> bool:
        return self.section is None or menu == self.section or menu.startswith(f"{self.section}/")


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds what was looked for; `number` is that of its first line in the text."""

    menu: str
    number: int
    text: str


def line_query(text: str, section: str | None = None) -> LineQuery:
    """Read what somebody types: words, `wor*` and "exact phrases", all of which must stand on one line.

    Case does not count. Words are whole words: `ether1` is not in `ether10`, nor 10.0.0.1 in 10.0.0.10.

    Raises:
        InvalidParams: nothing to look for, or too much.
    """
    terms = [phrase or word for phrase, word in _TERM.findall(text) if phrase or word]
    found = [(term, _TOKEN.findall(_plain(term))) for term in terms]
    if not found or len(found) > _MOST_TERMS or not all(tokens for _, tokens in found):
        raise InvalidParams(
            f"{text[:80]!r} cannot be looked for.",
            fix=f'Give 1 to {_MOST_TERMS} words or "exact phrases", each with a letter or digit.',
        )
    words = frozenset(word for term, tokens in found for word in _indexed(term, tokens))
    wanted = "/" + "/".join(section.replace("/", " ").split()) if section and section.strip("/ ") else None
    return LineQuery(words=words, patterns=tuple(_pattern(term) for term, _ in found), section=wanted)


def _indexed(term: str, tokens: list[str]) -> Iterator[str]:
    *whole, last = (token[:_LONGEST_TOKEN] for token in tokens)
    yield from whole
    goes_on = _is_beginning(term) and _TOKEN.match(_plain(term)[-2])
    yield f"{last}*" if goes_on else last


def _is_beginning(term: str) -> bool:
    return term.endswith("*") and not term.endswith("**")


def _pattern(term: str) -> re.Pattern[str]:
    text = _plain(term.removesuffix("*") if _is_beginning(term) else term)
    before = r"(?<![a-z0-9])" if _TOKEN.match(text) else ""
    after = r"(?![a-z0-9])" if _TOKEN.match(text[-1]) and not _is_beginning(term) else ""
    return re.compile(before + re.escape(text) + after)


def _plain(text: str) -> str:
    """Text as it is searched: lower case, breaks of scripts as blanks, all but ASCII as exports escape it."""
    spaced = _SPACE.sub("  ", text) if "\\" in text else text
    return (spaced if spaced.isascii() else _STRANGE.sub(_bytes, spaced)).lower()


def _bytes(match: re.Match[str]) -> str:
    return "".join(f"\\{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def words_of(text: str) -> frozenset[str]:
    """The words to find an export by; `UNINDEXED` alone when they are too many."""
    found = {
        token[:_LONGEST_TOKEN]
        for line in readable_lines(text)
        if not line.is_comment
        for token in _TOKEN.findall(_plain(line.text))
    }
    return frozenset(found) if sum(map(len, found)) <= _MOST_INDEXED else frozenset({UNINDEXED})


def hits_in(text: str, query: LineQuery) -> Iterator[Hit]:
    """The lines of an export that match; comments are passed over."""
    menu = ""
    for line in readable_lines(text):
        if line.is_comment:
            continue
        here, menu = _menus(line, menu)
        if query.covers(here) and query.matches(line.text):
            yield Hit(here, line.number, line.text.strip())


def _menus(line: Line, menu: str) -> tuple[str, str]:
    """The menu of the line, and that of the lines after it."""
    if not line.text.startswith("/"):
        return menu, menu
    try:
        here, verb_at = menu_of(line)
    except ExportError:
        return menu, menu
    return here, menu if verb_at is not None else here
