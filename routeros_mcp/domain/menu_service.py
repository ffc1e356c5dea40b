"""Reads any menu of any number of routers, and says what is known of menus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.device_fanout import DeviceFailure, ask_each
from routeros_mcp.domain.device_schemas import DeviceMenu, DeviceSchemas
from routeros_mcp.domain.errors import (
    InvalidParams,
    NotFound,
    RouterosMcpError,
    RouterRefused,
    UnknownMenu,
)
from routeros_mcp.domain.health_figures import sensor_rows
from routeros_mcp.domain.models import DeviceDomain, MenuKind, MenuSpec, ValueType
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.pagination import decode_cursor, encode_cursor
from routeros_mcp.domain.ports import Clock, MenuSchema, Query, RouterReader, Target
from routeros_mcp.domain.redaction import is_secret_name, redact_row
from routeros_mcp.domain.row_filters import (
    Condition,
    TypedRow,
    exact_matches,
    fingerprint,
    matching,
    parse_conditions,
    sort_rows,
)
from routeros_mcp.domain.values import canonical, did_you_mean, parse_gmt_offset, property_spec, typed_row
from routeros_mcp.domain.values.dialect import (
    canonical_match,
    canonical_name,
    canonical_path,
    renaming_notes,
)

_OFFSET_KEPT_S = 600.0
_SPELLED_ONE_WAY = frozenset({ValueType.BOOLEAN, ValueType.DURATION, ValueType.MAC})
_YES_NO = {"true": "yes", "false": "no"}
_SENSORS = Query(path="/system/health")


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuRequest:
    """What to read: one menu, some rows, some properties."""

    path: str
    where: Mapping[str, object] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    sort: str | None = None
    limit: int = 50
    cursor: str | None = None
    count_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuAnswer:
    """One router's rows, and how many there are beyond them."""

    device: DeviceDomain
    rows: tuple[TypedRow, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGroup:
    """Routers that answered alike."""

    devices: tuple[str, ...]
    rows: tuple[TypedRow, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuReading:
    """The answers of many routers, equal ones together, the largest group first."""

    path: str
    groups: tuple[AnswerGroup, ...]
    failures: tuple[DeviceFailure, ...]
    next_cursor: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPolicy:
    workers: int = 32
    timeout_s: float = 75.0


class MenuService:
    def __init__(
        self,
        router: RouterReader,
        connections: Connections,
        schema: MenuSchema,
        schemas: DeviceSchemas,
        clock: Clock,
        policy: ReadPolicy,
    ) -> None:
        self._router = router
        self._connections = connections
        self._schema = schema
        self._schemas = schemas
        self._clock = clock
        self._policy = policy
        self._offsets: dict[str, tuple[float, timedelta | None]] = {}

    @property
    def schema(self) -> MenuSchema:
        return self._schema

    async def read(self, devices: Sequence[DeviceDomain], request: MenuRequest) -> MenuReading:
        """Read one menu of every device; one that fails does not hide the others.

        Raises:
            the routers' common error, when none of them answered.
        """
        path = self.path_of(request.path)
        request, notes = _in_newest_names(path, request)
        conditions = [
            _as_routers_write(each, self._schema.menu(path)) for each in parse_conditions(request.where)
        ]
        self._refuse_guesses(path, conditions)
        offset = _offset(request.cursor)

        async def one(device: DeviceDomain, target: Target) -> MenuAnswer:
            return await self._read_one(device, target, path, request, conditions)

        answers, failures = await ask_each(devices, self._connections, one, self._policy)
        more = any(answer.total > offset + request.limit for answer in answers)
        return MenuReading(
            path=path,
            groups=_grouped(answers, offset, request.limit),
            failures=failures,
            next_cursor=encode_cursor([offset + request.limit]) if more else None,
            warnings=(*notes, *self._warnings(path, request)),
        )

    def describe(self, path: str) -> MenuSpec:
        """What the packaged schema knows of one menu.

        Raises:
            NotFound: it does not hold the menu; names the nearest ones.
        """
        known = self._schema.menu(canonical_path(_spelled(path)))
        if known is None:
            raise self._nowhere(path, "A router may still have it: name one, or try routeros_read.")
        return known

    async def describe_on(self, device: DeviceDomain, path: str) -> DeviceMenu:
        """What is known of one menu of one router: by the schema for its version, and by the router itself.

        Raises:
            NotFound: neither knows the menu. DeviceError: the router cannot be reached.
        """
        target = await self._connections.target(device)
        found = await self._schemas.menu(target, canonical_path(_spelled(path)))
        if found.spec is None:
            raise self._nowhere(path, f"{device.name} does not list it either.")
        return found

    def _nowhere(self, path: str, more: str) -> NotFound:
        near = ", ".join(self._schema.near(path)) or "nothing near"
        return NotFound(f"The schema knows no menu {path}.", fix=f"Nearest: {near}. {more}")

    def search(self, text: str, limit: int) -> Sequence[MenuSpec]:
        return self._schema.search(text, limit)

    def path_of(self, given: str) -> str:
        """The menu's canonical path: `ip dns` is `/ip/dns`; unknown menus are taken at their word."""
        asked = canonical_path(_spelled(given))
        known = self._schema.menu(asked)
        if known is None:
            return asked
        if known.kind is MenuKind.COMMANDS:
            children = ", ".join(self._schema.children(known.path)[:15]) or "none"
            raise RouterRefused(
                f"{known.path} holds commands and no rows.", fix=f"Menus below it: {children}."
            )
        return known.path

    async def _read_one(
        self,
        device: DeviceDomain,
        target: Target,
        path: str,
        request: MenuRequest,
        conditions: Sequence[Condition],
    ) -> MenuAnswer:
        if path == _SENSORS.path:
            return await self._read_sensors(device, target, request, conditions)
        query = Query(path=path, where=exact_matches(conditions), fields=_wanted(request, conditions))
        try:
            if request.count_only and not _judged_here(conditions):
                return MenuAnswer(device=device, rows=(), total=await self._router.count(target, query))
            rows = await self._router.read(target, query)
        except UnknownMenu as error:
            raise self._with_near_matches(error, path) from error
        shaped = await self._shaped(device, target, path, rows)
        return _answer(device, matching(shaped, conditions), request)

    async def _read_sensors(
        self, device: DeviceDomain, target: Target, request: MenuRequest, conditions: Sequence[Condition]
    ) -> MenuAnswer:
        """As rows on every router; conditions are judged here, since some show one object."""
        wanted = exact_matches(conditions)
        rows = sensor_rows(await self._router.read(target, _SENSORS))
        fitting = [row for row in rows if all(row.get(name) == text for name, text in wanted.items())]
        shaped = await self._shaped(device, target, _SENSORS.path, fitting)
        return _answer(device, matching(shaped, conditions), request)

    def _refuse_guesses(self, path: str, conditions: Sequence[Condition]) -> None:
        """A match on a secret would tell, row by row, whether a guess is right."""
        secrets = self._schema.secrets_of(path)
        guessed = [c.name for c in conditions if c.name in secrets or is_secret_name(c.name)]
        if guessed:
            raise InvalidParams(f"{path} {guessed[0]} is a secret.", fix="Leave it out of `where`.")

    async def _shaped(
        self, device: DeviceDomain, target: Target, path: str, rows: Sequence[Row]
    ) -> list[TypedRow]:
        menu = self._schema.menu(path)
        secrets = self._schema.secrets_of(path)
        offset = await self._gmt_offset(device, target) if _has_times(menu, rows) else None
        return [typed_row(redact_row(row, secrets), menu, gmt_offset=offset) for row in rows]

    async def _gmt_offset(self, device: DeviceDomain, target: Target) -> timedelta | None:
        """Router times carry no zone: the clock menu knows it. Kept for ten minutes."""
        kept = self._offsets.get(device.id)
        now = self._clock.monotonic()
        if kept is not None and now - kept[0] < _OFFSET_KEPT_S:
            return kept[1]
        try:
            clock = await self._router.read(target, Query(path="/system/clock"))
            offset = parse_gmt_offset(clock[0].get("gmt-offset", "")) if clock else None
        except RouterosMcpError:
            offset = None
        self._offsets[device.id] = (now, offset)
        return offset

    def _with_near_matches(self, error: UnknownMenu, path: str) -> UnknownMenu:
        near = [known for known in self._schema.near(path) if known != path]
        if near:
            return UnknownMenu(error.message, fix=f"Did you mean {', '.join(near)}? See routeros_describe.")
        return UnknownMenu(error.message, fix="Search the menus with routeros_describe.")

    def _warnings(self, path: str, request: MenuRequest) -> tuple[str, ...]:
        menu = self._schema.menu(path)
        if menu is None or not menu.properties:
            return ()
        named = [*request.fields, *request.where]
        unknown = sorted(set(named) - set(menu.properties) - {".id", "comment", "disabled", "dynamic"})
        if not unknown:
            return ()
        told = ", ".join(f"{name}{did_you_mean(name, menu.properties)}" for name in unknown)
        return (f"The schema of {path} does not list {told}: absent values match nothing.",)


def _spelled(path: str) -> str:
    return "/" + "/".join(part for part in path.replace(" ", "/").split("/") if part)


def _in_newest_names(path: str, request: MenuRequest) -> tuple[MenuRequest, tuple[str, ...]]:
    """The request under the newest names of menu and properties, and a note where it used an older one."""
    sort = request.sort or ""
    newest_sort = sort[: sort.startswith("-")] + canonical_name(path, sort.removeprefix("-"))
    changed = replace(
        request,
        path=path,
        where=dict(canonical_match(path, name, value) for name, value in request.where.items()),
        fields=tuple(dict.fromkeys(canonical_name(path, name) for name in request.fields)),
        sort=newest_sort or None,
    )
    asked = (*request.where, *request.fields, sort.removeprefix("-"))
    return changed, renaming_notes(path, asked)


def _as_routers_write(condition: Condition, menu: MenuSpec | None) -> Condition:
    """An exact match in the router's spelling, for types that it writes in one way: `60` becomes `1m`."""
    prop = property_spec(menu, condition.name)
    if condition.operator != "=" or prop is None:
        return condition
    if prop.type is ValueType.ENUM and {"yes", "no"} <= set(prop.values):
        return replace(condition, value=_YES_NO.get(condition.value, condition.value))
    if prop.type not in _SPELLED_ONE_WAY:
        return condition
    return replace(condition, value=canonical(condition.value, prop))


def _wanted(request: MenuRequest, conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Ask for the shown properties and those that are judged here; everything when none are named."""
    if request.count_only:
        return tuple(c.name for c in conditions) or (".id",)
    if not request.fields:
        return ()
    extra = [c.name for c in conditions] + ([request.sort.removeprefix("-")] if request.sort else [])
    return tuple(dict.fromkeys([*request.fields, *extra]))


def _answer(device: DeviceDomain, found: list[TypedRow], request: MenuRequest) -> MenuAnswer:
    ordered = sort_rows(found, request.sort)
    shown = () if request.count_only else tuple(_projected(row, request.fields) for row in ordered)
    return MenuAnswer(device=device, rows=shown, total=len(ordered))


def _judged_here(conditions: Sequence[Condition]) -> bool:
    return any(c.operator != "=" for c in conditions)


def _projected(row: TypedRow, fields: tuple[str, ...]) -> TypedRow:
    return {name: row[name] for name in (".id", *fields) if name in row} if fields else row


def _has_times(menu: MenuSpec | None, rows: Sequence[Row]) -> bool:
    if menu is None or not rows:
        return False
    return any(menu.type_of(name) is ValueType.DATETIME for name in rows[0])


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    match decode_cursor(cursor):
        case [int() as offset] if offset >= 0 and not isinstance(offset, bool):
            return offset
        case _:
            raise InvalidParams("The cursor is not one of ours.", fix="Pass next_cursor back unchanged.")


def _grouped(answers: Sequence[MenuAnswer], offset: int, limit: int) -> tuple[AnswerGroup, ...]:
    alike: dict[str, list[MenuAnswer]] = {}
    for answer in answers:
        alike.setdefault(f"{answer.total}|{fingerprint(answer.rows)}", []).append(answer)
    groups = [_group(members, offset, limit) for members in alike.values()]
    return tuple(sorted(groups, key=lambda group: (-len(group.devices), group.devices)))


def _group(members: Sequence[MenuAnswer], offset: int, limit: int) -> AnswerGroup:
    rows = members[0].rows[offset : offset + limit]
    if len(members) > 1:
        rows = tuple({name: value for name, value in row.items() if name != ".id"} for row in rows)
    return AnswerGroup(
        devices=tuple(member.device.name for member in members), rows=rows, total=members[0].total
    )
