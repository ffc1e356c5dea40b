"""Approvers prove who they are; guessing locks them out, also side by side."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.clock import FakeClock
from world import PASSPHRASE, World, principal, world

from routeros_mcp.domain.errors import Conflict, Forbidden, InvalidParams
from routeros_mcp.domain.models import Role, Scope
from routeros_mcp.domain.user_service import NewUser


async def guess(w: World, passphrase: str = "") -> str:
    """What is answered to a guess."""
    with pytest.raises(Forbidden) as caught:
        await w.app.services.users.authenticate("approver", passphrase or "wrong-wrong-wrong")
    return caught.value.message


async def test_an_approver_proves_to_be_one_and_gets_its_scopes(small_world: World) -> None:
    who = await small_world.authenticate()
    assert (who.subject, who.role) == ("user:approver", Role.APPROVER)
    assert Scope.APPROVE in who.scopes
    assert Scope.WRITE not in who.scopes


async def test_an_unknown_name_and_a_wrong_passphrase_are_answered_alike(small_world: World) -> None:
    await small_world.authenticate()
    wrong = await guess(small_world)
    with pytest.raises(Forbidden) as caught:
        await small_world.app.services.users.authenticate("nobody", PASSPHRASE)
    assert caught.value.message == wrong


@pytest.mark.parametrize("side_by_side", [False, True])
async def test_five_wrong_passphrases_lock_for_a_quarter_of_an_hour(side_by_side: bool) -> None:
    clock = FakeClock(held=True)
    async with world(1, adapt=lambda ports: replace(ports, clock=clock)) as w:
        await w.authenticate()
        if side_by_side:
            async with asyncio.timeout(20), asyncio.TaskGroup() as group:
                for _ in range(8):
                    group.create_task(guess(w))
        else:
            for _ in range(5):
                await guess(w)
        assert "locked" in await guess(w, PASSPHRASE)
        clock.advance(timedelta(minutes=15))
        assert (await w.authenticate()).subject == "user:approver"


async def test_a_success_forgets_the_guesses_before_it(small_world: World) -> None:
    w = small_world
    await w.authenticate()
    for _ in range(4):
        await guess(w)
    await w.authenticate()
    await guess(w)
    assert (await w.authenticate()).subject == "user:approver"


async def test_a_short_passphrase_and_a_taken_name_are_refused(small_world: World) -> None:
    users = small_world.app.services.users
    voucher = await small_world.authenticate()
    with pytest.raises(InvalidParams):
        await users.create(NewUser(name="anna", role=Role.APPROVER, passphrase="short"), voucher)
    with pytest.raises(Conflict):
        await users.create(NewUser(name="approver", role=Role.APPROVER, passphrase=PASSPHRASE), voucher)


@pytest.mark.parametrize("role", [None, Role.READ_ONLY, Role.OPS_RW, Role.AUDITOR])
async def test_nobody_makes_an_approver_of_their_own(small_world: World, role: Role | None) -> None:
    users = small_world.app.services.users
    await small_world.authenticate()
    wanted = NewUser(name="eve", role=Role.APPROVER, passphrase=PASSPHRASE)
    with pytest.raises(Forbidden):
        await users.create(wanted, principal(role) if role else None)
    assert [user.name for user in await users.all()] == ["approver"]
