"""One spelling for values that mean the same to RouterOS, so that a plan that changes nothing is empty."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_interface

from routeros_mcp.domain.errors import WireError
from routeros_mcp.domain.models import PropertySpec, ValueType
from routeros_mcp.domain.values.figures import NUMBER_SETS, PAIRED, RATES, both_ways, number_set, one_number
from routeros_mcp.domain.values.names import FLAGS, PRESENCE_FLAGS
from routeros_mcp.domain.values.parse import (
    format_duration,
    parse_bool,
    parse_date,
    parse_datetime,
    parse_duration,
)

_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}([:.-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_ADDRESS = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/(?:[0-9]{1,2}|(?:128|192|224|24[08]|25[245])\.[0-9.]{5,11}))?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:/[0-9]{1,3})?"
)
_LINE_END = re.compile("\r\n?")
_SCRIPTS = frozenset({
    "on-backup", "on-down", "on-error", "on-event", "on-login", "on-logout", "on-master", "on-up", "script",
    "source",
})  # fmt: skip
_ADDRESS_NAMES = ("address", "addresses", "target", "networks", "gateway")
_YES_NO = frozenset({"yes", "no", "true", "false"})
_BIT_SET = re.compile(r"\[,[A-Za-z0-9]*\*\]$")
SET_LIKE = frozenset({
    "address-families", "allowed-address", "allowed-addresses", "auth-algorithms", "authentication-types",
    "connection-nat-state", "connection-state", "dst-address-type", "enc-algorithms", "key-usage",
    "policy", "redistribute", "src-address-type", "tagged",
    "tcp-flags", "topics", "untagged",
})  # fmt: skip
"""Lists whose order RouterOS does not heed; besides those whose syntax says that they are sets of bits."""

_NEGATED_BY_ITEM = frozenset({"policy", "tcp-flags", "topics"})
"""A `!` in front negates the first item here; everywhere else the whole value."""

_ABSENT_MEANS = {
    "comment": ("",),
    "dst-address": ("0.0.0.0/0", "::/0"),
    "log-prefix": ("",),
    "server": ("all",),
}


def canonical(text: str, prop: PropertySpec | None) -> str:
    """The one spelling of the value for its type; text without a known type stays as it is.

    A value that does not read as its type stays too, so nothing is ever equal by mistake. Applying it twice
    changes nothing more.

    Source: recorded answers to what was written; MikroTik manual, "Scripting", data types.
    """
    if prop is None:
        return text
    if text.startswith("!") and prop.name not in _NEGATED_BY_ITEM:
        return "!" + _positive(text[1:], prop)
    return _positive(text, prop)


def same(left: str | None, right: str | None, prop: PropertySpec | None) -> bool:
    """Whether two values mean the same; None is an absent property.

    Absent equals empty for comments and log prefixes, false for flags, `all` for a lease's server and the
    whole address space for a destination, because RouterOS leaves those out. Else absent differs from empty.
    """
    if left is None or right is None:
        present = right if left is None else left
        return present is None or _means_absent(present, prop)
    return left == right or canonical(left, prop) == canonical(right, prop)


def _means_absent(text: str, prop: PropertySpec | None) -> bool:
    if prop is None:
        return False
    if prop.name in FLAGS or prop.name in PRESENCE_FLAGS:
        return text.lower() in {"false", "no"}
    return canonical(text, prop) in _ABSENT_MEANS.get(prop.name, ())


def is_set_like(prop: PropertySpec) -> bool:
    """Whether the order of the list's items means nothing."""
    return prop.name.rpartition(".")[2] in SET_LIKE or bool(_BIT_SET.search(prop.syntax))


def _positive(text: str, prop: PropertySpec) -> str:
    if prop.name in PRESENCE_FLAGS and not text:
        return "true"
    if prop.name in NUMBER_SETS:
        return number_set(text)
    if "," in text and is_set_like(prop):
        return _set(text, prop.name)
    if prop.type in {ValueType.INTEGER, ValueType.NUMBER}:
        return one_number(text, prop.name)
    return _untyped(text, prop) if prop.type is ValueType.UNKNOWN else _typed(text, prop)


