"""Every row of the recorded refusals is provoked: here those that need more than a request and its body."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from test_emulator_rest import CAPTURES, SITUATIONS, SPEC, client, observed

from routeros_mcp.emulator import Fleet, Router, RouterSpec

JSON = {"Content-Type": "application/json"}
LATEST = replace(SPEC, version="7.24")
OLDEST = replace(SPEC, version="7.1.5")
SHORT = replace(SPEC, cap_s=0.2)


async def _login(router: Router) -> list[httpx.Response]:
    answers = []
    for user, phrase in (("admin", "wrong"), ("norest", "pass"), ("far", "pass")):
        async with client(router, user, phrase) as http:
            answers.append(await http.get("/rest/system/identity"))
    return answers


async def _without_api(router: Router) -> list[httpx.Response]:
    async with client(router, "noapi") as http:
        return [await http.get("/rest/system/identity")]


async def _without_policy(router: Router) -> list[httpx.Response]:
    async with client(router, "reader") as http:
        return [await http.put("/rest/ip/pool", json={"ranges": "192.0.2.1"})]


async def _old_path(router: Router) -> list[httpx.Response]:
    async with client(router) as http:
        return [await http.post("/rest/remove/x", json={})]


async def _bad_json(router: Router) -> list[httpx.Response]:
    async with client(router) as http:
        return [await http.post("/rest/ip/dns/set", content=b"{", headers=JSON)]


async def _cancelled(router: Router) -> list[httpx.Response]:
    update = "/rest/system/package/update"
    async with client(router) as http, client(router, "second") as other, asyncio.TaskGroup() as group:
        checking = group.create_task(http.post(f"{update}/check-for-updates", json={}))
        await router.until(lambda: any(request.executed for request in router.ledger))
        await other.post(f"{update}/cancel", json={})
        return [await checking]


async def _too_long(router: Router) -> list[httpx.Response]:
    async with client(router) as http:
        return [await http.post("/rest/tool/ping", json={"address": "192.0.2.9"})]


async def _web_server(router: Router, method: str, **given: Any) -> list[httpx.Response]:
    async with client(router) as http:
        return [await http.request(method, "/rest/file", **given)]


async def _switched_off(router: Router) -> list[httpx.Response]:
    router.edit("/ip/service/webserver", None, {"rest-secure": "no"})
    async with client(router) as http:
        return [await http.get("/rest/system/identity")]


async def _device_mode(router: Router) -> list[httpx.Response]:
    async with client(router) as http:
        return [await http.post("/rest/system/device-mode/print", json={})]


async def _script(router: Router) -> list[httpx.Response]:
    body = {"script": "/ip/service/set www-ssl certificate=nope", "as-string": ""}
    async with client(router) as http:
        return [await http.post("/rest/execute", json=body)]


Provoke = Callable[[Router], Awaitable[list[httpx.Response]]]
OTHERWISE: dict[str, tuple[RouterSpec, Provoke]] = {
    "wrong credentials / user lacks rest-api policy / source not in user address list": (SPEC, _login),
    "user has rest-api but not api policy (or no read)": (SPEC, _without_api),
    "command needs a policy the user lacks": (SPEC, _without_policy),
    "unknown path, oldest v7 (7.1 era manual text)": (OLDEST, _old_path),
    "bad JSON": (SPEC, _bad_json),
    "check-for-updates cancelled": (SPEC, _cancelled),
    "command still running after 60 s": (SHORT, _too_long),
    "body without Content-Type: application/json": (
        SPEC,
        lambda router: _web_server(router, "POST", content=b"{}"),
    ),
    "HEAD": (SPEC, lambda router: _web_server(router, "HEAD")),
    "OPTIONS": (SPEC, lambda router: _web_server(router, "OPTIONS")),
    "/rest/file body >= ~126 KiB": (
        SPEC,
        lambda router: _web_server(router, "POST", content=b" " * 130_000, headers=JSON),
    ),
    "rest-plain/rest-secure switched off in /ip/service/webserver": (LATEST, _switched_off),
    "/rest/system/device-mode/print": (replace(SPEC, version="7.20.5"), _device_mode),
    "execute as-string: script error": (SPEC, _script),
}
# The recording names the crash, not its text.
UNRECORDED = {"/rest/system/device-mode/print"}


def test_every_recorded_refusal_is_provoked_somewhere() -> None:
    rows = json.loads((CAPTURES / "observed_errors.json").read_text())["rest"]
    assert {row["when"] for row in rows} == {when for when, _, _ in SITUATIONS} | OTHERWISE.keys()


@pytest.mark.parametrize("when", OTHERWISE)
async def test_a_recorded_refusal_is_answered_as_recorded(when: str) -> None:
    spec, provoke = OTHERWISE[when]
    status, detail = observed(when)
    second = replace(spec.users[0], name="second")
    async with asyncio.timeout(20), Fleet.running([replace(spec, users=(*spec.users, second))]) as fleet:
        answers = await provoke(fleet["lab"])
    assert [answer.status_code for answer in answers] == [status] * len(answers)
    if detail is not None and when not in UNRECORDED:
        assert {answer.json()["detail"].replace("(x)", "") for answer in answers} == {detail}


async def test_the_recorded_session_of_the_release_candidate_repeats() -> None:
    rows = json.loads((CAPTURES / "transport_rest_7_24rc2.json").read_text())["rows"]
    async with Fleet.running([replace(SPEC, version="7.24rc2")]) as fleet, client(fleet["lab"]) as http:
        for row in rows:
            answer = await http.request(row["method"], row["url"], json=row.get("body"))
            assert (row["url"], answer.status_code) == (row["url"], row["status"])


async def test_a_connection_beyond_the_service_limit_is_accepted_and_closed() -> None:
    limit = {"/ip/service": ({"name": "www-ssl", "max-sessions": "2", "certificate": "rest"},)}
    async with Fleet.running([replace(SPEC, config=limit)]) as fleet:
        router = fleet["lab"]
        async with client(router) as first, client(router) as second, client(router) as third:
            assert (await first.get("/rest/system/identity")).status_code == 200
            assert (await second.get("/rest/system/identity")).status_code == 200
            with pytest.raises(httpx.TransportError):
                await third.get("/rest/system/identity")
            assert (await first.get("/rest/system/identity")).status_code == 200
