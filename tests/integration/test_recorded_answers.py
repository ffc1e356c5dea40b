"""Every recorded answer once more over a real socket: what our client makes of it, and never does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hostile_router import PASSWORD, HostileRouter, Manners, Talk, client, hostile, scripted, target

from routeros_mcp.domain.errors import (
    DeviceError,
    LoginFailed,
    NoSuchItem,
    OutcomeUnknown,
    PolicyDenied,
    RouterRefused,
    SessionCut,
    UnknownMenu,
)
from routeros_mcp.domain.ports import Query
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.wire import Request

Row = dict[str, Any]
CAPTURES = Path(__file__).parents[1] / "captures"
REFUSALS: list[Row] = [
    row
    for row in json.loads((CAPTURES / "observed_errors.json").read_text("utf-8"))["rest"]
    if row["status"] >= HTTPStatus.BAD_REQUEST
]
STATUSES: list[Row] = [
    {**row, "of": name}
    for name in ("7_23_2", "7_24rc2")
    for row in json.loads((CAPTURES / f"transport_rest_{name}.json").read_text("utf-8"))["rows"]
]

# What the router's words mean; everything else is a refusal in its own words.
BY_WORDS = {
    "no such command or directory (nonexistent)": UnknownMenu,
    "no such command or directory (remove)": UnknownMenu,
    "no such command": UnknownMenu,
    "no such command prefix": NoSuchItem,
    "no such item": NoSuchItem,
    "std failure: not allowed (9)": PolicyDenied,
    "not enough permissions (9)": PolicyDenied,
    "Session closed": SessionCut,
}
BY_STATUS = {401: LoginFailed, 404: NoSuchItem}
# After these a write may have happened: the command went on, or the server failed behind it.
UNDECIDED = {("Session closed", 400), ("(crash path)", 500), (None, 501), (None, 503)}
NO_JSON = {403: b"<title>403 Forbidden</title>", 503: b""}

READ = Query(path="/ip/address", item="*1")
Deed = Callable[[RestClient, HostileRouter], Awaitable[object]]
WRITES: dict[str, Deed] = {
    "add": lambda rest, router: rest.add(target(router), "/ip/address", {"comment": "x"}),
    "set": lambda rest, router: rest.set(target(router), "/ip/address", "*1", {"comment": "x"}),
    "remove": lambda rest, router: rest.remove(target(router), "/ip/address", "*1"),
}


def kind_of(row: Row) -> type[DeviceError]:
    return BY_WORDS.get(row["detail"]) or BY_STATUS.get(row["status"], RouterRefused)


def always(status: int, body: bytes) -> Manners:
    async def manners(talk: Talk) -> None:
        while await talk.request():
            talk.answer(body, f"{status} {HTTPStatus(status).phrase}", "Content-Type: application/json")

    return manners


def answering(row: Row) -> Manners:
    """The recorded answer to whatever is asked, with our own login mixed into its words."""
    status, detail = row["status"], row["detail"]
    told = {"error": status, "message": HTTPStatus(status).phrase}
    if detail is not None:
        told["detail"] = f"{detail} {PASSWORD}"
    return always(status, NO_JSON.get(status, json.dumps(told).encode()))


def name_of(row: Row) -> str:
    return f"{row['status']}-{row['when'][:40]}"


@pytest.mark.parametrize("row", REFUSALS, ids=name_of)
async def test_a_recorded_refusal_of_a_read_is_its_own_error_and_is_not_asked_again(row: Row) -> None:
    async with hostile(answering(row)) as router, client() as rest:
        with pytest.raises(DeviceError) as caught:
            await rest.read(target(router), READ)
        assert type(caught.value) is kind_of(row)
        assert len(router.requests) == 1
        assert_told(row, caught.value)


@pytest.mark.parametrize("row", REFUSALS, ids=name_of)
async def test_a_recorded_refusal_of_a_write_is_sent_once_and_says_whether_it_is_sure(row: Row) -> None:
    async with hostile(answering(row)) as router, client() as rest:
        for name, write in WRITES.items():
            router.requests.clear()
            with pytest.raises(DeviceError) as caught:
                await write(rest, router)
            is_undecided = (row["detail"], row["status"]) in UNDECIDED
            assert type(caught.value) is (OutcomeUnknown if is_undecided else kind_of(row)), name
            assert len(router.requests) == 1, name
            assert_told(row, caught.value)


async def test_a_recorded_script_error_under_200_is_no_export() -> None:
    said = "input does not match any value of certificate (/ip/service/set (certificate); line 1)"
    denied = {"error": 500, "message": "Internal Server Error", "detail": "not enough permissions (9)"}

    def answer(path: str, _body: dict[str, str]) -> tuple[str, object]:
        return ("200 OK", {"ret": f"{said}\r\n"}) if path == "/rest/execute" else ("500 Error", denied)

    async with hostile(scripted(answer)) as router, client() as rest:
        with pytest.raises(PolicyDenied) as caught:
            await rest.export(target(router))
        assert said in str(caught.value.__cause__)


def assert_told(row: Row, error: DeviceError) -> None:
    """The router's words are kept for the reader, what to do is added, and nothing secret is in either."""
    if row["detail"] is not None:
        assert row["detail"] in error.message
    assert error.fix
    assert PASSWORD not in str(error) + str(error.data)


