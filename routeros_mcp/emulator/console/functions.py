"""The commands that make a value of values: lengths, parts, conversions."""

import hashlib
import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address

from routeros_mcp.emulator import query
from routeros_mcp.emulator.console import conversion, literals, octets, structured
from routeros_mcp.emulator.console.errors import ScriptError
from routeros_mcp.emulator.console.machine import Builtin, Machine, Step
from routeros_mcp.emulator.console.operators import equal
from routeros_mcp.emulator.console.scope import Scope
from routeros_mcp.emulator.console.tree import Command
from routeros_mcp.emulator.console.values import (
    NIL,
    NOTHING,
    WEIGHT_MAX,
    Array,
    Code,
    Empty,
    Id,
    Time,
    TooLarge,
    Value,
    text_of,
    typeof,
)
from routeros_mcp.emulator.store import Store

Given = Mapping[str, Value]
_NS = 1_000_000_000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TEXT_MAX = 4096
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def need(given: Given, *names: str) -> list[Value]:
    """Return arguments that must be there.

    Raises:
        ScriptError: one or more are not.
    """
    missing = [name for name in names if name not in given]
    if missing:
        raise ScriptError(f"missing value(s) of argument(s) {' '.join(missing)}")
    return [given[name] for name in names]


def _len(given: Given) -> Value:
    (value,) = need(given, "value")
    return len(value) if isinstance(value, Array) else len(octets.of(text_of(value)))


def _typeof(given: Given) -> Value:
    return typeof(given.get("value", NOTHING))


def _pick(given: Given) -> Value:
    """Return a part: from `begin` up to but without `end`, or the one at `begin`."""
    value, begin = need(given, "value", "begin")
    end = given.get("end")
    start = max(begin, 0) if isinstance(begin, int) else 0
    if isinstance(value, Array):
        if not isinstance(end, int):
            return value.items[start] if start < len(value.items) else NOTHING
        return Array(value.items[start : max(end, 0)])
    raw = octets.of(text_of(value))
    stop = max(end, 0) if isinstance(end, int) else start + 1 if end is None else len(raw)
    return octets.text(raw[start:stop])


def _find(given: Given) -> Value:
    """Return where something is, behind `from`, or nil."""
    where, key = need(given, "in", "key")
    behind = given.get("from", -1)
    start = behind + 1 if isinstance(behind, int) else 0
    if isinstance(where, Array):
        found = (at for at, item in enumerate(where.items) if at >= start and equal(item, key))
        return next(found, NIL)
    at = octets.of(text_of(where)).find(octets.of(text_of(key)), max(start, 0))
    return NIL if at < 0 else at


def _tostr(given: Given) -> Value:
    return text_of(need(given, "value")[0])


def _tonum(given: Given) -> Value:
    """Convert to a number, or to nil: `23.8` is none. Source: vendor manual."""
    (value,) = need(given, "value")
    match value:
        case bool():
            return int(value)
        case int():
            return value
        case Time():
            return value.ns // _NS
        case IPv4Address():
            return int(value)
        case str():
            found = literals.number(value)
            return NIL if found is None else found
        case _:
            return NIL


def _tobool(given: Given) -> Value:
    """Convert numbers and `true`, `false`; `yes` is nil (verified on 7.21)."""
    (value,) = need(given, "value")
    match value:
        case bool():
            return value
        case int():
            return value != 0
        case "true" | "false":
            return value == "true"
        case _:
            return NIL


def _toip(given: Given) -> Value:
    found = literals.address(text_of(need(given, "value")[0]))
    return found if isinstance(found, IPv4Address) else NIL


def _toip6(given: Given) -> Value:
    found = literals.address(text_of(need(given, "value")[0]))
    return found if isinstance(found, IPv6Address) else NIL


def _toid(given: Given) -> Value:
    found = literals.read(text_of(need(given, "value")[0]))
    return found if isinstance(found, Id) else NIL


