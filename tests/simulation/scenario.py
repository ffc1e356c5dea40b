"""What happens in a run, drawn from a seed: the plan, the faults, the crashes, and what others do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from fakes.chance import Chance
from simulation.network import CALM, SimulatedRouter, Weather

from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.planning.wishes import Wish
from routeros_mcp.emulator import RouterSpec, branch_fleet

DNS, FILTER, ADDRESS = "/ip/dns", "/ip/firewall/filter", "/ip/address"
LIST, VLAN, INTERFACE, IDENTITY = (
    "/ip/firewall/address-list",
    "/interface/vlan",
    "/interface",
    "/system/identity",
)
MENUS = (DNS, FILTER, ADDRESS, LIST, VLAN, INTERFACE, IDENTITY)
MOST_ROUTERS = 6

_RULE = {"chain": "forward", "action": "drop", "protocol": "tcp", "src-address": "10.9.0.0/24"}
_LOW: tuple[Wish, ...] = (
    Operation(op=ChangeOp.SET, path=DNS, values={"servers": "192.0.2.53,192.0.2.54"}),
    Operation(op=ChangeOp.SET, path=DNS, values={"allow-remote-requests": "no"}),
    Operation(op=ChangeOp.SET, path=INTERFACE, match={"name": "ether1"}, values={"comment": "to the world"}),
    Operation(op=ChangeOp.SET, path=IDENTITY, values={"name": "renamed"}),
    Operation(op=ChangeOp.SET, path=ADDRESS, match={"comment": "office"}, values={"comment": "all of us"}),
)
_GUARDED: tuple[Wish, ...] = (
    Operation(op=ChangeOp.ADD, path=ADDRESS, values={"address": "192.0.2.1/24", "interface": "bridge"}),
    Operation(op=ChangeOp.ADD, path=LIST, values={"list": "guests", "address": "198.18.0.7"}),
    Operation(op=ChangeOp.ADD, path=VLAN, values={"name": "v77", "vlan-id": "77", "interface": "bridge"}),
    Operation(op=ChangeOp.ADD, path=FILTER, values={**_RULE, "comment": "at the end"}),
    Operation(op=ChangeOp.ADD, path=FILTER, values=_RULE, before={"comment": "forward established"}),
    Operation(op=ChangeOp.REMOVE, path=FILTER, match={"comment": "defconf: drop invalid"}),
    Operation(op=ChangeOp.REMOVE, path=FILTER, match={"comment": "defconf: drop new from WAN"}),
    Operation(op=ChangeOp.SET, path=FILTER, match={"comment": "defconf: accept ICMP"}, values={"log": "yes"}),
    Operation(op=ChangeOp.SET, path=ADDRESS, match={"comment": "uplink"}, values={"comment": None}),
    Ensure(
        path=FILTER, keys=("comment",), scope={"chain": "forward"},
        rows=({"comment": "defconf: drop new from WAN"}, {"comment": "forward established"}),
    ),
)  # fmt: skip
_REMOVALS = {"defconf: drop new from WAN"}


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody else does at a router's console; `do` returns the row as it was."""

    path: str
    words: str
    do: Callable[[SimulatedRouter], Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    at: float
    device: int
    edit: Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run. Moments of death count what one process does; times are seconds after the start of the job."""

    seed: int
    routers: int
    wishes: tuple[Wish, ...]
    weather: Weather = CALM
    deaths: tuple[int, ...] = ()
    pauses: tuple[float, ...] = ()
    waits: float = 0.0
    cancels_at: float | None = None
    jumps: tuple[tuple[float, float], ...] = ()
    reboots: tuple[tuple[float, int], ...] = ()
    foreign: tuple[Foreign, ...] = ()
    rolls_back: bool = False
    chance: Chance = field(default_factory=Chance)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(wish.path for wish in self.wishes))


@cache
def specs() -> tuple[RouterSpec, ...]:
    """Branch offices. Only their rules decide about who gets in: lock-outs have tests of their own."""
    return tuple(replace(spec, management_address="", boot_s=20.0) for spec in branch_fleet(MOST_ROUTERS))


def scenario(seed: int) -> Scenario:
    """The run that belongs to the seed, and no other."""
    chance = Chance(seed)
    routers = chance.choice((1, 1, 2, 2, 3, 4, MOST_ROUTERS))
    wishes = _wishes(chance)
    calm = Scenario(seed=seed, routers=routers, wishes=wishes, chance=chance)
    return replace(
        calm,
        weather=_weather(chance),
        deaths=tuple(chance.randrange(1, 60 * routers) for _ in range(chance.choice((0, 0, 1, 1, 2, 3)))),
        pauses=tuple(chance.choice((0.0, 1.0, 20.0, 70.0, 400.0)) for _ in range(3)),
        waits=chance.choice((0.0, 0.0, 0.0, 30.0, 899.0, 901.0)) if chance.random() < 0.3 else 0.0,
        cancels_at=chance.random() * 40 if chance.random() < 0.15 else None,
        jumps=_jumps(chance),
        reboots=_reboots(chance, routers),
        foreign=_foreign(chance, routers, wishes),
        rolls_back=chance.random() < 0.4,
    )


def _wishes(chance: Chance) -> tuple[Wish, ...]:
    pool: Sequence[Wish] = _LOW if chance.random() < 0.5 else (*_LOW, *_GUARDED)
    chosen = chance.sample(pool, chance.randint(1, min(4, len(pool))))
    ordered = [wish for wish in chosen if isinstance(wish, Ensure)]
    removed = [wish for wish in chosen if isinstance(wish, Operation) and wish.op is ChangeOp.REMOVE]
    if ordered and any(wish.match["comment"] in _REMOVALS for wish in removed):
        chosen = [wish for wish in chosen if wish not in ordered]
    return tuple(chosen)


def _weather(chance: Chance) -> Weather:
    kind = chance.random()
    if kind < 0.25:
        return Weather()
    if kind < 0.75:
        return Weather(refused=0.01, dropped=0.03, lost=0.08, late=0.03, reboot=0.01)
    return Weather(refused=0.03, dropped=0.08, lost=0.15, late=0.12, reboot=0.03)


def _jumps(chance: Chance) -> tuple[tuple[float, float], ...]:
    if chance.random() > 0.15:
        return ()
    return ((chance.random() * 60, chance.choice((-3600.0, 3600.0, -31_536_000.0, 31_536_000.0, -1.0))),)


def _reboots(chance: Chance, routers: int) -> tuple[tuple[float, int], ...]:
    if chance.random() > 0.15:
        return ()
    return ((chance.random() * 60, chance.randrange(routers)),)


def _foreign(chance: Chance, routers: int, wishes: Sequence[Wish]) -> tuple[Foreign, ...]:
    if chance.random() > 0.3:
        return ()
    paths = {wish.path for wish in wishes}
    edits = [edit for edit in EDITS if edit.path in paths] if chance.random() < 0.6 else list(HARMLESS)
    if not edits:
        return ()
    at = chance.choice((-1.0, chance.random() * 30, chance.random() * 400))
    return (Foreign(at=at, device=chance.randrange(routers), edit=chance.choice(edits)),)


def _edit(path: str, named: dict[str, str], **values: str) -> Callable[[SimulatedRouter], Row]:
    def do(router: SimulatedRouter) -> Row:
        row = _found(router, path, named)
        router.edit(path, row.get(".id"), values)
        return row

    return do


def _remove(path: str, named: dict[str, str]) -> Callable[[SimulatedRouter], Row]:
    def do(router: SimulatedRouter) -> Row:
        row = _found(router, path, named)
        router.remove(path, row[".id"])
        return row

    return do


def _add(path: str, **values: str) -> Callable[[SimulatedRouter], Row]:
    def do(router: SimulatedRouter) -> Row:
        router.add(path, values)
        return {}

    return do


def _found(router: SimulatedRouter, path: str, named: dict[str, str]) -> Row:
    for row in router.rows(path):
        if all(row.get(name) == text for name, text in named.items()):
            return dict(row)
    raise LookupError(path)


EDITS = (
    Edit(DNS, "other servers", _edit(DNS, {}, servers="198.51.100.9")),
    Edit(FILTER, "ICMP off", _edit(FILTER, {"comment": "defconf: accept ICMP"}, disabled="true")),
    Edit(FILTER, "a rule gone", _remove(FILTER, {"comment": "defconf: drop invalid"})),
    Edit(ADDRESS, "office named", _edit(ADDRESS, {"comment": "office"}, comment="floor 3")),
    Edit(ADDRESS, "the plan's address", _add(ADDRESS, address="192.0.2.1/24", interface="bridge")),
    Edit(INTERFACE, "ether1 named", _edit(INTERFACE, {"name": "ether1"}, comment="fibre")),
    Edit(IDENTITY, "renamed", _edit(IDENTITY, {}, name="somebody-elses")),
)
"""Of menus that plans change; whether they touch a plan's rows depends on the plan."""

HARMLESS = (
    Edit("/system/note", "a note", _edit("/system/note", {}, note="hello")),
    Edit("/ip/firewall/nat", "nat", _add("/ip/firewall/nat", chain="srcnat", action="accept", comment="x")),
    Edit("/ip/pool", "a pool", _add("/ip/pool", name="spare", ranges="10.250.0.2-10.250.0.9")),
)
"""Of menus that no plan here concerns."""
