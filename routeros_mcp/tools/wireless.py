"""Clients of access points, in one form whichever package drives the radios."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import Field

from routeros_mcp.toolkit.spec import READS, Call, DevicesParams, Result
from routeros_mcp.tools.diagnose import DIAGNOSE
from routeros_mcp.tools.shapes import Failed, counted

__all__ = ["DIAGNOSE"]


class ClientsParams(DevicesParams):
    limit: int = Field(default=50, ge=1, le=500)


class Clients(Result):
    clients: list[dict[str, Any]]
    """Weakest first: device, system, interface, mac, ssid, signal_dbm, bit/s, seconds, bytes."""
    left_out: int = 0
    without_radio: list[str] = []
    failed: list[Failed] = []
    untrusted: bool = True

    def headline(self) -> str:
        silent = (
            f"; {counted(len(self.without_radio), 'device')} without wireless" if self.without_radio else ""
        )
        failed = f"; {counted(len(self.failed), 'device')} failed" if self.failed else ""
        return f"{counted(len(self.clients) + self.left_out, 'wireless client')}{silent}{failed}."


@DIAGNOSE.tool("Wireless clients", READS, timeout_s=180)
async def wireless_clients(call: Call, params: ClientsParams) -> Clients:
    """List Wi-Fi clients (wifi, wireless, CAPsMAN) in one form, weakest signal first. Use for bad Wi-Fi."""
    report = await call.services.wireless.clients(call.devices, params.limit)
    return Clients(
        clients=[
            {name: value for name, value in asdict(each).items() if value is not None}
            for each in report.clients
        ],
        left_out=report.left_out,
        without_radio=list(report.without_radio),
        failed=[Failed.of(failure.device, failure.error) for failure in report.failures],
    )
