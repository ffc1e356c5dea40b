"""The values of the console language: what types there are and how each reads as text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

# A list may hold this many values, those of lists inside it counted. Assumed; it bounds what a script costs.
WEIGHT_MAX = 200_000
DEPTH_MAX = 100
TEXT_MAX = 1_000_000
_NS = 1_000_000_000
_DAY_S = 86_400


class Empty(Enum):
    """The two ways of having no value: never set, and not found."""

    NOTHING = "nothing"
    NIL = "nil"


NOTHING = Empty.NOTHING
NIL = Empty.NIL


@dataclass(frozen=True, slots=True)
class Time:
    """A duration in nanoseconds, which may be negative."""

    ns: int


@dataclass(frozen=True, slots=True)
class Id:
    """An internal id such as `*1A`."""

    text: str


class TooLarge(Exception):
    """A value would pass the size that a router has memory for."""


class Array:
    """Values by position, then values by key, which are kept in the order of their keys.

    Source: vendor manual, Scripting: keyed elements are sorted and come after those without a key.
    """

    __slots__ = ("depth", "items", "keyed", "weight")

    def __init__(self, items: Iterable["Value"] = (), keyed: Mapping[str, "Value"] | None = None) -> None:
        self.items = tuple(items)
        self.keyed = dict(sorted(keyed.items())) if keyed else {}
        self.weight = 1 + sum(map(_weight, self.items)) + sum(map(_weight, self.keyed.values()))
        self.depth: int = 1 + max((one.depth for one in self.values() if isinstance(one, Array)), default=0)
        if self.weight > WEIGHT_MAX or self.depth > DEPTH_MAX:
            raise TooLarge

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Array) and (self.items, self.keyed) == (other.items, other.keyed)

    def __hash__(self) -> int:
        return hash((self.items, tuple(self.keyed.items())))

    def __len__(self) -> int:
        return len(self.items) + len(self.keyed)

    def values(self) -> Iterator["Value"]:
        yield from self.items
        yield from self.keyed.values()

    def pairs(self) -> Iterator[tuple["Value", "Value"]]:
        yield from enumerate(self.items)
        yield from self.keyed.items()


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A parsed piece of script, a block of the tree, or a function, which counts as a list with code."""

    block: Any
    is_function: bool = False


Value = (
    bool
    | int
    | str
    | Time
    | Id
    | IPv4Address
    | IPv6Address
    | IPv4Network
    | IPv6Network
    | Array
    | Code
    | Empty
)

_TYPES: Mapping[type, str] = {
    bool: "bool",
    int: "num",
    str: "str",
    Time: "time",
    Id: "id",
    IPv4Address: "ip",
    IPv6Address: "ip6",
    IPv4Network: "ip-prefix",
    IPv6Network: "ip6-prefix",
    Array: "array",
}


def typeof(value: Value) -> str:
    """Name the type as `:typeof` does. Source: vendor manual; a function is an array (public transcripts)."""
    if isinstance(value, Empty):
        return value.value
    if isinstance(value, Code):
        return "array" if value.is_function else "code"
    return _TYPES[type(value)]


def text_of(value: Value) -> str:
    """Write a value as `:tostr` does."""
    if isinstance(value, str):
        return value
    writer = _WRITERS.get(type(value), str)
    return writer(value)


def _show_array(array: Array) -> str:
    """Write `1;2;key=value`; lists inside run on flat. Source: public transcripts of `print as-value`."""
    parts = [text_of(item) for item in array.items]
    parts += [f"{key}={text_of(item)}" for key, item in array.keyed.items()]
    return ";".join(parts)


def show_time(ns: int) -> str:
    """Write `1w2d03:04:05.060`. Source: vendor manual (`:timestamp`), recorded as-value of `/ping`."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    seconds, fraction = divmod(ns, _NS)
    days, seconds = divmod(seconds, _DAY_S)
    weeks, days = divmod(days, 7)
    lead = (f"{weeks}w" if weeks else "") + (f"{days}d" if days else "")
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{sign}{lead}{clock}{_fraction(fraction)}"


def _fraction(ns: int) -> str:
    """Write what is left below a second in as many groups of three digits as it takes."""
    digits = f"{ns:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}" if digits else ""


def wrapped(number: int) -> int:
    """Keep the low 64 bits, signed: numbers run over without an error."""
    return (number + 2**63) % 2**64 - 2**63


def _weight(value: Value) -> int:
    return value.weight if isinstance(value, Array) else 1


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    Empty: lambda _value: "",
    Time: lambda value: show_time(value.ns),
    Id: lambda value: str(value.text),
    Array: _show_array,
    Code: lambda _value: "(code)",
}
