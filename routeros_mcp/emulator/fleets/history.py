"""What the log of a router holds when somebody looks: logins, leases, links, drops and jobs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.emulator.fleets import people, subscribers
from routeros_mcp.emulator.fleets.nodes import Role
from routeros_mcp.emulator.fleets.oddities import Oddity, oddity, uptime_s
from routeros_mcp.emulator.fleets.place import Place

_FEWEST, _SPREAD = 40, 160
_LONGEST_S = 2 * 86_400.0
_ADMINS = ("admin", "anna", "noc-ansible")

Event = tuple[str, str]
Tell = Callable[[Place, int], Event]


def line_count(place: Place) -> int:
    return _FEWEST + place.node.roll("lines") % _SPREAD


@dataclass(frozen=True, slots=True)
class Past:
    """The log of one router, made anew whenever somebody reads it: the same one every time."""

    place: Place

    def __call__(self, switched_on_s: float) -> Sequence[Mapping[str, str]]:
        return _lines(self.place, switched_on_s)


def _lines(place: Place, switched_on_s: float) -> Sequence[Mapping[str, str]]:
    count, up_s = line_count(place), uptime_s(place.node)
    span_s = min(_LONGEST_S, up_s)
    tellers = _TELLERS[place.node.role]
    rows = []
    for number in range(count):
        share = (number + place.node.roll("when", number) % 997 / 997) / count
        is_boot = number == 0 and up_s <= _LONGEST_S
        topics, message = _BOOT if is_boot else _told(place, number, tellers)
        at_s = switched_on_s - span_s * (1 - (0.0 if is_boot else share))
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at_s))
        rows.append({"extra-info": "", "message": message, "time": stamp, "topics": topics})
    return rows


_BOOT = ("system,info", "router rebooted")


def _told(place: Place, number: int, tellers: Sequence[Tell]) -> Event:
    if oddity(place.node) is Oddity.FLAPPING and number % 3 == 0:
        return _link(place, number)
    return place.node.pick(tellers, "event", number)(place, number)


def _login(place: Place, number: int) -> Event:
    user, way = place.node.pick(_ADMINS, "who", number), place.node.pick(("ssh", "winbox", "api"), number)
    verb = "logged out" if number % 2 else "logged in"
    return "system,info,account", f"user {user} {verb} from 10.255.0.{2 + number % 7} via {way}"


def _attack(place: Place, number: int) -> Event:
    user = place.node.pick(("root", "admin", "ubnt", "test"), "guess", number)
    source = place.node.roll("from", number) % 254 + 1
    return "system,error,critical", f"login failure for user {user} from 198.51.100.{source} via ssh"


def _drop(place: Place, number: int) -> Event:
    source, port = place.node.roll("from", number) % 254 + 1, 1024 + place.node.roll("port", number) % 60_000
    target = place.node.pick((22, 23, 445, 3389, 8291), "target", number)
    return "firewall,info", (
        f"scan input: in:ether1 out:(unknown 0), connection-state:new proto TCP (SYN), "
        f"192.0.2.{source}:{port}->{place.node.loopback}:{target}, len 60"
    )


def _lease(place: Place, number: int) -> Event:
    client = place.node.roll("client", number) % people.client_count(place)
    name, mac, address = people.host(place, client)
    verb, joint = ("deassigned", "from") if number % 2 else ("assigned", "for")
    return "dhcp,info", f"office {verb} {address} {joint} {mac} {name}".rstrip()


def _link(place: Place, number: int) -> Event:
    port = place.ports[0] if number % 3 == 0 else place.node.pick(place.ports, "port", number)
    state = "link down" if number % 2 else "link up (speed 1G, full duplex)"
    return "interface,info", f"{port} {state}"


def _job(_place: Place, _number: int) -> Event:
    return "script,info", "backup done"


def _station(place: Place, number: int) -> Event:
    if not place.radios:
        return _lease(place, number)
    mac = people.host(place, number % 20)[1]
    verb = "disconnected, connection lost" if number % 2 else "connected"
    return "wireless,info", f"{mac}@{place.radios[0]} {verb}, signal strength -{50 + number % 35}"


def _subscriber(place: Place, number: int) -> Event:
    login, address, _ = subscribers.subscriber(place, number % subscribers.subscriber_count(place))
    if number % 2:
        return "pppoe,ppp,info", f"<pppoe-{login}>: terminating... - peer is not responding"
    return "pppoe,ppp,info,account", f"{login} logged in, {address}"


def _adjacency(place: Place, number: int) -> Event:
    links = [other.loopback for _, _, other in place.links(Role.POP, Role.ACCESS)]
    state = "Full" if number % 2 else "Init"
    router = links[number % len(links)] if links else place.node.loopback
    return "route,ospf,info", f"instance v2 neighbor {router} state change to {state}"


_COMMON: tuple[Tell, ...] = (_login, _drop, _drop, _attack, _job)
_TELLERS: Mapping[Role, tuple[Tell, ...]] = {
    Role.BRANCH: (*_COMMON, _lease, _lease, _lease, _station, _link),
    Role.ACCESS: (*_COMMON, _subscriber, _subscriber, _subscriber, _adjacency, _link),
    Role.POP: (*_COMMON, _adjacency, _link),
}
