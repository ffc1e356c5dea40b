"""Changes that lock a manager out of a router, and changes that look like it and do not."""

from __future__ import annotations

from dataclasses import dataclass, field

from routeros_mcp.emulator import Router, RouterSpec, User
from routeros_mcp.emulator.reach.reachability import Verdict

FILTER = "/ip/firewall/filter"
ACCEPT_OLD = {"chain": "input", "action": "accept", "connection-state": "established,related,untracked"}
DROP = {"chain": "input", "action": "drop"}
WEB = {"protocol": "tcp", "dst-port": "443"}

SPEC = RouterSpec(
    name="edge",
    version="7.20.5",
    board="RB5009UG+S+",
    users=(User(name="admin", password="pass"),),
    manager_address="198.51.100.10",
    manager_interface="vlan99",
    manager_port="ether3",
    management_address="10.99.0.1",
    config={
        "/interface/bridge": ({"name": "bridge", "vlan-filtering": "true"},),
        "/interface/bridge/port": (
            {"bridge": "bridge", "interface": "ether2"},
            {"bridge": "bridge", "interface": "ether3"},
        ),
        "/interface/bridge/vlan": (
            {"bridge": "bridge", "tagged": "bridge,ether3", "vlan-ids": "99"},
            {"bridge": "bridge", "tagged": "bridge", "untagged": "ether2", "vlan-ids": "20-29"},
        ),
        "/interface/vlan": (
            {"name": "vlan99", "interface": "bridge", "vlan-id": "99"},
            {"name": "vlan20", "interface": "bridge", "vlan-id": "20"},
        ),
        "/interface/list": ({"name": "MGMT"}, {"name": "TRUSTED", "include": "MGMT"}, {"name": "WAN"}),
        "/interface/list/member": (
            {"list": "MGMT", "interface": "vlan99"},
            {"list": "WAN", "interface": "ether1"},
        ),
        "/ip/address": (
            {"address": "10.99.0.1/24", "interface": "vlan99", "network": "10.99.0.0"},
            {"address": "203.0.113.2/30", "interface": "ether1", "network": "203.0.113.0"},
        ),
        "/ip/route": (
            {"gateway": "203.0.113.1"},
            {"dst-address": "198.51.100.0/24", "gateway": "10.99.0.254"},
        ),
        "/ip/firewall/address-list": (
            {"list": "managers", "address": "198.51.100.0/28"},
            {"list": "bad", "address": "192.0.2.0/24"},
        ),
    },
)


@dataclass(frozen=True)
class Recipe:
    """A change made at the console, as (verb, menu, row, values), and what it does to a new connection."""

    name: str
    edits: tuple[tuple[str, str, str | None, dict[str, str]], ...]
    verdict: Verdict = Verdict.SILENT
    keeps_old: bool = False
    rules: tuple[dict[str, str], ...] = field(default=())


def add(menu: str, **values: str) -> tuple[str, str, str | None, dict[str, str]]:
    return ("add", menu, None, {name.replace("_", "-"): text for name, text in values.items()})


def rule(values: dict[str, str]) -> tuple[str, str, str | None, dict[str, str]]:
    return ("add", FILTER, None, values)


def edit(menu: str, row: str | None, **values: str) -> tuple[str, str, str | None, dict[str, str]]:
    return ("edit", menu, row, {name.replace("_", "-"): text for name, text in values.items()})


def remove(menu: str, row: str) -> tuple[str, str, str | None, dict[str, str]]:
    return ("remove", menu, row, {})


