"""What the interfaces of many routers carry at this moment, the busiest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.device_fanout import Bounds, DeviceFailure, ask_each
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Query, ReportProgress, RouterCommands, RouterReader, Target
from routeros_mcp.domain.values import clean_text, parse_rate

_INTERFACES = Query(path="/interface", fields=("name", "type", "running", "disabled"))
_PER_REQUEST = 50
_MOST_INTERFACES = 500
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceRate:
    """Bits and packets per second, as the router itself measured them over its last second."""

    device: str
    interface: str
    type: str
    rx_bps: int
    tx_bps: int
    rx_pps: int
    tx_pps: int

    @property
    def load_bps(self) -> int:
        return self.rx_bps + self.tx_bps


@dataclass(frozen=True, slots=True, kw_only=True)
class RateReport:
    rates: tuple[InterfaceRate, ...]
    left_out: int
    not_running: int
    failures: tuple[DeviceFailure, ...]


@dataclass(frozen=True, slots=True)
class _Measured:
    rates: tuple[InterfaceRate, ...]
    not_running: int
    skipped: int


class RateService:
    def __init__(
        self, router: RouterReader, commands: RouterCommands, connections: Connections, bounds: Bounds
    ) -> None:
        self._router = router
        self._commands = commands
        self._connections = connections
        self._bounds = bounds

    async def measure(
        self, devices: Sequence[DeviceDomain], *, name: str | None, limit: int, progress: ReportProgress
    ) -> RateReport:
        """The `limit` busiest of the running interfaces whose name contains `name`.

        Raises:
            the routers' common error, when none of them answered.
        """

        async def one(device: DeviceDomain, target: Target) -> _Measured:
            return await self._measured(device, target, (name or "").casefold())

        answers, failures = await ask_each(devices, self._connections, one, self._bounds, progress)
        rates = [rate for answer in answers for rate in answer.rates]
        rates.sort(key=lambda rate: (-rate.load_bps, rate.device, rate.interface))
        return RateReport(
            rates=tuple(rates[:limit]),
            left_out=max(0, len(rates) - limit) + sum(answer.skipped for answer in answers),
            not_running=sum(answer.not_running for answer in answers),
            failures=failures,
        )

    async def _measured(self, device: DeviceDomain, target: Target, part: str) -> _Measured:
        rows = [
            row
            for row in await self._router.read(target, _INTERFACES)
            if part in row.get("name", "").casefold()
        ]
        running = [row for row in rows if row.get("running") == "true" and row.get("disabled") != "true"]
        # names stand between commas in the command, so one with a comma cannot be asked for
        asked = [row for row in running if row.get("name") and "," not in row["name"]][:_MOST_INTERFACES]
        rates: list[InterfaceRate] = []
        for at in range(0, len(asked), _PER_REQUEST):
            rates += await self._watched(device, target, asked[at : at + _PER_REQUEST])
        return _Measured(tuple(rates), len(rows) - len(running), len(running) - len(asked))

    async def _watched(
        self, device: DeviceDomain, target: Target, asked: Sequence[Row]
    ) -> list[InterfaceRate]:
        types = {row["name"]: row.get("type", "") for row in asked}
        found = await self._commands.run(
            target,
            "/interface",
            "monitor-traffic",
            {"interface": ",".join(types), "once": ""},
            timeout_s=_TIMEOUT_S,
        )
        return [_rate(device, row, types[row["name"]]) for row in found if row.get("name") in types]


def _rate(device: DeviceDomain, row: Row, kind: str) -> InterfaceRate:
    return InterfaceRate(
        device=device.name,
        interface=clean_text(row["name"]),
        type=clean_text(kind),
        rx_bps=parse_rate(row.get("rx-bits-per-second", "0")),
        tx_bps=parse_rate(row.get("tx-bits-per-second", "0")),
        rx_pps=parse_rate(row.get("rx-packets-per-second", "0")),
        tx_pps=parse_rate(row.get("tx-packets-per-second", "0")),
    )
