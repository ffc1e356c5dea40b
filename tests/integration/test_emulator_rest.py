"""What the emulated REST API answers, row by row against recordings."""

import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from routeros_mcp.emulator import Fleet, Router, RouterSpec, User

CAPTURES = Path(__file__).parent.parent / "captures"
SPEC = RouterSpec(
    name="lab",
    version="7.23.2",
    users=(
        User(name="admin", password="pass"),
        User(name="reader", password="pass", group="read"),
        User(name="noapi", password="pass", group="noapi"),
        User(name="norest", password="pass", group="norest"),
        User(name="far", password="pass", address="10.9.9.0/24"),
        User(name="off", password="pass", is_disabled=True),
    ),
    config={
        "/user/group": (
            {"name": "noapi", "policy": "read,rest-api"},
            {"name": "norest", "policy": "read,api"},
        ),
        "/ip/address": ({"address": "192.0.2.1/24", "interface": "ether1", "network": "192.0.2.0"},),
        "/ip/pool": ({"name": "pool", "ranges": "192.0.2.10-192.0.2.20"},),
        "/ip/dns/static": ({"name": "a.example.com", "address": "192.0.2.9"},),
    },
    manager_interface="ether2",
)


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def client(router: Router, user: str = "admin", phrase: str = "pass") -> httpx.AsyncClient:
    url = f"https://{router.address}"
    return httpx.AsyncClient(base_url=url, auth=(user, phrase), verify=trusting(), timeout=5)


@pytest.fixture
async def router() -> AsyncIterator[Router]:
    async with Fleet.running([SPEC]) as fleet:
        yield fleet["lab"]


@pytest.fixture
async def http(router: Router) -> AsyncIterator[httpx.AsyncClient]:
    async with client(router) as opened:
        yield opened


def recorded_transport() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((CAPTURES / "transport_rest_7_23_2.json").read_text())["rows"]
    return rows


async def test_every_recorded_request_gets_its_recorded_status(http: httpx.AsyncClient) -> None:
    for row in recorded_transport():
        answer = await http.request(row["method"], row["url"], json=row.get("body"))
        assert (row["method"], row["url"], answer.status_code) == (row["method"], row["url"], row["status"])


def observed(when: str) -> tuple[int, str | None]:
    rows = json.loads((CAPTURES / "observed_errors.json").read_text())["rest"]
    found = next(row for row in rows if row["when"] == when)
    return found["status"], found["detail"]


