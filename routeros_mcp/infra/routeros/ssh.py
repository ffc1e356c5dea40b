"""Routers over SSH: exports, files, and a test of the way."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from routeros_mcp.domain.errors import DeviceError, InvalidParams
from routeros_mcp.domain.models import ProbeStage
from routeros_mcp.domain.ports import Pins, Target
from routeros_mcp.infra.routeros.addresses import (
    IpNetwork,
    Place,
    Resolver,
    parse_place,
    system_resolver,
)
from routeros_mcp.infra.routeros.breaker import Breaker
from routeros_mcp.infra.routeros.dial import Dialer, Limits
from routeros_mcp.infra.routeros.export import checked
from routeros_mcp.infra.routeros.lane import Lane
from routeros_mcp.infra.routeros.lanes import Lanes
from routeros_mcp.infra.routeros.probe import StageLog
from routeros_mcp.infra.routeros.runner import Runner
from routeros_mcp.infra.routeros.ssh_session import SshSession
from routeros_mcp.infra.routeros.ssh_words import Command, framed, unframed

if TYPE_CHECKING:
    from routeros_mcp.infra.routeros.ssh_wire import SshConnection

SSH_STAGES = ("address", "dns", "tcp", "ssh", "pin", "login", "command")
# RouterOS runs a script of this ending as soon as it has been uploaded.
_RUNS_ON_ARRIVAL = ".auto.rsc"


_CHANCE = secrets.SystemRandom().random


def _nonce() -> str:
    return secrets.token_hex(8)


class SshClient:
    """What `RouterFacade` does over SSH. Usable inside `async with client.running()`.

    As over REST, a router is talked to by one caller at a time for each user, and what has begun is finished
    even when its caller is cancelled.
    """

    def __init__(
        self,
        *,
        pins: Pins,
        networks: Sequence[IpNetwork],
        limits: Limits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        resolver: Resolver = system_resolver,
        nonce: Callable[[], str] = _nonce,
        chance: Callable[[], float] = _CHANCE,
    ) -> None:
        self._limits = limits = limits or Limits()
        dialer = Dialer(
            pins=pins, networks=networks, connect_s=limits.connect_s, resolver=resolver, service="ssh"
        )

        def begin(lane: Lane[SshConnection], target: Target) -> SshSession:
            pin = pins.pin_host_key
            return SshSession(lane, target, dialer=dialer, pin=pin, limits=limits, monotonic=monotonic)

        self._runner = Runner()
        # of its own: where SSH is off, REST goes on as ever
        breaker = Breaker(limits, monotonic=monotonic, chance=chance)
        self._lanes = Lanes(
            begin=begin, limits=limits, runner=self._runner, breaker=breaker, monotonic=monotonic
        )
        self._nonce = nonce

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SshClient]:
        """Leaving waits for commands in flight, each of which has a deadline, and closes all connections."""
        try:
            async with self._runner.running():
                yield self
        finally:
            await self._lanes.close()

    async def run(self, target: Target, command: Command) -> str:
        """What the command prints, with LF line ends.

        Raises:
            DeviceError: the router refused it (in its own words), or could not be reached.
        """
        return await self._run(target, command, self._limits.answer_bytes, self._limits.answer_s)

    async def transcript(self, target: Target, line: str) -> tuple[bytes, int | None]:
        """All that a line prints, and its exit status: for who judges the router itself."""
        cap, within_s = self._limits.answer_bytes, self._limits.answer_s

        async def work(session: SshSession) -> tuple[bytes, int | None]:
            return await session.ask(lambda way: way.transcript(line, cap=cap), within_s=within_s)

        return await self._lanes.hold(_over_ssh(target), work)

    async def export(self, target: Target) -> str:
        """Raises BadAnswer for an incomplete or too long export, and what `run` raises."""
        limits = self._limits
        return checked(await self._run(target, Command.EXPORT, limits.export_bytes, limits.export_s))

    async def read_file(self, target: Target, name: str) -> bytes:
        """The bytes of a file on the router; needs the policy ftp."""
        path = _file_path(name)
        cap, within_s = self._limits.export_bytes, self._limits.export_s

        async def work(session: SshSession) -> bytes:
            return await session.ask(lambda way: way.read_file(path, cap=cap), within_s=within_s)

        return await self._lanes.hold(_over_ssh(target), work)

    async def write_file(self, target: Target, name: str, content: bytes) -> None:
        """Upload a file, once.

        Raises:
            InvalidParams: the router would run it on arrival. OutcomeUnknown: it may be there in part.
        """
        path = _file_path(name)
        if path.lower().rstrip(". ").endswith(_RUNS_ON_ARRIVAL):
            raise InvalidParams(
                f"{name!r} would be executed as soon as it is uploaded.", fix="Give the file another ending."
            )
        within_s = self._limits.export_s

        async def work(session: SshSession) -> None:
            await session.tell(lambda way: way.write_file(path, content), within_s=within_s)

        await self._lanes.hold(_over_ssh(target), work)

    async def probe(self, target: Target) -> Sequence[ProbeStage]:
        """Try the way over SSH stage by stage."""
        return await self._lanes.hold(_over_ssh(target), self._probed, insist=True)

    async def forget(self, device_id: str) -> None:
        await self._lanes.forget(device_id)

    async def _run(self, target: Target, command: Command, cap: int, within_s: float) -> str:
        nonce = self._nonce()
        line = framed(command, nonce)

        async def work(session: SshSession) -> str:
            return unframed(
                await session.ask(lambda way: way.execute(line, cap=cap), within_s=within_s), nonce
            )

        return await self._lanes.hold(_over_ssh(target), work)

    async def _probed(self, session: SshSession) -> list[ProbeStage]:
        log = StageLog(session.monotonic, order=SSH_STAGES, transport="ssh")
        nonce = self._nonce()
        line, cap = framed(Command.IDENTITY, nonce), self._limits.answer_bytes
        try:
            log.passed("address", parse_place(session.target.address).authority)
            await session.adopt(await session.open(log.passed))
            answer = await session.ask(lambda way: way.execute(line, cap=cap), within_s=self._limits.answer_s)
            log.passed("command", f"answers as {unframed(answer, nonce).strip()}")
        except DeviceError as error:
            log.failed(error)
        return log.stages


def _over_ssh(target: Target) -> Target:
    """The target as SSH sees it: its port, its login, its pin."""
    if target.ssh is None:
        raise InvalidParams(
            f"{target.name} is not set up for SSH.",
            fix=f"routeros-mcp device update {target.name} --ssh-port 22",
        )
    place = Place(host=parse_place(target.address).host, port=target.ssh.port)
    return replace(target, address=place.authority, login=target.ssh.login, fingerprint=target.ssh.host_key)


def _file_path(name: str) -> str:
    """A file's name as the router lists it, such as `flash/x.rsc`."""
    parts = name.split("/")
    if not name.isprintable() or any(part in {"", ".", ".."} for part in parts):
        raise InvalidParams(
            f"{name!r} is no file name.", fix="Give it as /file lists it, such as flash/a.txt."
        )
    return name
