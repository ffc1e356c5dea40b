"""Logins, policies, ordering and the user queue of the emulated router."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from routeros_mcp.emulator import Clock, Fleet, Router, RouterSpec, User

SPEC = RouterSpec(
    name="lab",
    version="7.23.2",
    users=(
        User(name="admin", password="pass"),
        User(name="reader", password="pass", group="read"),
        User(name="poller", password="pass", group="poll"),
        User(name="noapi", password="pass", group="noapi"),
        User(name="norest", password="pass", group="norest"),
        User(name="far", password="pass", address="10.9.9.0/24"),
        User(name="off", password="pass", is_disabled=True),
    ),
    config={
        "/user/group": (
            {"name": "poll", "policy": "read,test,api,rest-api"},
            {"name": "noapi", "policy": "read,rest-api"},
            {"name": "norest", "policy": "read,api"},
        ),
        "/ppp/secret": ({"name": "u1", "password": "hidden-secret"},),
        "/ip/firewall/filter": tuple({"chain": "input", "comment": name} for name in "abcd"),
    },
)
FILTER = "/rest/ip/firewall/filter"


class HandClock:
    """A steady clock that only moves when told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hand() -> HandClock:
    return HandClock()


@pytest.fixture
async def router(hand: HandClock) -> AsyncIterator[Router]:
    async with Fleet.running([replace(SPEC, cap_s=0.2)], clock=Clock(steady=hand)) as fleet:
        yield fleet["lab"]


def client(router: Router, user: str = "admin") -> httpx.AsyncClient:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    url = f"https://{router.address}"
    return httpx.AsyncClient(base_url=url, auth=(user, "pass"), verify=context, timeout=5)


async def order(http: httpx.AsyncClient) -> str:
    return "".join(row["comment"] for row in (await http.get(FILTER)).json())


@pytest.mark.parametrize(
    ("user", "status", "detail"),
    [
        ("norest", 401, None),
        ("far", 401, None),
        ("off", 401, None),
        ("nobody", 401, None),
        ("noapi", 500, "std failure: not allowed (9)"),
        ("reader", 200, None),
    ],
)
async def test_a_login_gets_in_only_with_both_api_policies(
    router: Router, user: str, status: int, detail: str | None
) -> None:
    async with client(router, user) as http:
        answer = await http.get("/rest/system/identity")
    assert (answer.status_code, answer.json().get("detail")) == (status, detail)


async def test_a_reader_changes_nothing_and_is_told_so_differently_per_verb(router: Router) -> None:
    async with client(router, "reader") as http:
        added = await http.put(FILTER, json={"chain": "input"})
        patched = await http.patch(f"{FILTER}/*1", json={"comment": "x"})
        posted = await http.post("/rest/ip/dns/set", json={"servers": "192.0.2.1"})
    texts = [answer.json()["detail"] for answer in (added, patched, posted)]
    denied = "not enough permissions (9)"
    assert texts == [denied, "missing or invalid resource identifier", denied]
    assert len(router.rows("/ip/firewall/filter")) == 4


async def test_secrets_show_only_with_the_policy_sensitive(router: Router) -> None:
    async with client(router) as admin, client(router, "poller") as poller:
        open_rows = (await admin.get("/rest/ppp/secret")).json()
        closed_rows = (await poller.get("/rest/ppp/secret")).json()
        users = (await admin.get("/rest/user")).json()
    assert open_rows[0]["password"] == "hidden-secret"
    assert "password" not in closed_rows[0]
    assert not any("password" in user for user in users)


async def test_a_password_bites_at_once_but_a_group_only_after_ten_minutes(
    router: Router, hand: HandClock
) -> None:
    async with client(router) as admin, client(router, "poller") as poller:
        await poller.get("/rest/system/identity")
        await admin.post("/rest/user/group/set", json={".id": "poll", "policy": "!read"})
        still = await poller.get("/rest/system/identity")
        hand.at += 601
        gone = await poller.get("/rest/system/identity")
        await admin.patch("/rest/user/poller", json={"password": "new"})
        refused = await poller.get("/rest/system/identity")
    assert [answer.status_code for answer in (still, gone, refused)] == [200, 500, 401]


