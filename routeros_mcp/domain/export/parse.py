"""Read the text of `/export` into values, losing nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from routeros_mcp.domain.export.lines import Line, logical_lines
from routeros_mcp.domain.export.model import Argument, Command, Comment, Entry, Export, Find, Heading, Written
from routeros_mcp.domain.export.words import Word, decoded, words

VERBS = frozenset({"add", "disable", "enable", "move", "remove", "set", "unset"})
_FIRST = re.compile(r"\S+")
_SEGMENT = re.compile(r"[a-z0-9][A-Za-z0-9_-]*")
_FIND = re.compile(r"\[\s*+find(?:\s+where)?(?:\s++(.*\S))?\s*\]", re.DOTALL)
_SIMPLE = re.compile(
    r'(?:[a-z][a-z0-9.-]*+=(?:[^\s"\\;\[\](){}$]++|"(?:[^"\\]++|\\.)*+")*+(?:\s++|\Z))++', re.DOTALL
)


def parse_export(text: str) -> Export:
    """Read an export of RouterOS 6 or 7, with sections in space or slash form, or terse, wrapped or not.

    Raises:
        ExportError: with the line and the column of the first thing that no export holds.
    """
    return Export(entries=tuple(_entries(text)))


def _entries(text: str) -> Iterator[Entry]:
    menu = ""
    for line in logical_lines(text):
        if line.is_comment:
            # as it stands: a broken line may go on as a comment
            text = line.source.removesuffix("\n").removesuffix("\r")
            yield Comment(text=text, line=line.number, end=line.source[len(text) :])
            continue
        entry = _entry(line, menu)
        if isinstance(entry, Heading):
            menu = entry.menu
        yield entry


def _entry(line: Line, menu: str) -> Heading | Command:
    if not line.text.startswith("/"):
        if not menu:
            raise line.error("A command stands before the first section.")
        return _command(line, menu, 0, is_terse=False)
    path, verb_at = menu_of(line)
    if verb_at is None:
        return Heading(menu=path, line=line.number, written=Written(line.source, (path,)))
    return _command(line, path, verb_at, is_terse=True)


def menu_of(line: Line) -> tuple[str, int | None]:
    """The menu that a line starting with `/` names, and where its verb stands if it has one.

    Raises:
        ExportError: it names no menu.
    """
    segments: list[str] = []
    for word in _FIRST.finditer(line.text):
        if word[0] in VERBS and segments:
            return "/" + "/".join(segments), word.start()
        parts = word[0].removeprefix("/").split("/")
        if not all(map(_SEGMENT.fullmatch, parts)):
            raise line.error("This is no menu.", word.start())
        segments += parts
    return "/" + "/".join(segments), None


def _command(line: Line, menu: str, start: int, *, is_terse: bool) -> Command:
    found = iter(words(line, start))
    verb = next(found, None)
    if verb is None or verb.name not in VERBS or verb.raw is not None:
        raise line.error("This is no command of an export.", start)
    rest = list(found)
    target = None if verb.name == "add" else _target(line, rest)
    arguments = tuple(_arguments(line, rest if target is None else rest[1:]))
    content = (menu, verb.name, target, arguments, is_terse)
    return Command(
        menu=menu,
        verb=verb.name,
        target=target,
        arguments=arguments,
        is_terse=is_terse,
        line=line.number,
        written=Written(line.source, content),
    )


def _target(line: Line, rest: Sequence[Word]) -> str | Find | None:
    """What the command is about: its first word, unless that is an argument already."""
    if not rest or (rest[0].name and rest[0].raw is not None) or (rest[0].name or "").startswith("!"):
        return None
    first = rest[0]
    if first.is_expression:
        return _find(line, first)
    return first.name or decoded(line, first.raw or "", first.offset)


def _find(line: Line, word: Word) -> Find:
    match = _FIND.fullmatch(word.raw or "")
    if match is None:
        raise line.error("This is no [ find … ].", word.offset)
    text = match[1] or ""
    if _SIMPLE.fullmatch(text) is None:
        return Find(text)
    start = word.offset + match.start(1)
    inner = Line(line.number, line.text[: start + len(text)], line.source)
    return Find(
        text, tuple((one.name or "", decoded(line, one.raw or "", one.offset)) for one in words(inner, start))
    )


def _arguments(line: Line, rest: Sequence[Word]) -> Iterator[Argument]:
    prefix = ""
    for word in rest:
        if word.name is None:
            raise line.error("This is neither an argument nor a flag.", word.offset)
        is_unset = word.name.startswith("!")
        name = word.name.removeprefix("!")
        if name.startswith("."):
            if not prefix:
                raise line.error("No argument before has a prefix for this one.", word.offset)
            name = prefix + name
        prefix = name.rpartition(".")[0]
        if is_unset and word.raw is not None:
            raise line.error("What is unset has no value.", word.offset)
        value = word.raw if word.raw is None or word.is_expression else decoded(line, word.raw, word.offset)
        yield Argument(name, value, is_unset, word.is_expression)
