"""The manager's own login while it is rotated: the new one proven and stored before the old one goes."""

from __future__ import annotations

from dataclasses import replace

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import DeviceError, Drifted, LoginFailed
from routeros_mcp.domain.models import AuditResult, Change, Login
from routeros_mcp.domain.planning.rotating import USERS, Rotation, rotation_of
from routeros_mcp.domain.ports import Query, Target
from routeros_mcp.worker.context import DeviceRun, WorkerPorts


class Logins:
    """Does nothing for plans that rotate no login.

    At each moment the stored login is one that has just been proven, and the other one is at hand, sealed:
    the new one in the plan, the old one among the device's voided logins.
    """

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports

    async def before(self, run: DeviceRun, change: Change) -> None:
        """Go over to the login that is to make the change, when it is not the other one's to make.

        Raises:
            DeviceError: that login does not get in; the stored one is what it was.
        """
        rotation = self._rotation(run)
        if rotation is None:
            return
        if rotation.is_takeover(change):
            await self._take(run, rotation.new)
        elif rotation.is_return(change) and run.target.login == rotation.new:
            old = await self._ports.connections.login_named(run.device.id, rotation.old)
            if old is not None:
                await self._take(run, old)

    async def after(self, run: DeviceRun, change: Change) -> None:
        """See the old login refused once it is switched off.

        Raises:
            Drifted: it still gets in.
        """
        rotation = self._rotation(run)
        if rotation is None or not rotation.is_takeover(change):
            return
        old = await self._ports.connections.login_named(run.device.id, rotation.old)
        if old is None:
            return
        try:
            await self._prove(run, old)
        except LoginFailed:
            return
        raise Drifted(f"{run.device.name} still lets {rotation.old} in.", fix="Look at its /user.")

    async def recall(self, run: DeviceRun) -> None:
        """Find the login that gets in, after a crash or a revert; leave all as it is where none does."""
        rotation = self._rotation(run)
        if rotation is None or not _is_of(run.target.login, rotation):
            return
        old = await self._ports.connections.login_named(run.device.id, rotation.old)
        known = dict.fromkeys((run.target.login, rotation.new, *((old,) if old else ())))
        for login in known:
            try:
                await self._take(run, login)
            except LoginFailed:
                continue
            except DeviceError:
                pass
            return

    def _rotation(self, run: DeviceRun) -> Rotation | None:
        sealed = [change for change in run.changes if change.path == USERS]
        return rotation_of([self._ports.secrets.open_change(run.plan.id, change) for change in sealed])

    async def _take(self, run: DeviceRun, login: Login) -> None:
        await self._prove(run, login)
        if await self._ports.connections.adopt(run.device.id, login):
            await self._record(run, login)
        run.target = await self._ports.connections.target(run.device)

    async def _prove(self, run: DeviceRun, login: Login) -> None:
        """Log in on a new connection, past what the router remembers of an old one."""
        target: Target = replace(run.target, login=login)
        await self._ports.reader.forget(run.device.id)
        await self._ports.reader.read(target, Query(path="/system/identity", insist=True))

    async def _record(self, run: DeviceRun, login: Login) -> None:
        await self._ports.audit.record(
            AuditEntry(
                principal=run.principal,
                action="RECORD",
                tool_name="plan_apply",
                tool_tier="professional",
                result=AuditResult.SUCCESS,
                device_id=run.device.id,
                environment=str(run.device.environment),
                plan_id=run.plan.id,
                job_id=run.job.id,
                metadata={"device": run.device.name, "op": "login", "username": login.username},
            )
        )


def _is_of(login: Login, rotation: Rotation) -> bool:
    """Whether the stored login is one of the two: for another, stored meanwhile, neither is any good."""
    return login == rotation.new or login.username == rotation.old