async def test_setting_a_group_policy_adds_and_adding_a_group_is_absolute(router: Router) -> None:
    async with client(router) as http:
        await http.post("/rest/user/group/set", json={".id": "poll", "policy": "ftp"})
        added = (await http.put("/rest/user/group", json={"name": "g", "policy": "read,api"})).json()[
            "policy"
        ]
        held = next(r for r in router.rows("/user/group") if r["name"] == "poll")["policy"].split(",")
    assert {"ftp", "read", "test", "!write"} <= set(held)
    assert added.startswith("read,api,!local")


async def test_each_login_leaves_two_active_rows_that_stay(router: Router) -> None:
    async with client(router) as http:
        rows = (await http.get("/rest/user/active")).json()
        removal = await http.delete(f"/rest/user/active/{rows[0]['.id']}")
        log = (await http.get("/rest/log")).json()
    assert [row["via"] for row in rows] == ["rest-api", "api"]
    assert removal.json()["detail"] == "action failed (6)"
    assert log[-1]["message"] == "user admin logged in from 127.0.0.1 via rest-api"


async def test_a_move_without_a_known_destination_silently_goes_to_the_very_end(router: Router) -> None:
    async with client(router) as http:
        before = await http.post(f"{FILTER}/move", json={"numbers": "*3", "destination": "*1"})
        seen = [await order(http)]
        unknown = await http.post(f"{FILTER}/move", json={"numbers": "*3", "destination": "*77"})
        seen.append(await order(http))
        await http.post(f"{FILTER}/move", json={"numbers": "*4,*3", "destination": "0"})
        seen.append(await order(http))
        lost = await http.post(f"{FILTER}/move", json={"numbers": "*99"})
    assert seen == ["cabd", "abdc", "dcab"]
    assert (before.json(), unknown.status_code, unknown.json(), lost.status_code) == ([], 200, [], 404)


async def test_place_before_inserts_and_ids_stay_with_their_rows(router: Router) -> None:
    async with client(router) as http:
        added = (await http.put(FILTER, json={"chain": "input", "comment": "x", "place-before": "*2"})).json()
        rows = (await http.get(FILTER)).json()
    assert "".join(row["comment"] for row in rows) == "axbcd"
    assert added[".id"] == "*5"
    assert [row[".nextid"] for row in rows] == ["*5", "*2", "*3", "*4", "*FFFFFFFF"]


async def test_firewall_switches_show_only_for_rules_that_ever_had_them(router: Router) -> None:
    async with client(router) as http:
        await http.post(f"{FILTER}/disable", json={".id": "*1"})
        await http.post(f"{FILTER}/enable", json={".id": "*1"})
        rows = (await http.get(FILTER)).json()
    assert [row.get("disabled") for row in rows] == ["false", None, None, None]


async def test_a_command_without_an_end_is_cut_at_the_cap_with_all_that_waits_behind_it(
    router: Router,
) -> None:
    async with client(router) as http, client(router, "reader") as other, asyncio.timeout(5):
        async with asyncio.TaskGroup() as tasks:
            endless = tasks.create_task(http.post("/rest/tool/ping", json={"address": "192.0.2.1"}))
            await router.until(lambda: bool(router.ledger))
            waiting = tasks.create_task(http.get("/rest/system/identity"))
            beside = tasks.create_task(other.get("/rest/system/identity"))
        after = await http.get("/rest/system/identity")
    for cut in (endless.result(), waiting.result()):
        assert (cut.status_code, cut.json()["detail"]) == (400, "Session closed")
    assert (beside.result().status_code, after.status_code) == (200, 200)


async def test_a_request_whose_client_left_still_runs(router: Router) -> None:
    router.faults.slow(0.05, on="/system/identity")
    async with client(router) as http:
        brief = httpx.Timeout(5, read=0.02)
        with pytest.raises(httpx.ReadTimeout):
            await http.post("/rest/system/identity/set", json={"name": "late"}, timeout=brief)
    async with client(router) as http, asyncio.timeout(5):
        assert (await http.get("/rest/system/identity")).json() == {"name": "late"}
    assert router.writes[0].executed
