"""Which changes lock the manager out of an emulated router, over real sockets, and which do not."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from lockouts import ACCEPT_OLD, DROP, FILTER, HARMLESS, LOCK_OUTS, SPEC, Recipe, carry_out

from routeros_mcp.emulator import Fleet, Router
from routeros_mcp.emulator.reach.reachability import HTTPS, Verdict, judge, lives_on


@pytest.mark.parametrize("recipe", [*LOCK_OUTS, *HARMLESS], ids=lambda recipe: recipe.name)
async def test_a_change_is_judged_by_what_it_does_to_the_next_connection(recipe: Recipe) -> None:
    spec = replace(SPEC, config={**SPEC.config, FILTER: recipe.rules})
    async with Fleet.running([spec]) as fleet:
        router = fleet["edge"]
        assert judge(router.store, HTTPS) is Verdict.OPEN
        carry_out(router, recipe)
        assert judge(router.store, HTTPS) is recipe.verdict
        keeps = recipe.keeps_old or recipe.verdict is Verdict.OPEN
        assert lives_on(router.store, HTTPS) is keeps


@pytest.fixture
async def router() -> AsyncIterator[Router]:
    async with Fleet.running([SPEC]) as fleet:
        yield fleet["edge"]


def client(router: Router) -> httpx.AsyncClient:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return httpx.AsyncClient(
        base_url=f"https://{router.address}/rest", auth=("admin", "pass"), verify=context, timeout=0.3
    )


async def test_an_open_connection_outlives_a_rule_against_new_ones(router: Router) -> None:
    async with client(router) as old, client(router) as new:
        await old.post(f"{FILTER}/add", json=ACCEPT_OLD)
        await old.post(f"{FILTER}/add", json=DROP)
        assert (await old.get("/system/identity")).status_code == 200
        with pytest.raises(httpx.TimeoutException):
            await new.get("/system/identity")


async def test_the_answer_to_a_change_that_cuts_the_link_never_comes_and_the_change_is_made(
    router: Router,
) -> None:
    async with client(router) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post("/interface/vlan/set", json={".id": "vlan99", "disabled": "yes"})
    assert router.rows("/interface/vlan")[0]["disabled"] == "true"
    assert router.writes[-1].executed


async def test_the_router_tells_where_the_manager_comes_from_and_what_it_looks_for(router: Router) -> None:
    async with client(router) as http:
        services = (await http.get("/ip/service")).json()
        active = (await http.get("/user/active")).json()
    mine = next(row for row in services if row.get("connection") == "true")
    assert mine["local"] == "10.99.0.1:443"
    assert mine["remote"].startswith("198.51.100.10:")
    assert active[0]["address"] == "198.51.100.10"


async def test_an_ipv6_manager_is_judged_by_the_ipv6_firewall() -> None:
    spec = replace(
        SPEC,
        manager_address="2001:db8:1::10",
        manager_interface="ether1",
        manager_port="",
        management_address="2001:db8:2::1",
        config={
            **SPEC.config,
            "/ipv6/address": ({"address": "2001:db8:2::1/64", "interface": "ether1"},),
            "/ipv6/route": ({"dst-address": "::/0", "gateway": "2001:db8:2::ffff"},),
        },
    )
    async with Fleet.running([spec]) as fleet:
        router = fleet["edge"]
        router.add(FILTER, DROP)
        assert judge(router.store, HTTPS) is Verdict.OPEN
        router.add("/ipv6/firewall/filter", {**DROP, "src-address": "2001:db8:1::/48"})
        assert judge(router.store, HTTPS) is Verdict.SILENT
