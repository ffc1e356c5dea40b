"""A write whose right has run out while its process was stopped does not leave the process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hostile_router import client, hostile, scripted, target
from world import set_dns, world

from routeros_mcp.app import Ports
from routeros_mcp.domain.errors import DeviceUnreachable
from routeros_mcp.domain.ports import RouterWriter, Target


@dataclass
class Told:
    """Passes writes on, and keeps until when each might be sent."""

    real: RouterWriter
    limits: list[float | None] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        async def write(at: Target, *words: Any, **more: Any) -> Any:
            self.limits.append(at.write_before)
            return await getattr(self.real, name)(at, *words, **more)

        return write


@pytest.mark.parametrize("late_s", [0.0, 60.0])
async def test_nothing_is_sent_once_the_right_has_run_out(late_s: float) -> None:
    sent: list[str] = []

    def answer(path: str, _: dict[str, str]) -> tuple[str, object]:
        sent.append(path)
        return "200 OK", []

    async with hostile(scripted(answer)) as place, client() as rest:
        now = asyncio.get_running_loop().time()
        with pytest.raises(DeviceUnreachable, match="the right to write has run out"):
            await rest.remove(replace(target(place), write_before=now - late_s), "/ip/route", "*1")
        assert sent == []
        await rest.remove(replace(target(place), write_before=now + 60), "/ip/route", "*1")
        assert len(sent) == 1


async def test_each_write_of_a_job_knows_until_when_it_may_be_sent() -> None:
    told: list[Told] = []

    def adapt(ports: Ports) -> Ports:
        told.append(Told(ports.writer))
        return replace(ports, writer=told[0])

    async with world(1, adapt=adapt) as w:
        began = asyncio.get_running_loop().time()
        assert (await w.change(set_dns("192.0.2.53")))["status"] == "applied"
    assert told[0].limits
    assert all(limit is not None and limit > began for limit in told[0].limits)
