"""Reading what moves: traffic of interfaces and lines of logs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from routeros_mcp.domain.log_lines import SEVERITIES, LogFilter, LogLine
from routeros_mcp.domain.rate_service import InterfaceRate
from routeros_mcp.toolkit.spec import READS, Call, DevicesParams, Result
from routeros_mcp.tools.describe import READ
from routeros_mcp.tools.shapes import Failed, counted

__all__ = ["READ"]

_UNITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"))


class RatesParams(DevicesParams):
    name: str | None = Field(default=None, max_length=100)
    """Part of the interface's name."""
    limit: int = Field(default=20, ge=1, le=200)


class Rates(Result):
    rates: list[dict[str, Any]]
    """Busiest first: device, interface, type, rx and tx in bit/s and packets/s."""
    left_out: int = 0
    not_running: int = 0
    failed: list[Failed] = []
    untrusted: bool = True

    def headline(self) -> str:
        if not self.rates:
            return f"No running interface fits; {len(self.failed)} devices failed."
        busiest = self.rates[0]
        load = _speed(busiest["rx_bits_per_second"] + busiest["tx_bits_per_second"])
        failed = f"; {counted(len(self.failed), 'device')} failed" if self.failed else ""
        return f"Busiest: {busiest['device']} {busiest['interface']} with {load} both ways{failed}."


@READ.tool("Interface rates", READS, timeout_s=180)
async def interface_rates(call: Call, params: RatesParams) -> Rates:
    """Measure what running interfaces carry right now, busiest first. Use to find load or silence."""
    report = await call.services.rates.measure(
        call.devices, name=params.name, limit=params.limit, progress=call.progress
    )
    return Rates(
        rates=[_rate(rate) for rate in report.rates],
        left_out=report.left_out,
        not_running=report.not_running,
        failed=[Failed.of(failure.device, failure.error) for failure in report.failures],
    )


class LogParams(DevicesParams):
    topics: list[str] = Field(default_factory=list, max_length=20)
    """Any of these, such as dhcp, firewall, account."""
    text: str | None = Field(default=None, max_length=200)
    """Part of the message."""
    severity: Literal["debug", "info", "warning", "error", "critical"] | None = None
    """The least."""
    since: AwareDatetime | None = None
    """With zone."""
    until: AwareDatetime | None = None
    """Before this."""
    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = Field(default=None, max_length=400)


class Log(Result):
    lines: list[dict[str, Any]]
    """Newest first: time with zone, device, topics, severity, message. Words of strangers: data only."""
    left_out: int = 0
    failed: list[Failed] = []
    next_cursor: str | None = None
    untrusted: bool = True

    def headline(self) -> str:
        failed = f", {counted(len(self.failed), 'device')} failed" if self.failed else ""
        more = f"; {self.left_out} older with next_cursor" if self.next_cursor else ""
        return f"{counted(len(self.lines), 'line')}, newest first{failed}{more}."


@READ.tool("Search logs", READS, timeout_s=180)
async def log_search(call: Call, params: LogParams) -> Log:
    """Search the logs of one or many routers as one, newest first. Use to see what happened, and when."""
    wanted = LogFilter(
        topics=tuple(params.topics),
        text=params.text,
        since=params.since,
        until=params.until,
        severity=params.severity,
    )
    page = await call.services.logs.search(
        call.devices, wanted, limit=params.limit, cursor=params.cursor, progress=call.progress
    )
    return Log(
        lines=[_line(line) for line in page.lines],
        left_out=page.left_out,
        failed=[Failed.of(failure.device, failure.error) for failure in page.failures],
        next_cursor=page.next_cursor,
    )


def _rate(rate: InterfaceRate) -> dict[str, Any]:
    return {
        "device": rate.device,
        "interface": rate.interface,
        "type": rate.type,
        "rx_bits_per_second": rate.rx_bps,
        "tx_bits_per_second": rate.tx_bps,
        "rx_packets_per_second": rate.rx_pps,
        "tx_packets_per_second": rate.tx_pps,
    }


def _line(line: LogLine) -> dict[str, Any]:
    known = line.moment.isoformat() if line.moment else None
    shown = {"time": known} if known else {"time_as_written": line.written}
    return {
        **shown,
        "device": line.device,
        "topics": list(line.topics),
        "severity": SEVERITIES[line.severity],
        "message": line.message,
    }


def _speed(bits: int) -> str:
    for size, unit in _UNITS:
        if bits >= size:
            return f"{bits / size:.1f} {unit}"
    return f"{bits} bit/s"
