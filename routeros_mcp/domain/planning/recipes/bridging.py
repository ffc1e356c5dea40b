"""Recipes for bridge ports and VLANs."""

from __future__ import annotations

from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.recipes.arguments import Given, Recipe, present, setting
from routeros_mcp.domain.planning.wishes import Wish

_LAST_VLAN = 4094


def _bridge_port(given: Given) -> tuple[Wish, ...]:
    interface = given.text("interface")
    absent = given.flag("absent")
    row = {
        "interface": interface,
        "bridge": given.text("bridge"),
        "pvid": given.number("pvid", 1, _LAST_VLAN),
        "comment": given.text("comment"),
    }
    rows = ({"interface": interface},) if absent else (present(row),)
    return (Ensure(path="/interface/bridge/port", rows=rows, keys=("interface",), absent=absent),)


def _vlan_port(given: Given) -> tuple[Wish, ...]:
    """The VLAN on the bridge first, then the ports that belong to it untagged."""
    vlan = given.number("vlan_id", 1, _LAST_VLAN)
    untagged = given.words("untagged") or []
    row = {
        "bridge": given.text("bridge"),
        "vlan-ids": vlan,
        "tagged": ",".join(given.words("tagged") or []),
        "untagged": ",".join(untagged),
    }
    ports = [setting("/interface/bridge/port", {"pvid": vlan}, interface=name) for name in untagged]
    return (Ensure(path="/interface/bridge/vlan", rows=(row,), keys=("bridge", "vlan-ids")), *ports)


RECIPES = (
    Recipe(
        name="bridge_port",
        summary="Have an interface as port of a bridge, or have it no longer.",
        arguments={
            "interface": "the port",
            "bridge": "the bridge",
            "pvid": "VLAN of untagged frames, 1 to 4094",
            "comment": "comment",
            "absent": "true takes the port out",
        },
        needs=("interface",),
        build=_bridge_port,
    ),
    Recipe(
        name="vlan_port",
        summary="Carry a VLAN on ports of a bridge; untagged ports get it as their own.",
        arguments={
            "bridge": "the bridge",
            "vlan_id": "1 to 4094",
            "tagged": "list of ports, and the bridge itself where the router takes part",
            "untagged": "list of ports",
        },
        needs=("bridge", "vlan_id"),
        build=_vlan_port,
    ),
)
