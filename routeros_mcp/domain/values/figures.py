"""One spelling for figures: numbers, rates, sizes, pairs of both directions, sets of numbers."""

from __future__ import annotations

import re
from itertools import pairwise

from routeros_mcp.domain.errors import WireError
from routeros_mcp.domain.values.parse import parse_rate, parse_size

RATES = frozenset({
    "bandwidth", "burst-limit", "burst-threshold", "limit-at", "max-limit", "rate", "rx-rate",
    "total-burst-limit", "total-burst-threshold", "total-limit-at", "total-max-limit", "tx-rate",
})  # fmt: skip
PAIRED = frozenset({
    "bucket-size", "burst-limit", "burst-threshold", "burst-time", "limit-at", "max-limit", "priority",
    "queue",
})  # fmt: skip
"""Of a simple queue: one value stands for both directions, and reads back as `value/value`."""

NUMBER_SETS = frozenset({"any-port", "dst-port", "port", "src-port", "vlan-ids"})
_KIB_SIZES = frozenset({"cache-size", "max-cache-size", "memory-limit"})
_KIB = 1 << 10
_INTEGER = re.compile(r"(-?)0*([0-9]+)")
_HEXADECIMAL = re.compile(r"0x[0-9A-Fa-f]{1,16}")
_DECIMAL = re.compile(r"(-?[0-9]+)\.([0-9]+)")
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


def one_number(text: str, name: str) -> str:
    """`010`, `0x0a`, `10.0` as `10`; by the property's name also `10M` and `2048KiB`; else the text."""
    if name in _KIB_SIZES and text[-1:] == "B":
        text = _kibibytes(text)
    if match := _INTEGER.fullmatch(text):
        return match[2] if match[2] == "0" else match[1] + match[2]
    if _HEXADECIMAL.fullmatch(text):
        return str(int(text, 16))
    if match := _DECIMAL.fullmatch(text):
        return _shortest(match[1], match[2].rstrip("0"))
    return _rate(text) if name in RATES else text


def number_set(text: str) -> str:
    """Numbers and ranges of them in rising order, neighbours as one range, words after them.

    With a negated item in it the text stays: in front it would negate the whole.
    """
    items = [one_number(item, "") for item in text.split(",")]
    if any(item.startswith("!") for item in items):
        return text
    ranges = [found for item in items if (found := _RANGE.fullmatch(item))]
    if any(found[2] and int(found[2]) < int(found[1]) for found in ranges):
        return text
    words = sorted({item for item in items if not _RANGE.fullmatch(item)})
    spans = _merged(sorted((int(found[1]), int(found[2] or found[1])) for found in ranges))
    return ",".join([*(f"{low}-{high}" if high > low else str(low) for low, high in spans), *words])


def both_ways(first: str, second: str | None) -> str:
    return f"{first}/{first if second is None else second}"


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged = spans[:1]
    for _, (low, high) in pairwise(spans):
        last_low, last_high = merged[-1]
        if low <= last_high + 1:
            merged[-1] = (last_low, max(last_high, high))
        else:
            merged.append((low, high))
    return merged


def _kibibytes(text: str) -> str:
    try:
        count, rest = divmod(parse_size(text), _KIB)
    except WireError:
        return text
    return text if rest else str(count)


def _rate(text: str) -> str:
    try:
        return str(parse_rate(text))
    except WireError:
        return text


def _shortest(whole: str, fraction: str) -> str:
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    digits = digits.lstrip("0") or "0"
    if not fraction:
        return digits if digits == "0" else sign + digits
    return f"{sign}{digits}.{fraction}"