# -- successes -------------------------------------------------------------------------------------------

ADDRESSES: list[dict[str, str]] = [
    {".id": "*1", "address": "192.0.2.1/24", "interface": "ether1", "network": "192.0.2.0"}
]
ENTRY = {".id": "*1", "address": "192.0.2.7", "list": "x"}
BODIES: dict[tuple[str, str], object] = {
    ("GET", "/rest/ip/address"): ADDRESSES,
    ("GET", "/rest/system/resource"): {"uptime": "1h", "version": "7.23.2 (stable)"},
    ("POST", "/rest/ip/address/print"): ADDRESSES,
    ("PUT", "/rest/ip/firewall/address-list"): ENTRY,
    ("GET", "/rest/ip/firewall/address-list/*1"): ENTRY,
    ("PATCH", "/rest/ip/firewall/address-list/*1"): {**ENTRY, "comment": "q8-updated"},
    ("POST", "/rest/ip/dns/cache/flush"): [],
}


def queried(row: Row) -> Query:
    """The recorded read as our client would want it."""
    path, _, item = row["url"].removeprefix("/rest").removesuffix("/print").partition("/*")
    body = row.get("body", {})
    words = dict(word.split("=") for word in body.get(".query", ()))
    fields = tuple(name for name in body.get(".proplist", "").split(",") if name)
    return Query(path=path, where=words, fields=fields, item=f"*{item}" if item else None)


@pytest.mark.parametrize("row", STATUSES, ids=lambda row: f"{row['of']}-{row['method']}-{row['url']}")
async def test_a_recorded_success_is_understood(row: Row) -> None:
    method, url = row["method"], row["url"]
    answer = BODIES.get((method, url))
    body = b"" if answer is None else json.dumps(answer).encode()
    async with hostile(always(row["status"], body)) as router, client() as rest:
        if method == "GET" or url.endswith("/print"):
            found = await rest.read(target(router), queried(row))
            expected = answer if isinstance(answer, list) else [answer]
            wanted = {".id", *queried(row).fields}
            assert found == [
                {name: text for name, text in one.items() if len(wanted) == 1 or name in wanted}
                for one in expected
            ]
        else:
            sent = json.dumps(row["body"]).encode() if "body" in row else None
            request = Request(method=method, target=url, body=sent)
            told = await rest.alone(target(router), lambda session: session.tell(request))
            assert told == (answer if answer is not None else [])
        (whole,) = router.requests
        assert whole.startswith(f"{method} {url} HTTP/1.1\r\n".encode())
        if "body" in row and ".proplist" not in row["body"]:
            assert json.loads(whole.partition(b"\r\n\r\n")[2]) == row["body"]
