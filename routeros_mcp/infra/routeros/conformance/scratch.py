"""What a run may write: rows, a file and an entry whose names carry its nonce, removed at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routeros_mcp.domain.errors import DeviceError, NoSuchItem
from routeros_mcp.domain.ports import Query
from routeros_mcp.infra.routeros.conformance.bench import Bench

ADDRESS_LIST = "/ip/firewall/address-list"
FILTER = "/ip/firewall/filter"
SCHEDULER = "/system/scheduler"
FILE = "/file"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Scratch:
    """The names of one run. Nothing else is ever written to."""

    nonce: str

    @property
    def name(self) -> str:
        return f"routeros-mcp-conformance-{self.nonce}"

    @property
    def chain(self) -> str:
        """A chain that nothing jumps to."""
        return f"rosmcp-{self.nonce}"

    @property
    def file(self) -> str:
        return f"{self.name}.txt"

    @property
    def places(self) -> Mapping[str, dict[str, str]]:
        """Where to look for what the run has made, by menu."""
        return {
            ADDRESS_LIST: {"list": self.name},
            FILTER: {"chain": self.chain},
            SCHEDULER: {"name": self.name},
            FILE: {"name": self.file},
        }

    @property
    def announcement(self) -> list[str]:
        """What is said before anything is written."""
        return [
            f"entries of the address list {self.name}, which no rule names",
            f"disabled firewall rules in the chain {self.chain}, which no rule jumps to",
            f"a disabled scheduler entry {self.name} that does nothing",
            f"a text file {self.file}",
        ]


async def clean_up(bench: Bench) -> list[str]:
    """Remove everything that carries the run's names; returns what could not be, with the way to find it."""
    left: list[str] = []
    for path, where in Scratch(bench.nonce).places.items():
        for _ in range(_TRIES):
            problem = await _cleared(bench, path, where)
            if not problem:
                break
        else:
            left.append(problem)
    return left


async def _cleared(bench: Bench, path: str, where: Mapping[str, str]) -> str:
    """Remove the rows; returns "" when none is left, else what to look for."""
    query = Query(path=path, where=where, fields=tuple(where), insist=True)
    condition = " ".join(f"{name}={value}" for name, value in where.items())
    try:
        for row in await bench.rest.read(bench.target, query):
            await _removed(bench, path, row[".id"])
        if not await bench.rest.read(bench.target, query):
            return ""
    except DeviceError as error:
        return f"{path}/remove [find {condition}] ({error.code})"
    return f"{path}/remove [find {condition}]"


async def _removed(bench: Bench, path: str, item_id: str) -> None:
    try:
        await bench.rest.remove(bench.target, path, item_id)
    except NoSuchItem:
        return
