"""Configuration texts: captured, redacted, compressed, compared."""

from __future__ import annotations

import asyncio
import difflib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import ExportError, InvalidParams, NotFound, RouterosMcpError
from routeros_mcp.domain.export import (
    Hit,
    LineQuery,
    ObjectChange,
    diff_exports,
    hits_in,
    parse_export,
    words_of,
)
from routeros_mcp.domain.fanout import fan_out
from routeros_mcp.domain.models import DeviceDomain, ExportText, Principal, Selector, SnapshotDomain
from routeros_mcp.domain.pagination import Page, decode_cursor, encode_cursor
from routeros_mcp.domain.ports import (
    Clock,
    Ids,
    MenuSchema,
    ReportProgress,
    RouterReader,
    UnitOfWork,
)
from routeros_mcp.domain.redaction import export_checksum, normalise_export, redact_export

CONFIG = "config"
_LEVEL = 6
_SEARCHED_AT_ONCE = 50
_SEARCHED_AT_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One device's capture. `changed` is None for a first snapshot."""

    device: DeviceDomain
    snapshot: SnapshotDomain | None = None
    changed: bool | None = None
    error: RouterosMcpError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDiff:
    """Two texts compared without time stamps and volatile comments; `lines` is a unified diff.

    `objects` tells the same by rows and properties, compared by meaning: a line that only moved or says the
    same in other words is no change there. It is None where a text does not read as an export.
    """

    device_names: tuple[str, ...]
    older: str
    newer: str
    lines: tuple[str, ...]
    objects: tuple[ObjectChange, ...] | None = None

    @property
    def added(self) -> int:
        return sum(1 for line in self.lines if line.startswith("+") and not line.startswith("+++"))

    @property
    def removed(self) -> int:
        return sum(1 for line in self.lines if line.startswith("-") and not line.startswith("---"))


