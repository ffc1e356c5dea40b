"""From a plan to routers that can be switched on."""

from collections.abc import Mapping
from functools import cache

from routeros_mcp.emulator.boards import board
from routeros_mcp.emulator.fleets.history import Past, line_count
from routeros_mcp.emulator.fleets.lived_in import BRANCH, RADIOS
from routeros_mcp.emulator.fleets.nodes import Role
from routeros_mcp.emulator.fleets.oddities import figures, sensors, uptime_s
from routeros_mcp.emulator.fleets.office import OFFICE
from routeros_mcp.emulator.fleets.place import Builder, Config, Place
from routeros_mcp.emulator.fleets.provider import ACCESS, POP
from routeros_mcp.emulator.fleets.topology import draw
from routeros_mcp.emulator.fleets.wiring import Wires
from routeros_mcp.emulator.life import Life
from routeros_mcp.emulator.spec import RouterSpec, User

KINDS = ("branch", "isp", "mixed")
MOST = 10_000
_MANAGER = "198.51.100.10"
"""From where branch offices are managed, over their uplink: an address that their lists of managers hold."""


def branch_fleet(count: int = 6, seed: int = 1) -> list[RouterSpec]:
    """Return `count` branch offices as they were set up, of mixed boards and versions.

    The same count and seed give the same fleet.
    """
    plan = draw("offices", count, seed)
    return [_spec(Place(plan, node), OFFICE, Life()) for node in plan.nodes]


def _spec(place: Place, menus: Mapping[str, Builder], life: Life) -> RouterSpec:
    node = place.node
    return RouterSpec(
        name=node.name,
        version=node.version,
        board=node.model,
        serial=node.serial,
        users=(
            User(name="admin", password=f"lab-{node.name}"),
            User(name="monitor", password=f"read-{node.name}", group="read"),
        ),
        seed=node.seed * 1000 + node.number,
        site=node.site,
        role=node.label,
        manager_interface="bridge-mgmt" if node.role is Role.POP else "ether1",
        manager_address=_MANAGER if node.role is Role.BRANCH else "127.0.0.1",
        management_address=place.wan if node.role is Role.BRANCH else "",
        config=Config(menus, place),
        life=life,
    )


def make_fleet(kind: str, count: int, seed: int = 1) -> list[RouterSpec]:
    """Return a fleet that people have run for years: branch offices, a provider (isp), or both (mixed).

    Rows, log lines and traffic are made when somebody asks for them.

    Raises:
        ValueError: another kind, or a number of routers that is not from 1 to 10,000.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no fleet {kind!r}; there are {', '.join(KINDS)}.")
    if not 1 <= count <= MOST:
        raise ValueError(f"A fleet has 1 to {MOST:,} routers, not {count}.")
    plan = draw(kind, count, seed)
    return [_spec(place, _menus(place), _life(place)) for place in (Place(plan, node) for node in plan.nodes)]


def _menus(place: Place) -> Mapping[str, Builder]:
    node = place.node
    return _by_role(node.role, board(node.model).radio)


@cache
def _by_role(role: Role, radio: str) -> Mapping[str, Builder]:
    menus = {Role.POP: POP, Role.ACCESS: ACCESS, Role.BRANCH: BRANCH}[role]
    return {**menus, **RADIOS[radio]}


def _life(place: Place) -> Life:
    node = place.node
    return Life(
        uptime_s=uptime_s(node),
        figures=figures(node),
        sensors=sensors(node),
        wires=Wires(place),
        history=Past(place),
        lines=line_count(place),
    )
