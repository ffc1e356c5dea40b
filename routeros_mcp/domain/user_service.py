"""People who prove themselves on a terminal: created by an admin, asked for their passphrase to approve."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from routeros_mcp.domain import validation
from routeros_mcp.domain.errors import Conflict, Forbidden, InvalidParams
from routeros_mcp.domain.models import SCOPES_OF_ROLE, Principal, Role, Selector, UserDomain
from routeros_mcp.domain.ports import Clock, Ids, Passphrases, UnitOfWork

_SHORTEST_PASSPHRASE = 10
_TRIES = 5
_LOCK = timedelta(minutes=15)
_VOUCHERS = frozenset({Role.APPROVER, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    name: str
    role: Role
    passphrase: str
    email: str | None = None


class UserService:
    def __init__(self, uow: UnitOfWork, passphrases: Passphrases, clock: Clock, ids: Ids) -> None:
        self._uow = uow
        self._passphrases = passphrases
        self._clock = clock
        self._ids = ids
        self._nobody: str | None = None

    async def create(self, wanted: NewUser, voucher: Principal | None = None) -> UserDomain:
        """Add a user; all but the first need somebody who may approve or administer to vouch for them.

        Otherwise whoever has a shell, an assistant too, could make an approver of their own.

        Raises:
            InvalidParams: the passphrase is too short. Conflict: the name is taken.
            Forbidden: nobody vouches.
        """
        if len(wanted.passphrase) < _SHORTEST_PASSPHRASE:
            raise InvalidParams(
                f"A passphrase has at least {_SHORTEST_PASSPHRASE} characters.", fix="Choose a longer one."
            )
        user = UserDomain(
            id=self._ids.new(),
            name=validation.device_name(wanted.name),
            role=wanted.role,
            passphrase_hash=await asyncio.to_thread(self._passphrases.hash, wanted.passphrase),
            email=wanted.email,
        )
        async with self._uow() as tx:
            if await tx.users.all() and (voucher is None or voucher.role not in _VOUCHERS):
                raise Forbidden(
                    "Only an approver or an admin among the users adds another one.",
                    fix=f"One of them vouches: routeros-mcp user create {user.name} --by NAME.",
                )
            if await tx.users.get_by_name(user.name):
                raise Conflict(f"There is a user {user.name} already.", fix="Choose another name.")
            return await tx.users.add(user)

    async def all(self) -> Sequence[UserDomain]:
        async with self._uow.read() as tx:
            return await tx.users.all()

    async def authenticate(self, name: str, passphrase: str) -> Principal:
        """The principal of a user who gave the right passphrase; five wrong ones lock for 15 minutes.

        Raises:
            Forbidden: unknown user, wrong passphrase or locked; the words do not tell which of the first two.
        """
        async with self._uow.read() as tx:
            user = await tx.users.get_by_name(name)
        if user is not None:
            self._refuse_locked(user)
        right = await asyncio.to_thread(self._verify, user, passphrase)
        if user is None or not user.active or not right:
            await self._count_failure(user)
            raise Forbidden("The name or the passphrase is wrong.", fix="Try again.")
        await self._edit(user, lambda held: replace(held, failed_attempts=0, locked_until=None))
        return Principal(
            subject=f"user:{user.name}",
            role=user.role,
            scopes=SCOPES_OF_ROLE[user.role],
            devices=Selector.everything(),
            email=user.email,
        )

    def _verify(self, user: UserDomain | None, passphrase: str) -> bool:
        """Takes as long for a name that nobody has: how long it takes tells nothing."""
        if self._nobody is None:
            self._nobody = self._passphrases.hash("nobody has this name")
        return self._passphrases.verify(user.passphrase_hash if user else self._nobody, passphrase)

    def _refuse_locked(self, user: UserDomain) -> None:
        if user.locked_until is not None and user.locked_until > self._clock.now():
            raise Forbidden(
                f"{user.name} is locked until {user.locked_until:%H:%M} UTC: {_TRIES} wrong passphrases.",
                fix="Wait, or ask another approver.",
            )

    async def _count_failure(self, user: UserDomain | None) -> None:
        if user is None:
            return
        await self._edit(user, self._counted)

    def _counted(self, user: UserDomain) -> UserDomain:
        if user.locked_until is not None and user.locked_until > self._clock.now():
            return user
        failures = user.failed_attempts + 1
        locked = self._clock.now() + _LOCK if failures >= _TRIES else None
        return replace(user, failed_attempts=0 if locked else failures, locked_until=locked)

    async def _edit(self, user: UserDomain, edit: Callable[[UserDomain], UserDomain]) -> None:
        """Edit the user as stored now: guesses made side by side are all counted."""
        async with self._uow() as tx:
            await tx.users.save(edit(await tx.users.get(user.id)))
