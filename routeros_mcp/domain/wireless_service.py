"""Who is connected to the access points of many routers, in one form whichever package drives the radios."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.capabilities import Capabilities
from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.device_fanout import Bounds, DeviceFailure, ask_each
from routeros_mcp.domain.errors import UnknownMenu, WireError
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.models.capability import Has
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Query, RouterReader, Target
from routeros_mcp.domain.values import clean_text, parse_duration, parse_rate

_SIGNAL = re.compile(r"(-?[0-9]{1,3})(?:@.*)?")
_BYTES = re.compile(r"([0-9]+)[,/]([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A registration table: the capability that tells of it, and what it calls the signal."""

    path: str
    capability: str
    system: str
    signal: str
    names: tuple[str, ...]

    @property
    def query(self) -> Query:
        shared = ("interface", "mac-address", "rx-rate", "tx-rate", "uptime", "bytes", "comment")
        return Query(path=self.path, fields=(*shared, self.signal, *self.names))


_TABLES = (
    _Table(
        path="/interface/wifi/registration-table",
        capability="wifi",
        system="wifi",
        signal="signal",
        names=("ssid", "band"),
    ),
    _Table(
        path="/interface/wireless/registration-table",
        capability="wireless",
        system="wireless",
        signal="signal-strength",
        names=("last-ip",),
    ),
    _Table(
        path="/caps-man/registration-table",
        capability="capsman",
        system="caps-man",
        signal="rx-signal",
        names=("ssid",),
    ),
)
_OWN_SSIDS = Query(path="/interface/wireless", fields=("name", "ssid"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WirelessClient:
    """One client as its access point sees it: dBm, bit/s, seconds; bytes sent to it and received from it."""

    device: str
    system: str
    interface: str
    mac: str
    ssid: str | None = None
    signal_dbm: int | None = None
    rx_bps: int | None = None
    tx_bps: int | None = None
    uptime_s: int | None = None
    tx_bytes: int | None = None
    rx_bytes: int | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WirelessReport:
    """Weakest signal first; `without_radio` have no wireless menu at all."""

    clients: tuple[WirelessClient, ...]
    left_out: int
    without_radio: tuple[str, ...]
    failures: tuple[DeviceFailure, ...]


class WirelessService:
    def __init__(
        self, router: RouterReader, connections: Connections, capabilities: Capabilities, bounds: Bounds
    ) -> None:
        self._router = router
        self._connections = connections
        self._capabilities = capabilities
        self._bounds = bounds

    async def clients(self, devices: Sequence[DeviceDomain], limit: int) -> WirelessReport:
        """Raises the routers' common error, when none of them answered."""
        answers, failures = await ask_each(devices, self._connections, self._of_one, self._bounds)
        found = [client for _, clients in answers for client in clients or ()]
        found.sort(key=lambda each: (each.signal_dbm is None, each.signal_dbm or 0, each.device, each.mac))
        return WirelessReport(
            clients=tuple(found[:limit]),
            left_out=max(0, len(found) - limit),
            without_radio=tuple(name for name, clients in answers if clients is None),
            failures=failures,
        )

    async def _of_one(
        self, device: DeviceDomain, target: Target
    ) -> tuple[str, tuple[WirelessClient, ...] | None]:
        """None instead of clients for a router that has none of the tables."""
        tables = [table for table in _TABLES if await self._is_there(target, table)]
        found: list[WirelessClient] = []
        for table in tables:
            rows = await self._rows(target, table)
            ssids = await self._ssids(target) if rows and table.system == "wireless" else {}
            found += [_client(device, table, row, ssids) for row in rows]
        return device.name, tuple(found) if tables else None

    async def _is_there(self, target: Target, table: _Table) -> bool:
        return await self._capabilities.has(target, table.capability) is not Has.NO

    async def _rows(self, target: Target, table: _Table) -> Sequence[Row]:
        try:
            return await self._router.read(target, table.query)
        except UnknownMenu:
            return ()

    async def _ssids(self, target: Target) -> Mapping[str, str]:
        """The wireless table names the interface only."""
        rows = await self._router.read(target, _OWN_SSIDS)
        return {row["name"]: row["ssid"] for row in rows if "name" in row and "ssid" in row}


def _client(device: DeviceDomain, table: _Table, row: Row, ssids: Mapping[str, str]) -> WirelessClient:
    interface = row.get("interface", "")
    ssid, comment = row.get("ssid", ssids.get(interface)), row.get("comment")
    sent, received = read_both(row.get("bytes", ""))
    return WirelessClient(
        device=device.name,
        system=table.system,
        interface=clean_text(interface),
        mac=clean_text(row.get("mac-address", "")).upper(),
        ssid=clean_text(ssid) if ssid else None,
        signal_dbm=read_signal(row.get(table.signal, "")),
        rx_bps=_rate(row.get("rx-rate", "")),
        tx_bps=_rate(row.get("tx-rate", "")),
        uptime_s=_seconds(row.get("uptime", "")),
        tx_bytes=sent,
        rx_bytes=received,
        comment=clean_text(comment) if comment else None,
    )


def read_signal(text: str) -> int | None:
    """DBm of `-57` and of `-56@6Mbps`."""
    found = _SIGNAL.fullmatch(text)
    return int(found[1]) if found else None


def read_both(text: str) -> tuple[int | None, int | None]:
    """Both numbers of `81234,991234`, sent and received as the access point sees it."""
    found = _BYTES.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (None, None)


def _rate(text: str) -> int | None:
    """Bits per second of `866700000` and of `144.4Mbps-20MHz/2S/SGI`."""
    try:
        return parse_rate(text)
    except WireError:
        return None


def _seconds(text: str) -> int | None:
    try:
        return int(parse_duration(text).total_seconds())
    except WireError:
        return None
