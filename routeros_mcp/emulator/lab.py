"""A believable fleet for the lab: branch offices that differ as real ones do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.emulator.spec import RouterSpec, User

Rows = Sequence[Mapping[str, str]]
_SITES = ("ams", "waw", "lis", "osl", "vie", "rix")
_ROLES = ("edge", "branch")
_BOARDS = ("RB5009UG+S+", "hAP ax^2", "CHR", "RB750Gr3", "RB4011iGS+", "CHR")
_VERSIONS = ("7.20.5", "7.23.2", "7.16.2")
_RESOLVERS = ("9.9.9.9,149.112.112.112", "1.1.1.1,1.0.0.1", "8.8.8.8,8.8.4.4", "193.110.81.0,185.253.5.0")
_NTP = ("0.pool.ntp.org,1.pool.ntp.org", "ntp.nic.cz", "time.cloudflare.com")
_HOSTS = ("reception-pc", "till-1", "printer", "nvr", "laptop-anna", "phone-17")


@dataclass(frozen=True, slots=True)
class _Branch:
    """The numbers that make one office differ from the next."""

    number: int
    seed: int

    @property
    def site(self) -> str:
        return _SITES[self.number % len(_SITES)]

    @property
    def role(self) -> str:
        return _ROLES[self.number % len(_ROLES)]

    @property
    def board(self) -> str:
        return _BOARDS[self.number % len(_BOARDS)]

    @property
    def name(self) -> str:
        return f"{self.site}-{self.role}-{self.number // len(_SITES) + 1:02}"

    @property
    def lan(self) -> str:
        """The first three octets of the office network."""
        return f"10.{20 + self.seed % 100}.{self.number}"

    @property
    def wan(self) -> str:
        return f"203.0.113.{self.number * 4 % 252 + 2}"

    @property
    def gateway(self) -> str:
        return f"203.0.113.{self.number * 4 % 252 + 1}"

    def pick(self, choices: Sequence[str], step: int = 1) -> str:
        return choices[(self.number * step + self.seed) % len(choices)]


def branch_fleet(count: int = 6, seed: int = 1) -> list[RouterSpec]:
    """Return `count` routers of mixed boards and versions, each with its own configuration.

    The same count and seed give the same fleet.
    """
    return [_router(_Branch(number, seed)) for number in range(count)]


def _router(branch: _Branch) -> RouterSpec:
    return RouterSpec(
        name=branch.name,
        version=branch.pick(_VERSIONS),
        board=branch.board,
        serial="" if branch.board == "CHR" else f"HC{branch.seed:02}{branch.number:06X}",
        users=(
            User(name="admin", password=f"lab-{branch.name}"),
            User(name="monitor", password=f"read-{branch.name}", group="read"),
        ),
        seed=branch.seed * 1000 + branch.number,
        site=branch.site,
        role=branch.role,
        manager_interface="ether1",
        config={
            **_ports(branch),
            **_addressing(branch),
            **_services(branch),
            **_firewall(branch),
            **_system(branch),
        },
    )


def _ports(branch: _Branch) -> dict[str, Rows]:
    members = ["ether2"] if branch.board == "CHR" else ["ether2", "ether3", "ether4", "ether5"]
    ports: list[Mapping[str, str]] = [
        {"bridge": "bridge", "interface": name, "comment": "defconf"} for name in members
    ]
    return {
        "/interface/bridge": ({"name": "bridge", "comment": "defconf", "running": "true"},),
        "/interface/bridge/port": ports,
        "/interface/vlan": (
            {"name": "vlan20-voice", "interface": "bridge", "vlan-id": "20"},
            {"name": "vlan30-guest", "interface": "bridge", "vlan-id": "30", "comment": "guests"},
        ),
        "/interface/list": ({"name": "WAN", "comment": "defconf"}, {"name": "LAN", "comment": "defconf"}),
        "/interface/list/member": (
            {"interface": "ether1", "list": "WAN", "comment": "defconf"},
            {"interface": "bridge", "list": "LAN", "comment": "defconf"},
        ),
    }


def _addressing(branch: _Branch) -> dict[str, Rows]:
    lan = branch.lan
    addresses = ((f"{lan}.1/24", "bridge", "office"), (f"{branch.wan}/30", "ether1", "uplink"))
    return {
        "/ip/address": [
            {"address": text, "interface": link, "comment": note, "network": _network(text)}
            for text, link, note in addresses
        ],
        "/ip/route": (
            {"gateway": branch.gateway, "comment": "default"},
            {"dst-address": "10.0.0.0/8", "gateway": f"{lan}.254", "distance": "10", "disabled": "false"},
        ),
        "/ip/pool": ({"name": "office", "ranges": f"{lan}.50-{lan}.199"},),
    }


def _network(text: str) -> str:
    host, length = text.split("/")
    stem, _, last = host.rpartition(".")
    return f"{stem}.{int(last) & (0xFC if length == '30' else 0)}"


def _services(branch: _Branch) -> dict[str, Rows]:
    lan = branch.lan
    return {
        "/ip/dhcp-server": (
            {"name": "office", "interface": "bridge", "address-pool": "office", "lease-time": "8h"},
        ),
        "/ip/dhcp-server/network": (
            {"address": f"{lan}.0/24", "gateway": f"{lan}.1", "dns-server": f"{lan}.1", "comment": "office"},
        ),
        "/ip/dhcp-server/lease": [_lease(branch, number, host) for number, host in enumerate(_HOSTS)],
        "/ip/dns": ({"allow-remote-requests": "true", "servers": branch.pick(_RESOLVERS)},),
        "/ip/dns/static": (
            {"name": "router.lan", "address": f"{lan}.1", "comment": "defconf"},
            {"name": f"files.{branch.site}.example.com", "address": f"{lan}.10", "ttl": "1h"},
        ),
        "/ip/dns/cache": (
            {"name": "www.example.com", "type": "A", "data": "192.0.2.80", "ttl": "4m12s"},
            {"name": "router.lan", "type": "A", "data": f"{lan}.1", "ttl": "1d", "static": "true"},
        ),
        "/ip/arp": [
            {
                "address": f"{lan}.{50 + n}",
                "mac-address": _mac(branch, n),
                "interface": "bridge",
                "dynamic": "true",
                "complete": "true",
                "status": "reachable",
            }
            for n in range(len(_HOSTS))
        ],
    }


def _mac(branch: _Branch, number: int) -> str:
    return f"0A:00:{branch.seed % 256:02X}:{branch.number % 256:02X}:00:{number:02X}"


def _lease(branch: _Branch, number: int, host: str) -> Mapping[str, str]:
    mac = _mac(branch, number)
    address = f"{branch.lan}.{50 + number}"
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


_PLAIN = {"disabled": "false", "log": "false", "log-prefix": ""}
_ESTABLISHED = {"connection-state": "established,related,untracked"}


def _rule(chain: str, action: str, comment: str, **matchers: str) -> dict[str, str]:
    named = {name.replace("_", "-"): text for name, text in matchers.items()}
    return {"chain": chain, "action": action, "comment": comment, **named}


def _rules() -> list[Mapping[str, str]]:
    """Return the factory's rules with the switches they came with, and two added since without."""
    management = {"protocol": "tcp", "dst_port": "22,443", "src_address_list": "management"}
    from_wan = {"connection_state": "new", "connection_nat_state": "!dstnat", "in_interface_list": "WAN"}
    not_lan = {"in_interface_list": "!LAN", "disabled": "true"}
    return [
        {**_rule("input", "accept", "defconf: accept established"), **_ESTABLISHED, **_PLAIN},
        {**_rule("input", "drop", "defconf: drop invalid", connection_state="invalid"), **_PLAIN},
        {**_rule("input", "accept", "defconf: accept ICMP", protocol="icmp"), **_PLAIN},
        _rule("input", "accept", "management", **management),
        _rule("input", "drop", "defconf: drop not from LAN", **not_lan),
        {**_rule("forward", "accept", "forward established"), **_ESTABLISHED},
        _rule("forward", "drop", "defconf: drop new from WAN", **from_wan),
    ]


