"""The operators of expressions on the types they take."""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from routeros_mcp.emulator.console import literals, octets, patterns
from routeros_mcp.emulator.console.errors import ScriptError
from routeros_mcp.emulator.console.values import (
    NIL,
    NOTHING,
    TEXT_MAX,
    Array,
    Code,
    Empty,
    Id,
    Time,
    TooLarge,
    Value,
    text_of,
    typeof,
    wrapped,
)

_SHIFT_MAX = 63
_V4_MASK = 2**32 - 1
_V6_MASK = 2**128 - 1
_NAMES = {"num": "integer", "str": "string", "ip": "ip address", "ip6": "ip6 address"}
_PHRASES = {
    "+": "add {} to {}",
    "-": "subtract {} from {}",
    "*": "multiply {} by {}",
    "/": "divide {} by {}",
    "%": "divide {} by {}",
    "<": "compare if {} is less than {}",
    ">": "compare if {} is more than {}",
    "<=": "compare if {} is less than {}",
    ">=": "compare if {} is more than {}",
}


def unary(operator: str, value: Value) -> Value:
    """Apply `!`, `-` or `~`.

    Raises:
        ScriptError: the type has no such operation.
    """
    value = _numeric(value)
    match operator, value:
        case "!", bool() | Empty():
            return value is not True
        case "-", Time():
            return Time(-value.ns)
        case "-", int() if not isinstance(value, bool):
            return wrapped(-value)
        case "~", int() | IPv4Address() | IPv6Address() if not isinstance(value, bool):
            return _inverted(value)
        case _, Empty():
            return value
        case _:
            verb = {"!": "logically negate", "-": "negate"}.get(operator, "invert")
            raise ScriptError(f"cannot {verb} {_named(value)}")


def _inverted(value: int | IPv4Address | IPv6Address) -> Value:
    match value:
        case IPv4Address():
            return IPv4Address(int(value) ^ _V4_MASK)
        case IPv6Address():
            return IPv6Address(int(value) ^ _V6_MASK)
        case _:
            return ~value


def binary(operator: str, left: Value, right: Value) -> Value:
    """Apply an operator; both sides have been computed, for nothing is left out (verified on 7.21).

    Raises:
        ScriptError: the types have no such operation.
    """
    return _OPERATIONS[operator](operator, left, right)


def equal(left: Value, right: Value) -> bool:
    """Compare by value, and across types by text. Source: public notes on filters; partly assumed."""
    if isinstance(left, Empty) or isinstance(right, Empty):
        return isinstance(left, Empty) and isinstance(right, Empty)
    if type(left) is type(right):
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return _as_bool(left) is _as_bool(right)
    return text_of(left) == text_of(right)


def _as_bool(value: Value) -> Value:
    found = literals.read(value) if isinstance(value, str) else value
    return found if isinstance(found, bool) else NOTHING if value else NIL


def element(array: Value, key: Value) -> Value:
    """Return `array->key`, or nothing: a key that is missing is no error (verified on 7.21)."""
    if not isinstance(array, Array):
        return NOTHING
    if isinstance(key, int) and not isinstance(key, bool):
        return array.items[key] if 0 <= key < len(array.items) else NOTHING
    return array.keyed.get(text_of(key), NOTHING)


def with_element(array: Value, key: Value, value: Value) -> Array:
    """Return the list with one element set, or without it when the value is nothing."""
    held = array if isinstance(array, Array) else Array()
    if isinstance(key, int) and not isinstance(key, bool):
        items = list(held.items)
        items[key : key + 1] = [] if isinstance(value, Empty) else [value]
        return Array(items, held.keyed)
    keyed = {**held.keyed, text_of(key): value}
    return Array(held.items, {name: one for name, one in keyed.items() if not isinstance(one, Empty)})


def _numeric(value: Value) -> Value:
    """Read a string that is a number or time as one: `"5" + 10` is 15 (verified on 7.21)."""
    if not isinstance(value, str):
        return value
    found = literals.read(value)
    return found if isinstance(found, int | Time | IPv4Address | IPv6Address) else value


def _named(value: Value) -> str:
    kind = typeof(value)
    return _NAMES.get(kind, kind)


def _cannot(operator: str, left: Value, right: Value) -> ScriptError:
    phrase = _PHRASES.get(operator, "use {} and {} here")
    return ScriptError(f"cannot {phrase.format(_named(left), _named(right))}")


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    left, right = _numeric(left), _numeric(right)
    if isinstance(left, Empty) or isinstance(right, Empty):
        return right if isinstance(left, Empty) and operator == "+" else left
    if isinstance(left, bool) or isinstance(right, bool):
        raise _cannot(operator, left, right)
    match left, right:
        case int(), int():
            return wrapped(_numbers(operator, left, right))
        case IPv4Address() | IPv6Address(), _:
            return _addresses(operator, left, right)
        case Time() | int(), Time() | int():
            return _times(operator, left, right)
        case _:
            raise _cannot(operator, left, right)


