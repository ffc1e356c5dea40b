"""From a plan to routers that can be switched on."""

from collections.abc import Mapping, Sequence

from routeros_mcp.emulator.fleets.office import OFFICE
from routeros_mcp.emulator.fleets.place import Builder, Config, Place
from routeros_mcp.emulator.fleets.topology import draw
from routeros_mcp.emulator.life import Life
from routeros_mcp.emulator.spec import RouterSpec, User

KINDS = ("branch", "isp", "mixed")
MOST = 10_000


def branch_fleet(count: int = 6, seed: int = 1) -> list[RouterSpec]:
    """Return `count` branch offices as they were set up, of mixed boards and versions.

    The same count and seed give the same fleet.
    """
    plan = draw("branch", count, seed)
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
        manager_interface="ether1",
        config=Config(menus, place),
        life=life,
    )


def make_fleet(kind: str, count: int, seed: int = 1) -> Sequence[RouterSpec]:
    raise NotImplementedError