def _typed(text: str, prop: PropertySpec) -> str:
    if prop.type is ValueType.TEXT and _is_script(prop.name):
        return _LINE_END.sub("\n", text)
    writer = _WRITERS.get(prop.type)
    return writer(text) if writer else text


def _is_script(name: str) -> bool:
    """Whether RouterOS keeps a script in it, which means the same with either kind of line end."""
    return name in _SCRIPTS or name.endswith("-script")


def _set(text: str, name: str) -> str:
    items = {_item(item) for item in text.split(",")}
    mixed = name not in _NEGATED_BY_ITEM and any(item.startswith("!") for item in items)
    return text if mixed else ",".join(sorted(items))


def _duration(text: str) -> str:
    try:
        return format_duration(parse_duration(text))
    except WireError:
        return text


def _boolean(text: str) -> str:
    try:
        return "true" if parse_bool(text) else "false"
    except WireError:
        return text


def _moment(text: str) -> str:
    """A moment or a day of either era as the newer one writes it, in the router's own zone."""
    try:
        return parse_datetime(text).isoformat(sep=" ")
    except WireError:
        pass
    try:
        return parse_date(text).isoformat()
    except WireError:
        return text


def _untyped(text: str, prop: PropertySpec) -> str:
    """By its name, where the schema gives no type."""
    if prop.name in PAIRED:
        return _pair(text, prop)
    if prop.name in RATES:
        return "/".join(one_number(part, prop.name) for part in text.split("/"))
    if "time interval" in prop.syntax:
        return "/".join(_duration(part) for part in text.split("/"))
    if prop.name == "enabled" or (prop.values and set(prop.values) <= _YES_NO):
        return _boolean(text)
    return _list(text) if prop.name.endswith(_ADDRESS_NAMES) else text


def _pair(text: str, prop: PropertySpec) -> str:
    """Both directions of a queue: `10M/2M`, `5s/1m`; `8` is `8/8`."""
    first, slash, second = text.partition("/")
    one = _duration if "time interval" in prop.syntax else partial(one_number, name=prop.name)
    return both_ways(one(first), one(second) if slash else None)


def _mac(text: str) -> str:
    return re.sub("[.-]", ":", text).upper() if _MAC.fullmatch(text) else text


def _address(text: str) -> str:
    return ",".join(_one_address(part, keep_host=True) for part in text.split(","))


def _prefix(text: str) -> str:
    return ",".join(_one_address(part, keep_host=False) for part in text.split(","))


def _list(text: str) -> str:
    return ",".join(_item(item) for item in text.split(","))


def _item(text: str) -> str:
    if _MAC.fullmatch(text):
        return re.sub("[.-]", ":", text).upper()
    return _one_address(text, keep_host=True)


def _one_address(text: str, *, keep_host: bool) -> str:
    sign, text = ("!", text[1:]) if text.startswith("!") else ("", text)
    bare, zone_mark, zone = text.partition("%")
    first, dash, last = bare.partition("-")
    if dash and not zone_mark:
        ends = (_plain(first, keep_host=True), _plain(last, keep_host=True))
        return sign + (ends[0] if ends[0] == ends[1] and _ADDRESS.fullmatch(first) else "-".join(ends))
    return sign + _plain(bare, keep_host=keep_host) + zone_mark + zone


def _plain(text: str, *, keep_host: bool) -> str:
    """An address or prefix in its shortest form; a prefix of full length is written as the address alone."""
    if not _ADDRESS.fullmatch(text):
        return text
    try:
        if "/" not in text:
            return str(ip_address(text))
        value = ip_interface(text)
    except ValueError:
        return text
    if value.network.prefixlen == value.max_prefixlen:
        return str(value.ip)
    return str(value if keep_host else value.network)


_WRITERS: dict[ValueType, Callable[[str], str]] = {
    ValueType.DURATION: _duration,
    ValueType.BOOLEAN: _boolean,
    ValueType.DATETIME: _moment,
    ValueType.MAC: _mac,
    ValueType.IP: _address,
    ValueType.PREFIX: _prefix,
    ValueType.LIST: _list,
}
