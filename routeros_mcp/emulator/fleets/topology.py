"""Draws a fleet on paper: how many routers of which role, where they stand and how they are connected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from routeros_mcp.emulator.boards import board
from routeros_mcp.emulator.fleets.nodes import Link, Node, Plan, Role, roll

SITES = ("ams", "waw", "lis", "osl", "vie", "rix")
# Of a hundred routers so many are POPs and so many access sites; the rest are branch offices.
_SHARES = {"isp": (0.15, 0.85), "mixed": (0.05, 0.20)}
_MODELS = {
    Role.POP: ("CCR2004-16G-2S+", "CCR2116-12G-4S+"),
    Role.ACCESS: (
        "RB5009UG+S+",
        "RB4011iGS+",
        "CCR2004-16G-2S+",
        "RB5009UG+S+",
        "hAP ac^2",
        "CRS326-24G-2S+",
    ),
    Role.BRANCH: (
        *("hAP ax^2", "RB5009UG+S+", "hAP ac^2", "RB750Gr3", "CHR", "hAP ax lite"),
        *("SXTsq 5 ac", "RB4011iGS+", "wAP ac", "hAP ax^2"),
    ),
}
_VERSIONS = (
    "7.20.5",
    "7.16.2",
    "7.20.5",
    "7.23.2",
    "7.12.1",
    "7.20.4",
    "7.16.2",
    "7.23.2",
    "7.20.5",
    "7.20.5",
)
_OFFICE_MODELS = ("RB5009UG+S+", "hAP ax^2", "CHR", "RB750Gr3", "RB4011iGS+", "CHR")
_OFFICE_VERSIONS = ("7.20.5", "7.23.2", "7.16.2")
_LABELS = ("edge", "branch")
_OLD = "7.6"
_OLD_ONE_OF = 60
_DOUBLE_HOMED_ACCESS = 3
_DOUBLE_HOMED_BRANCH = 8
_LEAST_RING = 3
_LEAST_CROSSED_RING = 5


def draw(kind: str, count: int, seed: int) -> Plan:
    """Return the plan of a fleet; the same words give the same plan.

    `offices` are branch offices as they were set up, of three versions; with the years they drift apart.
    """
    if kind in {"branch", "offices"}:
        alone = tuple(_offices(count, seed, is_aged=kind == "branch"))
        return Plan(kind=kind, seed=seed, nodes=alone, links=())
    pops, access = _counts(kind, count)
    roles = [Role.POP] * pops + [Role.ACCESS] * access + [Role.BRANCH] * (count - pops - access)
    nodes = tuple(_nodes(roles, seed))
    cabling = _Cabling(nodes, seed)
    _ring(cabling, nodes[:pops])
    core, edge, offices = nodes[:pops], nodes[pops : pops + access], nodes[pops + access :]
    _trees(cabling, core, edge, _DOUBLE_HOMED_ACCESS)
    _trees(cabling, edge or core, offices, _DOUBLE_HOMED_BRANCH)
    return Plan(kind=kind, seed=seed, nodes=nodes, links=tuple(cabling.links))


def _counts(kind: str, count: int) -> tuple[int, int]:
    share_pops, share_access = _SHARES[kind]
    pops = min(count, max(1, round(count * share_pops)))
    return pops, min(count - pops, max(1, round(count * share_access)))


def _nodes(roles: Sequence[Role], seed: int) -> Iterator[Node]:
    seen: dict[tuple[Role, str], int] = {}
    placed: dict[Role, int] = {}
    for number, role in enumerate(roles):
        nth = placed[role] = placed.get(role, -1) + 1
        site = SITES[nth % len(SITES)]
        seen[role, site] = seen.get((role, site), 0) + 1
        models = _MODELS[role]
        yield Node(
            number=number,
            nth=seen[role, site],
            seed=seed,
            role=role,
            label=str(role),
            site=site,
            model=models[(nth + seed) % len(models)],
            version=_version(number, role, seed),
        )


def _offices(count: int, seed: int, *, is_aged: bool) -> Iterator[Node]:
    """Yield branch offices alone, each with an unknown provider before it."""
    for number in range(count):
        version = _OFFICE_VERSIONS[(number + seed) % len(_OFFICE_VERSIONS)]
        if is_aged and number >= len(_OFFICE_MODELS):
            version = _version(number, Role.BRANCH, seed)
        yield Node(
            number=number,
            nth=number // len(SITES) + 1,
            seed=seed,
            role=Role.BRANCH,
            label=_LABELS[number % len(SITES) % len(_LABELS)],
            site=SITES[number % len(SITES)],
            model=_OFFICE_MODELS[number % len(_OFFICE_MODELS)],
            version=version,
        )


def _version(number: int, role: Role, seed: int) -> str:
    """Return the version a router was last upgraded to; one of some branches was forgotten years ago."""
    if role is Role.BRANCH and roll(seed, number, "old") % _OLD_ONE_OF == 0:
        return _OLD
    return _VERSIONS[roll(seed, number, "version") % len(_VERSIONS)]


@dataclass(slots=True)
class _Cabling:
    """Hands out ports: a router has as many neighbours as it has room for, less one for its own network."""

    nodes: Sequence[Node]
    seed: int
    links: list[Link] = field(default_factory=list)
    used: dict[int, int] = field(default_factory=dict)

    def room(self, node: Node) -> int:
        return max(1, len(board(node.model).ports) - 1) - self.used.get(node.number, 0)

    def connect(self, upper: Node, lower: Node, *, is_backup: bool = False) -> None:
        ports = [self._next(node) for node in (upper, lower)]
        self.links.append(
            Link(
                number=len(self.links),
                upper=upper.number,
                upper_port=ports[0],
                lower=lower.number,
                lower_port=ports[1],
                is_backup=is_backup,
            )
        )

    def _next(self, node: Node) -> int:
        """Take the next port: the core prefers its fibre ports, which come last."""
        self.used[node.number] = nth = self.used.get(node.number, 0) + 1
        return nth if node.role is not Role.POP else len(board(node.model).ports) + 1 - nth


def _ring(cabling: _Cabling, pops: Sequence[Node]) -> None:
    """Connect each POP to the next, the last to the first, and a large ring once across."""
    for at in range(len(pops) - 1):
        cabling.connect(pops[at], pops[at + 1])
    if len(pops) >= _LEAST_RING:
        cabling.connect(pops[0], pops[-1])
    if len(pops) >= _LEAST_CROSSED_RING:
        cabling.connect(pops[0], pops[len(pops) // 2])


def _trees(cabling: _Cabling, uppers: Sequence[Node], lowers: Sequence[Node], double_one_of: int) -> None:
    """Hang each router below one above, and one of some below a second as a backup."""
    for at, lower in enumerate(lowers):
        first = _with_room(cabling, uppers, at * len(uppers) // max(1, len(lowers)))
        cabling.connect(first, lower)
        if lower.roll("double") % double_one_of == 0 and cabling.room(lower) > 0:
            second = _with_room(cabling, uppers, first.number - uppers[0].number + 1)
            if second is not first and cabling.room(second) > 0:
                cabling.connect(second, lower, is_backup=True)


def _with_room(cabling: _Cabling, uppers: Sequence[Node], start: int) -> Node:
    turns = (uppers[(start + step) % len(uppers)] for step in range(len(uppers)))
    return next((node for node in turns if cabling.room(node) > 0), uppers[start % len(uppers)])