LOCK_OUTS = [
    Recipe("drop all input", (rule(DROP),)),
    Recipe("drop new, keep established", (rule(ACCEPT_OLD), rule(DROP)), keeps_old=True),
    Recipe("reject the web port", (rule({**DROP, **WEB, "action": "reject"}),)),
    Recipe("tarpit the web port", (rule({**DROP, **WEB, "action": "tarpit"}),)),
    Recipe("drop a range of ports", (rule({**DROP, "protocol": "tcp", "dst-port": "1-1024"}),)),
    Recipe("drop the manager", (rule({**DROP, "src-address": "198.51.100.10"}),)),
    Recipe("drop all but another", (rule({**DROP, "src-address": "!192.0.2.1"}),)),
    Recipe("drop a list", (rule({**DROP, "src-address-list": "managers"}),)),
    Recipe("drop who is not on a list", (rule({**DROP, "src-address-list": "!bad"}),)),
    Recipe("drop the interface", (rule({**DROP, "in-interface": "vlan99"}),)),
    Recipe("drop all but the WAN", (rule({**DROP, "in-interface-list": "!WAN"}),)),
    Recipe("drop an included list", (rule({**DROP, "in-interface-list": "TRUSTED"}),)),
    Recipe("drop any VLAN", (rule({**DROP, "in-interface": "all-vlan"}),)),
    Recipe("drop the router's address", (rule({**DROP, "dst-address": "10.99.0.1"}),)),
    Recipe("drop what is local", (rule({**DROP, "dst-address-type": "local"}),)),
    Recipe("drop the bridge port", (rule({**DROP, "in-bridge-port": "ether3"}),)),
    Recipe(
        "drop by raw",
        (add("/ip/firewall/raw", chain="prerouting", action="drop", src_address="198.51.100.0/24"),),
    ),
    Recipe(
        "drop in a chain of its own",
        (
            rule({"chain": "input", "action": "jump", "jump-target": "c"}),
            rule({"chain": "c", "action": "drop"}),
        ),
    ),
    Recipe(
        "move the manager out of the list",
        (edit("/ip/firewall/address-list", "#1", address="192.0.2.7"),),
        rules=({"chain": "input", "action": "accept", "src-address-list": "managers"}, DROP),
    ),
    Recipe(
        "take the interface off its list",
        (remove("/interface/list/member", "#1"),),
        rules=({"chain": "input", "action": "accept", "in-interface-list": "MGMT"}, DROP),
    ),
    Recipe(
        "switch the accepting rule off",
        (edit(FILTER, "#1", disabled="true"),),
        rules=({"chain": "input", "action": "accept", **WEB}, DROP),
    ),
    Recipe(
        "translate the port away",
        (
            add(
                "/ip/firewall/nat",
                chain="dstnat",
                action="dst-nat",
                protocol="tcp",
                dst_port="443",
                to_addresses="10.0.0.9",
            ),
        ),
        keeps_old=True,
    ),
    Recipe(
        "redirect the port",
        (
            add(
                "/ip/firewall/nat",
                chain="dstnat",
                action="redirect",
                protocol="tcp",
                dst_port="443",
                to_ports="8443",
            ),
        ),
        keeps_old=True,
    ),
    Recipe("disable the VLAN", (edit("/interface/vlan", "vlan99", disabled="true"),)),
    Recipe("remove the VLAN", (remove("/interface/vlan", "vlan99"),)),
    Recipe("change the VLAN id", (edit("/interface/vlan", "vlan99", vlan_id="98"),)),
    Recipe(
        "move the VLAN to another port",
        (
            edit("/interface/vlan", "vlan99", interface="ether5"),
            edit("/interface/ethernet", "ether5", disabled="true"),
        ),
    ),
    Recipe("disable the bridge", (edit("/interface/bridge", "bridge", disabled="true"),)),
    Recipe("disable the port", (edit("/interface/ethernet", "ether3", disabled="true"),)),
    Recipe("take the port out of the bridge", (remove("/interface/bridge/port", "#2"),)),
    Recipe("disable the bridge port", (edit("/interface/bridge/port", "#2", disabled="true"),)),
    Recipe("untag the VLAN from the port", (edit("/interface/bridge/vlan", "#1", tagged="bridge"),)),
    Recipe("untag the VLAN from the bridge", (edit("/interface/bridge/vlan", "#1", tagged="ether3"),)),
    Recipe("remove the VLAN from the bridge", (remove("/interface/bridge/vlan", "#1"),)),
    Recipe("change the address", (edit("/ip/address", "#1", address="10.99.0.2/24"),)),
    Recipe("disable the address", (edit("/ip/address", "#1", disabled="true"),)),
    Recipe("remove the address", (remove("/ip/address", "#1"),)),
    Recipe(
        "black-hole the way back",
        (("add", "/ip/route", None, {"dst-address": "198.51.100.8/29", "blackhole": ""}),),
    ),
    Recipe(
        "lose every way back",
        (edit("/ip/route", "#1", disabled="true"), edit("/ip/route", "#2", disabled="true")),
    ),
    Recipe(
        "close the service to the manager",
        (edit("/ip/service", "www-ssl", address="192.0.2.0/24"),),
        Verdict.CUT,
        keeps_old=True,
    ),
]

HARMLESS = [
    Recipe("drop another port", (rule({**DROP, "protocol": "tcp", "dst-port": "22,8291"}),), Verdict.OPEN),
    Recipe("drop UDP", (rule({**DROP, "protocol": "udp"}),), Verdict.OPEN),
    Recipe("drop the WAN", (rule({**DROP, "in-interface-list": "WAN"}),), Verdict.OPEN),
    Recipe("drop another source", (rule({**DROP, "src-address-list": "bad"}),), Verdict.OPEN),
    Recipe("drop what is forwarded", (rule({"chain": "forward", "action": "drop"}),), Verdict.OPEN),
    Recipe("a disabled drop", (rule({**DROP, "disabled": "true"}),), Verdict.OPEN),
    Recipe(
        "accept before the drop",
        (rule({"chain": "input", "action": "accept", "src-address-list": "managers"}), rule(DROP)),
        Verdict.OPEN,
    ),
    Recipe("drop invalid packets", (rule({**DROP, "connection-state": "invalid"}),), Verdict.OPEN),
    Recipe("disable another VLAN", (edit("/interface/vlan", "vlan20", disabled="true"),), Verdict.OPEN),
    Recipe("lose the narrow route only", (edit("/ip/route", "#2", disabled="true"),), Verdict.OPEN),
    Recipe("remove another address", (remove("/ip/address", "#2"),), Verdict.OPEN),
    Recipe("rename the VLAN", (edit("/interface/vlan", "vlan99", comment="management"),), Verdict.OPEN),
    Recipe(
        "masquerade",
        (add("/ip/firewall/nat", chain="srcnat", action="masquerade", out_interface_list="WAN"),),
        Verdict.OPEN,
    ),
]


def located(router: Router, menu: str, named: str | None) -> dict[str, str]:
    """The row with that name; `#2` is the second row that somebody configured."""
    own = [row for row in router.rows(menu) if row.get("dynamic") != "true"]
    if named and named.startswith("#"):
        return own[int(named[1:]) - 1]
    return next(row for row in own if row.get("name") == named)


def carry_out(router: Router, recipe: Recipe) -> None:
    """Make the change at the router's console."""
    for verb, menu, named, values in recipe.edits:
        match verb:
            case "add":
                router.add(menu, values)
            case "edit":
                router.edit(menu, located(router, menu, named)[".id"], values)
            case _:
                router.remove(menu, located(router, menu, named)[".id"])