NO_RESOURCE = (
    "PATCH/DELETE without id, PATCH on singleton, PATCH with unknown param by name, "
    "PATCH by user without write"
)
LIST = "/rest/ip/firewall/address-list"
FILTER = "/rest/ip/firewall/filter"
LEASE = "/rest/ip/dhcp-server/lease"
# The recorded situation, the requests that lead to it (the last is judged), and what to replace in its text.
SITUATIONS: list[tuple[str, list[tuple[str, str, Any]], tuple[str, str]]] = [
    ("unknown id on GET/PATCH/DELETE", [("GET", "/rest/ip/address/*99", None)], ("", "")),
    ("unknown id on GET/PATCH/DELETE", [("PATCH", "/rest/ip/address/*99", {"comment": "x"})], ("", "")),
    ("unknown id on GET/PATCH/DELETE", [("DELETE", "/rest/ip/address/*99", None)], ("", "")),
    ("unknown path", [("GET", "/rest/nonexistent", None)], ("", "")),
    ("GET/POST on menu with a bad command", [("GET", "/rest/ip/address/print", None)], ("", "")),
    ("GET/POST on menu with a bad command", [("POST", "/rest/ip/address/fly", {})], ("", "")),
    ("GET/POST on menu with a bad command", [("POST", "/rest/ip/address", {})], ("", "")),
    (
        "non-name in URL where the menu has no name / %2A encoded id",
        [("GET", "/rest/ip/address/foo", None)],
        ("", ""),
    ),
    (
        "non-name in URL where the menu has no name / %2A encoded id",
        [("GET", "/rest/ip/address/%2A1", None)],
        ("", ""),
    ),
    ("unknown argument", [("PUT", LIST, {"list": "x", "address": "192.0.2.7", "foo": "1"})], ("", "")),
    ("bad enum", [("PUT", "/rest/interface/bonding", {"slaves": "ether1", "mode": "fast"})], ("", "")),
    (
        "dangling hard reference",
        [("PUT", "/rest/ip/address", {"address": "10.0.0.1/24", "interface": "no"})],
        ("", ""),
    ),
    (
        "number out of range",
        [("PUT", "/rest/queue/tree", {"parent": "global", "priority": "9"})],
        ("1..254", "1..8"),
    ),
    (
        "duration out of range",
        [("POST", "/rest/system/device-mode/update", {"activation-timeout": "1s"})],
        ("", ""),
    ),
    (
        "malformed value",
        [("PUT", "/rest/ip/address", {"address": "10.0.0.777", "interface": "ether1"})],
        ("", ""),
    ),
    ("malformed ip range", [("PUT", FILTER, {"chain": "input", "src-address": "10.0.0.x"})], ("", "")),
    ("missing argument", [("PUT", LIST, {"address": "192.0.2.7"})], ("", "")),
    ("bad route gateway", [("PUT", "/rest/ip/route", {"gateway": "nowhere"})], ("", "")),
    (
        "/ip/firewall/address-list same list+address",
        [("PUT", LIST, {"list": "x", "address": "192.0.2.7"})] * 2,
        ("", ""),
    ),
    (
        "/ip/dhcp-server/network same",
        [("PUT", "/rest/ip/dhcp-server/network", {"address": "10.0.0.0/24"})] * 2,
        ("", ""),
    ),
    (
        "/ip/dhcp-server/network not a network",
        [("PUT", "/rest/ip/dhcp-server/network", {"address": "10.0.0.1/24"})],
        ("", ""),
    ),
    (
        "/ip/dhcp-server/lease same mac",
        [
            ("PUT", LEASE, {"mac-address": "02:00:00:00:00:01", "address": "192.0.2.11"}),
            ("PUT", LEASE, {"mac-address": "02-00-00-00-00-01", "address": "192.0.2.12"}),
        ],
        ("", ""),
    ),
    (
        "/ip/dhcp-server/lease same ip",
        [
            ("PUT", LEASE, {"mac-address": "02:00:00:00:00:01", "address": "192.0.2.11"}),
            ("PUT", LEASE, {"mac-address": "02:00:00:00:00:02", "address": "192.0.2.11"}),
        ],
        ("", ""),
    ),
    (
        "/ip/dns/static same",
        [("PUT", "/rest/ip/dns/static", {"name": "a.example.com", "address": "192.0.2.9"})],
        ("", ""),
    ),
    (
        "/ip/dns/static name and regexp",
        [("PUT", "/rest/ip/dns/static", {"name": "b", "regexp": "c"})],
        ("", ""),
    ),
    ("/ip/dns/static MX", [("PUT", "/rest/ip/dns/static", {"name": "b", "type": "MX"})], ("", "")),
    (
        "/ip/dhcp-server same name",
        [("PUT", "/rest/ip/dhcp-server", {"name": "s", "interface": "ether1"})] * 2,
        ("", ""),
    ),
    (
        "/user same name",
        [("PUT", "/rest/user", {"name": "reader", "group": "read", "password": "x"})],
        ("", ""),
    ),
    ("/user/group remove with members", [("DELETE", "/rest/user/group/noapi", None)], ("", "")),
    (
        "move before itself",
        [
            ("PUT", FILTER, {"chain": "input"}),
            ("POST", FILTER + "/move", {"numbers": "*1", "destination": "*1"}),
        ],
        ("", ""),
    ),
    ("contents > ~60 KiB", [("PUT", "/rest/file", {"name": "x.txt", "contents": "x" * 61_501})], ("", "")),
    (
        "file/read past end",
        [
            ("PUT", "/rest/file", {"name": "x.txt", "contents": "abc"}),
            ("POST", "/rest/file/read", {"file": "x.txt", "offset": "9", "chunk-size": "32768"}),
        ],
        ("", ""),
    ),
    ("place-before=0 on empty chain", [("PUT", FILTER, {"chain": "input", "place-before": "0"})], ("", "")),
    ("move without ids", [("POST", FILTER + "/move", {})], ("", "")),
    (
        "PATCH place-before",
        [("PUT", FILTER, {"chain": "input"}), ("PATCH", FILTER + "/*1", {"place-before": "*1"})],
        ("", ""),
    ),
    ("listen on singleton", [("POST", "/rest/ip/dns/listen", {})], ("", "")),
    (
        NO_RESOURCE,
        [("PATCH", "/rest/system/identity", {"name": "x"})],
        ("", ""),
    ),
    (
        NO_RESOURCE,
        [("PATCH", "/rest/interface/ethernet/ether1", {"foo": "x"})],
        ("", ""),
    ),
    (
        NO_RESOURCE,
        [("DELETE", "/rest/ip/address", None)],
        ("", ""),
    ),
]


