"""The fewest placements that bring the rows of an ordered menu into a wanted order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """Put `item` right before `before`, or at the end of the table when that is None.

    `item` is new to the table or already in it; `before` is always a row that stays where it is.
    """

    item: str
    before: str | None


def placements(present: Sequence[str], wanted: Sequence[str]) -> list[Placement]:
    """Return the fewest placements, in the order in which they are to be made.

    `present` are the rows now, `wanted` the rows in the order they shall have among themselves; rows that are
    only in `present` stay where they are, those only in `wanted` are new. What need not move does not:
    the longest run of rows that are in order already stays. The rest goes in from first to last, each before
    the next row that stays. So a rule that lets traffic in is there before the one behind it that drops the
    rest, and no row that both states have is missing at any moment.
    """
    place_of = {item: place for place, item in enumerate(present)}
    fixed = set(_longest_rising([item for item in wanted if item in place_of], place_of))
    script: list[Placement] = []
    follower: str | None = None
    for item in reversed(wanted):
        if item in fixed:
            follower = item
        else:
            script.append(Placement(item, follower))
    script.reverse()
    return script


def arranged(present: Sequence[str], script: Sequence[Placement]) -> list[str]:
    """Carry the placements out on a list, as the router does."""
    rows = list(present)
    for step in script:
        if step.item in rows:
            rows.remove(step.item)
        rows.insert(len(rows) if step.before is None else rows.index(step.before), step.item)
    return rows


def _longest_rising(items: Sequence[str], place_of: dict[str, int]) -> list[str]:
    """Return a longest subsequence whose present places rise (patience sorting, n log n)."""
    tails: list[int] = []
    tail_items: list[str] = []
    previous: dict[str, str | None] = {}
    for item in items:
        place = place_of[item]
        pile = bisect_left(tails, place)
        previous[item] = tail_items[pile - 1] if pile else None
        if pile == len(tails):
            tails.append(place)
            tail_items.append(item)
        else:
            tails[pile], tail_items[pile] = place, item
    found: list[str] = []
    last = tail_items[-1] if tail_items else None
    while last is not None:
        found.append(last)
        last = previous[last]
    return found
