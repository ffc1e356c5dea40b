"""Fleets as if people had run them: the same from the same seed, of one piece, and cheap until asked."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from test_emulator_faults import trusting

from routeros_mcp.domain.export import parse_export, serialise
from routeros_mcp.emulator import KINDS, Clock, Fleet, Router, RouterSpec, make_fleet, views
from routeros_mcp.emulator.export import Options, export
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.passing.power import forget_memory
from routeros_mcp.emulator.store import Store
from routeros_mcp.emulator.values import parse_duration

COUNT = 40
# Menus of the emulator that list no properties, and properties of older versions.
UNLISTED = {"registration-table", "remote-cap"}
OF_OLDER = {"address-families", "router-id", "link-downs", "dynamic"}


@pytest.fixture(scope="module", params=KINDS)
def specs(request: pytest.FixtureRequest) -> list[RouterSpec]:
    return make_fleet(request.param, COUNT, 1)


def client(router: Router, trust: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    login, url = (router.username, router.password), f"https://{router.address}"
    return httpx.AsyncClient(base_url=url, auth=login, verify=trust or trusting(), timeout=20)


def open_files() -> int:
    """How many files this process holds open; always the same where the system does not tell."""
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def stores(specs: list[RouterSpec], clock: Clock | None = None) -> dict[str, Store]:
    clock = clock or Clock()
    return {spec.name: Store(spec, clock) for spec in specs}


def ends(found: dict[str, Store]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of each router's neighbours that is about a router of the fleet."""
    for name, store in found.items():
        for row in views.rows(store, "/ip/neighbor"):
            if not row["identity"].startswith("isp-"):
                yield name, row


# -- the same, and of one piece --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_fleet_and_another_one_another(kind: str) -> None:
    assert make_fleet(kind, 12, 3) == make_fleet(kind, 12, 3)
    assert make_fleet(kind, 12, 3) != make_fleet(kind, 12, 4)


def test_no_two_routers_share_a_name_a_serial_number_an_address_or_a_mac(specs: list[RouterSpec]) -> None:
    found = stores(specs)
    names = [spec.name for spec in specs]
    serials = [spec.serial for spec in specs if spec.serial]
    macs = [row["mac-address"] for s in found.values() for row in views.rows(s, "/interface/ethernet")]
    shared = {"192.168.30.1/24"}  # every office has the same network for guests
    addresses = [row["address"] for s in found.values() for row in views.rows(s, "/ip/address")]
    for what in (names, serials, macs, [a for a in addresses if a not in shared]):
        assert [value for value, count in Counter(what).items() if count > 1] == []


def test_ten_thousand_routers_have_ten_thousand_networks() -> None:
    specs = make_fleet("branch", 10_000)
    lans = {row["address"] for spec in specs for row in spec.config["/ip/address"][:2]}
    assert len(lans) == 20_000


def test_roles_boards_and_versions_come_in_believable_shares() -> None:
    specs = make_fleet("mixed", 400)
    roles = Counter(spec.role for spec in specs)
    assert (roles["pop"], roles["access"], roles["branch"]) == (20, 80, 300)
    assert len({spec.board for spec in specs}) > 9
    assert {spec.version.rpartition(".")[0] for spec in specs} >= {"7.12", "7.16", "7.20", "7.23"}


@pytest.mark.parametrize("kind", ["isp", "mixed"])
def test_neighbours_see_each_other_as_each_is(kind: str) -> None:
    found = stores(make_fleet(kind, COUNT))
    by_mac = {
        row["mac-address"]: (name, row["name"])
        for name, store in found.items()
        for row in views.rows(store, "/interface/ethernet")
    }
    seen = {(name, row["interface"]): by_mac[row["mac-address"]] for name, row in ends(found)}
    assert len(seen) >= 2 * (COUNT - 1)
    for end, other in seen.items():
        assert seen[other] == end
    for name, row in ends(found):
        other, port = by_mac[row["mac-address"]]
        store = found[other]
        assert row["identity"] == views.single(store, "/system/identity")["name"]
        assert (row["board"], row["interface-name"]) == (store.spec.board, port)
        assert row["version"].startswith(f"{store.spec.version} (stable) ")
        assert row["address"] + "/30" in {one["address"] for one in views.rows(store, "/ip/address")}
        shown = [
            parse_duration(up) for up in (row["uptime"], views.single(store, "/system/resource")["uptime"])
        ]
        assert abs(shown[0] - shown[1]) <= 5_000_000, name