@pytest.mark.parametrize(("when", "steps", "renamed"), SITUATIONS)
async def test_a_recorded_refusal_is_refused_in_the_recorded_words(
    http: httpx.AsyncClient, when: str, steps: list[tuple[str, str, Any]], renamed: tuple[str, str]
) -> None:
    for method, path, body in steps:
        answer = await http.request(method, path, json=body)
    status, detail = observed(when)
    expected = detail.replace(*renamed) if detail and renamed[0] else detail
    assert (answer.status_code, answer.json().get("detail")) == (status, expected)


async def test_an_add_answers_201_with_location_and_the_whole_object(http: httpx.AsyncClient) -> None:
    answer = await http.put("/rest/ip/address", json={"address": "10.0.0.1/24", "interface": "ether2"})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/rest/ip/address/*2"
    assert answer.json() == {
        ".id": "*2",
        "actual-interface": "ether2",
        "address": "10.0.0.1/24",
        "disabled": "false",
        "dynamic": "false",
        "interface": "ether2",
        "invalid": "false",
        "network": "10.0.0.0",
        "slave": "false",
        "vrf": "main",
    }


async def test_values_read_back_in_the_routers_own_form(http: httpx.AsyncClient) -> None:
    server = {"name": "s", "interface": "ether1", "lease-time": "3600s", "address-pool": "pool"}
    added = (await http.put("/rest/ip/dhcp-server", json=server)).json()
    lease = (await http.put(LEASE, json={"mac-address": "aa-bb-cc-dd-ee-0f", "address": "192.0.2.12"})).json()
    dns = {"servers": ["192.0.2.1", "192.0.2.2"], "allow-remote-requests": True, "cache-size": 4096}
    await http.post("/rest/ip/dns/set", json=dns)
    shown = (await http.get("/rest/ip/dns")).json()
    assert added["lease-time"] == "1h"
    assert lease["mac-address"] == "AA:BB:CC:DD:EE:0F"
    assert (shown["servers"], shown["allow-remote-requests"]) == ("192.0.2.1,192.0.2.2", "true")
    assert shown["cache-size"] == "4096"


async def test_a_json_number_with_a_leading_zero_is_octal_and_an_exponent_is_refused(
    http: httpx.AsyncClient,
) -> None:
    headers = {"Content-Type": "application/json"}
    octal = await http.post("/rest/ip/dns/set", content=b'{"cache-size": 010000}', headers=headers)
    shown = (await http.get("/rest/ip/dns")).json()["cache-size"]
    power = await http.post("/rest/ip/dns/set", content=b'{"cache-size": 1e4}', headers=headers)
    assert (octal.status_code, shown) == (200, "4096")
    assert (power.status_code, power.json()["detail"]) == (400, "Failed to parse json")


async def test_proplist_adds_the_id_to_lists_only(http: httpx.AsyncClient) -> None:
    rows = (await http.get("/rest/ip/address?.proplist=address")).json()
    one = (await http.get("/rest/ip/address/*1?.proplist=address")).json()
    printed = (await http.post("/rest/ip/address/print", json={".proplist": ["address"]})).json()
    assert rows == [{".id": "*1", "address": "192.0.2.1/24"}]
    assert one == {"address": "192.0.2.1/24"}
    assert printed == [{"address": "192.0.2.1/24"}]


async def test_query_words_work_on_a_stack(http: httpx.AsyncClient) -> None:
    async def names(*words: str) -> list[str]:
        body = {".query": list(words), ".proplist": "name"}
        return [row["name"] for row in (await http.post("/rest/interface/print", json=body)).json()]

    assert await names("name=ether1", "name=ether2", "#|") == ["ether1", "ether2"]
    assert await names("name=ether1", "#!") == ["ether2"]
    assert await names("name=ether1", "-comment") == ["ether1"]
    assert await names("comment") == []
    assert await names("name~ether") == []
    assert (await http.post("/rest/interface/print", json={"count-only": ""})).json() == {"ret": "2"}


async def test_a_url_filter_matches_exactly_and_booleans_take_yes(http: httpx.AsyncClient) -> None:
    assert len((await http.get("/rest/ip/address?interface=ether1&disabled=no")).json()) == 1
    assert (await http.get("/rest/ip/address?.id=*1")).json()[0]["address"] == "192.0.2.1/24"
    assert (await http.get("/rest/ip/address?interface=ether")).json() == []


async def test_keys_are_sorted_with_the_id_first(http: httpx.AsyncClient) -> None:
    for path in ("/rest/interface", "/rest/ip/route", "/rest/user", "/rest/ip/service"):
        for row in (await http.get(path)).json():
            assert list(row) == sorted(row)


async def test_a_rename_is_followed_and_a_removal_leaves_the_raw_id(http: httpx.AsyncClient) -> None:
    await http.put("/rest/interface/bridge", json={"name": "br"})
    await http.put("/rest/ip/address", json={"address": "10.1.0.1/24", "interface": "br"})
    await http.patch("/rest/interface/br", json={"name": "br-office"})
    renamed = (await http.get("/rest/ip/address/*2")).json()["interface"]
    bridge = (await http.get("/rest/interface/bridge")).json()[0][".id"]
    await http.delete(f"/rest/interface/bridge/{bridge}")
    assert (renamed, (await http.get("/rest/ip/address/*2")).json()["interface"]) == ("br-office", bridge)


async def test_an_address_brings_a_connected_route_that_goes_with_its_interface(
    http: httpx.AsyncClient,
) -> None:
    async def networks() -> list[str]:
        return [row["dst-address"] for row in (await http.get("/rest/ip/route?connect=true")).json()]

    before = await networks()
    await http.post("/rest/interface/disable", json={".id": "ether1"})
    assert (before, await networks()) == (["192.0.2.0/24"], [])


async def test_a_disabled_static_route_loses_its_distance_and_table(http: httpx.AsyncClient) -> None:
    added = (await http.put("/rest/ip/route", json={"gateway": "192.0.2.254"})).json()
    disabled = (await http.patch(f"/rest/ip/route/{added['.id']}", json={"disabled": "yes"})).json()
    assert added[".id"].startswith("*8000000")
    assert (added["active"], added["immediate-gw"], "disabled" in added) == (
        "true",
        "192.0.2.254%ether1",
        False,
    )
    assert not {"distance", "routing-table", "scope", "active"} & disabled.keys()


async def test_execute_answers_200_with_the_error_in_ret(http: httpx.AsyncClient) -> None:
    async def run(script: str) -> str:
        answer = await http.post("/rest/execute", json={"script": script, "as-string": ""})
        assert answer.status_code == 200
        text: str = answer.json()["ret"]
        return text

    wrong = "input does not match any value of certificate (/ip/service/set (certificate); line 1)\r\n"
    assert await run("/ip/service/set www-ssl certificate=nope") == wrong
    assert await run("foo") == "bad command name foo (line 1 column 1)\r\n"
    assert await run(':put "a b"') == "a b\r\n"
    assert await run(':error "x"') == "x (:error; line 1)\r\n"
    missing = "Script Error: missing value(s) of argument(s) address interface (/ip/address/add; line 1)\r\n"
    assert await run("/ip address add") == missing
    job = (await http.post("/rest/execute", json={"script": ":put 1"})).json()["ret"]
    assert job == "*B546"


async def test_sections_arrive_as_frames(http: httpx.AsyncClient) -> None:
    frames = (await http.post("/rest/system/package/update/check-for-updates", json={})).json()
    assert [frame[".section"] for frame in frames] == ["0", "1"]
    assert frames[-1]["status"] == "System is already up to date"


async def test_the_web_server_itself_refuses_what_is_not_rest(router: Router) -> None:
    async with client(router) as http:
        assert (await http.head("/rest/ip/address")).status_code == 501
        assert (await http.options("/rest/ip/address")).status_code == 503
        assert (await http.post("/rest/ip/dns/set", content=b"{}")).status_code == 415
        headers = {"Content-Type": "application/json"}
        bad = await http.post("/rest/ip/dns/set", content=b"{", headers=headers)
        big = await http.post("/rest/file", content=b'{"a":"' + b"x" * 130_000 + b'"}', headers=headers)
        assert (bad.json()["detail"], big.status_code) == ("Failed to parse json", 413)
    async with client(router, "nobody", "wrong") as stranger:
        assert (await stranger.get("/")).status_code == 200
        refused = await stranger.get("/rest/system/identity")
        assert (refused.status_code, refused.json()) == (401, {"error": 401, "message": "Unauthorized"})
        assert refused.headers["www-authenticate"].startswith("Basic")


async def test_routerboard_menus_are_unknown_on_a_chr(http: httpx.AsyncClient) -> None:
    answer = await http.get("/rest/system/routerboard")
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "no such command or directory (routerboard)",
    )


async def test_a_menu_without_a_table_takes_known_arguments_and_refuses_others(
    http: httpx.AsyncClient,
) -> None:
    added = await http.put("/rest/ip/proxy/access", json={"dst-port": "80"})
    refused = await http.put("/rest/ip/proxy/access", json={"colour": "red"})
    assert (added.status_code, added.json()["dst-port"]) == (201, "80")
    assert refused.json()["detail"] == "unknown parameter colour"


async def test_the_own_connection_shows_among_the_services(http: httpx.AsyncClient) -> None:
    dynamic = [row for row in (await http.get("/rest/ip/service")).json() if row["dynamic"] == "true"]
    assert [row["name"] for row in dynamic] == ["www-ssl"]
