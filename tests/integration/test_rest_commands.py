"""The diagnostic commands over REST: a closed list, frames put together, one place or the other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hostile_router import client, hostile, scripted, target
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import Forbidden, RouterRefused, UnknownMenu
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.infra.routeros.diagnostics import diagnostic

NOT_THERE = ("400 Bad Request", {"error": 400, "message": "Bad Request", "detail": "no such command"})
ONE = {"address": "192.0.2.1", "count": "1"}


async def run(answer: object, path: str, name: str, **arguments: str) -> Sequence[Row]:
    """What the client makes of an answer, whatever was asked."""
    body = {each.replace("_", "-"): text for each, text in arguments.items()}
    async with hostile(scripted(lambda _path, _body: ("200 OK", answer))) as router, client() as rest:
        return await rest.run(target(router), path, name, body, timeout_s=1)


@pytest.mark.parametrize(
    ("path", "name", "arguments"),
    [
        ("/tool", "fetch", {"url": "https://192.0.2.1/x"}),
        ("/system", "reboot", {}),
        ("", "execute", {"script": ":put 1"}),
        ("/tool/ping", "", ONE),
        ("/tool", "ping/../../system/reboot", ONE),
        ("/tool", "ping", {"address": "192.0.2.1"}),
        ("/tool", "ping", {**ONE, "arp-ping": "yes"}),
        ("/tool", "bandwidth-test", {"address": "192.0.2.1", "duration": "5s", "user": "admin"}),
        ("/tool", "bandwidth-test", {"address": "192.0.2.1", "duration": "5s", "password": "made-up"}),
        ("/interface", "monitor-traffic", {"interface": "ether1", "duration": "50s"}),
        ("/tool", "ping", {**ONE, "interface": "ether1\n/system/reboot"}),
        ("/tool", "ping", {**ONE, "interface": "x" * 5_000}),
    ],
)
async def test_what_is_not_on_the_list_never_reaches_a_router(
    path: str, name: str, arguments: dict[str, str]
) -> None:
    async with hostile(scripted(lambda _path, _body: ("200 OK", []))) as router, client() as rest:
        with pytest.raises(Forbidden):
            await rest.run(target(router), path, name, arguments, timeout_s=1)
        assert (router.connections, router.requests) == (0, [])


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_no_other_command_passes(path: str, name: str, arguments: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        diagnostic(path, name, arguments)


async def test_ping_is_looked_for_where_older_versions_keep_it() -> None:
    def answer(path: str, _body: dict[str, str]) -> tuple[str, object]:
        return NOT_THERE if path == "/rest/tool/ping" else ("200 OK", [{"seq": "0", "time": "551us"}])

    async with hostile(scripted(answer)) as router, client() as rest:
        found = await rest.run(target(router), "/tool", "ping", ONE, timeout_s=1)
        assert found == [{"seq": "0", "time": "551us"}]
        assert len(router.requests) == 2
        with pytest.raises(UnknownMenu):
            async with hostile(scripted(lambda _path, _body: NOT_THERE)) as other:
                await rest.run(target(other, device_id="d2"), "/tool", "ping", ONE, timeout_s=1)


async def test_of_repeated_frames_the_last_of_each_key_counts() -> None:
    frames = [
        {".section": "0", "name": "ether1", "rx-bits-per-second": "1"},
        {".section": "0", "name": "ether2", "rx-bits-per-second": "2"},
        {".section": "1", "name": "ether1", "rx-bits-per-second": "3"},
    ]
    found = await run(frames, "/interface", "monitor-traffic", interface="ether1,ether2", once="")
    assert {row["name"]: row["rx-bits-per-second"] for row in found} == {"ether1": "3", "ether2": "2"}
    assert all(".section" not in row for row in found)


async def test_the_hops_of_all_frames_are_put_together_by_their_place() -> None:
    frames = [
        {".section": "0", "address": "192.0.2.1", "sent": "1"},
        {".section": "1", "address": "192.0.2.1", "sent": "2"},
        {".section": "1", "address": "", "sent": "1"},
        {".section": "1", "address": "192.0.2.3", "sent": "1"},
        {".section": "2", "address": "192.0.2.1", "sent": "3"},
    ]
    found = await run(frames, "/tool", "traceroute", **ONE)
    assert [(row["address"], row["sent"]) for row in found] == [
        ("192.0.2.1", "3"),
        ("", "1"),
        ("192.0.2.3", "1"),
    ]


async def test_an_error_in_the_last_frame_is_one_though_the_status_is_200() -> None:
    frames = [{".section": "0", "status": "connecting"}, {".section": "1", "status": "ERROR: no route"}]
    with pytest.raises(RouterRefused, match="no route"):
        await run(frames, "/tool", "bandwidth-test", address="192.0.2.1", duration="1s")


async def test_of_a_bandwidth_test_the_last_frame_remains() -> None:
    frames = [{".section": "0", "status": "connecting"}, {".section": "1", "status": "done testing"}]
    found = await run(frames, "/tool", "bandwidth-test", address="192.0.2.1", duration="1s")
    assert found == [{"status": "done testing"}]