def _toarray(given: Given) -> Value:
    (value,) = need(given, "value")
    match value:
        case Array() | Code():
            return value
        case Empty():
            return Array()
        case str():
            return Array(literals.read(part) for part in value.split(",")) if value else Array()
        case _:
            return Array((value,))


def _totime(given: Given) -> Value:
    found = literals.read(text_of(need(given, "value")[0]))
    if isinstance(found, int) and not isinstance(found, bool):
        return Time(found * _NS)
    return found if isinstance(found, Time) else NIL


def _tonsec(given: Given) -> Value:
    found = _totime(given)
    return found.ns if isinstance(found, Time) else NIL


def _tocrlf(given: Given) -> Value:
    return _LINE_ENDS.sub("\r\n", text_of(need(given, "value")[0]))


def _tolf(given: Given) -> Value:
    return _LINE_ENDS.sub("\n", text_of(need(given, "value")[0]))


def _range(given: Given) -> Value:
    first, last = need(given, "from", "to")
    if not isinstance(first, int) or not isinstance(last, int):
        raise ScriptError("invalid value for argument from")
    if abs(last - first) > WEIGHT_MAX:
        raise TooLarge
    return Array(range(first, last + 1) if first <= last else range(first, last - 1, -1))


def _beep(_given: Given) -> Value:
    return NOTHING


def _jobname(_given: Given) -> Value:
    return ""


_PURE: Mapping[str, Callable[[Given], Value]] = {
    "beep": _beep,
    "convert": conversion.convert,
    "deserialize": structured.deserialize,
    "find": _find,
    "jobname": _jobname,
    "len": _len,
    "pick": _pick,
    "range": _range,
    "serialize": structured.serialize,
    "toarray": _toarray,
    "tobool": _tobool,
    "tocrlf": _tocrlf,
    "toid": _toid,
    "toip": _toip,
    "toip6": _toip6,
    "tolf": _tolf,
    "tonsec": _tonsec,
    "tonum": _tonum,
    "tostr": _tostr,
    "totime": _totime,
    "typeof": _typeof,
}


# What a router knows.


def _chance(store: Store, number: int = 0) -> int:
    drawn = f"{store.spec.seed}/{store.clock.steady()}/{number}"
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8])


def _rndnum(store: Store, given: Given) -> Value:
    low, high = need(given, "from", "to")
    if not isinstance(low, int) or not isinstance(high, int) or high < low:
        raise ScriptError("invalid value for argument from")
    return low + _chance(store) % (high - low + 1)


def _rndstr(store: Store, given: Given) -> Value:
    letters, length = text_of(given.get("from", _LETTERS)), given.get("length", 16)
    if not letters or not isinstance(length, int) or not 0 <= length <= _TEXT_MAX:
        raise ScriptError("invalid value for argument length")
    return "".join(letters[_chance(store, at) % len(letters)] for at in range(length))


def _timestamp(store: Store, given: Given) -> Value:
    now = store.local() if "use-tz" in given else store.clock.wall()
    return Time(int(now * _NS))


def _resolve(store: Store, given: Given) -> Value:
    """Find an address among the static entries; nothing else answers here."""
    wanted = text_of(need(given, "domain-name")[0])
    for row in store.table("/ip/dns/static").rows:
        if query.same(row.values.get("name"), wanted) and row.values.get("disabled") != "true":
            return literals.read(row.values.get("address", ""))
    raise ScriptError("failure: dns name does not exist")


_KNOWING: Mapping[str, Callable[[Store, Given], Value]] = {
    "resolve": _resolve,
    "rndnum": _rndnum,
    "rndstr": _rndstr,
    "timestamp": _timestamp,
}


def _run(machine: Machine, command: Command, scope: Scope) -> Step:
    given = yield machine.arguments(command, scope)
    for value in given.values():
        machine.charge(value)
    if command.name in _PURE:
        return _PURE[command.name](given)
    return _KNOWING[command.name](machine.console.store, given)


FUNCTIONS: Mapping[str, Builtin] = dict.fromkeys([*_PURE, *_KNOWING], _run)
