"""Which value a bare word stands for."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_interface, ip_network

from routeros_mcp.emulator.console.values import Array, Id, Time, Value, wrapped

_NS = 1_000_000_000
_UNIT_NS = {
    "w": 604_800 * _NS,
    "d": 86_400 * _NS,
    "h": 3_600 * _NS,
    "m": 60 * _NS,
    "s": _NS,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_NUMBER = re.compile(r"-?[0-9]{1,19}")
_HEX = re.compile(r"0[xX][0-9A-Fa-f]{1,16}")
_PART = re.compile(r"([0-9]{1,12})(ms|us|ns|w|d|h|m|s)")
_WORDED = re.compile(r"-?(?:[0-9]{1,12}(?:ms|us|ns|w|d|h|m|s))+")
_CLOCK = re.compile(
    r"(-?)(?:([0-9]{1,6})w)?(?:([0-9]{1,6})d)?([0-9]{1,6}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{1,9}))?)?"
)
_DOTTED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}")
_NETWORK = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){0,3})/([0-9]{1,2})")
_SIX = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:/[0-9]{1,3})?")
_BYTE_MAX = 255
_LENGTH_MAX = 32
_ID = re.compile(r"\*[0-9A-Fa-f]{1,16}")
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def read(word: str) -> Value:
    """Return the value of an unquoted word; what is nothing else is a string.

    Source: vendor manual, Scripting: data types; yes and no are booleans (recorded `:parse` output).
    """
    if word in _WORDS:
        return _WORDS[word]
    if "," in word and word.strip(","):
        return Array(read(part) for part in word.split(","))
    for one in (number, time, address, network):
        found = one(word)
        if found is not None:
            return found
    return Id("*" + word[1:].upper()) if _ID.fullmatch(word) else word


def number(word: str) -> int | None:
    if _NUMBER.fullmatch(word):
        value = int(word)
        return value if wrapped(value) == value else None
    return wrapped(int(word, 16)) if _HEX.fullmatch(word) else None


def time(word: str) -> Time | None:
    """Read `1d2h`, `500ms`, `10:00` or `1w2d03:04:05.5`."""
    if _WORDED.fullmatch(word):
        total = sum(int(count) * _UNIT_NS[unit] for count, unit in _PART.findall(word))
        return Time(-total if word.startswith("-") else total)
    found = _CLOCK.fullmatch(word)
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:6])
    whole = (weeks * 7 + days) * 86_400 + hours * 3_600 + minutes * 60 + seconds
    total = whole * _NS + int((found[7] or "0").ljust(9, "0"))
    return Time(-total if found[1] else total)


def address(word: str) -> IPv4Address | IPv6Address | None:
    """Read an address; `10.1` means 10.0.0.1. Source: vendor manual, `:convert`."""
    if _DOTTED.fullmatch(word):
        return _dotted(word)
    if not _SIX.fullmatch(word) or "/" in word:
        return None
    try:
        return IPv6Address(word)
    except ValueError:
        return None


def _dotted(word: str) -> IPv4Address | None:
    *front, last = [int(part) for part in word.split(".")]
    parts = [*front, *[0] * (3 - len(front)), last]
    return IPv4Address(".".join(map(str, parts))) if max(parts) <= _BYTE_MAX else None


def network(word: str) -> Value | None:
    """Read a prefix; host bits go, so `10/2` is a prefix and no division. Source: vendor manual."""
    found = _NETWORK.fullmatch(word)
    if found is not None:
        base = _dotted(found[1] if "." in found[1] else f"{found[1]}.0.0.0")
        is_one = base is not None and int(found[2]) <= _LENGTH_MAX
        return IPv4Network(f"{base}/{found[2]}", strict=False) if is_one else None
    if not _SIX.fullmatch(word) or "/" not in word:
        return None
    try:
        return ip_network(ip_interface(word).network, strict=False)
    except ValueError:
        return None
