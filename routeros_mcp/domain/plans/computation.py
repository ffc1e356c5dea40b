"""Computes what operations would change on live routers; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.device_schemas import DeviceSchemas
from routeros_mcp.domain.errors import Conflict, NoCredential, RouterosMcpError
from routeros_mcp.domain.fanout import Outcome, fan_out
from routeros_mcp.domain.models import Change, ChangeOp, DeviceDomain, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.models.release import Release
from routeros_mcp.domain.planning import deadman
from routeros_mcp.domain.planning.diff import compute_changes
from routeros_mcp.domain.planning.footprint import Image, pre_image
from routeros_mcp.domain.planning.inverse import Undo, undo
from routeros_mcp.domain.planning.management import Judgement, Reach
from routeros_mcp.domain.planning.operations import refuse_too_new, unknown_names
from routeros_mcp.domain.planning.rotating import USERS, OwnLogin, for_login
from routeros_mcp.domain.planning.rows import RowModel, Schema
from routeros_mcp.domain.planning.scope import Scope, scope_of_wishes
from routeros_mcp.domain.planning.wishes import Wish, check_wish, newest
from routeros_mcp.domain.ports import MenuSchema, Passwords, Query, RouterReader, Target
from routeros_mcp.domain.values.dialect import missing_from
from routeros_mcp.domain.way_in import WayIn

_LONG_UP = timedelta(weeks=520)
"""An uptime that takes as much room in a script as any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePlan:
    """What would change on one router; empty `changes` where nothing would.

    `unguarded` says why no dead-man switch can undo the changes, empty where one can.
    """

    device: DeviceDomain
    changes: tuple[Change, ...]
    images: tuple[Image, ...]
    gaps: tuple[str, ...]
    way_in: Judgement
    unguarded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computation:
    """The result over all devices: those that were planned, those that could not be."""

    planned: tuple[DevicePlan, ...]
    failed: tuple[tuple[DeviceDomain, RouterosMcpError], ...]
    warnings: tuple[str, ...]


class PlanComputer:
    def __init__(
        self,
        router: RouterReader,
        connections: Connections,
        schema: MenuSchema,
        schemas: DeviceSchemas,
        *,
        passwords: Passwords,
        workers: int,
        timeout_s: float,
    ) -> None:
        self._passwords = passwords
        self._router = router
        self._connections = connections
        self._schema = schema
        self._schemas = schemas
        self._way_in = WayIn(router, schema)
        self._workers = workers
        self._timeout_s = timeout_s

    def menus_of(self, paths: Sequence[str]) -> Schema:
        return {path: self._schema.menu(path) for path in dict.fromkeys(paths)}

    async def compute(self, devices: Sequence[DeviceDomain], operations: Sequence[Wish]) -> Computation:
        """Read the touched menus of every device and compute the changes.

        Raises:
            InvalidParams: an operation that cannot be meant; or the devices' error when all failed.
        """
        named = [newest(operation) for operation in operations]
        wanted, notes = [operation for operation, _ in named], [note for _, words in named for note in words]
        menus = self.menus_of([operation.path for operation in wanted])
        doubtful = [operation for operation in wanted if _is_doubtful(operation, menus[operation.path])]
        settled = [operation for operation in wanted if operation not in doubtful]
        warnings = [word for operation in settled for word in check_wish(operation, menus[operation.path])]
        warnings += [self._nearest(path) for path, menu in menus.items() if menu is None]
        scope = scope_of_wishes(wanted, menus)
        targets = dict(zip((d.id for d in devices), await self._connections.targets(devices), strict=True))

        async def one(device: DeviceDomain) -> DevicePlan:
            target = targets[device.id]
            if isinstance(target, NoCredential):
                raise target
            own = {**menus, **await self._menus_on(target, doubtful)}
            tables = await self.read_tables(target, list(menus), scope)
            await self._refuse_too_new(device, target, wanted, tables)
            live = RowModel.of(own, tables)
            mine = self._made_out(wanted, target, tables)
            changes = tuple(compute_changes(device.id, mine, live.copy()))
            return plan_device(device, changes, live, await self._way_in.judge(target, changes))

        outcomes = await fan_out(devices, one, workers=self._workers, timeout_s=self._timeout_s)
        return _gathered(outcomes, tuple(dict.fromkeys([*notes, *warnings])))

    def _made_out(
        self, wanted: Sequence[Wish], target: Target, tables: Mapping[str, Sequence[Row]]
    ) -> Sequence[Wish]:
        """The wishes for this router, where they are about our own login on it."""
        if not any(isinstance(wish, OwnLogin) for wish in wanted):
            return wanted
        name = target.login.username
        if target.ssh is not None and target.ssh.login.username == name and target.ssh.login != target.login:
            raise Conflict(
                f"{target.name} has an SSH login of its own for {name}, which would go with the user.",
                fix="Store an SSH login for another user first: routeros-mcp device login --ssh.",
            )
        return for_login(wanted, name, tables[USERS], self._passwords.new())

    async def judge_way_in(self, target: Target, changes: Sequence[Change]) -> Judgement:
        """Whether the manager's next connection still gets in after the changes, by the rows as they are."""
        return await self._way_in.judge(target, changes)

    async def _refuse_too_new(
        self,
        device: DeviceDomain,
        target: Target,
        operations: Sequence[Wish],
        tables: Mapping[str, Sequence[Row]],
    ) -> None:
        """By the version last seen, and if that is too old by the one that the router runs now.

        What the router shows it has, whatever the table of versions says.
        """
        seen = Release.parse(device.routeros_version)
        shown = {path: {name for row in rows for name in row} for path, rows in tables.items()}
        early = [o for o in operations if missing_from(o.path, o.names - shown[o.path], seen)]
        release = await self._schemas.release(target) if early else seen
        for operation in early:
            refuse_too_new(operation, release)

    async def _menus_on(self, target: Target, operations: Sequence[Wish]) -> Schema:
        """The menus of operations that name what the schema does not know, as this router describes them.

        Raises:
            InvalidParams: the router does not know it either, or does not say.
        """
        menus = {path: (await self._schemas.menu(target, path)).spec for path in {o.path for o in operations}}
        for operation in operations:
            check_wish(operation, menus[operation.path])
        return menus

    def _nearest(self, path: str) -> str:
        near = ", ".join(known for known in self._schema.near(path) if known != path)
        return f"The nearest known menus to {path}: {near or 'none'}."

    async def read_tables(
        self, target: Target, paths: Sequence[str], scope: Scope
    ) -> Mapping[str, Sequence[Row]]:
        """Each touched menu in the router's order, whole or as much of it as the scope says."""
        return {path: await self._table(target, scope.get(path, (Query(path=path),))) for path in paths}

    async def _table(self, target: Target, queries: Sequence[Query]) -> Sequence[Row]:
        rows: list[Row] = []
        for query in queries:
            rows += await self._router.read(target, query)
        return rows


