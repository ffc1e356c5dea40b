"""Menus that may hold a great many rows: what RouterOS learns from the network or keeps for each client."""

from __future__ import annotations

BIG_TABLES = frozenset({
    "/caps-man/registration-table",
    "/file",
    "/interface/bridge/host",
    "/interface/bridge/mdb",
    "/interface/ethernet/switch/host",
    "/interface/wifi/registration-table",
    "/interface/wireless/registration-table",
    "/ip/arp",
    "/ip/dhcp-server/lease",
    "/ip/dns/cache",
    "/ip/dns/cache/all",
    "/ip/firewall/address-list",
    "/ip/firewall/connection",
    "/ip/hotspot/active",
    "/ip/hotspot/host",
    "/ip/ipsec/installed-sa",
    "/ip/route",
    "/ipv6/dhcp-server/binding",
    "/ipv6/firewall/address-list",
    "/ipv6/firewall/connection",
    "/ipv6/neighbor",
    "/ipv6/route",
    "/log",
    "/mpls/forwarding-table",
    "/ppp/active",
    "/queue/simple",
    "/routing/bgp/advertisements",
    "/routing/nexthop",
    "/routing/ospf/lsa",
    "/routing/route",
    "/user/active",
    "/user-manager/session",
})  # fmt: skip
"""Counted before they are read, and never read without naming the properties wanted.

A router builds an answer in memory and is cut off after 60 s: a million routes are more than it can give.
"""
