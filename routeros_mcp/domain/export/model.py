"""An export as values: its lines in order, each with what it says and how it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from routeros_mcp.domain.values import parse_datetime

_MADE = re.compile(r"# (?P<stamp>\S+ [0-9:]+) by RouterOS (?P<version>\S.*)")
_FACT = re.compile(r"# (?P<name>[a-z ]+) =(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Argument:
    """`name=value` with the name in full; `value` is None for a bare flag, and `unset` marks `!name`.

    An expression (`$x`, `[…]`, `(…)`) is kept as its text; every other value is what the router would store.
    """

    name: str
    value: str | None = None
    unset: bool = False
    is_expression: bool = False


@dataclass(frozen=True, slots=True)
class Find:
    """`[ find … ]`: the condition as text, and as names and values where it is nothing but `name=value`s."""

    text: str
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The text that said `content`, line end included. Once the content is another, the text is void."""

    text: str
    content: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One `add`, `set`, `remove` or the like. `target` is a name, a number, an id or a `[ find … ]`.

    `is_terse` says that the menu stands on the line itself. `line` counts from 1.
    """

    menu: str
    verb: str
    target: str | Find | None = None
    arguments: tuple[Argument, ...] = ()
    is_terse: bool = False
    line: int = field(default=0, compare=False)
    written: Written | None = field(default=None, compare=False, repr=False)

    @property
    def content(self) -> tuple[object, ...]:
        return (self.menu, self.verb, self.target, self.arguments, self.is_terse)

    @property
    def values(self) -> dict[str, str]:
        """What the arguments set, by name; a bare flag is empty, and what is unset has no value."""
        return {one.name: one.value or "" for one in self.arguments if not one.unset}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The line that opens a section."""

    menu: str
    line: int = field(default=0, compare=False)
    written: Written | None = field(default=None, compare=False, repr=False)

    @property
    def content(self) -> tuple[object, ...]:
        return (self.menu,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A line that starts with `#`, or an empty one, without its line end."""

    text: str
    line: int = field(default=0, compare=False)
    end: str = field(default="\n", compare=False)

    @property
    def is_error(self) -> bool:
        """Whether the router says that it left something out (7.11 and later)."""
        return self.text.startswith("#error")


Entry = Command | Heading | Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the comments at the top say; `facts` are `software id`, `model` and their like by name."""

    stamp: str = ""
    version: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def moment(self) -> datetime | None:
        """When it was made, by the router's own clock and zone, hence naive.

        Raises:
            WireError: the stamp is of neither era.
        """
        return parse_datetime(self.stamp) if self.stamp else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """All commands and comments of a menu, wherever they stand."""

    menu: str
    commands: tuple[Command, ...]
    comments: tuple[Comment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The lines of an export in their order."""

    entries: tuple[Entry, ...]

    @property
    def header(self) -> Header:
        return _header([comment.text for comment in self._top()])

    def _top(self) -> Iterator[Comment]:
        for entry in self.entries:
            if not isinstance(entry, Comment):
                return
            yield entry

    @property
    def commands(self) -> tuple[Command, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Command))

    @property
    def sections(self) -> tuple[Section, ...]:
        """The menus in the order of their first line."""
        found: dict[str, tuple[list[Command], list[Comment]]] = {}
        menu = ""
        for entry in self.entries:
            menu = menu if isinstance(entry, Comment) else entry.menu
            commands, comments = found.setdefault(menu, ([], []))
            if isinstance(entry, Command):
                commands.append(entry)
            elif isinstance(entry, Comment):
                comments.append(entry)
        found.pop("", None)
        return tuple(
            Section(menu=name, commands=tuple(commands), comments=tuple(comments))
            for name, (commands, comments) in found.items()
        )

    @property
    def is_complete(self) -> bool:
        return not any(isinstance(entry, Comment) and entry.is_error for entry in self.entries)

    def unwritten(self) -> Export:
        """The same configuration with its writing forgotten, so that all of it is written anew."""
        entries = (
            entry if isinstance(entry, Comment) else replace(entry, written=None) for entry in self.entries
        )
        return Export(entries=tuple(entries))


def _header(lines: Sequence[str]) -> Header:
    made = next(filter(None, map(_MADE.fullmatch, lines)), None)
    facts = tuple(
        (fact["name"], fact["value"].strip()) for fact in map(_FACT.fullmatch, lines) if fact is not None
    )
    if made is None:
        return Header(facts=facts)
    return Header(stamp=made["stamp"], version=made["version"].strip(), facts=facts)
