"""POSIX extended regular expressions, matched in time that grows with text and pattern and no faster."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from routeros_mcp.emulator.console.errors import ScriptError, TooMuch

_STATES_MAX = 2_000
_WORK_MAX = 5_000_000
_DEPTH_MAX = 40
_REPEAT_MAX = 255
_BRACES = re.compile(r"\{(\d{1,3})(,(\d{1,3})?)?\}")
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "blank": lambda c: c in " \t",
    "cntrl": lambda c: not c.isprintable(),
    "digit": str.isdecimal,
    "graph": lambda c: c.isprintable() and not c.isspace(),
    "lower": str.islower,
    "print": str.isprintable,
    "punct": lambda c: c.isprintable() and not c.isalnum() and not c.isspace(),
    "space": str.isspace,
    "upper": str.isupper,
    "xdigit": lambda c: c in "0123456789abcdefABCDEF",
}
Test = Callable[[str], bool]


@dataclass(slots=True, eq=False)
class State:
    """One state: it takes a character, looks at where it is, or only leads on."""

    test: Test | None = None
    anchor: str = ""
    following: list["State"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the machine with one way in and one way out."""

    start: State
    end: State


def search(pattern: str, text: str) -> bool:
    """Say whether the pattern matches anywhere in the text.

    Raises:
        ScriptError: the pattern is none.
        TooMuch: the pattern or the work passes a limit of the emulator.
    """
    piece, count = _compiled(pattern)
    if count * (len(text) + 1) > _WORK_MAX:
        raise TooMuch("regular expression takes too long")
    current: set[State] = set()
    for at, character in enumerate(text):
        _reach(piece.start, current, text, at)
        if piece.end in current:
            return True
        taken = [state for state in current if state.test is not None and state.test(character)]
        current = set()
        for state in taken:
            for following in state.following:
                _reach(following, current, text, at + 1)
    _reach(piece.start, current, text, len(text))
    return piece.end in current


def _reach(start: State, found: set[State], text: str, at: int) -> None:
    """Add all states that can be reached from here without taking a character."""
    waiting = [start]
    while waiting:
        state = waiting.pop()
        if state in found or not _holds(state.anchor, text, at):
            continue
        found.add(state)
        if state.test is None:
            waiting += state.following


def _holds(anchor: str, text: str, at: int) -> bool:
    return not anchor or (at == 0 if anchor == "^" else at == len(text))


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> tuple[Piece, int]:
    builder = _Builder(pattern)
    return builder.build(), builder.count


class _Builder:
    """Reads a pattern into states (Thompson's construction)."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._depth = 0
        self.count = 0

    def build(self) -> Piece:
        piece = self._choice()
        if self._at < len(self._pattern):
            raise _bad()
        return piece

    @property
    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _state(self, test: Test | None = None, anchor: str = "") -> State:
        self.count += 1
        if self.count > _STATES_MAX:
            raise TooMuch("regular expression is too large")
        return State(test, anchor)

    def _choice(self) -> Piece:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise TooMuch("regular expression is nested too deeply")
        branches = [self._branch()]
        while self._next == "|":
            self._at += 1
            branches.append(self._branch())
        self._depth -= 1
        if len(branches) == 1:
            return branches[0]
        start, end = self._state(), self._state()
        for branch in branches:
            start.following.append(branch.start)
            branch.end.following.append(end)
        return Piece(start, end)

    def _branch(self) -> Piece:
        start = end = self._state()
        while self._next and self._next not in "|)":
            piece = self._repeated()
            end.following.append(piece.start)
            end = piece.end
        return Piece(start, end)

    def _repeated(self) -> Piece:
        begin = self._at
        piece = self._atom()
        stop = self._at
        while (bounds := self._bounds()) is not None:
            after = self._at
            piece = self._times(piece, begin, stop, bounds)
            self._at = stop = after
        return piece

    def _bounds(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._next)
        if simple is not None:
            self._at += 1
            return simple
        found = _BRACES.match(self._pattern, self._at)
        if found is None:
            return None
        self._at = found.end()
        low = int(found[1])
        high = low if not found[2] else int(found[3]) if found[3] else None
        if max(low, high or 0) > _REPEAT_MAX or (high is not None and high < low):
            raise _bad()
        return low, high

    def _times(self, piece: Piece, begin: int, stop: int, bounds: tuple[int, int | None]) -> Piece:
        """Lay copies of the repeated part one behind the other; each is read again from the pattern."""
        low, high = bounds
        copies = self._copies(piece, begin, stop)
        start = end = self._state()
        for _ in range(low):
            end = self._after(end, next(copies))
        if high is None:
            loop = next(copies)
            end.following.append(loop.start)
            loop.end.following.append(end)
            return Piece(start, self._exit(end))
        out = self._state()
        for _ in range(high - low):
            end.following.append(out)
            end = self._after(end, next(copies))
        end.following.append(out)
        return Piece(start, out)

    def _exit(self, end: State) -> State:
        out = self._state()
        end.following.append(out)
        return out

    def _after(self, end: State, piece: Piece) -> State:
        end.following.append(piece.start)
        return piece.end

    def _copies(self, first: Piece, begin: int, stop: int) -> Iterator[Piece]:
        yield first
        while True:
            self._at = begin
            again = _Builder(self._pattern[begin:stop])
            again.count = self.count
            piece = again.build()
            self.count = again.count
            yield piece

    def _atom(self) -> Piece:
        character = self._next
        self._at += 1
        match character:
            case "(":
                piece = self._choice()
                if self._next != ")":
                    raise _bad()
                self._at += 1
                return piece
            case "[":
                return self._taking(self._set())
            case ".":
                return self._taking(lambda _c: True)
            case "^" | "$":
                state = self._state(anchor=character)
                return Piece(state, state)
            case "*" | "+" | "?":
                raise _bad()
            case "\\":
                return self._escaped()
            case _:
                return self._taking(character.__eq__)

    def _escaped(self) -> Piece:
        character = self._next
        if not character:
            raise _bad()
        self._at += 1
        return self._taking(character.__eq__)

    def _taking(self, test: Test) -> Piece:
        start, end = self._state(test), self._state()
        start.following.append(end)
        return Piece(start, end)

    def _set(self) -> Test:
        """Read what follows `[`: characters, ranges and named classes, or all but those."""
        is_negated = self._next == "^"
        self._at += is_negated
        tests: list[Test] = []
        while self._next != "]" or not tests:
            if not self._next:
                raise _bad()
            tests.append(self._member())
        self._at += 1
        return lambda c: any(test(c) for test in tests) is not is_negated

    def _member(self) -> Test:
        if self._pattern.startswith("[:", self._at):
            name, closing, _ = self._pattern[self._at + 2 :].partition(":]")
            if not closing or name not in _CLASSES:
                raise _bad()
            self._at += len(name) + 4
            return _CLASSES[name]
        low = self._pattern[self._at]
        self._at += 1
        if self._next != "-" or self._pattern[self._at + 1 : self._at + 2] in {"", "]"}:
            return low.__eq__
        high = self._pattern[self._at + 1]
        self._at += 2
        return lambda c: low <= c <= high


def _bad() -> ScriptError:
    return ScriptError("bad regular expression")
