"""Each recipe on real routers: what it plans does what it says, once, and can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from world import configured, world

from routeros_mcp.domain.planning.recipes import RECIPES
from routeros_mcp.emulator import Router, branch_fleet
from routeros_mcp.tools.change import RecipeName

pytestmark = pytest.mark.slow

LIST, ROUTE, POOL = "/ip/firewall/address-list", "/ip/route", "/ip/pool"
FILTER, PORT, VLAN = "/ip/firewall/filter", "/interface/bridge/port", "/interface/bridge/vlan"
NAME = {"name": "site-7"}
CASES: list[tuple[str, dict[str, Any], str, dict[str, str]]] = [
    ("dns_ntp_rollout", {"dns_servers": ["192.0.2.53"]}, "/ip/dns", {"servers": "192.0.2.53"}),
    ("identity", NAME, "/system/identity", NAME),
    ("interface_comment", {"interface": "ether2", "comment": "till"}, "/interface", {"comment": "till"}),
    ("service_hardening", {}, "/ip/service", {"name": "telnet", "disabled": "true"}),
    (
        "service_hardening",
        {"disable": ["ftp"], "allowed_from": ["198.51.100.0/24", "192.0.2.0/24"]},
        "/ip/service",
        {"name": "winbox", "address": "198.51.100.0/24,192.0.2.0/24"},
    ),
    (
        "address_list_sync",
        {"list": "partners", "addresses": ["192.0.2.0/28", "198.51.100.7", "192.0.2.0/28"], "comment": "VPN"},
        LIST,
        {"list": "partners", "address": "198.51.100.7", "comment": "VPN"},
    ),
    (
        "static_route",
        {"dst_address": "192.168.77.0/24", "gateway": "10.0.0.9", "distance": 5},
        ROUTE,
        {"dst-address": "192.168.77.0/24", "distance": "5"},
    ),
    (
        "dhcp_pool",
        {
            "name": "guests",
            "ranges": "10.66.0.10-10.66.0.99",
            "interface": "vlan30-guest",
            "network": "10.66.0.0/24",
            "gateway": "10.66.0.1",
            "dns_servers": ["10.66.0.1", "9.9.9.9"],
            "lease_time": "7200s",
        },
        "/ip/dhcp-server",
        {"name": "guests", "lease-time": "2h"},
    ),
    (
        "firewall_rule",
        {
            "comment": "no telnet",
            "chain": "input",
            "action": "drop",
            "protocol": "tcp",
            "dst_port": "23",
            "before_comment": "management",
        },
        FILTER,
        {"comment": "no telnet", "dst-port": "23"},
    ),
    (
        "bridge_port",
        {"interface": "ether2", "bridge": "bridge", "comment": "till"},
        PORT,
        {"comment": "till"},
    ),
    (
        "vlan_port",
        {"bridge": "bridge", "vlan_id": 40, "tagged": ["bridge"], "untagged": ["ether2"]},
        VLAN,
        {"vlan-ids": "40", "untagged": "ether2"},
    ),
    (
        "wifi_ssid",
        {"interface": "wifi1", "ssid": "guests"},
        "/interface/wifi",
        {"configuration.ssid": "guests"},
    ),
    (
        "wireless_rf",
        {"interface": "wifi1", "country": "Latvia", "width": "20mhz"},
        "/interface/wifi",
        {"configuration.country": "Latvia", "channel.width": "20mhz"},
    ),
]


def settings(router: Router, path: str) -> list[dict[str, str]]:
    """The configured rows, without the connections that /ip/service lists beside them."""
    return [row for row in configured(router, path) if "connection" not in row]


@pytest.mark.parametrize(("name", "arguments", "path", "shows"), CASES)
async def test_a_recipe_does_what_it_says_once_and_can_be_undone(
    name: str, arguments: dict[str, Any], path: str, shows: dict[str, str]
) -> None:
    board = "hAP ax^2" if "interface" in arguments and arguments["interface"] == "wifi1" else "RB5009UG+S+"
    (spec,) = branch_fleet(1)
    async with world(specs=[replace(spec, board=board)]) as w:
        before = settings(w.router(), path)
        asked = {"devices": ["all"], "recipe": name, "arguments": arguments}
        plan = await w.carry_out((await w.call("plan_create", **asked))["plan_id"])
        assert plan["status"] == "applied", plan["device_states"]
        assert any(shows.items() <= row.items() for row in w.router().rows(path))
        assert not (await w.call("plan_create", **asked))["has_effect"]
        await w.roll_back_and_wait(plan["plan_id"])
        assert (await w.call("plan_get", plan_id=plan["plan_id"]))["status"] == "rolled_back"
        assert settings(w.router(), path) == before


def test_every_recipe_has_a_case_and_is_offered() -> None:
    elsewhere = {"user_rotation"}  # never without effect: see test_plans_rotation
    assert {case[0] for case in CASES} | elsewhere == set(RECIPES) == set(get_args(RecipeName))


@pytest.mark.parametrize("name", sorted(RECIPES))
async def test_a_wrong_argument_is_answered_with_the_right_ones(name: str) -> None:
    async with world(1) as w:
        failed = await w.fails("plan_create", devices=["all"], recipe=name, arguments={"colour": "red"})
    assert failed.code == "invalid_params"
    assert all(argument in failed.fix for argument in RECIPES[name].arguments)