@dataclass(frozen=True, slots=True)
class Found:
    """A line that holds what was looked for, in the newest snapshot of a device."""

    device_id: str
    snapshot_id: str
    hit: Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found in one pass over the snapshots; the next one starts at `next_cursor`."""

    found: tuple[Found, ...]
    unindexed: tuple[str, ...]
    """Ids of devices without a snapshot to search."""
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPorts:
    uow: UnitOfWork
    router: RouterReader
    schema: MenuSchema
    clock: Clock
    ids: Ids


class SnapshotService:
    def __init__(
        self, ports: SnapshotPorts, connections: Connections, *, workers: int, timeout_s: float
    ) -> None:
        self._ports = ports
        self._connections = connections
        self._workers = workers
        self._timeout_s = timeout_s

    async def capture(
        self, devices: Sequence[DeviceDomain], progress: ReportProgress, *, kind: str = CONFIG
    ) -> list[Capture]:
        """Export and store the configuration of each device; one that fails does not hide the others."""
        done = 0

        async def report(_: object) -> None:
            nonlocal done
            done += 1
            await progress(done, len(devices), "exported")

        outcomes = await fan_out(
            devices,
            lambda device: self._capture_one(device, kind),
            workers=self._workers,
            timeout_s=self._timeout_s,
            done=report,
        )
        return [o.value or Capture(device=o.item, error=o.error) for o in outcomes]

    async def live_text(self, device: DeviceDomain) -> str:
        """The configuration as it is now, secrets redacted.

        Raises:
            NoCredential, DeviceUnreachable, BadAnswer and the other router errors.
        """
        return (await self._live(device)).text

    async def _live(self, device: DeviceDomain) -> ExportText:
        target = await self._connections.target(device)
        export = await self._ports.router.export(target)
        return replace(export, text=redact_export(export.text, self._ports.schema.secrets_of))

    async def get(self, principal: Principal, snapshot_id: str) -> tuple[SnapshotDomain, DeviceDomain]:
        """Raises NotFound when there is none within sight."""
        async with self._ports.uow.read() as tx:
            snapshot = await tx.snapshots.get_by_id(snapshot_id)
            wanted = Selector(names=frozenset({snapshot.device_id} if snapshot else ()))
            seen = await tx.devices.select(wanted, principal.devices, limit=1) if snapshot else ()
        if snapshot is None or not seen:
            raise NotFound(f"No snapshot {snapshot_id}.", fix="Ask snapshot_list for the ids.")
        return snapshot, seen[0]

    async def page(
        self, devices: Sequence[DeviceDomain], *, kind: str | None, limit: int, cursor: str | None
    ) -> Page[SnapshotDomain]:
        async with self._ports.uow.read() as tx:
            ids = [device.id for device in devices]
            return await tx.snapshots.page(ids, kind=kind, limit=limit, cursor=cursor)

    async def search(self, devices: Sequence[DeviceDomain], query: LineQuery, cursor: str | None) -> Findings:
        """Look through the newest configuration of each device, of at most 500 that hold the words at a time.

        Raises:
            InvalidParams: the cursor is not one of ours.
        """
        ids = [device.id for device in devices]
        after = _device_after(cursor)
        async with self._ports.uow.read() as tx:
            unindexed = await tx.snapshots.unindexed(ids)
        found: list[Found] = []
        for _ in range(_SEARCHED_AT_MOST // _SEARCHED_AT_ONCE):
            async with self._ports.uow.read() as tx:
                batch = await tx.snapshots.search(query.words, ids, limit=_SEARCHED_AT_ONCE, after=after)
            found += await asyncio.to_thread(_found_in, batch, query)
            if len(batch) < _SEARCHED_AT_ONCE:
                return Findings(found=tuple(found), unindexed=tuple(unindexed))
            after = batch[-1].device_id
        return Findings(found=tuple(found), unindexed=tuple(unindexed), next_cursor=encode_cursor([after]))

    async def diff(
        self, principal: Principal, device: DeviceDomain, older: str | None, newer: str | None
    ) -> ConfigDiff:
        """Two snapshots by id; without `newer` the live configuration, without `older` the last snapshot.

        Raises:
            NotFound: no such snapshot within sight, or the device has none yet.
        """
        first, owner = await self.get(principal, older) if older else (await self._last(device), device)
        if newer is None:
            return await self._compared(
                (owner.name, device.name),
                (_label(first), text_of(first)),
                ("live", await self.live_text(device)),
            )
        second, second_owner = await self.get(principal, newer)
        return await self._compared(
            (owner.name, second_owner.name),
            (_label(first), text_of(first)),
            (_label(second), text_of(second)),
        )

    async def _compared(
        self, names: tuple[str, ...], older: tuple[str, str], newer: tuple[str, str]
    ) -> ConfigDiff:
        return await asyncio.to_thread(_diff, names, older, newer, self._ports.schema)

    async def _last(self, device: DeviceDomain) -> SnapshotDomain:
        async with self._ports.uow.read() as tx:
            latest = await tx.snapshots.latest(device.id, CONFIG)
        if not latest:
            raise NotFound(f"{device.name} has no snapshot yet.", fix="Take one with snapshot_capture.")
        return latest[0]

    async def _capture_one(self, device: DeviceDomain, kind: str) -> Capture:
        export = await self._live(device)
        snapshot, words = self._snapshot(device, kind, export), words_of(export.text)
        async with self._ports.uow() as tx:
            previous = await tx.snapshots.latest(device.id, kind)
            stored = await tx.snapshots.add(snapshot)
            if kind == CONFIG:
                await tx.snapshots.index(stored, words)
        changed = previous[0].metadata.get("checksum") != stored.metadata["checksum"] if previous else None
        return Capture(device=device, snapshot=replace(stored, data=b""), changed=changed)

    def _snapshot(self, device: DeviceDomain, kind: str, export: ExportText) -> SnapshotDomain:
        text = export.text
        raw = text.encode()
        fallback = {} if export.fallback_reason is None else {"fallback_reason": export.fallback_reason}
        return SnapshotDomain(
            id=self._ports.ids.new(),
            device_id=device.id,
            timestamp=self._ports.clock.now(),
            kind=kind,
            data=zlib.compress(raw, _LEVEL),
            metadata={
                "checksum": export_checksum(text),
                "size_bytes": len(raw),
                "lines": text.count("\n"),
                "codec": "zlib",
                "transport": export.transport,
                **fallback,
                "redacted": True,
                "complete": True,
            },
        )


def text_of(snapshot: SnapshotDomain) -> str:
    """The stored text.

    Raises:
        InvalidParams: the snapshot was stored with a codec that this version does not read.
    """
    if snapshot.metadata.get("codec") != "zlib":
        raise InvalidParams(
            f"Snapshot {snapshot.id} uses the codec {snapshot.metadata.get('codec')!r}.",
            fix="Read it with the version that stored it.",
        )
    return zlib.decompress(snapshot.data).decode()


def _label(snapshot: SnapshotDomain) -> str:
    return f"{snapshot.id} ({snapshot.timestamp:%Y-%m-%d %H:%M:%S} UTC)"


def _device_after(cursor: str | None) -> str | None:
    match decode_cursor(cursor) if cursor else [None]:
        case [None | str() as device_id]:
            return device_id
        case _:
            raise InvalidParams("The cursor is not one of ours.", fix="Pass next_cursor back unchanged.")


def _found_in(snapshots: Sequence[SnapshotDomain], query: LineQuery) -> list[Found]:
    return [
        Found(snapshot.device_id, snapshot.id, hit)
        for snapshot in snapshots
        for hit in hits_in(text_of(snapshot), query)
    ]


def _changed_objects(older: str, newer: str, schema: MenuSchema) -> tuple[ObjectChange, ...] | None:
    try:
        return diff_exports(parse_export(older), parse_export(newer), schema)
    except ExportError:
        return None


def _diff(
    names: tuple[str, ...], older: tuple[str, str], newer: tuple[str, str], schema: MenuSchema
) -> ConfigDiff:
    before, after = (normalise_export(text).splitlines() for text in (older[1], newer[1]))
    lines = difflib.unified_diff(before, after, older[0], newer[0], lineterm="", n=2)
    return ConfigDiff(
        device_names=tuple(dict.fromkeys(names)),
        older=older[0],
        newer=newer[0],
        lines=tuple(lines),
        objects=_changed_objects(older[1], newer[1], schema),
    )