@pytest.mark.parametrize("kind", ["isp", "mixed"])
def test_every_router_reaches_a_pop_and_pops_form_a_ring(kind: str) -> None:
    specs = make_fleet(kind, 120)
    found = stores(specs)
    by_mac = {row["mac-address"]: n for n, s in found.items() for row in views.rows(s, "/interface/ethernet")}
    beside: dict[str, set[str]] = {name: set() for name in found}
    for name, row in ends(found):
        beside[name].add(by_mac[row["mac-address"]])
    pops = {spec.name for spec in specs if spec.role == "pop"}
    assert all(len(beside[pop] & pops) >= 2 for pop in pops)
    reached, waiting = set(pops), list(pops)
    while waiting:
        fresh = beside[waiting.pop()] - reached
        reached |= fresh
        waiting += fresh
    assert reached == set(found)
    offices = [spec.name for spec in specs if spec.role != "pop"]
    assert any(len(beside[name]) > 1 for name in offices)


def test_what_one_end_of_a_link_sends_the_other_receives_and_counters_agree() -> None:
    now = [1000.0]
    found = stores(make_fleet("mixed", COUNT), Clock(steady=lambda: now[0], wall=lambda: 1.8e9))
    by_mac = {
        row["mac-address"]: (name, row["name"])
        for name, store in found.items()
        for row in views.rows(store, "/interface/ethernet")
    }

    def counters(name: str, port: str) -> tuple[int, int]:
        row = next(row for row in views.rows(found[name], "/interface") if row["name"] == port)
        return int(row["rx-byte"]), int(row["tx-byte"])

    links = [((name, row["interface"]), by_mac[row["mac-address"]]) for name, row in ends(found)][:8]
    before = {end: counters(*end) for pair in links for end in pair}
    now[0] += 600
    grown = {end: [b - a for a, b in zip(before[end], counters(*end), strict=True)] for end in before}
    for one, other in links:
        assert grown[one][0] == pytest.approx(grown[other][1], abs=2)
        assert grown[one][0] > 0
    total = [counters(*links[0][0])[0]]
    for _ in range(12):
        now[0] += 7200
        total.append(counters(*links[0][0])[0])
    hours = [later - earlier for earlier, later in itertools.pairwise(total)]
    assert max(hours) > 2 * min(hours)


# -- what is in it ---------------------------------------------------------------------------------------


def test_every_row_has_properties_that_its_menu_knows_and_every_export_can_be_read(
    specs: list[RouterSpec],
) -> None:
    for spec, store in zip(specs, stores(specs).values(), strict=True):
        for path in spec.config:
            known = {".id", *OF_OLDER, *registry.menu(path).fields}
            if path.rpartition("/")[2] not in UNLISTED:
                assert {key for row in spec.config[path] for key in row} <= known, path
        text = export(store, Options(shows_secrets=True))
        assert serialise(parse_export(text)) == text


def test_a_fleet_has_the_oddities_of_a_real_one() -> None:
    found = list(stores(make_fleet("branch", 30)).values())
    identities = {views.single(s, "/system/identity")["name"] for s in found}
    assert any(" " in name for name in identities)
    assert any(not name.isascii() for name in identities)
    heat = [
        float(row["value"]) for s in found if not s.spec.is_chr for row in views.rows(s, "/system/health")
    ]
    assert max(heat) > 80
    resources = [views.single(s, "/system/resource") for s in found]
    assert max(int(r["cpu-load"]) for r in resources) > 95
    assert any(int(r["free-hdd-space"]) * 20 < int(r["total-hdd-space"]) for r in resources)
    assert any(views.single(s, "/system/ntp/client")["status"] == "waiting" for s in found)
    assert any(row["link-downs"] != "0" for s in found for row in views.rows(s, "/interface"))
    comments = [row.get("comment", "") for s in found for row in views.rows(s, "/interface")]
    assert any(not comment.isascii() for comment in comments)
    rules = [row.get("comment", "") for s in found for row in views.rows(s, "/ip/firewall/filter")]
    assert any(count > len(found) for count in Counter(rules).values())


def test_providers_have_routing_and_subscribers_and_offices_have_clients(specs: list[RouterSpec]) -> None:
    for store in stores(specs).values():
        role = store.spec.role
        if role == "pop":
            assert views.rows(store, "/routing/ospf/neighbor")
            assert views.rows(store, "/routing/bgp/session")
        elif role == "access":
            assert views.rows(store, "/ppp/active")
            assert views.rows(store, "/queue/simple")
        else:
            leases = views.rows(store, "/ip/dhcp-server/lease")
            assert {row["status"] for row in leases} <= {"bound", "waiting", "offered"}
            assert len(leases) > 5


