"""Commands that look rather than change: ping, traceroute, bandwidth test, traffic and link monitors."""

import ipaddress
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from routeros_mcp.emulator import interfaces
from routeros_mcp.emulator.arguments import unknown_parameter
from routeros_mcp.emulator.commands import FOREVER, Call, Outcome, locate, targets
from routeros_mcp.emulator.errors import Refusal, failure, no_match
from routeros_mcp.emulator.store import Row
from routeros_mcp.emulator.values import canonical_duration, canonical_enum, canonical_int, parse_duration

Frame = dict[str, str]
_SECOND_US = 1_000_000
_PING_US = 551
_PING_TIMEOUT_S = 1.0
_SIZES = (28, 65_535)
_INTERVALS_US = (10_000, 5 * _SECOND_US)
_TIMEOUTS_US = (10_000, 3 * _SECOND_US)
_MOST_HOPS = 255
# Networks that the emulated world does not answer from: the first is silent, to the second there is no route.
_SILENT = ipaddress.IPv4Network("198.51.100.0/24")
_UNROUTED = ipaddress.IPv4Network("240.0.0.0/4")
_COMMON = frozenset({"as-value", "proplist", "without-paging"})
_PING_WORDS = _COMMON | {"address", "arp-ping", "count", "do-not-fragment", "dscp", "interface", "interval"}
_PING_WORDS |= {"size", "src-address", "ttl", "vrf"}
_TRACE_WORDS = _COMMON | {"address", "count", "do-not-fragment", "dscp", "duration", "freeze-frame-interval"}
_TRACE_WORDS |= {
    "interface",
    "max-hops",
    "port",
    "protocol",
    "size",
    "src-address",
    "timeout",
    "use-dns",
    "vrf",
}
_TEST_WORDS = _COMMON | {
    "address",
    "connection-count",
    "direction",
    "duration",
    "interval",
    "once",
    "password",
}
_TEST_WORDS |= {"local-tx-speed", "local-udp-tx-size", "protocol", "random-data", "remote-tx-speed"}
_TEST_WORDS |= {"remote-udp-tx-size", "user"}
_MODES = "10M-baseT-half,10M-baseT-full,100M-baseT-half,100M-baseT-full,1G-baseT-half,1G-baseT-full"


@dataclass(frozen=True, slots=True)
class _Host:
    """Where a probe goes and whether anybody answers from there."""

    address: str

    @property
    def is_silent(self) -> bool:
        return self._is_in(_SILENT)

    @property
    def is_unrouted(self) -> bool:
        return self._is_in(_UNROUTED)

    def delay_us(self, number: int) -> int:
        """Return the round-trip time of the probe with that number: 551 us at first, as was recorded."""
        return _PING_US + (zlib.crc32(self.address.encode()) % 97 * number) % 300

    def _is_in(self, network: ipaddress.IPv4Network) -> bool:
        address = ipaddress.ip_address(self.address)
        return address.version == network.version and address in network


def _check(call: Call, words: frozenset[str]) -> None:
    call.session.need("test")
    for name in call.arguments:
        if name not in words:
            raise unknown_parameter(name)
    if "address" not in call.arguments:
        raise Refusal("missing =address=")
    if "interface" in call.arguments and call.store.resolve("interface", call.text("interface")) is None:
        raise no_match("interface")


def _host(call: Call) -> _Host:
    """Take an address, or a name that the router's own DNS entries know."""
    given = call.text("address")
    try:
        return _Host(str(ipaddress.ip_address(given)))
    except ValueError:
        known = call.store.table("/ip/dns/static").rows if call.store.has("/ip/dns/static") else []
        found = next((r.values["address"] for r in known if r.values.get("name") == given), None)
        if found is None:
            raise failure("dns server failure") from None
        return _Host(found)


def _seconds(call: Call, name: str, default: str, bounds: tuple[int, int] | None = None) -> float:
    return parse_duration(canonical_duration(name, call.text(name, default), bounds)) / _SECOND_US


