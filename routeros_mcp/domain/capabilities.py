"""Finds out what a router can do: by its version, and by asking where the version does not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routeros_mcp.domain.errors import DeviceError, UnknownMenu, WireError
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.models.capability import CAPABILITIES, Capability, Has, RouterFacts
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.ports import Clock, Query, RouterReader, Target
from routeros_mcp.domain.values import parse_duration

_RESOURCE = Query(path="/system/resource")
_FACTS_KEPT_S = 60.0
_BOOT_SLACK_MIN = 3


@dataclass(slots=True)
class _Known:
    """Of one router, since it last started with the same version on the same board."""

    facts: RouterFacts
    read_at: float
    found: dict[str, Has] = field(default_factory=dict)


class Capabilities:
    """Kept for each device until it starts again or runs another version."""

    def __init__(self, router: RouterReader, clock: Clock) -> None:
        self._router = router
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def known(self, device: DeviceDomain) -> Mapping[str, Has]:
        """What is known without asking the router: by its last version, and what was found before."""
        release = Release.parse(device.routeros_version)
        held = self._known.get(device.id)
        found = held.found if held and held.facts.version == device.routeros_version else {}
        return {each.name: found.get(each.name, each.by_release(release)) for each in CAPABILITIES}

    def forget(self, device_id: str) -> None:
        """The router is about to be, or has been, another one: ask anew."""
        self._known.pop(device_id, None)

    async def facts(self, target: Target) -> RouterFacts:
        """Version, architecture and board, read again after a minute.

        Raises:
            DeviceError: the router does not answer.
        """
        return (await self._current(target)).facts

    async def all_of(self, target: Target) -> Mapping[str, Has]:
        """Every capability, asking for those that the version does not tell."""
        return {each.name: await self._has(target, each) for each in CAPABILITIES}

    async def has(self, target: Target, name: str) -> Has:
        """One capability, by its name in the table."""
        return await self._has(target, next(each for each in CAPABILITIES if each.name == name))

    async def _has(self, target: Target, capability: Capability) -> Has:
        known = await self._current(target)
        if capability.name not in known.found:
            told = capability.by_release(known.facts.release)
            probed = told if told is not Has.UNKNOWN else await self._probed(target, capability)
            if probed is Has.UNKNOWN:
                return probed
            known.found[capability.name] = probed
        return known.found[capability.name]

    async def _current(self, target: Target) -> _Known:
        now = self._clock.monotonic()
        known = self._known.get(target.device_id)
        if known is not None and now - known.read_at < _FACTS_KEPT_S:
            return known
        facts = self._facts(await self._router.read(target, _RESOURCE))
        if known is None or not _is_same_run(known.facts, facts):
            known = self._known[target.device_id] = _Known(facts, now)
        known.read_at = now
        return known

    def _facts(self, rows: Sequence[Row]) -> RouterFacts:
        row = rows[0] if rows else {}
        try:
            up = parse_duration(row.get("uptime", ""))
        except WireError:
            up = parse_duration("0s")
        return RouterFacts(
            version=row.get("version", ""),
            architecture=row.get("architecture-name", ""),
            board=row.get("board-name", ""),
            booted_min=int((self._clock.now() - up).timestamp() // 60),
        )

    async def _probed(self, target: Target, capability: Capability) -> Has:
        """Ask for the menu, one property at most: whether there is an answer is what matters."""
        if capability.menu is None:
            return Has.UNKNOWN
        fields = () if capability.rows is not None else (".id",)
        try:
            rows = await self._router.read(target, Query(path=capability.menu, fields=fields))
        except UnknownMenu:
            return Has.NO
        except DeviceError:
            return Has.UNKNOWN
        if capability.rows is None:
            return Has.YES
        is_list = any("name" in row for row in rows)
        return Has.YES if rows and is_list is capability.rows else Has.NO


def _is_same_run(one: RouterFacts, other: RouterFacts) -> bool:
    same = (one.version, one.architecture, one.board) == (other.version, other.architecture, other.board)
    return same and abs(one.booted_min - other.booted_min) <= _BOOT_SLACK_MIN