def _firewall(branch: _Branch) -> dict[str, Rows]:
    masquerade = _rule("srcnat", "masquerade", "defconf: masquerade", out_interface_list="WAN")
    web = {"protocol": "tcp", "dst_port": "8443", "to_ports": "443", "in_interface": "ether1"}
    return {
        "/ip/firewall/filter": [_counted(rule, number) for number, rule in enumerate(_rules(), 1)],
        "/ip/firewall/nat": (
            masquerade,
            _rule("dstnat", "dst-nat", "file server", to_addresses=f"{branch.lan}.10", **web),
        ),
        "/ip/firewall/address-list": (
            {"list": "management", "address": "127.0.0.1", "comment": "the manager"},
            {"list": "management", "address": "198.51.100.0/24"},
            {"list": "blocked", "address": "192.0.2.66", "dynamic": "true", "timeout": "1d"},
        ),
    }


def _counted(rule: Mapping[str, str], number: int) -> Mapping[str, str]:
    return {**rule, "bytes": str(92_934 * (number * 3 % 7)), "packets": str(1_311 * (number * 3 % 7))}


def _system(branch: _Branch) -> dict[str, Rows]:
    logs = (
        ("system,info", "router rebooted by admin"),
        ("interface,info", "ether1 link up (speed 1G, full duplex)"),
        ("dhcp,info", f"office assigned {branch.lan}.50 for {_mac(branch, 0)} {_HOSTS[0]}"),
        ("system,error,critical", "login failure for user root from 198.51.100.9 via ssh"),
    )
    return {
        "/log": [
            {"time": f"2026-11-20 10:0{n}:12", "topics": topics, "message": message, "extra-info": ""}
            for n, (topics, message) in enumerate(logs)
        ],
        "/system/ntp/client": ({"enabled": "true", "servers": branch.pick(_NTP)},),
        "/system/clock": ({"time-zone-name": "Europe/Amsterdam", "time-zone-autodetect": "false"},),
        "/system/note": ({"note": f"{branch.role} router of {branch.site}"},),
        "/snmp": ({"enabled": "true", "location": branch.site, "contact": "noc@example.com"},),
        "/ip/neighbor": (_neighbour(branch),),
        "/tool/netwatch": (
            {"host": branch.gateway, "name": "uplink", "status": "up", "since": "2026-11-20 10:00:12"},
        ),
    }


def _neighbour(branch: _Branch) -> Mapping[str, str]:
    return {
        "address": branch.gateway,
        "address4": branch.gateway,
        "age": "25s",
        "board": "CCR2004-16G-2S+",
        "discovered-by": "cdp,lldp,mndp",
        "identity": f"isp-{branch.site}",
        "interface": "ether1",
        "interface-name": "sfp1",
        "mac-address": _mac(branch, 200),
        "platform": "MikroTik",
        "unpack": "none",
        "version": "7.20.5 (stable) 2025-11-27 08:17:04",
    }