def _numbers(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            if right == 0:
                raise ScriptError("division by zero")
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if operator == "/" else left - quotient * right


def _addresses(operator: str, left: IPv4Address | IPv6Address, right: Value) -> Value:
    """Count addresses: `10.0.0.15 + 10`, `10.0.0.15 - 10.0.0.3`. Source: vendor manual."""
    if operator == "-" and type(left) is type(right) and isinstance(right, IPv4Address | IPv6Address):
        return wrapped(int(left) - int(right))
    if operator in {"+", "-"} and isinstance(right, int) and not isinstance(right, bool):
        number = int(left) + (right if operator == "+" else -right)
        mask = _V4_MASK if isinstance(left, IPv4Address) else _V6_MASK
        return type(left)(number & mask)
    raise _cannot(operator, left, right)


def _times(operator: str, left: Time | int, right: Time | int) -> Value:
    match operator, left, right:
        case "+", Time(), Time():
            return Time(left.ns + right.ns)
        case "-", Time(), Time():
            return Time(left.ns - right.ns)
        case "*", Time(), int():
            return Time(wrapped(left.ns * right))
        case "/", Time(), int():
            return Time(_numbers("/", left.ns, right))
        case "/", Time(), Time():
            return _numbers("/", left.ns, right.ns)
        case _:
            raise _cannot(operator, left, right)


def _bitwise(operator: str, left: Value, right: Value) -> Value:
    match _numeric(left), _numeric(right):
        case (bool(), _) | (_, bool()):
            raise _cannot(operator, left, right)
        case int(one), int(other):
            return wrapped(_bits(operator, one, other))
        case IPv4Address() as one, int(other) if operator in {"<<", ">>"}:
            return IPv4Address(_bits(operator, int(one), other) & _V4_MASK)
        case IPv4Address() as one, IPv4Address() as other if operator in "&|^":
            return IPv4Address(_bits(operator, int(one), int(other)))
        case IPv6Address() as one, IPv6Address() as other if operator in "&|^":
            return IPv6Address(_bits(operator, int(one), int(other)))
        case _:
            raise _cannot(operator, left, right)


def _bits(operator: str, one: int, other: int) -> int:
    match operator:
        case "&":
            return one & other
        case "|":
            return one | other
        case "^":
            return one ^ other
        case "<<":
            return one << min(max(other, 0), _SHIFT_MAX)
        case _:
            return one >> min(max(other, 0), _SHIFT_MAX)


def _ordered(operator: str, left: Value, right: Value) -> Value:
    """Compare what has an order; strings that are no numbers have none (verified on 7.21)."""
    left, right = _numeric(left), _numeric(right)
    if isinstance(left, Empty) or isinstance(right, Empty):
        return False
    one, other = _rank(left), _rank(right)
    if one is None or other is None or isinstance(left, Time) != isinstance(right, Time):
        raise _cannot(operator, left, right)
    return {"<": one < other, ">": one > other, "<=": one <= other, ">=": one >= other}[operator]


def _rank(value: Value) -> int | None:
    match value:
        case bool():
            return None
        case int() | IPv4Address() | IPv6Address():
            return int(value)
        case Time():
            return value.ns
        case Id():
            return int(value.text[1:], 16)
        case _:
            return None


def _equality(operator: str, left: Value, right: Value) -> Value:
    return equal(left, right) is (operator == "=")


def _logical(operator: str, left: Value, right: Value) -> Value:
    one, other = _as_bool(left), _as_bool(right)
    if not isinstance(one, bool) or not isinstance(other, bool):
        wrong = left if not isinstance(one, bool) else right
        raise ScriptError(f"cannot apply logical operator to {_named(wrong)}")
    return (one and other) if operator == "and" else (one or other)


def _inside(operator: str, left: Value, right: Value) -> Value:
    """Tell whether an address or prefix lies in a prefix, or a value in a list."""
    right = literals.read(right) if isinstance(right, str) else right
    left = literals.read(left) if isinstance(left, str) and isinstance(right, IPv4Network) else left
    match left, right:
        case _, Array():
            return any(equal(left, item) for item in right.values())
        case IPv4Address(), IPv4Network():
            return left in right
        case IPv6Address(), IPv6Network():
            return left in right
        case IPv4Network(), IPv4Network():
            return left.subnet_of(right)
        case IPv6Network(), IPv6Network():
            return left.subnet_of(right)
        case (Empty(), _) | (_, Empty()) | (str(), _):
            return False
        case _:
            raise _cannot(operator, left, right)


def _matches(_operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, Array):
        return any(patterns.search(text_of(right), text_of(item)) for item in left.values())
    return patterns.search(text_of(right), text_of(left))


def _concatenated(_operator: str, left: Value, right: Value) -> Value:
    """Join texts; joined to a list, the text goes to each of its elements. Source: manual; partly assumed."""
    if isinstance(left, Array) and not isinstance(right, Array | Code):
        added = len(text_of(right)) * len(left)
        if added > TEXT_MAX:
            raise TooLarge
        return Array((octets.joined(text_of(item), text_of(right)) for item in left.items), left.keyed)
    one, other = text_of(left), text_of(right)
    if len(one) + len(other) > TEXT_MAX:
        raise TooLarge
    return octets.joined(one, other)


def _listed(_operator: str, left: Value, right: Value) -> Value:
    one = left if isinstance(left, Array) else Array(() if isinstance(left, Empty) else (left,))
    other = right if isinstance(right, Array) else Array(() if isinstance(right, Empty) else (right,))
    return Array((*one.items, *other.items), {**one.keyed, **other.keyed})


def _element(_operator: str, left: Value, right: Value) -> Value:
    return element(left, right)


_OPERATIONS: Mapping[str, Callable[[str, Value, Value], Value]] = {
    **dict.fromkeys(("+", "-", "*", "/", "%"), _arithmetic),
    **dict.fromkeys(("&", "|", "^", "<<", ">>"), _bitwise),
    **dict.fromkeys(("<", ">", "<=", ">="), _ordered),
    **dict.fromkeys(("=", "!="), _equality),
    **dict.fromkeys(("and", "or"), _logical),
    "in": _inside,
    "~": _matches,
    ".": _concatenated,
    ",": _listed,
    "->": _element,
}
