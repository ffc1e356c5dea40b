"""Two exports compared object by object and property by property, by what the values mean."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.domain.export.model import Export
from routeros_mcp.domain.export.objects import ConfigObject, Identity, objects_of
from routeros_mcp.domain.ports import MenuSchema

_MOST_COMPARISONS = 100_000
"""How many pairs of unnamed rows are looked at in one diff, about a second of work."""

Objects = list[ConfigObject]
Pair = tuple[ConfigObject, ConfigObject]


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """None stands for a property that the export does not name: unset, or at its default."""

    name: str
    older: str | None
    newer: str | None


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """What became of one object. One that is moved and changed is told twice."""

    menu: str
    key: str
    kind: ChangeKind
    properties: tuple[PropertyChange, ...] = ()


def diff_exports(older: Export, newer: Export, schema: MenuSchema) -> tuple[ObjectChange, ...]:
    """What differs, menu by menu in the order of the older export.

    Rows are found again by the menu's keys, and where it has none by their content, then by likeness. Values
    are compared by meaning. Comments, the header and the order of rows in unordered menus do not count. What
    `set` says of something that exists anyway is changed, never added or removed. A property that only one
    export names is a difference unless its absence is known to mean the same.
    """
    before, after = objects_of(older, schema), objects_of(newer, schema)
    matcher = _Matcher()
    return tuple(
        change
        for menu in dict.fromkeys((*before, *after))
        for change in _menu_changes(matcher, before.get(menu, []), after.get(menu, []))
    )


def _menu_changes(matcher: _Matcher, older: Objects, newer: Objects) -> Iterator[ObjectChange]:
    pairs, gone, fresh = matcher.matched(older, newer)
    for one in gone:
        yield from _alone(one, ChangeKind.REMOVED)
    for one, other in pairs:
        if properties := tuple(_differences(one, other)):
            yield ObjectChange(one.menu, other.label or one.label, ChangeKind.CHANGED, properties)
    for one in fresh:
        yield from _alone(one, ChangeKind.ADDED)
    for one in _moved(pairs):
        yield ObjectChange(one.menu, one.label, ChangeKind.MOVED)


def _alone(one: ConfigObject, kind: ChangeKind) -> Iterator[ObjectChange]:
    """An object that only one export names."""
    is_older = kind is ChangeKind.REMOVED
    properties = tuple(
        PropertyChange(name, value if is_older else None, None if is_older else value)
        for name, value in one.values.items()
        if one.is_row or one.differs(name, None)
    )
    if one.is_row or properties:
        yield ObjectChange(one.menu, one.label, kind if one.is_row else ChangeKind.CHANGED, properties)


def _differences(older: ConfigObject, newer: ConfigObject) -> Iterator[PropertyChange]:
    for name in dict.fromkeys((*older.values, *newer.values)):
        if older.differs(name, newer):
            yield PropertyChange(name, older.values.get(name), newer.values.get(name))


def _moved(pairs: Sequence[Pair]) -> Sequence[ConfigObject]:
    """The rows that left their order: all but those of a longest run that kept it."""
    ordered = [pair for pair in pairs if pair[0].is_row and pair[0].spec and pair[0].spec.ordered]
    ordered.sort(key=lambda pair: pair[0].place)
    kept = _longest_rise([newer.place for _, newer in ordered])
    return [newer for index, (_, newer) in enumerate(ordered) if index not in kept]


def _longest_rise(places: Sequence[int]) -> frozenset[int]:
    """Indexes of a longest rising run of distinct numbers, in n log n."""
    ends: list[int] = []
    holders: list[int] = []
    before: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(holders[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        holders[length : length + 1] = [index]
    kept = set()
    index = holders[-1] if holders else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return frozenset(kept)


class _Matcher:
    """Pairs the objects of two exports. The budget for looking at pairs is one for the whole diff."""

    def __init__(self) -> None:
        self._left = _MOST_COMPARISONS

    def matched(self, older: Objects, newer: Objects) -> tuple[list[Pair], Objects, Objects]:
        """Pairs, then what is left of the older and of the newer objects."""
        pairs = _by_identity(older, newer)
        gone, fresh = _rest(older, newer, pairs)
        pairs += _by_content(gone, fresh)
        gone, fresh = _rest(older, newer, pairs)
        pairs += self._by_likeness(*([one for one in each if one.identity is None] for each in (gone, fresh)))
        return pairs, *_rest(older, newer, pairs)

    def _by_likeness(self, older: Objects, newer: Objects) -> Iterator[Pair]:
        if len(older) * len(newer) > self._left:
            return
        self._left -= len(older) * len(newer)
        free = list(newer)
        for one in older:
            best = max(free, key=lambda other: _likeness(one, other), default=None)
            if best is not None and _likeness(one, best) > 0:
                free.remove(best)
                yield one, best


def _rest(older: Objects, newer: Objects, pairs: Sequence[Pair]) -> tuple[Objects, Objects]:
    taken = {id(one) for pair in pairs for one in pair}
    return [one for one in older if id(one) not in taken], [one for one in newer if id(one) not in taken]


def _by_identity(older: Objects, newer: Objects) -> list[Pair]:
    named = defaultdict[Identity, Objects](list)
    for one in newer:
        if (identity := one.identity) is not None:
            named[identity].append(one)
    return _paired(named, [(one.identity or (), one) for one in older])


def _by_content(older: Objects, newer: Objects) -> list[Pair]:
    alike = defaultdict[Identity, Objects](list)
    for one in newer:
        if one.identity is None:
            alike[one.content].append(one)
    return _paired(alike, [(one.content, one) for one in older if one.identity is None])


def _paired(waiting: dict[Identity, Objects], asked: Sequence[tuple[Identity, ConfigObject]]) -> list[Pair]:
    """The first of the one with the first of the other, the second with the second, and so on."""
    queues = {key: iter(found) for key, found in waiting.items()}
    candidates = ((one, next(queues.get(key, iter(())), None)) for key, one in asked)
    return [(one, other) for one, other in candidates if other is not None]


def _likeness(one: ConfigObject, other: ConfigObject) -> int:
    """How many properties agree; 0 for what had better be told as removed and added.

    Two rows are one if they carry the same comment, if nothing that both name disagrees, or if most agrees.
    """
    common = one.values.keys() & other.values.keys()
    agreed = sum(not one.differs(name, other) for name in common)
    commented = bool(one.values.get("comment")) and one.values.get("comment") == other.values.get("comment")
    smaller = min(len(one.values), len(other.values))
    larger = max(len(one.values), len(other.values))
    if commented or (agreed == len(common) and agreed * 2 > smaller) or agreed * 2 > larger:
        return agreed + (len(one.values) + len(other.values)) * commented
    return 0
