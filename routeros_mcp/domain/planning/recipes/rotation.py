"""The recipe for a new login of our own on each router."""

from __future__ import annotations

from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.planning.recipes.arguments import Given, Recipe
from routeros_mcp.domain.planning.rotating import MARK, USERS, OwnLogin
from routeros_mcp.domain.planning.wishes import Wish


def _rotated(_given: Given) -> tuple[Wish, ...]:
    told = {"name": "", "group": "", "password": "", "comment": MARK, "disabled": "", "address": ""}
    return (OwnLogin(op=ChangeOp.ADD, path=USERS, values=told),)


RECIPES = (
    Recipe(
        name="user_rotation",
        summary="Give the server a new login on each router, proven before the old one is switched off.",
        arguments={},
        build=_rotated,
    ),
)
