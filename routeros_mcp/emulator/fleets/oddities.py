"""What is odd about some routers, as in every real fleet: hot, full, forgotten, misnamed, misconfigured."""

from collections.abc import Mapping
from enum import StrEnum

from routeros_mcp.emulator.boards import board
from routeros_mcp.emulator.fleets.nodes import Node

# The first few routers of a fleet are as they should be; the next ones show each oddity once.
_SOUND = 6
_ODD_AMONG = 8  # one router in eight
_DAY_S = 86_400
_FRESH_ONE_OF = 17


class Oddity(StrEnum):
    """One thing that is wrong or strange with a router."""

    DRIFTED_CLOCK = "the time server does not answer and the clock has drifted"
    HOT = "the board is hot"
    FULL_DISK = "the disk is nearly full"
    FLAPPING = "the uplink goes up and down"
    BUSY = "the processor is at its limit"
    FOREIGN_NAME = "the name has blanks and letters of another language"
    FOREIGN_COMMENTS = "the comments are in another language"
    HASTY_NAME = "the name is still the factory's"


_ALL = tuple(Oddity)


def oddity(node: Node) -> Oddity | None:
    """Return what is odd about a router, nothing for most."""
    place = node.number - _SOUND
    if place < 0:
        return None
    if place >= len(_ALL):
        place = node.roll("odd") % (_ODD_AMONG * len(_ALL))
    return _ALL[place] if place < len(_ALL) else None


def identity(node: Node) -> str:
    """Return what the router says its name is; people write it as they like."""
    match oddity(node):
        case Oddity.FOREIGN_NAME:
            return node.pick((f"Büro {node.site.upper()} Süd", f"Świetlica {node.nth}", "кафе на углу"), "id")
        case Oddity.HASTY_NAME:
            return "MikroTik"
        case _:
            return node.name


def figures(node: Node) -> Mapping[str, str]:
    """Return what /system/resource tells differently."""
    match oddity(node):
        case Oddity.FULL_DISK:
            return {"free-hdd-space": str(board(node.model).disk_bytes // 100)}
        case Oddity.BUSY:
            return {"cpu-load": str(96 + node.roll("cpu") % 4)}
        case _:
            return {"cpu-load": str(2 + node.roll("cpu") % 28)}


def sensors(node: Node) -> Mapping[str, str]:
    degrees = 84 if oddity(node) is Oddity.HOT else 38 + node.roll("heat") % 16
    return {} if node.model == "CHR" else {"cpu-temperature": str(degrees)}


def uptime_s(node: Node) -> float:
    """Return how long the router has run: months as a rule, hours where somebody was there lately."""
    if node.roll("fresh") % _FRESH_ONE_OF == 0:
        return 900.0 + node.roll("up") % _DAY_S
    return float(_DAY_S + node.roll("up") % (190 * _DAY_S))