def ping(call: Call) -> Outcome:
    """Ping `count` times; without a count it never ends. Source: recorded row; vendor manual."""
    _check(call, _PING_WORDS)
    size = canonical_int("size", call.text("size", "56"), _SIZES)
    interval_s = _seconds(call, "interval", "1s", _INTERVALS_US)
    host, count = _host(call), call.number("count", 0)
    if not count:
        return Outcome(content=[], takes_s=FOREVER)
    takes_s = (count - 1) * interval_s + (_PING_TIMEOUT_S if host.is_silent else 0.0)
    return Outcome(content=list(_echoes(host, count, size)), takes_s=takes_s)


def _echoes(host: _Host, count: int, size: str) -> Iterator[Frame]:
    """Yield a row for each echo; the counters in it are those so far. Source: recorded rows, 7.x."""
    delays: list[int] = []
    for seq in range(count):
        if host.is_silent or host.is_unrouted:
            status = "timeout" if host.is_silent else "no route to host"
            lost = {"packet-loss": "100", "received": "0", "sent": str(seq + 1), "seq": str(seq)}
            yield {"host": host.address, **lost, "status": status}
            continue
        delays.append(host.delay_us(seq))
        yield {
            "avg-rtt": _brief(sum(delays) // len(delays)),
            "host": host.address,
            "max-rtt": _brief(max(delays)),
            "min-rtt": _brief(min(delays)),
            "packet-loss": "0",
            "received": str(seq + 1),
            "sent": str(seq + 1),
            "seq": str(seq),
            "size": size,
            "time": _brief(delays[-1]),
            "ttl": "64",
        }


def _brief(micros: int) -> str:
    """Write `9ms445us`. Source: recorded ping."""
    millis, rest = divmod(micros, 1000)
    return (f"{millis}ms" if millis else "") + (f"{rest}us" if rest or not millis else "")


def traceroute(call: Call) -> Outcome:
    """Trace `count` times; each frame shows the table as far as it is known. Without a count it never ends.

    Source: vendor manual for columns and arguments; frames as recorded of other progress commands.
    """
    _check(call, _TRACE_WORDS)
    timeout_s = _seconds(call, "timeout", "1s", _TIMEOUTS_US)
    deepest = int(canonical_int("max-hops", call.text("max-hops", "30"), (1, _MOST_HOPS)))
    host, count = _host(call), call.number("count", 0)
    if not count:
        return Outcome(content=[], takes_s=FOREVER)
    way = _way(call, host)[:deepest]
    way += [""] * (deepest - len(way)) if host.is_silent else []
    content = [
        {".section": str(section), **_hop(address, place, count)}
        for section, known in enumerate(range(1, len(way) + 1))
        for place, address in enumerate(way[:known])
    ]
    return Outcome(content=content, takes_s=count * timeout_s * way.count(""))


def _way(call: Call, host: _Host) -> list[str]:
    """Return the gateway, a hop of the provider and the end; the second hop of three never answers."""
    routes = call.store.table("/ip/route").rows
    first = next((r.values["gateway"] for r in routes if "gateway" in r.values), "192.0.2.1")
    if host.is_unrouted:
        return []
    return [first.partition("%")[0], "", "203.0.113.1", *([] if host.is_silent else [host.address])]


def _hop(address: str, place: int, count: int) -> Frame:
    if not address:
        return {"address": "", "last": "timeout", "loss": "100", "sent": str(count), "status": ""}
    time = f"{0.4 + place * 1.7:.1f}"
    figures = dict.fromkeys(("avg", "best", "last", "worst"), time)
    return {"address": address, **figures, "loss": "0", "sent": str(count), "status": "", "std-dev": "0"}


def bandwidth_test(call: Call) -> Outcome:
    """Fill the line for `duration`, a frame each second; without it the test never ends.

    Source: vendor manual for arguments, statuses and figures; the figures themselves are made up.
    """
    _check(call, frozenset(_TEST_WORDS))
    direction = canonical_enum(
        "direction", call.text("direction", "receive"), ("both", "receive", "transmit")
    )
    canonical_enum("protocol", call.text("protocol", "udp"), ("tcp", "udp"))
    host = _host(call)
    if "duration" not in call.arguments:
        return Outcome(content=[], takes_s=FOREVER)
    duration_s = _seconds(call, "duration", "")
    if host.is_silent or host.is_unrouted:
        refused = {".section": "0", "direction": direction, "status": "can not connect"}
        return Outcome(content=[refused], takes_s=min(duration_s, _PING_TIMEOUT_S))
    last = max(1, int(duration_s))
    content = [
        {".section": str(number), **_load(direction, number, is_last=number == last)}
        for number in range(last + 1)
    ]
    return Outcome(content=content, takes_s=duration_s)


def _load(direction: str, second: int, *, is_last: bool) -> Frame:
    if not second:
        return {"direction": direction, "status": "connecting"}
    ways = {"both": ("rx", "tx"), "receive": ("rx",), "transmit": ("tx",)}[direction]
    figures = {
        f"{way}-{kind}": str(940_000_000 - second * 1_000_000)
        for way in ways
        for kind in ("current", "10-second-average", "total-average")
    }
    rest = {"connection-count": "20", "local-cpu-load": "31", "lost-packets": "0", "random-data": "false"}
    shown = {**figures, **rest, "direction": direction, "duration": f"{second}s", "remote-cpu-load": "12"}
    return dict(sorted({**shown, "status": "done testing" if is_last else "running"}.items()))


def monitor_ethernet(call: Call) -> Outcome:
    """Show the link of each port; without `once` or a duration it never ends. Source: recorded 7.20.5."""
    return _watched(call, [_link(row) for _, row in targets(call)])


def _link(row: Row) -> Frame:
    is_up = row.values.get("running") != "false" and row.values.get("disabled") != "true"
    shown = {"advertising": _MODES, "name": row.values["name"], "supported": _MODES}
    if is_up:
        flow = {"rx-flow-control": "false", "tx-flow-control": "false"}
        shown |= {"full-duplex": "true", "rate": "1Gbps", **flow}
    shown |= {
        "auto-negotiation": "done" if is_up else "incomplete",
        "status": "link-ok" if is_up else "no-link",
    }
    return dict(sorted(shown.items()))


def monitor_traffic(call: Call) -> Outcome:
    """Show what each interface carries at this moment, as its counters grow.

    Source: vendor manual for the figures' names; `missing =interface=` and the unknown name are assumed.
    """
    if "interface" not in call.arguments:
        raise Refusal("missing =interface=")
    found = []
    for key in call.words("interface"):
        try:
            found.append(locate(call.store, "/interface", key))
        except Refusal:
            raise no_match("interface") from None
    return _watched(call, [_traffic(call, path, row) for path, row in found])


def _traffic(call: Call, path: str, row: Row) -> Frame:
    received, sent = (int(rate) for rate in interfaces.rates(call.store, path, row))
    bits_per_packet = 8 * interfaces.PACKET_BYTES
    shown = {
        "name": row.values["name"],
        "rx-bits-per-second": str(received),
        "rx-packets-per-second": str(received // bits_per_packet),
        "tx-bits-per-second": str(sent),
        "tx-packets-per-second": str(sent // bits_per_packet),
    }
    zero = dict.fromkeys(("rx-drops-per-second", "rx-errors-per-second", "tx-errors-per-second"), "0")
    return dict(sorted({**shown, **zero}.items()))


def _watched(call: Call, shown: list[Frame]) -> Outcome:
    """End after one look with `once`, after frames for as long as the duration says, else never.

    Source: vendor manual, REST API: any value of `once` but false counts; frames are held back to the end.
    """
    arguments: Mapping[str, object] = call.arguments
    if arguments.get("once", "false") != "false":
        return Outcome(content=shown)
    if "duration" not in arguments:
        return Outcome(content=[], takes_s=FOREVER)
    duration_s = _seconds(call, "duration", "")
    frames = [{".section": str(n), **row} for n in range(max(1, int(duration_s))) for row in shown]
    return Outcome(content=frames, takes_s=duration_s)