def _is_doubtful(operation: Wish, menu: MenuSpec | None) -> bool:
    """Whether only the router can tell if there are such properties."""
    return menu is not None and not menu.from_manual and bool(unknown_names(operation, menu))


def plan_device(
    device: DeviceDomain, changes: tuple[Change, ...], live: RowModel, way_in: Judgement
) -> DevicePlan:
    """Pre-images and the proof of the way back for one device."""
    undone = undo(changes, live)
    return DevicePlan(
        device=device,
        changes=changes,
        images=pre_image(changes, live),
        gaps=undone.gaps,
        way_in=way_in,
        unguarded=_unguarded(changes, undone, live, way_in),
    )


def _unguarded(changes: Sequence[Change], undone: Undo, live: RowModel, way_in: Judgement) -> str:
    """Why no script can undo the changes: what a removed interface has orphaned it does not put back."""
    removed = [change.path for change in changes if _orphans(change, live)]
    if removed and way_in.reach is not Reach.SAFE:
        return f"addresses, lists and ports that refer to the removed row of {removed[0]} do not come back."
    try:
        deadman.build("0" * 12, deadman.inverses(changes, undone, live), uptime=_LONG_UP, timeout=_LONG_UP)
    except Conflict as reason:
        return reason.message
    return ""


def _orphans(change: Change, live: RowModel) -> bool:
    """Whether rows of other menus may refer to the removed row: put back, it has another id."""
    menu = live.schema.get(change.path)
    is_interface = change.path.startswith("/interface/") and menu is not None and "name" in menu.keys
    return is_interface and change.op is ChangeOp.REMOVE


def _gathered(
    outcomes: Sequence[Outcome[DeviceDomain, DevicePlan]], warnings: tuple[str, ...]
) -> Computation:
    planned = tuple(outcome.value for outcome in outcomes if outcome.value is not None)
    failed = tuple((outcome.item, outcome.error) for outcome in outcomes if outcome.error is not None)
    if failed and not planned:
        raise failed[0][1]
    return Computation(planned=planned, failed=failed, warnings=warnings)
