"""Runs the expectations against one router and makes the report."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from routeros_mcp import __version__
from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import DeviceError, DeviceUnreachable, RouterRefused
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Clock, Query, Target
from routeros_mcp.infra.routeros.conformance.bench import Bench
from routeros_mcp.infra.routeros.conformance.catalogue import EXPECTATIONS
from routeros_mcp.infra.routeros.conformance.model import Expectation, Finding, Report, Verdict
from routeros_mcp.infra.routeros.conformance.scratch import clean_up
from routeros_mcp.infra.routeros.conformance.scrub import Scrubber
from routeros_mcp.infra.routeros.conformance.seen import Release, Subject
from routeros_mcp.infra.routeros.conformance.trial import Unreachable, finding_of, tried
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.ssh import SshClient

_NUMBERS = re.compile(r"(\d+)\.(\d+)")
_IDENTIFYING = {
    "/system/identity": ("name",),
    "/system/routerboard": ("serial-number",),
    "/system/license": ("software-id", "system-id"),
}


class Listener(Protocol):
    """Told how a run goes on."""

    def found(self, finding: Finding, total: int) -> None:
        """One of `total` expectations has been tried."""

    def left(self, commands: Sequence[str]) -> None:
        """These could not be removed; told also when the run is interrupted."""


class _Nobody:
    def found(self, finding: Finding, total: int) -> None:
        del finding, total

    def left(self, commands: Sequence[str]) -> None:
        del commands


@dataclass(slots=True)
class _Run:
    """What a run has found so far."""

    findings: list[Finding] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    broken_off: str = ""


class RouterProof:
    """Tells where a router does what the client expects, and where not. Reads only, unless told otherwise."""

    def __init__(self, rest: RestClient, ssh: SshClient, connections: Connections, clock: Clock) -> None:
        self._rest = rest
        self._ssh = ssh
        self._connections = connections
        self._clock = clock

    async def of_device(
        self, device: DeviceDomain, *, nonce: str, may_write: bool = False, listener: Listener | None = None
    ) -> Report:
        """Prove a registered router; raises what the way to it raises."""
        await _reached(self._rest, await self._connections.target(device))
        # once more: the first use has pinned what the router presents
        target = await self._connections.target(device)
        return await self.of_target(target, nonce=nonce, may_write=may_write, listener=listener)

    async def of_target(
        self,
        target: Target,
        *,
        nonce: str,
        may_write: bool = False,
        listener: Listener | None = None,
        expectations: Sequence[Expectation] = EXPECTATIONS,
    ) -> Report:
        """Try every expectation, in order; what was written is removed however the run ends.

        Raises:
            DeviceError: the router does not even tell its version.
        """
        subject = await subject_of(self._rest, target)
        bench = Bench(rest=self._rest, ssh=self._ssh, target=target, subject=subject, nonce=nonce)
        scrubber = await _scrubber(bench)
        run = _Run()
        listener = listener or _Nobody()
        async with _cleaned(bench, run, listener, may_write=may_write):
            for expectation in expectations:
                finding = await self._found(expectation, bench, run, scrubber, may_write=may_write)
                run.findings.append(finding)
                listener.found(finding, len(expectations))
        return Report(
            subject=subject,
            our_version=__version__,
            made_at=self._clock.now(),
            transports=["REST over HTTPS", *(["SSH"] if target.ssh else [])],
            wrote=may_write,
            findings=run.findings,
            leftovers=run.leftovers,
            broken_off=scrubber.scrubbed(run.broken_off),
        )

    async def _found(
        self, expectation: Expectation, bench: Bench, run: _Run, scrubber: Scrubber, *, may_write: bool
    ) -> Finding:
        if run.broken_off:
            return finding_of(expectation, Verdict.NOT_TRIED, "the router could not be reached any more")
        try:
            return await tried(
                expectation,
                bench,
                may_write=may_write,
                scrubber=scrubber,
                monotonic=self._clock.monotonic,
            )
        except Unreachable as reason:
            run.broken_off = str(reason)
            return finding_of(expectation, Verdict.NOT_TRIED, scrubber.scrubbed(run.broken_off))


async def subject_of(rest: RestClient, target: Target) -> Subject:
    """What may be told of the router."""
    found = await rest.read(target, Query(path="/system/resource", insist=True))
    resource: Row = found[0] if found else {}
    version, board = resource.get("version", ""), resource.get("board-name", "")
    is_chr = board.startswith("CHR")
    kind = "CHR" if is_chr else await _kind_of_board(rest, target)
    return Subject(
        version=version,
        architecture=resource.get("architecture-name", ""),
        board=board,
        kind=kind,
        release=_release(version),
    )


async def _kind_of_board(rest: RestClient, target: Target) -> str:
    try:
        found = await rest.read(target, Query(path="/system/routerboard"))
    except RouterRefused:
        return "x86"
    return "RouterBOARD" if found and found[0].get("routerboard") == "true" else "x86"


def _release(version: str) -> Release:
    match = _NUMBERS.match(version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


async def _reached(rest: RestClient, target: Target) -> None:
    """Raises DeviceUnreachable, in the words of the first stage that fails."""
    failed = next((stage for stage in await rest.probe(target) if not stage.ok), None)
    if failed is not None:
        raise DeviceUnreachable(f"{failed.name}: {failed.detail}", stage=failed.name, fix=failed.fix)


async def _scrubber(bench: Bench) -> Scrubber:
    """Knows the router's name and numbers, its people, and the login that is used."""
    target = bench.target
    logins = [target.login, *([target.ssh.login] if target.ssh else [])]
    words = [target.name, target.address.rpartition(":")[0]]
    words += [word for login in logins for word in (login.username, login.password.reveal())]
    for path, names in _IDENTIFYING.items():
        words += [row[name] for row in await _told(bench, path) for name in names if name in row]
    words += [row["name"] for row in await _told(bench, "/user") if "name" in row]
    return Scrubber(words)


async def _told(bench: Bench, path: str) -> Sequence[Row]:
    try:
        return await bench.read(path)
    except DeviceError:
        return []


@asynccontextmanager
async def _cleaned(bench: Bench, run: _Run, listener: Listener, *, may_write: bool) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if may_write:
            run.leftovers += await clean_up(bench)
            if run.leftovers:
                listener.left(run.leftovers)
