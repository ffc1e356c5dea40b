"""People who may approve."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, true

from routeros_mcp.domain.models import UserDomain
from routeros_mcp.infra.db.models import User
from routeros_mcp.infra.db.repositories.base import Repository


class UserRepository(Repository[UserDomain]):
    """Implements `ports.Users`."""

    row, record, noun, order = User, UserDomain, "user", "name"
    taken = (("name", "A user named {0.name} exists already."),)

    async def get_by_name(self, name: str) -> UserDomain | None:
        return await self._first(self._select().where(User.name == name))

    async def all(self) -> Sequence[UserDomain]:
        return await self._all(self._select().order_by(User.name))

    def _in_environment(self, environment: str) -> ColumnElement[bool]:
        # People belong to the installation: all of its environments.
        del environment
        return true()
