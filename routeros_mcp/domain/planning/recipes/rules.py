"""Recipes for firewall rules."""

from __future__ import annotations

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.recipes.arguments import Given, Recipe, present
from routeros_mcp.domain.planning.wishes import Wish

_TABLES = ("filter", "nat", "mangle", "raw")
_MATCHERS = {
    "src_address": "network, address or range",
    "dst_address": "network, address or range",
    "src_address_list": "name of an address list",
    "dst_address_list": "name of an address list",
    "protocol": "tcp, udp, icmp …",
    "src_port": "ports such as 80,443 or 1000-2000",
    "dst_port": "ports",
    "in_interface": "name",
    "out_interface": "name",
    "in_interface_list": "name",
    "out_interface_list": "name",
    "connection_state": "such as established,related",
    "jump_target": "chain",
    "to_addresses": "NAT: address or range",
    "to_ports": "NAT: ports",
    "log_prefix": "text",
}


def _firewall_rule(given: Given) -> tuple[Wish, ...]:
    table = given.text("table") or "filter"
    if table not in _TABLES:
        raise InvalidParams(f"There is no firewall table {table!r}.", fix=f"Tables: {', '.join(_TABLES)}.")
    row = {
        "comment": given.text("comment"),
        "chain": given.text("chain"),
        "action": given.text("action"),
        **{name.replace("_", "-"): given.text(name) for name in _MATCHERS},
    }
    absent = given.flag("absent")
    before = given.text("before_comment")
    family = "/ipv6" if given.flag("ipv6") else "/ip"
    return (
        Ensure(
            path=f"{family}/firewall/{table}",
            rows=({"comment": row["comment"]} if absent else present(row),),
            keys=("comment",),
            absent=absent,
            before={"comment": before} if before and not absent else None,
        ),
    )


RECIPES = (
    Recipe(
        name="firewall_rule",
        summary="Have a firewall rule, found by its comment, or have it no longer.",
        arguments={
            "comment": "the comment that names the rule, one of its own",
            "chain": "input, forward, srcnat …",
            "action": "accept, drop …",
            "table": "filter (default), nat, mangle or raw",
            "before_comment": "comment of the rule before which it stands; at the end when left out",
            "ipv6": "true for the IPv6 firewall",
            "absent": "true removes the rule",
            **_MATCHERS,
        },
        needs=("comment",),
        build=_firewall_rule,
    ),
)
