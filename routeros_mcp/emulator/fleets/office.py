"""A branch office as it was set up: a bridge, a provider, DHCP, DNS and the factory's firewall."""

import ipaddress
from collections.abc import Mapping

from routeros_mcp.emulator.fleets import firewall
from routeros_mcp.emulator.fleets.place import Builder, Place, Row, Rows

_RESOLVERS = ("9.9.9.9,149.112.112.112", "1.1.1.1,1.0.0.1", "8.8.8.8,8.8.4.4", "193.110.81.0,185.253.5.0")
_NTP = ("0.pool.ntp.org,1.pool.ntp.org", "ntp.nic.cz", "time.cloudflare.com")
_HOSTS = ("reception-pc", "till-1", "printer", "nvr", "laptop-anna", "phone-17")
_MOST_MEMBERS = 4


def network(text: str) -> str:
    return str(ipaddress.ip_interface(text).network.network_address)


def _bridge_ports(place: Place) -> Rows:
    members = place.free_ports[:_MOST_MEMBERS]
    return [{"bridge": "bridge", "interface": name, "comment": "defconf"} for name in members]


def _vlans(_place: Place) -> Rows:
    return (
        {"name": "vlan20-voice", "interface": "bridge", "vlan-id": "20"},
        {"name": "vlan30-guest", "interface": "bridge", "vlan-id": "30", "comment": "guests"},
    )


def _members(_place: Place) -> Rows:
    return (
        {"interface": "ether1", "list": "WAN", "comment": "defconf"},
        {"interface": "bridge", "list": "LAN", "comment": "defconf"},
    )


def _addresses(place: Place) -> Rows:
    addresses = ((f"{place.lan}.1/24", "bridge", "office"), (f"{place.wan}/30", "ether1", "uplink"))
    return [
        {"address": text, "interface": link, "comment": note, "network": network(text)}
        for text, link, note in addresses
    ]


def _routes(place: Place) -> Rows:
    lan = place.lan
    return (
        {"gateway": place.gateway, "comment": "default"},
        {"dst-address": "10.0.0.0/8", "gateway": f"{lan}.254", "distance": "10", "disabled": "false"},
    )


def _networks(place: Place) -> Rows:
    lan = place.lan
    return ({"address": f"{lan}.0/24", "gateway": f"{lan}.1", "dns-server": f"{lan}.1", "comment": "office"},)


def _leases(place: Place) -> Rows:
    return [_lease(place, number, host) for number, host in enumerate(_HOSTS)]


def _lease(place: Place, number: int, host: str) -> Row:
    mac = place.client_mac(number)
    address = f"{place.lan}.{50 + number}"
    active = {
        "active-address": address,
        "active-client-id": f"1:{mac.lower()}",
        "active-mac-address": mac,
        "active-server": "office",
        "expires-after": f"{7 - number % 7}h12m",
        "last-seen": f"{number * 7 + 1}m9s",
        "status": "bound",
    }
    row = {"address": address, "host-name": host, "mac-address": mac, "server": "office"}
    if host == "printer":
        return {**row, "comment": "printer, do not move"}
    return {**row, **active, "dynamic": "true"}


def _static_names(place: Place) -> Rows:
    return (
        {"name": "router.lan", "address": f"{place.lan}.1", "comment": "defconf"},
        {"name": f"files.{place.site}.example.com", "address": f"{place.lan}.10", "ttl": "1h"},
    )


def _cache(place: Place) -> Rows:
    return (
        {"name": "www.example.com", "type": "A", "data": "192.0.2.80", "ttl": "4m12s"},
        {"name": "router.lan", "type": "A", "data": f"{place.lan}.1", "ttl": "1d", "static": "true"},
    )


def _arp(place: Place) -> Rows:
    return [
        {
            "address": f"{place.lan}.{50 + number}",
            "mac-address": place.client_mac(number),
            "interface": "bridge",
            "dynamic": "true",
            "complete": "true",
            "status": "reachable",
        }
        for number in range(len(_HOSTS))
    ]


def _log(place: Place) -> Rows:
    logs = (
        ("system,info", "router rebooted by admin"),
        ("interface,info", "ether1 link up (speed 1G, full duplex)"),
        ("dhcp,info", f"office assigned {place.lan}.50 for {place.client_mac(0)} {_HOSTS[0]}"),
        ("system,error,critical", "login failure for user root from 198.51.100.9 via ssh"),
    )
    return [
        {"time": f"2026-11-20 10:0{n}:12", "topics": topics, "message": message, "extra-info": ""}
        for n, (topics, message) in enumerate(logs)
    ]


def provider(place: Place) -> Row:
    """Return what the office sees of the provider's router, which is not of this fleet."""
    return {
        "address": place.gateway,
        "address4": place.gateway,
        "age": "25s",
        "board": "CCR2004-16G-2S+",
        "discovered-by": "cdp,lldp,mndp",
        "identity": f"isp-{place.site}",
        "interface": "ether1",
        "interface-name": "sfp1",
        "mac-address": place.client_mac(200),
        "platform": "MikroTik",
        "unpack": "none",
        "version": "7.20.5 (stable) 2025-11-27 08:17:04",
    }


def _netwatch(place: Place) -> Rows:
    return ({"host": place.gateway, "name": "uplink", "status": "up", "since": "2026-11-20 10:00:12"},)


OFFICE: Mapping[str, Builder] = {
    **firewall.OFFICE,
    "/interface/bridge": lambda _: ({"name": "bridge", "comment": "defconf", "running": "true"},),
    "/interface/bridge/port": _bridge_ports,
    "/interface/vlan": _vlans,
    "/interface/list": lambda _: (
        {"name": "WAN", "comment": "defconf"},
        {"name": "LAN", "comment": "defconf"},
    ),
    "/interface/list/member": _members,
    "/ip/address": _addresses,
    "/ip/route": _routes,
    "/ip/pool": lambda place: ({"name": "office", "ranges": f"{place.lan}.50-{place.lan}.199"},),
    "/ip/dhcp-server": lambda _: (
        {"name": "office", "interface": "bridge", "address-pool": "office", "lease-time": "8h"},
    ),
    "/ip/dhcp-server/network": _networks,
    "/ip/dhcp-server/lease": _leases,
    "/ip/dns": lambda place: ({"allow-remote-requests": "true", "servers": place.choose(_RESOLVERS)},),
    "/ip/dns/static": _static_names,
    "/ip/dns/cache": _cache,
    "/ip/arp": _arp,
    "/log": _log,
    "/system/ntp/client": lambda place: ({"enabled": "true", "servers": place.choose(_NTP)},),
    "/system/clock": lambda _: ({"time-zone-name": "Europe/Amsterdam", "time-zone-autodetect": "false"},),
    "/system/note": lambda place: ({"note": f"{place.node.label} router of {place.site}"},),
    "/snmp": lambda place: ({"enabled": "true", "location": place.site, "contact": "noc@example.com"},),
    "/ip/neighbor": lambda place: (provider(place),),
    "/tool/netwatch": _netwatch,
}
