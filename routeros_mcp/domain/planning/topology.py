"""Which routers hang on which: those at the edge are changed before those that they hang on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from routeros_mcp.domain.models.plan import Row

K = TypeVar("K", bound=Hashable)


def leaves_first(items: Sequence[K], neighbours: Mapping[K, AbstractSet[K]]) -> list[K]:
    """Order the items from the edge of the network inwards; what nothing tells apart keeps its order.

    Layer by layer those with the fewest neighbours left are taken away, as one peels an onion: leaves of a
    tree go before their branch, a ring stays together. A neighbour that only one side tells of counts.
    """
    left = {item: set[K]() for item in items}
    for item, others in neighbours.items():
        for other in others:
            if item in left and other in left and item != other:
                left[item].add(other)
                left[other].add(item)
    ordered: list[K] = []
    while left:
        fewest = max(1, min(map(len, left.values())))
        layer = [item for item, others in left.items() if len(others) <= fewest]
        for item in layer:
            del left[item]
        for others in left.values():
            others.difference_update(layer)
        ordered += layer
    return ordered


def neighbour_names(rows: Sequence[Row]) -> frozenset[str]:
    """The identities and addresses that /ip/neighbor lists."""
    named = ("identity", "address", "address4", "address6")
    return frozenset(row[name] for row in rows for name in named if row.get(name))


def resolve(
    names: Mapping[K, AbstractSet[str]], heard: Mapping[K, AbstractSet[str]]
) -> dict[K, AbstractSet[K]]:
    """Who hangs on whom: `names` are those that each is known by, `heard` those of its neighbours.

    A name that two of them share tells neither.
    """
    owners: dict[str, list[K]] = {}
    for item, own in names.items():
        for name in own:
            owners.setdefault(name, []).append(item)
    known = {name: items[0] for name, items in owners.items() if len(items) == 1}
    return {item: {known[name] for name in others if name in known} for item, others in heard.items()}
