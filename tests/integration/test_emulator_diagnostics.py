"""What emulated routers answer to ping, traceroute, bandwidth test and monitors, and what their log says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from test_emulator_rest import client

from routeros_mcp.emulator import Clock, Fleet, Router, RouterSpec, User

NOON = 1_795_262_400.0  # 2026-11-21 12:00:00 UTC
SPEC = RouterSpec(
    name="lab",
    version="7.23.2",
    pace=0.0,
    users=(User(name="admin", password="pass"), User(name="mute", password="pass", group="mute")),
    config={
        "/user/group": ({"name": "mute", "policy": "read,api,rest-api"},),
        "/ip/dns/static": ({"name": "a.example.com", "address": "192.0.2.9"},),
        "/system/clock": ({"gmt-offset": "+02:00"},),
        "/log": (
            {"time": "2025-12-31 10:00:00", "topics": "system,info", "message": "last year"},
            {"time": "2026-11-20 10:00:00", "topics": "system,info", "message": "yesterday"},
            {"time": "2026-11-21 10:00:00", "topics": "system,info", "message": "today"},
        ),
    },
)


@pytest.fixture
async def router() -> AsyncIterator[Router]:
    async with Fleet.running([SPEC], clock=Clock(wall=lambda: NOON)) as fleet:
        yield fleet["lab"]


async def post(router: Router, path: str, user: str = "admin", **arguments: str) -> tuple[int, Any]:
    body = {name.replace("_", "-"): text for name, text in arguments.items()}
    async with client(router, user) as http:
        answer = await http.post(f"/rest{path}", json=body)
    return answer.status_code, answer.json()


async def rows(router: Router, path: str, **arguments: str) -> list[dict[str, str]]:
    status, answer = await post(router, path, **arguments)
    assert status == httpx.codes.OK, answer
    found: list[dict[str, str]] = answer
    return found


async def refusal(router: Router, path: str, user: str = "admin", **arguments: str) -> str:
    status, answer = await post(router, path, user, **arguments)
    assert status >= httpx.codes.BAD_REQUEST
    return str(answer["detail"])


async def test_each_echo_is_a_row_with_the_counters_so_far(router: Router) -> None:
    found = await rows(router, "/tool/ping", address="192.0.2.1", count="3")
    assert found[0] == {
        "avg-rtt": "551us",
        "host": "192.0.2.1",
        "max-rtt": "551us",
        "min-rtt": "551us",
        "packet-loss": "0",
        "received": "1",
        "sent": "1",
        "seq": "0",
        "size": "56",
        "time": "551us",
        "ttl": "64",
    }
    assert [row["sent"] for row in found] == ["1", "2", "3"]
    assert await rows(router, "/ping", address="192.0.2.1", count="3") == found


async def test_lost_echoes_say_why(router: Router) -> None:
    (lost,) = await rows(router, "/tool/ping", address="198.51.100.7", count="1")
    assert lost == {
        "host": "198.51.100.7",
        "packet-loss": "100",
        "received": "0",
        "sent": "1",
        "seq": "0",
        "status": "timeout",
    }
    (unrouted,) = await rows(router, "/tool/ping", address="250.0.0.1", count="1")
    assert unrouted["status"] == "no route to host"


async def test_names_are_those_of_the_routers_own_entries(router: Router) -> None:
    (row,) = await rows(router, "/tool/ping", address="a.example.com", count="1")
    assert row["host"] == "192.0.2.9"
    assert "dns" in await refusal(router, "/tool/ping", address="b.example.com", count="1")


@pytest.mark.parametrize(
    ("path", "arguments", "words"),
    [
        ("/tool/ping", {"address": "192.0.2.1"}, "Session closed"),
        ("/tool/ping", {"address": "192.0.2.1", "count": "61"}, "Session closed"),
        ("/tool/ping", {"count": "1"}, "missing =address="),
        ("/tool/ping", {"address": "192.0.2.1", "count": "1", "flood": "yes"}, "unknown parameter flood"),
        ("/tool/ping", {"address": "192.0.2.1", "count": "1", "interval": "1ms"}, "interval is out of range"),
        ("/tool/ping", {"address": "192.0.2.1", "count": "1", "size": "9"}, "size out of range"),
        ("/tool/ping", {"address": "192.0.2.1", "count": "1", "interface": "x"}, "any value of interface"),
        ("/tool/traceroute", {"address": "192.0.2.1"}, "Session closed"),
        ("/tool/traceroute", {"address": "198.51.100.7", "count": "3"}, "Session closed"),
        ("/tool/bandwidth-test", {"address": "192.0.2.1"}, "Session closed"),
        ("/tool/bandwidth-test", {"address": "192.0.2.1", "duration": "90s"}, "Session closed"),
        ("/interface/monitor-traffic", {"interface": "ether1"}, "Session closed"),
        ("/interface/monitor-traffic", {"interface": "ether1", "once": "false"}, "Session closed"),
        ("/interface/monitor-traffic", {"interface": "x", "once": ""}, "any value of interface"),
        ("/interface/monitor-traffic", {"once": ""}, "missing =interface="),
        ("/interface/ethernet/monitor", {"numbers": "ether1"}, "Session closed"),
    ],
)
async def test_what_does_not_end_or_fit_is_refused(
    router: Router, path: str, arguments: dict[str, str], words: str
) -> None:
    assert words in await refusal(router, path, **arguments)


@pytest.mark.parametrize("name", ["ping", "traceroute", "bandwidth-test"])
async def test_diagnostics_need_the_policy_test(router: Router, name: str) -> None:
    asked = {"address": "192.0.2.1", "count": "1"}
    assert await refusal(router, f"/tool/{name}", "mute", **asked) == "not enough permissions (9)"


async def test_each_frame_of_a_trace_repeats_the_table(router: Router) -> None:
    found = await rows(router, "/tool/traceroute", address="192.0.2.77", count="1")
    last = [row for row in found if row[".section"] == found[-1][".section"]]
    assert len(found) > len(last)
    assert [row["address"] for row in last][1:] == ["", "203.0.113.1", "192.0.2.77"]
    assert (last[1]["last"], last[1]["loss"]) == ("timeout", "100")


async def test_a_bandwidth_test_tells_its_state_each_second(router: Router) -> None:
    asked = {"address": "192.0.2.9", "duration": "3s", "direction": "both"}
    found = await rows(router, "/tool/bandwidth-test", **asked)
    assert [row["status"] for row in found] == ["connecting", "running", "running", "done testing"]
    assert {"rx-total-average", "tx-total-average"} <= found[-1].keys()
    (refused,) = await rows(router, "/tool/bandwidth-test", address="198.51.100.7", duration="3s")
    assert refused["status"] == "can not connect"


async def test_monitors_look_once_or_for_a_while(router: Router) -> None:
    once = await rows(router, "/interface/monitor-traffic", interface="ether1,ether2", once="")
    assert [row["name"] for row in once] == ["ether1", "ether2"]
    assert int(once[0]["rx-bits-per-second"]) > 0
    framed = await rows(router, "/interface/monitor-traffic", interface="ether1", duration="2s")
    assert [row[".section"] for row in framed] == ["0", "1"]
    links = await rows(router, "/interface/ethernet/monitor", numbers="ether1,ether2", once="")
    assert [row["status"] for row in links] == ["link-ok", "link-ok"]


async def test_counters_grow_as_the_rates_say() -> None:
    now = [1000.0]
    async with Fleet.running([SPEC], clock=Clock(steady=lambda: now[0])) as fleet:
        router = fleet["lab"]
        before = int(router.rows("/interface")[1]["rx-byte"])
        now[0] += 100
        grown = int(router.rows("/interface")[1]["rx-byte"]) - before
        (row,) = await rows(router, "/interface/monitor-traffic", interface="ether2", once="")
        assert grown * 8 / 100 == pytest.approx(int(row["rx-bits-per-second"]), rel=0.15)
        router.edit("/interface", "ether2", {"disabled": "true"})
        (row,) = await rows(router, "/interface/monitor-traffic", interface="ether2", once="")
        assert row["rx-bits-per-second"] == "0"


@pytest.mark.parametrize(
    ("version", "times", "date"),
    [
        ("7.23.2", ["2025-12-31 10:00:00", "2026-11-20 10:00:00", "2026-11-21 10:00:00"], "2026-11-21"),
        ("7.8", ["dec/31/2025 10:00:00", "nov/20 10:00:00", "10:00:00"], "nov/21/2026"),
    ],
)
async def test_the_log_tells_local_time_as_its_version_does(
    version: str, times: list[str], date: str
) -> None:
    async with Fleet.running([replace(SPEC, version=version)], clock=Clock(wall=lambda: NOON)) as fleet:
        router = fleet["lab"]
        assert [row["time"] for row in router.rows("/log")] == times
        (clock,) = router.rows("/system/clock")
        assert (clock["date"], clock["time"], clock["gmt-offset"]) == (date, "14:00:00", "+02:00")
