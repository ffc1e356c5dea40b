"""How RouterOS reads a value and in which one form it stores it."""

import ipaddress
import re
import time
from collections.abc import Callable

from routeros_mcp.emulator.errors import Refusal, bad_value, failure, no_match

_UNITS_US = (
    ("w", 604_800_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
)
_UNIT_US = dict(_UNITS_US)
_PART = re.compile(r"(\d+)(us|ms|w|d|h|m|s)")
_WORDED = re.compile(r"(?:\d+(?:us|ms|w|d|h|m|s))+")
_CLOCK = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?")
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:.-]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_PORT_MAX = 65535


def parse_duration(text: str) -> int:
    """Return microseconds of `1w2d3h4m5s`, `1d00:00:10`, `00:00:10` or plain seconds.

    Raises:
        ValueError: the text is none of these.
    """
    if text.isdecimal():
        return int(text) * 1_000_000
    if _WORDED.fullmatch(text):
        return sum(int(count) * _UNIT_US[unit] for count, unit in _PART.findall(text))
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        raise ValueError(text)
    weeks, days, hours, minutes, seconds, fraction = (part or "0" for part in clock.groups())
    whole = (int(weeks) * 7 + int(days)) * 86_400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1_000_000 + int(fraction.ljust(6, "0"))


def show_duration(microseconds: int) -> str:
    """Write a duration the way REST does: `3600s` is `1h`, zero is `0s`. Source: recorded 7.x replies."""
    parts: list[str] = []
    for unit, size in _UNITS_US:
        count, microseconds = divmod(microseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def clock_duration(microseconds: int) -> str:
    """Write a duration the way range errors do: `00:00:10`, `1d00:00:00`. Source: recorded 7.21.4."""
    seconds = microseconds // 1_000_000
    days, seconds = divmod(seconds, 86_400)
    lead = f"{days}d" if days else ""
    return f"{lead}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def parse_mac(text: str) -> str:
    if not _MAC.fullmatch(text):
        raise ValueError(text)
    digits = re.sub(r"[:.-]", "", text).upper()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def parse_ip(text: str) -> str:
    return str(ipaddress.ip_address(text))


def parse_address(text: str) -> str:
    """Keep the host part of `10.0.0.1/24`; a bare address gets the full length."""
    return str(ipaddress.ip_interface(text))


def parse_prefix(text: str) -> str:
    """Zero the host part: RouterOS stores `10.0.0.5/24` as a network."""
    return str(ipaddress.ip_network(text, strict=False))


def parse_range(text: str) -> str:
    """Read `a-b`, `a` or `a/len`; the last shows as it is, a full length is dropped."""
    first, dash, last = text.partition("-")
    if dash:
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        if low.version != high.version or int(low) > int(high):
            raise ValueError(text)
        return f"{low}-{high}"
    network = ipaddress.ip_network(text, strict=False)
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def parse_network(text: str) -> str:
    """Read a network and refuse host bits. Source: recorded CHR 7.23.7."""
    given = ipaddress.ip_interface(text)
    if given.ip != given.network.network_address:
        raise failure("invalid network")
    return str(given.network)


def parse_host(text: str) -> str:
    """Read an address, network or range; anything else is a name to resolve."""
    try:
        return parse_range(text)
    except ValueError:
        return text


def parse_near(text: str) -> str:
    """Read an address or a network; whether host bits may be set is for the menu to say."""
    return str(ipaddress.ip_interface(text)).removesuffix("/32").removesuffix("/128") if text else ""


def parse_ports(text: str) -> str:
    for part in text.split(","):
        edges = [int(edge) for edge in part.split("-", 1)]
        if not all(0 <= edge <= _PORT_MAX for edge in edges) or edges != sorted(edges):
            raise ValueError(text)
    return text


def parse_rate(text: str) -> str:
    """Expand `10M` to `10000000`: REST shows plain integers. Source: recorded /queue/simple."""
    scale = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}.get(text[-1:])
    return str(int(text)) if scale is None else str(round(float(text[:-1]) * scale))


