"""Looks at the network from where a router stands: ping, traceroute, bandwidth test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.diagnosis import BandwidthReport, Echo, Hop, PingReport, bandwidth, echo, hops
from routeros_mcp.domain.errors import BadAnswer
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import ReportProgress, RouterCommands, Target
from routeros_mcp.domain.validation import probe_address, routeros_name, source_address

_ECHOES_PER_REQUEST = 5
_TRACE_TIMEOUT_S = 1.0
_MARGIN_S = 15.0  # for the connection, and for a router that is slow to start


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """By which way a probe leaves the router; None leaves it to routing."""

    source: str | None = None
    interface: str | None = None
    vrf: str | None = None

    def arguments(self) -> dict[str, str]:
        """As RouterOS names them.

        Raises:
            InvalidParams: one of them cannot be what it should be.
        """
        held = {
            "src-address": source_address(self.source) if self.source is not None else None,
            "interface": routeros_name(self.interface) if self.interface is not None else None,
            "vrf": routeros_name(self.vrf) if self.vrf is not None else None,
        }
        return {name: text for name, text in held.items() if text is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class PingRequest:
    address: str
    count: int = 5
    size_bytes: int = 56
    interval_s: float = 1.0
    way: Way = Way()


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRequest:
    address: str
    max_hops: int = 20
    rounds: int = 3
    way: Way = Way()


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthRequest:
    """`direction` is the router's: receive, transmit or both."""

    address: str
    direction: str = "receive"
    protocol: str = "tcp"
    duration_s: int = 5


class DiagnosticsService:
    """Long runs are cut into requests well below the router's 60 s cap; between them there is progress."""

    def __init__(self, router: RouterCommands, connections: Connections) -> None:
        self._router = router
        self._connections = connections

    async def ping(self, device: DeviceDomain, request: PingRequest, progress: ReportProgress) -> PingReport:
        """Raises InvalidParams before anything is sent, or what the router or the way to it answers."""
        fixed = {
            "address": probe_address(request.address),
            "size": str(request.size_bytes),
            "interval": f"{round(request.interval_s * 1000)}ms",
            **request.way.arguments(),
        }
        target = await self._connections.target(device)
        echoes: list[Echo] = []
        report = PingReport(address=request.address, echoes=())
        while len(echoes) < request.count:
            count = min(_ECHOES_PER_REQUEST, request.count - len(echoes))
            timeout_s = count * (request.interval_s + 1) + _MARGIN_S
            rows = await self._router.run(
                target, "/tool", "ping", {**fixed, "count": str(count)}, timeout_s=timeout_s
            )
            echoes += _echoes(rows, len(echoes), count, device)
            report = PingReport(address=request.address, echoes=tuple(echoes))
            await progress(len(echoes), request.count, f"{report.received} of {report.sent} answered")
        return report

    async def traceroute(
        self, device: DeviceDomain, request: TraceRequest, progress: ReportProgress
    ) -> tuple[Hop, ...]:
        """Trace in rounds of one probe for each hop, so that a silent way stays below the cap."""
        arguments = {
            "address": probe_address(request.address),
            "count": "1",
            "max-hops": str(request.max_hops),
            "timeout": f"{_TRACE_TIMEOUT_S:g}s",
            "use-dns": "no",
            **request.way.arguments(),
        }
        target = await self._connections.target(device)
        timeout_s = request.max_hops * _TRACE_TIMEOUT_S + _MARGIN_S
        rounds: list[Sequence[Row]] = []
        while len(rounds) < request.rounds:
            found = await self._router.run(target, "/tool", "traceroute", arguments, timeout_s=timeout_s)
            rounds.append(found[: request.max_hops])
            await progress(len(rounds), request.rounds, f"round {len(rounds)}: {len(found)} hops")
        return hops(rounds)

    async def bandwidth_test(
        self, device: DeviceDomain, request: BandwidthRequest, progress: ReportProgress
    ) -> BandwidthReport:
        """Fill the line for a few seconds; the far end needs a bandwidth server that asks for no login."""
        arguments = {
            "address": probe_address(request.address),
            "direction": request.direction,
            "protocol": request.protocol,
            "duration": f"{request.duration_s}s",
        }
        target = await self._connections.target(device)
        await progress(0, request.duration_s, f"testing for {request.duration_s} s")
        rows = await self._tested(target, arguments, request.duration_s + _MARGIN_S)
        report = bandwidth(rows[-1])
        await progress(request.duration_s, request.duration_s, report.status)
        return report

    async def _tested(self, target: Target, arguments: dict[str, str], timeout_s: float) -> Sequence[Row]:
        rows = await self._router.run(target, "/tool", "bandwidth-test", arguments, timeout_s=timeout_s)
        if not rows:
            raise BadAnswer(f"{target.name} said nothing of the test.", fix="Try again.")
        return rows


def _echoes(rows: Sequence[Row], done: int, count: int, device: DeviceDomain) -> list[Echo]:
    if not rows:
        raise BadAnswer(f"{device.name} sent no ping.", fix="Try again; look into the router's log.")
    return [echo(row, done + at) for at, row in enumerate(rows[:count])]
