"""What the links of a fleet carry: what one end sends the other receives."""

from collections.abc import Iterator, Mapping

from routeros_mcp.emulator.fleets.nodes import Role, roll
from routeros_mcp.emulator.fleets.place import Place
from routeros_mcp.emulator.traffic import Wire, wires

# Mean bits per second downwards, by the role of the lower router.
_MEANS = {Role.POP: 1.6e9, Role.ACCESS: 2.4e8, Role.BRANCH: 1.4e7}
_BACKUP_SHARE = 0.002
_UP_SHARE = 0.22


class Wires(Mapping[str, Wire]):
    """The ends of links at one router, by port; each is worked out when asked for."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        self._place = place

    def __getitem__(self, port: str) -> Wire:
        place = self._place
        for link, name, _ in place.links():
            if name == port:
                lower = place.plan.nodes[link.lower]
                seed = roll(place.seed, "wire", link.number)
                mean = _MEANS[lower.role] * (0.3 + seed % 1000 / 700)
                down = mean * (_BACKUP_SHARE if link.is_backup else 1)
                return wires(seed, down, down * _UP_SHARE)[0 if link.upper == place.number else 1]
        raise KeyError(port)

    def __iter__(self) -> Iterator[str]:
        return (name for _, name, _ in self._place.links())

    def __len__(self) -> int:
        return len(self._place.plan.links_of(self._place.node))
