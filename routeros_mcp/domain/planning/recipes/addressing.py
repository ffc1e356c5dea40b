"""Recipes for address lists, routes and DHCP."""

from __future__ import annotations

from routeros_mcp.domain.planning.ensure import Ensure
from routeros_mcp.domain.planning.recipes.arguments import Given, Recipe, present
from routeros_mcp.domain.planning.wishes import Wish


def _family(text: str | None) -> str:
    return "/ipv6" if text and ":" in text else "/ip"


def _address_list_sync(given: Given) -> tuple[Wish, ...]:
    addresses = given.words("addresses") or []
    families = dict.fromkeys(map(_family, addresses))
    comment = given.text("comment")
    return tuple(
        Ensure(
            path=f"{family}/firewall/address-list",
            rows=tuple(
                present({"address": address, "comment": comment})
                for address in dict.fromkeys(addresses)
                if _family(address) == family
            ),
            keys=("address",),
            scope={"list": given.text("list") or ""},
            exact=given.flag("exact", default=True),
        )
        for family in families
    )


def _static_route(given: Given) -> tuple[Wish, ...]:
    destination = given.prefix("dst_address")
    row = {
        "dst-address": destination,
        "gateway": given.text("gateway"),
        "distance": given.number("distance", 1, 255),
        "routing-table": given.text("routing_table"),
        "comment": given.text("comment"),
    }
    keys = tuple(name for name in ("dst-address", "gateway", "routing-table") if row[name] is not None)
    return (
        Ensure(
            path=f"{_family(destination)}/route",
            rows=(present(row),),
            keys=keys,
            absent=given.flag("absent"),
        ),
    )


def _dhcp_pool(given: Given) -> tuple[Wish, ...]:
    name, network = given.text("name"), given.prefix("network")
    server = {
        "name": name,
        "interface": given.text("interface"),
        "address-pool": name,
        "lease-time": given.text("lease_time"),
        "disabled": "no",
    }
    offered = {
        "address": network,
        "gateway": given.address("gateway"),
        "dns-server": ",".join(given.servers("dns_servers", names_allowed=False) or []) or None,
    }
    return (
        Ensure(path="/ip/pool", rows=({"name": name, "ranges": given.text("ranges")},), keys=("name",)),
        Ensure(path="/ip/dhcp-server", rows=(present(server),), keys=("name",)),
        Ensure(path="/ip/dhcp-server/network", rows=(present(offered),), keys=("address",)),
    )


RECIPES = (
    Recipe(
        name="address_list_sync",
        summary="Bring a firewall address list to hold exactly these addresses.",
        arguments={
            "list": "its name",
            "addresses": "list of addresses, networks or ranges",
            "comment": "comment of the entries",
            "exact": "false keeps entries that are not named; true by default",
        },
        needs=("list", "addresses"),
        build=_address_list_sync,
    ),
    Recipe(
        name="static_route",
        summary="Have a static route, or have it no longer.",
        arguments={
            "dst_address": "network, 0.0.0.0/0 for the default route",
            "gateway": "address or interface",
            "distance": "1 to 255",
            "routing_table": "main when left out",
            "comment": "comment",
            "absent": "true removes it",
        },
        needs=("dst_address", "gateway"),
        build=_static_route,
    ),
    Recipe(
        name="dhcp_pool",
        summary="Serve addresses to a network: pool, server and what is offered with them.",
        arguments={
            "name": "name of the pool and of the server",
            "ranges": "addresses such as 192.0.2.50-192.0.2.199",
            "interface": "where the clients are",
            "network": "their network",
            "gateway": "the gateway offered",
            "dns_servers": "list of addresses offered",
            "lease_time": "such as 8h",
        },
        needs=("name", "ranges", "interface", "network"),
        build=_dhcp_pool,
    ),
)