def test_the_log_is_there_when_it_is_read_and_gone_after_a_reboot() -> None:
    now = [500_000.0]
    store = Store(make_fleet("mixed", COUNT)[20], Clock(steady=lambda: now[0], wall=lambda: 1.8e9 + now[0]))
    first = views.rows(store, "/log")
    assert len(first) > 30
    assert [row["time"] for row in first] == sorted(row["time"] for row in first)
    assert first[-1]["time"] <= store.stamp()
    assert first == views.rows(store, "/log")
    assert len({row["topics"] for row in first}) > 3
    assert store.next_number("/log") == len(first) + 1
    now[0] += 60
    forget_memory(store)
    store.booted_at = store.clock.steady()
    assert views.rows(store, "/log") == []


# -- many at once ----------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_three_hundred_routers_answer_over_two_sockets() -> None:
    before = open_files()
    async with asyncio.timeout(50), Fleet.running(make_fleet("mixed", 300)) as fleet:
        assert open_files() - before < 10
        routers = list(fleet)
        answers: dict[str, str] = {}
        trust = trusting()

        async def ask(mine: list[Router]) -> None:
            for router in mine:
                async with client(router, trust) as http:
                    answers[router.name] = (await http.get("/rest/system/resource")).json()["board-name"]

        async with asyncio.TaskGroup() as group:
            for first in range(10):
                group.create_task(ask(routers[first::10]))
        assert answers == {router.name: router.spec.board for router in routers}
        assert len({router.fingerprint for router in routers}) == 300
        assert len({router.address for router in routers}) == 300


async def test_a_large_fleet_can_have_a_port_for_each_router() -> None:
    async with Fleet.running(make_fleet("branch", 210), shares_sockets=False) as fleet:
        last = list(fleet)[-1]
        assert len({router.address for router in fleet}) == 210
        async with client(last) as http:
            assert (await http.get("/rest/system/identity")).json() == {"name": last.name}


_ALIVE = {"/system/scheduler", "/tool/netwatch", "/system/clock"}
"""What a router looks at by itself: its schedule, the hosts it watches, and the time."""


async def test_a_router_that_nobody_asked_holds_no_rows_no_certificate_and_no_key() -> None:
    async with Fleet.running(make_fleet("mixed", 1000)) as fleet:
        asked = next(iter(fleet))
        async with client(asked) as http:
            await http.get("/rest/ip/address")
        held = {
            router.name
            for router in fleet
            if any(router.store.is_made(path) for path in registry.paths() - _ALIVE)
        }
        assert held == {asked.name}
        assert not any("_key" in router.ssh.__dict__ for router in fleet)


async def test_routers_at_one_socket_go_down_and_come_back_each_for_itself() -> None:
    async with Fleet.running(make_fleet("branch", 3), shares_sockets=True) as fleet:
        one, other, _ = fleet
        if one.address.startswith("127.0.0.1:"):
            pytest.skip("this system cannot share a socket")
        assert one.address.partition(":")[2] == other.address.partition(":")[2]
        one.faults.down()
        async with client(one) as http:
            with pytest.raises(httpx.TransportError):
                await http.get("/rest/system/identity")
            one.faults.up()
            assert (await http.get("/rest/system/identity")).json() == {"name": one.name}
        async with client(other) as http:
            await http.post("/rest/ip/service/set", json={".id": "www-ssl", "disabled": "yes"})
        async with client(other) as http:
            with pytest.raises(httpx.TransportError):
                await http.get("/rest/system/identity")
        nobody = f"https://127.99.0.1:{one.port}"
        async with httpx.AsyncClient(base_url=nobody, verify=trusting()) as http:
            with pytest.raises(httpx.TransportError):
                await http.get("/rest/system/identity")


def test_too_low_a_limit_of_open_files_is_one_clear_error() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 1000))\n"
        "from routeros_mcp.emulator.sockets.doorways import TooFewFiles, make_room\n"
        "make_room(300, is_shared=False); assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1000\n"
        "try:\n    make_room(5000, is_shared=False)\n"
        "except TooFewFiles as error:\n    raise SystemExit(str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.stderr.strip() == (
        "5000 routers need 10256 open files, and this process may have 1000: raise the limit "
        "(`ulimit -Hn 20256`, or LimitNOFILE= of the service), or start at most 372 routers."
    )


@pytest.mark.parametrize(("kind", "count"), [("campus", 3), ("mixed", 0), ("mixed", 10_001)])
def test_a_fleet_that_cannot_be_is_refused(kind: str, count: int) -> None:
    with pytest.raises(ValueError, match=r"There is no fleet|has 1 to 10,000 routers"):
        make_fleet(kind, count)
