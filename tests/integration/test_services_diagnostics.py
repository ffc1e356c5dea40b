"""Ping, traceroute and bandwidth test from a router, through the pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from world import World, principal, world

from routeros_mcp.domain.device_service import DeviceChanges
from routeros_mcp.domain.models import Role
from routeros_mcp.emulator import branch_fleet
from routeros_mcp.toolkit.pipeline import Success

Steps = list[tuple[int, int, str]]


@pytest.fixture
async def w() -> AsyncIterator[World]:
    """One router whose commands take no time, though the cap counts what they would take."""
    async with world(specs=[replace(spec, pace=0.0) for spec in branch_fleet(1)]) as place:
        yield place


async def followed(w: World, tool: str, **arguments: Any) -> tuple[dict[str, Any], Steps]:
    """The answer, and the progress that was reported on the way with how much the router had done by then."""
    steps: Steps = []

    async def note(done: int, total: int, message: str) -> None:
        steps.append((done, total, message))

    asked = {"device": w.names[0], **arguments}
    answer = await w.app.pipeline.call(w.admin, tool, asked, progress=note)
    assert isinstance(answer, Success)
    return answer.result.payload(), steps


def sent(w: World, path: str) -> list[dict[str, Any]]:
    return [request.arguments() for request in w.router().ledger if request.path == f"/rest{path}"]


async def test_a_long_ping_is_cut_into_requests_with_progress_between_them(w: World) -> None:
    answer, steps = await followed(w, "ping", address="192.0.2.1", count=12, interval_s=0.2)
    assert [(done, total) for done, total, _ in steps] == [(5, 12), (10, 12), (12, 12)]
    assert [asked["count"] for asked in sent(w, "/tool/ping")] == ["5", "5", "2"]
    assert {asked["interval"] for asked in sent(w, "/tool/ping")} == {"200ms"}
    assert (answer["sent"], answer["received"], answer["loss_percent"]) == (12, 12, 0.0)
    assert [reply["seq"] for reply in answer["replies"]] == list(range(12))
    assert answer["rtt_ms"]["min"] == 0.551 <= answer["rtt_ms"]["avg"] <= answer["rtt_ms"]["max"]
    assert answer["untrusted"] is True


async def test_progress_is_reported_when_the_router_has_answered_not_before(w: World) -> None:
    seen: list[tuple[int, int]] = []

    async def note(done: int, total: int, message: str) -> None:
        seen.append((done, len(sent(w, "/tool/ping"))))

    await w.app.pipeline.call(
        w.admin, "ping", {"device": w.names[0], "address": "192.0.2.1", "count": 20}, progress=note
    )
    assert seen == [(5, 1), (10, 2), (15, 3), (20, 4)]


async def test_the_longest_ping_stays_below_the_cap() -> None:
    specs = [replace(spec, pace=0.0) for spec in branch_fleet(1)]
    async with world(specs=specs) as w:
        answer = await w.call("ping", device=w.names[0], address="198.51.100.7", count=20, interval_s=5)
    assert (answer["received"], answer["loss_percent"]) == (0, 100.0)
    assert "rtt_ms" not in answer
    assert {reply["status"] for reply in answer["replies"]} == {"timeout"}
    assert answer["summary"].endswith("198.51.100.7: 0 of 20 answered.")


async def test_the_way_of_a_ping_is_typed_and_passed_on(w: World) -> None:
    way = {"source": "192.0.2.9", "interface": "ether1", "vrf": "main", "size_bytes": 1400}
    await w.call("ping", device=w.names[0], address="192.0.2.1", count=1, **way)
    assert sent(w, "/tool/ping") == [
        {
            "address": "192.0.2.1",
            "size": "1400",
            "interval": "1000ms",
            "src-address": "192.0.2.9",
            "interface": "ether1",
            "vrf": "main",
            "count": "1",
        }
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        {"address": "192.0.2.1; /system/reboot"},
        {"address": "$(reboot)"},
        {"address": "192.0.2.1 count=1"},
        {"address": "192.0.2.256"},
        {"address": "10.0.0"},
        {"address": "-x.example"},
        {"address": "a..b"},
        {"address": "a" * 64 + ".example"},
        {"address": "fe80::1%ether1"},
        {"address": "224.0.0.1"},
        {"address": "255.255.255.255"},
        {"address": "::"},
        {"address": "192.0.2.1\n"},
        {"address": "192.0.2.1", "source": "ether1"},
        {"address": "192.0.2.1", "interface": "ether1\n"},
        {"address": "192.0.2.1", "vrf": " "},
        {"address": "192.0.2.1", "count": 21},
        {"address": "192.0.2.1", "count": 0},
        {"address": "192.0.2.1", "interval_s": 0.1},
        {"address": "192.0.2.1", "size_bytes": 20},
        {"address": "192.0.2.1", "arp-ping": "yes"},
    ],
)
@pytest.mark.parametrize("tool", ["ping"])
async def test_what_is_no_address_or_out_of_bounds_never_reaches_the_router(
    w: World, tool: str, arguments: dict[str, Any]
) -> None:
    failed = await w.fails(tool, device=w.names[0], **arguments)
    assert failed.code == "invalid_params"
    assert w.router().ledger == []


async def test_a_name_that_does_not_resolve_is_told_in_the_routers_words(w: World) -> None:
    failed = await w.fails("ping", device=w.names[0], address="nowhere.example.net")
    assert (failed.code, failed.message) == ("router_refused", "failure: dns server failure")


async def test_a_trace_puts_its_rounds_together_and_names_the_silent_hop(w: World) -> None:
    answer, steps = await followed(w, "traceroute", address="192.0.2.77", rounds=2)
    assert [(done, total) for done, total, _ in steps] == [(1, 2), (2, 2)]
    assert (answer["reached"], len(answer["hops"])) == (True, 4)
    first, silent, _, last = answer["hops"]
    assert (first["hop"], first["loss_percent"], len(first["addresses"])) == (1, 0.0, 1)
    assert silent == {"hop": 2, "addresses": [], "loss_percent": 100.0}
    assert (last["addresses"], last["rtt_ms"]["avg"] > 0) == (["192.0.2.77"], True)


async def test_a_silent_way_is_traced_below_the_cap(w: World) -> None:
    answer, _ = await followed(w, "traceroute", address="198.51.100.7", max_hops=30, rounds=3)
    assert (answer["reached"], len(answer["hops"])) == (False, 30)


async def test_a_way_that_is_cut_short_is_not_reached(w: World) -> None:
    answer, _ = await followed(w, "traceroute", address="192.0.2.77", max_hops=3)
    assert (answer["reached"], len(answer["hops"])) == (False, 3)


async def test_a_bandwidth_test_says_what_the_line_carries(w: World) -> None:
    answer, steps = await followed(w, "bandwidth_test", address="192.0.2.9", direction="both", duration_s=3)
    assert [(done, total) for done, total, _ in steps] == [(0, 3), (3, 3)]
    assert answer["status"] == "done testing"
    assert answer["receive_bits_per_second"] == answer["transmit_bits_per_second"] == 937_000_000
    assert sent(w, "/tool/bandwidth-test") == [
        {"address": "192.0.2.9", "direction": "both", "protocol": "tcp", "duration": "3s"}
    ]
    refused = await w.call("bandwidth_test", device=w.names[0], address="198.51.100.7")
    assert refused["status"] == "can not connect"


async def test_filling_a_line_needs_the_devices_permission_and_the_right_to_write(w: World) -> None:
    asked = {"device": w.names[0], "address": "192.0.2.9"}
    reader = principal(Role.READ_ONLY)
    assert (await w.fails("bandwidth_test", who=reader, **asked)).code == "forbidden"
    await w.call("ping", who=reader, **asked, count=1)
    off = DeviceChanges(allow_professional_workflows=False)
    await w.app.services.devices.update(await w.device(), off)
    assert (await w.fails("bandwidth_test", **asked)).code == "forbidden"


async def test_a_router_that_is_down_is_an_error_and_not_a_loss(w: World) -> None:
    w.router().faults.down()
    assert (await w.fails("ping", device=w.names[0], address="192.0.2.1")).code == "device_unreachable"
    w.router().faults.up()
    w.router().faults.session_closed()
    assert (await w.fails("ping", device=w.names[0], address="192.0.2.1")).code == "session_closed"
