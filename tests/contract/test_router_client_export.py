"""Exports and connection tests, on the REST client and an emulated router."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from router_lab import LIMITS, MUTE, READER, Lab, lab

from routeros_mcp.domain.errors import BadAnswer, DeviceError
from routeros_mcp.domain.models import Login, ProbeStage
from routeros_mcp.domain.models.credential import Secret

STAGES = ["address", "dns", "tcp", "tls", "pin", "login", "policy", "read"]


def outline(stages: list[ProbeStage]) -> list[str]:
    return [stage.name for stage in stages]


def files_left(place: Lab) -> list[str]:
    return [row["name"] for row in place.router.rows("/file") if row["name"].startswith("rmcp-")]


# -- export ----------------------------------------------------------------------------------------------


async def test_an_export_is_text_with_plain_line_ends() -> None:
    async with lab() as place:
        text = await place.client.export(place.target)
        assert text.startswith("# ")
        assert "by RouterOS 7.23.2\n" in text
        assert "\r" not in text
        assert text.endswith("\n")
        assert "rmcp-" not in text
        assert place.requests == ["POST /rest/execute"]


async def test_an_incomplete_export_is_no_export() -> None:
    async with lab() as place:
        comment = '#error exporting "/ip/ssh" (timeout)'
        place.router.edit("/ip/firewall/filter", "*1", {"comment": comment})
        with pytest.raises(BadAnswer, match="incomplete"):
            await place.client.export(place.target)


async def test_an_export_over_the_cap_is_refused() -> None:
    async with lab(replace(LIMITS, export_bytes=50)) as place:
        with pytest.raises(BadAnswer, match="longer than 50 bytes"):
            await place.client.export(place.target)


async def test_an_export_that_the_login_may_not_take_leaves_no_file() -> None:
    async with lab() as place:
        with pytest.raises(DeviceError) as caught:
            await place.client.export(place.target_as(MUTE))
        assert caught.value.fix
        assert files_left(place) == []


# -- connection test -------------------------------------------------------------------------------------


async def test_a_working_router_passes_every_stage_in_order() -> None:
    async with lab() as place:
        stages = await place.client.probe(place.target)
        assert outline(stages) == STAGES
        assert all(stage.ok and stage.duration_ms >= 0 for stage in stages)
        assert "7.23.2" in stages[-1].detail
        assert place.requests == ["GET /rest/system/identity", "GET /rest/system/resource"]


@pytest.mark.parametrize(
    ("address", "name"),
    [("core", "dns"), ("https://core", "address"), ("192.0.2.1:443", "address"), ("127.0.0.1:1", "tcp")],
)
async def test_a_way_that_fails_ends_at_its_stage_with_a_fix(address: str, name: str) -> None:
    async with lab() as place:
        stages = await place.client.probe(replace(place.target, address=address))
        assert outline(stages) == STAGES[: STAGES.index(name) + 1]
        assert [stage.ok for stage in stages] == [True] * (len(stages) - 1) + [False]
        assert stages[-1].fix


async def test_a_port_without_tls_ends_in_stage_tls() -> None:
    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server, lab() as place:
        port = server.sockets[0].getsockname()[1]
        stages = await place.client.probe(replace(place.target, address=f"127.0.0.1:{port}"))
        assert outline(stages) == STAGES[:4]
        assert not stages[-1].ok


async def test_a_changed_certificate_ends_in_stage_pin() -> None:
    async with lab() as place:
        pinned = place.target
        place.router.faults.wrong_certificate()
        stages = await place.client.probe(pinned)
        assert outline(stages) == STAGES[:5]
        assert place.router.fingerprint in stages[-1].detail
        assert place.requests == []


async def test_a_wrong_password_ends_in_stage_login() -> None:
    async with lab() as place:
        login = Login(username="admin", password=Secret("wrong"))
        stages = await place.client.probe(replace(place.target, login=login))
        assert outline(stages) == STAGES[:6]
        assert "rest-api" in stages[-1].fix


async def test_a_missing_policy_ends_in_stage_policy_after_the_login() -> None:
    async with lab() as place:
        stages = await place.client.probe(place.target_as(MUTE))
        assert outline(stages) == STAGES[:7]
        assert (stages[5].ok, stages[6].ok) == (True, False)
        assert "api" in stages[6].fix


async def test_an_answer_of_another_path_ends_in_stage_login() -> None:
    async with lab() as place:
        place.router.faults.wrong_body(n=9)
        stages = await place.client.probe(place.target)
        assert outline(stages) == STAGES[:6]
        assert "just started" in stages[-1].fix


async def test_a_reader_passes() -> None:
    async with lab() as place:
        assert all(stage.ok for stage in await place.client.probe(place.target_as(READER)))


async def test_a_connection_test_on_first_use_pins() -> None:
    async with lab() as place:
        stages = await place.client.probe(replace(place.target, fingerprint=None))
        assert stages[4].detail == "pinned on first use"
        assert place.pins.pinned == {"d1": place.router.fingerprint}
