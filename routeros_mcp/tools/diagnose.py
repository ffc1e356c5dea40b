"""Looking at the network from where a router stands; offered on request: `--toolsets default,diagnose`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from routeros_mcp.domain.diagnosis import Hop, Rtt
from routeros_mcp.domain.diagnostics_service import BandwidthRequest, PingRequest, TraceRequest, Way
from routeros_mcp.domain.models import Effect, Scope, Tier
from routeros_mcp.toolkit.spec import READS, Call, DeviceParams, Result, Toolset, Traits

DIAGNOSE = Toolset(name="diagnose", description="Probe the network from a router.", on_request=True)
_LOADS = Traits(tier=Tier.PROFESSIONAL, scope=Scope.WRITE, effect=Effect.CHANGE, idempotent=False)


class ProbeParams(DeviceParams):
    address: str = Field(min_length=1, max_length=253)
    """IP address or host name to probe."""
    source: str | None = Field(default=None, max_length=45)
    """The router's own address to probe from."""
    interface: str | None = Field(default=None, max_length=100)
    """Interface to leave by."""
    vrf: str | None = Field(default=None, max_length=100)
    """Routing instance."""

    def way(self) -> Way:
        return Way(source=self.source, interface=self.interface, vrf=self.vrf)


class PingParams(ProbeParams):
    count: int = Field(default=5, ge=1, le=20)
    """Echoes."""
    size_bytes: int = Field(default=56, ge=28, le=9000)
    """Size of the packet."""
    interval_s: float = Field(default=1.0, ge=0.2, le=5)
    """Between echoes."""


class Pinged(Result):
    device: str
    address: str
    sent: int
    received: int
    loss_percent: float
    rtt_ms: dict[str, float] | None = None
    replies: list[dict[str, Any]]
    """In order: seq, rtt_ms, ttl; of lost ones the status."""
    untrusted: bool = True

    def headline(self) -> str:
        times = f", {self.rtt_ms['avg']:g} ms on average" if self.rtt_ms else ""
        return f"{self.device} to {self.address}: {self.received} of {self.sent} answered{times}."


@DIAGNOSE.tool("Ping", READS, timeout_s=240)
async def ping(call: Call, params: PingParams) -> Pinged:
    """Ping from a router. Use to tell whether it reaches an address, and how well."""
    request = PingRequest(
        address=params.address,
        count=params.count,
        size_bytes=params.size_bytes,
        interval_s=params.interval_s,
        way=params.way(),
    )
    report = await call.services.diagnostics.ping(call.device, request, call.progress)
    return Pinged(
        device=call.device.name,
        address=report.address,
        sent=report.sent,
        received=report.received,
        loss_percent=_percent(report.sent - report.received, report.sent),
        rtt_ms=_times(report.rtt),
        replies=[
            _held(seq=echo.seq, rtt_ms=echo.rtt_ms, ttl=echo.ttl, status=echo.status or None)
            for echo in report.echoes
        ],
    )


class TraceParams(ProbeParams):
    max_hops: int = Field(default=20, ge=1, le=30)
    """Give up after so many."""
    rounds: int = Field(default=3, ge=1, le=5)
    """Probes for each hop."""


class Traced(Result):
    device: str
    address: str
    reached: bool
    hops: list[dict[str, Any]]
    """In order: hop, addresses (none when silent), loss_percent, rtt_ms, status."""
    untrusted: bool = True

    def headline(self) -> str:
        end = "reached" if self.reached else "not reached"
        return f"{self.device} to {self.address}: {end} after {len(self.hops)} hops."


@DIAGNOSE.tool("Traceroute", READS, timeout_s=300)
async def traceroute(call: Call, params: TraceParams) -> Traced:
    """Trace the way from a router hop by hop. Use when ping fails or is slow, to see where."""
    request = TraceRequest(
        address=params.address, max_hops=params.max_hops, rounds=params.rounds, way=params.way()
    )
    hops = await call.services.diagnostics.traceroute(call.device, request, call.progress)
    return Traced(
        device=call.device.name,
        address=params.address,
        reached=_is_reached(hops, params),
        hops=[_hop(hop) for hop in hops],
    )


class BandwidthParams(DeviceParams):
    address: str = Field(min_length=1, max_length=253)
    """A router whose bandwidth server asks for no login."""
    direction: Literal["receive", "transmit", "both"] = "receive"
    protocol: Literal["tcp", "udp"] = "tcp"
    duration_s: int = Field(default=5, ge=1, le=20)
    """How long the line is filled."""


class Tested(Result):
    device: str
    address: str
    status: str
    receive_bits_per_second: int | None = None
    transmit_bits_per_second: int | None = None
    lost_packets: int | None = None
    local_cpu_percent: int | None = None
    remote_cpu_percent: int | None = None
    untrusted: bool = True

    def headline(self) -> str:
        return f"{self.device} to {self.address}: {self.status}."


@DIAGNOSE.tool("Bandwidth test", _LOADS, timeout_s=90)
async def bandwidth_test(call: Call, params: BandwidthParams) -> Tested:
    """Fill the line between two routers for seconds to measure it. Disturbs traffic: ask the person first."""
    request = BandwidthRequest(
        address=params.address,
        direction=params.direction,
        protocol=params.protocol,
        duration_s=params.duration_s,
    )
    report = await call.services.diagnostics.bandwidth_test(call.device, request, call.progress)
    return Tested(
        device=call.device.name,
        address=params.address,
        status=report.status,
        receive_bits_per_second=report.receive_bps,
        transmit_bits_per_second=report.transmit_bps,
        lost_packets=report.lost_packets,
        local_cpu_percent=report.local_cpu_percent,
        remote_cpu_percent=report.remote_cpu_percent,
    )


def _is_reached(hops: Sequence[Hop], params: TraceParams) -> bool:
    """The last hop is the address asked for; for a name, the way ended before it had to."""
    if not hops or not hops[-1].times_ms:
        return False
    return params.address in hops[-1].addresses or (
        len(hops) < params.max_hops and not _is_address(params.address)
    )


def _is_address(text: str) -> bool:
    return ":" in text or text.replace(".", "").isdigit()


def _hop(hop: Hop) -> dict[str, Any]:
    return _held(
        hop=hop.number,
        addresses=list(hop.addresses),
        loss_percent=_percent(hop.sent - len(hop.times_ms), hop.sent),
        rtt_ms=_times(hop.rtt),
        status=hop.status or None,
    )


def _times(rtt: Rtt | None) -> dict[str, float] | None:
    return {"min": rtt.min, "avg": rtt.avg, "max": rtt.max} if rtt else None


def _percent(part: int, whole: int) -> float:
    return round(100.0 * part / whole, 1) if whole else 0.0


def _held(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