def parse_pair(text: str) -> str:
    first, slash, second = text.partition("/")
    return f"{parse_rate(first)}/{parse_rate(second if slash else first)}"


def parse_hex(text: str) -> str:
    return f"0x{int(text, 0):X}"


def parse_gateway(text: str) -> str:
    for part in text.split(","):
        address, _, _ = part.partition("%")
        ipaddress.ip_address(address)
    return text


def parse_date(text: str) -> str:
    """Read `2026-11-20`, or `nov/20/2026` as it was written up to 7.9."""
    form = "%b/%d/%Y" if "/" in text else "%Y-%m-%d"
    return time.strftime("%Y-%m-%d", time.strptime(text, form))


def parse_time(text: str) -> str:
    return time.strftime("%H:%M:%S", time.strptime(text, "%H:%M:%S"))


def parse_start(text: str) -> str:
    """Read a time of day, or `startup`."""
    return text if text == "startup" else parse_time(text)


def parse_bool(text: str) -> str:
    match text:
        case "yes" | "true":
            return "true"
        case "no" | "false":
            return "false"
        case _:
            raise ValueError(text)


def parse_list(one: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: ",".join(one(item) for item in text.split(",")) if text else ""


def parse_decimal(text: str) -> str:
    return str(int(text))


def parse_whole(text: str) -> str:
    return text


PARSERS: dict[str, Callable[[str], str]] = {
    "string": parse_whole,
    "any": parse_whole,
    "list": parse_whole,
    "flag": lambda _text: "",
    "bool": parse_bool,
    "date": parse_date,
    "time": parse_time,
    "start": parse_start,
    "mac": parse_mac,
    "ip": parse_ip,
    "ips": parse_list(parse_ip),
    "address": parse_address,
    "prefix": parse_prefix,
    "network": parse_network,
    "host": parse_host,
    "prefixes": parse_list(parse_prefix),
    "range": parse_range,
    "ranges": parse_list(parse_range),
    "ports": parse_ports,
    "rate": parse_rate,
    "pair": parse_pair,
    "hex": parse_hex,
    "int": parse_decimal,
    "gateway": parse_gateway,
    "near": parse_near,
}


def canonical(kind: str, argument: str, text: str) -> str:
    """Return the stored form of `text`, or refuse in the router's words.

    Source: recorded CHR 7.21.4 to 7.23.7 for the range, enum and malformed-value texts.
    """
    try:
        return PARSERS[kind](text)
    except ValueError:
        raise _malformed(kind, argument) from None


def _malformed(kind: str, argument: str) -> Refusal:
    match kind:
        case "range" | "ranges":
            return Refusal("value of range expects range of ip addresses")
        case "bool":
            return no_match(argument)
        case "gateway":
            return Refusal("invalid or unexpected argument base")
        case _:
            return bad_value(argument)


def canonical_duration(argument: str, text: str, bounds: tuple[int, int] | None) -> str:
    try:
        value = parse_duration(text)
    except ValueError:
        raise bad_value(argument) from None
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        low, high = map(clock_duration, bounds)
        raise Refusal(f"value of {argument} is out of range ({low} .. {high})")
    return show_duration(value)


def canonical_int(argument: str, text: str, bounds: tuple[int, int] | None) -> str:
    value = int(canonical("int", argument, text))
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise Refusal(f"value of {argument} out of range ({bounds[0]}..{bounds[1]})")
    return str(value)


def canonical_words(argument: str, text: str, words: tuple[str, ...]) -> str:
    """Read a list of flags, each a known word, with or without `!`."""
    parts = [part for part in text.split(",") if part]
    if any(part.removeprefix("!") not in words for part in parts):
        raise no_match(argument)
    return ",".join(parts)


def canonical_enum(argument: str, text: str, words: tuple[str, ...]) -> str:
    """Match one word; `true` and `false` stand for `yes` and `no` where those are words."""
    alias = {"true": "yes", "false": "no"}.get(text, text)
    for candidate in (text, alias):
        if candidate in words:
            return candidate
    raise no_match(argument)
