"""Emulated routers in a process of their own, which outlives who is killed, and their ledger in a file."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fakes.processes import forked

from routeros_mcp.emulator import Fleet, Mix, Request, Router, branch_fleet, mix_in

READY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a registry needs to know of a router in another process."""

    name: str
    address: str
    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One write request as the ledger has it: `at` it arrived, `ran_at` it took effect, in epoch seconds."""

    router: str
    number: int
    path: str
    body: str
    at: float
    executed: bool = False
    ran_at: float | None = None

    @property
    def menu(self) -> str:
        return self.path.removeprefix("/rest").rpartition("/")[0]

    @property
    def verb(self) -> str:
        return self.path.rpartition("/")[2]


class FleetProcess:
    """The other end: asks the fleet, and reads its ledger."""

    def __init__(self, ledger: Path, line: Connection) -> None:
        self._ledger = ledger
        self._line = line
        self.faces: Sequence[Face] = self._ask("faces")

    def mix(self, seed: int | None) -> None:
        """Let faults befall the writes from now on, drawn from the seed; none with None."""
        self._ask("mix", seed)

    def rows(self, path: str) -> dict[str, list[dict[str, str]]]:
        """A menu's rows of each router."""
        return self._ask("rows", path)

    def settle(self) -> None:
        """Come back when no write can land any more."""
        self._ask("settle")

    def writes(self) -> list[Written]:
        """All write requests so far, in the order of their arrival."""
        held: dict[tuple[str, int], Written] = {}
        for line in self._ledger.read_text().splitlines():
            told = Written(**json.loads(line))
            place = (told.router, told.number)
            first = held.setdefault(place, told)
            held[place] = replace(first, executed=told.executed, ran_at=told.ran_at)
        return list(held.values())

    def _ask(self, *words: Any) -> Any:
        self._line.send(words)
        if not self._line.poll(READY_S):
            raise TimeoutError(f"The fleet does not answer to {words[0]}.")
        return self._line.recv()


@contextmanager
def fleet_process(count: int, folder: Path, *, time_scale: float = 1.0) -> Iterator[FleetProcess]:
    ours, theirs = Pipe()
    ledger = folder / "ledger.jsonl"
    ledger.touch()
    process = forked(_live, count, time_scale, ledger, theirs)
    theirs.close()
    try:
        yield FleetProcess(ledger, ours)
    finally:
        ours.close()
        process.join(READY_S)
        process.close()


# -- in the other process --------------------------------------------------------------------------------


def _live(count: int, time_scale: float, ledger: Path, line: Connection) -> None:
    asyncio.run(_serve(count, time_scale, ledger, line))


async def _serve(count: int, time_scale: float, ledger: Path, line: Connection) -> None:
    specs = [replace(spec, time_scale=time_scale) for spec in branch_fleet(count)]
    file = os.open(ledger, os.O_WRONLY | os.O_APPEND)
    async with Fleet.running(specs) as fleet:
        witness = _Witness(file)
        for router in fleet:
            router.witnesses.append(witness.of(router))
        await _answer(fleet, witness, line)


class _Witness:
    """Writes each write request down when it arrives and when it has run; a line is whole or not there."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._begun: dict[tuple[str, int], float] = {}
        self.last_at = 0.0

    def of(self, router: Router) -> Any:
        return lambda request: self._note(router, request) if request.is_write else None

    def _note(self, router: Router, request: Request) -> None:
        self.last_at = time.time()
        at = self._begun.setdefault((router.name, request.n), self.last_at)
        told = Written(
            router=router.name,
            number=request.n,
            path=request.path,
            body=request.text,
            at=at,
            executed=request.executed,
            ran_at=self.last_at if request.executed else None,
        )
        os.write(self._file, (json.dumps(asdict(told)) + "\n").encode())


async def _answer(fleet: Fleet, witness: _Witness, line: Connection) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_reader(line.fileno(), asked.set)
    while True:
        await asked.wait()
        asked.clear()
        while line.poll():
            try:
                words = line.recv()
            except EOFError:
                return
            line.send(await _done(fleet, words))


async def _done(fleet: Fleet, words: tuple[Any, ...]) -> Any:
    match words:
        case ("faces",):
            return [
                Face(name=r.name, address=r.address, username=r.username, password=r.password) for r in fleet
            ]
        case ("mix", seed):
            for router in fleet:
                router.faults.clear()
                if seed is not None:
                    mix_in(router.faults, Mix(), f"{seed}/{router.name}")
        case ("rows", path):
            return {router.name: router.rows(path) for router in fleet}
        case ("settle",):
            async with asyncio.timeout(READY_S):
                for router in fleet:
                    await router.until(lambda router=router: not router.has_late)
    return None
