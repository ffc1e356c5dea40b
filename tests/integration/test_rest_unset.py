"""Unsetting a property on routers that know one spelling of it and refuse the others."""

from __future__ import annotations

import pytest
from hostile_router import client, hostile, scripted, target

from routeros_mcp.domain.errors import OutcomeUnknown, RouterRefused

OK, BAD_REQUEST = "200 OK", "400 Bad Request"
Sent = tuple[str, dict[str, str]]


def refused(detail: str) -> tuple[str, object]:
    return BAD_REQUEST, {"error": 400, "message": "Bad Request", "detail": detail}


class Old:
    """Knows no `!name`; `unset` only if told so; each refusal by `refuses` comes first."""

    def __init__(self, *, knows_unset: bool = True, refuses: str = "") -> None:
        self.knows_unset = knows_unset
        self.refuses = refuses
        self.sent: list[Sent] = []

    def __call__(self, path: str, body: dict[str, str]) -> tuple[str, object]:
        self.sent.append((path.rpartition("/")[2], body))
        negated = [name for name in body if name.startswith("!")]
        if negated:
            return refused(f"unknown parameter {negated[0]}")
        if self.refuses and self.refuses in (*body, *body.values()):
            return refused("failure: no")
        if path.endswith("/unset") and not self.knows_unset:
            return refused("unknown parameter value-name")
        return OK, []


async def unset(router: Old, values: dict[str, str | None], item: str | None = "*1") -> None:
    async with hostile(scripted(router)) as place, client() as rest:
        await rest.set(target(place), "/ip/route", item, values)


async def test_a_router_that_knows_no_negation_is_told_step_by_step() -> None:
    router = Old()
    await unset(router, {"comment": None, "distance": "2", "scope": None})
    assert router.sent[1:] == [
        ("set", {".id": "*1", "distance": "2"}),
        ("unset", {".id": "*1", "value-name": "comment"}),
        ("unset", {".id": "*1", "value-name": "scope"}),
    ]


async def test_a_router_that_knows_no_unset_either_gets_the_empty_value() -> None:
    router = Old(knows_unset=False)
    await unset(router, {"comment": None}, item=None)
    assert router.sent == [
        ("set", {"!comment": ""}),
        ("unset", {"value-name": "comment"}),
        ("set", {"comment": ""}),
    ]


async def test_a_refusal_of_the_first_step_means_that_nothing_was_changed() -> None:
    router = Old(refuses="distance")
    with pytest.raises(RouterRefused, match="failure: no"):
        await unset(router, {"comment": None, "distance": "2"})
    assert len(router.sent) == 2


async def test_a_refusal_after_a_step_was_done_is_an_unknown_outcome() -> None:
    router = Old(refuses="comment")
    with pytest.raises(OutcomeUnknown, match="has changed distance, then refused: failure: no"):
        await unset(router, {"comment": None, "distance": "2"})


async def test_another_refusal_is_not_followed_by_a_second_try() -> None:
    router = Old(refuses="2")
    with pytest.raises(RouterRefused, match="failure: no"):
        await unset(router, {"distance": "2"})
    assert len(router.sent) == 1
