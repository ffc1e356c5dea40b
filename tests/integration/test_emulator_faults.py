"""Faults, the ledger, edits behind the manager's back and lock-outs of the emulated router."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest

from routeros_mcp.emulator import (
    READS,
    WRITES,
    Fleet,
    Mix,
    Router,
    RouterSpec,
    User,
    branch_fleet,
    fidelity,
    mix_in,
    provenance,
)

SPEC = RouterSpec(name="lab", version="7.23.2", users=(User(name="admin", password="pass"),))
IDENTITY = "/rest/system/identity"
RENAME = "/rest/system/identity/set"


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def client(router: Router) -> httpx.AsyncClient:
    url = f"https://{router.address}"
    login = (router.username, router.password)
    return httpx.AsyncClient(base_url=url, auth=login, verify=trusting(), timeout=5)


@pytest.fixture
async def router() -> AsyncIterator[Router]:
    async with Fleet.running([SPEC]) as fleet:
        yield fleet["lab"]


@pytest.fixture
async def http(router: Router) -> AsyncIterator[httpx.AsyncClient]:
    async with client(router) as opened:
        yield opened


async def presented(router: Router) -> str:
    async with asyncio.timeout(5):
        _, writer = await asyncio.open_connection(router.host, router.port, ssl=trusting())
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return hashlib.sha256(der).hexdigest()


async def test_the_fingerprint_is_that_of_the_presented_certificate_until_it_is_changed(
    router: Router,
) -> None:
    pinned = router.fingerprint
    seen = await presented(router)
    router.faults.wrong_certificate()
    assert seen == pinned
    assert await presented(router) == router.fingerprint != pinned


async def test_a_router_that_is_down_refuses_and_comes_back_on_its_port(
    router: Router, http: httpx.AsyncClient
) -> None:
    router.faults.down()
    with pytest.raises(httpx.ConnectError):
        await http.get(IDENTITY)
    router.faults.up()
    assert (await http.get(IDENTITY)).status_code == 200


async def test_a_drop_before_changes_nothing_and_a_drop_after_does(
    router: Router, http: httpx.AsyncClient
) -> None:
    router.faults.drop_before(on=WRITES)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post(RENAME, json={"name": "one"})
    before = router.rows("/system/identity")
    router.faults.drop_after(on=WRITES)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post(RENAME, json={"name": "two"})
    assert (before, router.rows("/system/identity")) == ([{"name": "lab"}], [{"name": "two"}])
    assert [request.executed for request in router.writes] == [False, True]


async def test_a_late_write_lands_after_its_answer_was_lost(router: Router, http: httpx.AsyncClient) -> None:
    router.faults.late(0.05)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post(RENAME, json={"name": "late"})
    unchanged = router.rows("/system/identity")
    async with asyncio.timeout(5):
        await router.until(lambda: router.writes[0].executed)
    assert (unchanged, router.rows("/system/identity")) == ([{"name": "lab"}], [{"name": "late"}])


async def test_a_mix_of_faults_hits_the_writes_that_its_seed_says(
    router: Router, http: httpx.AsyncClient
) -> None:
    mix = Mix(dropped=0.3, unanswered=0.2, reset=0.2, late=0.1, late_s=(0.01, 0.02))
    mix_in(router.faults, mix, "seed 7")
    answered: list[bool] = []
    for number in range(30):
        try:
            answered.append((await http.post(RENAME, json={"name": f"n{number}"})).is_success)
        except httpx.TransportError:
            answered.append(False)
    effects = [drawn and drawn[0] for drawn in (mix.befalls("seed 7", number) for number in range(1, 31))]
    await router.until(lambda: sum(w.executed for w in router.writes) == 30 - effects.count("drop-before"))
    assert set(effects) == {None, "drop-before", "drop-after", "reset", "late"}
    assert answered == [effect is None for effect in effects]
    assert [w.executed for w in router.writes] == [effect != "drop-before" for effect in effects]
    assert (await http.get(IDENTITY)).is_success


async def test_a_reset_answer_is_a_reset_connection(router: Router, http: httpx.AsyncClient) -> None:
    mix_in(router.faults, Mix(dropped=0, unanswered=0, reset=1, late=0), "any")
    with pytest.raises(httpx.ReadError):
        await http.post(RENAME, json={"name": "reset"})
    assert router.rows("/system/identity") == [{"name": "reset"}]


async def test_half_an_answer_ends_in_a_broken_body(router: Router, http: httpx.AsyncClient) -> None:
    router.faults.half_answer(on=READS)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get(IDENTITY)


async def test_a_hanging_router_takes_the_request_and_says_nothing(
    router: Router, http: httpx.AsyncClient
) -> None:
    router.faults.hang(on="/system/identity")
    with pytest.raises(httpx.ReadTimeout):
        await http.get(IDENTITY, timeout=0.05)
    router.faults.clear()
    assert (await http.get(IDENTITY)).status_code == 200


async def test_answers_can_be_wrong_in_every_way_a_router_was_seen_to_be(
    router: Router, http: httpx.AsyncClient
) -> None:
    router.faults.session_closed()
    router.faults.unauthorized()
    router.faults.wrong_body()
    router.faults.garbage()
    router.faults.oversize(100_000, n=1)
    closed, denied, wrong, garbage, big, fine = [await http.get(IDENTITY) for _ in range(6)]
    assert (closed.json()["detail"], denied.status_code) == ("Session closed", 401)
    assert "uptime" in wrong.json()
    assert (garbage.status_code, garbage.content[:1]) == (200, b"\x00")
    assert len(big.content) >= 100_000
    assert fine.json() == {"name": "lab"}


async def test_the_ledger_tells_reads_from_writes(router: Router, http: httpx.AsyncClient) -> None:
    await http.get("/rest/ip/dns")
    await http.post("/rest/ip/address/print", json={})
    await http.post("/rest/execute", json={"script": "/export", "as-string": ""})
    await http.post("/rest/ip/dns/set", json={"servers": "192.0.2.1"})
    await http.post("/rest/execute", json={"script": "/ip/dns/set servers=192.0.2.2"})
    assert [(request.n, request.command) for request in router.writes] == [(4, "set"), (5, "execute")]
    assert [request.user for request in router.ledger] == ["admin"] * 5


async def test_an_edit_behind_the_managers_back_shows_over_rest_but_not_in_the_ledger(
    router: Router, http: httpx.AsyncClient
) -> None:
    key = router.add("/ip/dns/static", {"name": "x.example.com", "address": "192.0.2.1"})
    router.edit("/ip/dns/static", key, {"comment": "winbox"})
    router.edit("/system/identity", None, {"name": "renamed"})
    row = (await http.get(f"/rest/ip/dns/static/{key}")).json()
    router.remove("/ip/dns/static", key)
    assert (row["comment"], (await http.get(IDENTITY)).json()) == ("winbox", {"name": "renamed"})
    assert (router.writes, router.rows("/ip/dns/static")) == ([], [])


async def test_health_figures_can_be_set(http: httpx.AsyncClient, router: Router) -> None:
    router.set_resource(cpu_load=97, free_memory=1024, uptime_s=30)
    shown = (await http.get("/rest/system/resource")).json()
    assert (shown["cpu-load"], shown["free-memory"], shown["uptime"]) == ("97", "1024", "30s")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/rest/ip/firewall/filter/add",
            {"chain": "input", "action": "drop", "protocol": "tcp", "connection-state": "new"},
        ),
        ("/rest/ip/service/set", {".id": "www-ssl", "disabled": "yes"}),
        ("/rest/ip/service/set", {".id": "www-ssl", "address": "10.0.0.0/8"}),
        ("/rest/ip/service/set", {".id": "www-ssl", "port": "8443"}),
    ],
)
async def test_a_change_that_locks_the_manager_out_stops_new_connections_only(
    router: Router, http: httpx.AsyncClient, path: str, body: dict[str, str]
) -> None:
    assert (await http.post(path, json=body)).status_code == 200
    assert (await http.get(IDENTITY)).status_code == 200
    async with client(router) as fresh:
        with pytest.raises(httpx.TransportError):
            await fresh.get(IDENTITY, timeout=0.2)


async def test_a_lab_fleet_differs_from_router_to_router_and_repeats_with_its_seed() -> None:
    specs = branch_fleet(6, seed=3)
    assert specs == branch_fleet(6, seed=3)
    async with Fleet.running(specs) as fleet:
        names = {router.name for router in fleet}
        resolvers = {router.rows("/ip/dns")[0]["servers"] for router in fleet}
        boards = {router.spec.board for router in fleet}
    assert (len(names), len(resolvers) > 2, len(boards) > 3) == (6, True, True)


def test_every_behaviour_says_where_it_comes_from() -> None:
    assert sum(fidelity().values()) == len({behaviour.name for behaviour in provenance()})
    assert all(behaviour.source for behaviour in provenance())
