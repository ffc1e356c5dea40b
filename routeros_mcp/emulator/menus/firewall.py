"""Firewall menus, IPv4 and IPv6. Source: vendor manual, command tree of 7.24, recorded 7.23.7 replies."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_MATCH = """
address-list string
address-list-timeout any
bytes int =0 ro
chain string req
comment string
connection-mark string
connection-nat-state list
connection-state list
disabled bool =false hist
dst-address range neg
dst-address-list string
dst-address-type list
dst-port ports neg
dynamic bool =false ro
in-interface ref(interface|all-ethernet|all-ppp|all-vlan|all-wireless) neg
in-interface-list ref(interface-list) neg
invalid bool =false ro
log bool =false hist
log-prefix string =false hist
out-interface ref(interface|all-ethernet|all-ppp|all-vlan|all-wireless) neg
out-interface-list ref(interface-list) neg
packets int =0 ro
port ports neg
protocol string
src-address range neg
src-address-list string
src-address-type list
src-mac-address mac neg
src-port ports neg
""".replace("log-prefix string =false", "log-prefix string =")
_FILTER = _MATCH + (
    "action enum(accept|add-dst-to-address-list|add-src-to-address-list|drop|fasttrack-connection|jump|log|"
    "passthrough|reject|return|tarpit) =accept\njump-target string\nreject-with string"
)
_NAT = _MATCH + (
    "action enum(accept|add-dst-to-address-list|add-src-to-address-list|dst-nat|endpoint-independent-nat|"
    "jump|log|masquerade|netmap|passthrough|redirect|return|same|src-nat|socksify) =accept\n"
    "to-addresses range\nto-ports ports"
)
_MANGLE = _MATCH + (
    "action enum(accept|add-dst-to-address-list|add-src-to-address-list|change-dscp|change-mss|change-ttl|"
    "clear-df|fasttrack-connection|jump|log|mark-connection|mark-packet|mark-routing|passthrough|return|route|set-priority|"
    "sniff-pc|sniff-tzsp|strip-ipv4-options) =accept\npassthrough bool\nnew-routing-mark ref(routing-table)"
)
_RAW = _MATCH + (
    "action enum(accept|add-dst-to-address-list|add-src-to-address-list|drop|jump|log|notrack|passthrough|"
    "return) =accept"
)
_ADDRESS_LIST = """
address host
comment string
creation-time string ro
disabled bool =false
dynamic bool =false ro
list string req
timeout duration(0s..35w3d13h13m56s)
"""
_LIST_TAKEN = (("list address disabled", "already have such entry"),)

MENUS: dict[str, Declared] = {
    "/ip/firewall/filter": Declared(fields=_FILTER),
    "/ip/firewall/nat": Declared(fields=_NAT),
    "/ip/firewall/mangle": Declared(fields=_MANGLE),
    "/ip/firewall/raw": Declared(fields=_RAW),
    "/ip/firewall/address-list": Declared(fields=_ADDRESS_LIST, unique=_LIST_TAKEN),
    "/ip/firewall/connection": Declared(export=ExportStyle.NEVER),
    "/ip/firewall/connection/tracking": Declared(
        fields="""
        active-ipv4 string =yes ro
        active-ipv6 string =yes ro
        enabled enum(auto|no|yes) =auto
        generic-timeout duration =10m
        icmp-timeout duration =10s
        loose-tcp-tracking bool =true
        max-entries int =1048576 ro
        tcp-close-timeout duration =10s
        tcp-close-wait-timeout duration =10s
        tcp-established-timeout duration =1d
        tcp-fin-wait-timeout duration =10s
        tcp-last-ack-timeout duration =10s
        tcp-max-retrans-timeout duration =5m
        tcp-syn-received-timeout duration =5s
        tcp-syn-sent-timeout duration =5s
        tcp-time-wait-timeout duration =10s
        tcp-unacked-timeout duration =5m
        total-entries int =87 ro
        udp-stream-timeout duration =3m
        udp-timeout duration =30s
        """,
    ),
    "/ipv6/firewall/filter": Declared(fields=_FILTER),
    "/ipv6/firewall/nat": Declared(fields=_NAT),
    "/ipv6/firewall/mangle": Declared(fields=_MANGLE),
    "/ipv6/firewall/raw": Declared(fields=_RAW),
    "/ipv6/firewall/address-list": Declared(fields=_ADDRESS_LIST, unique=_LIST_TAKEN),
}
