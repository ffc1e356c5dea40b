"""Approvals that were altered, forged, moved, kept or put back: the database is not believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fakes.clock import FakeClock
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    NullPool,
    column,
    create_engine,
    delete,
    insert,
    inspect,
    select,
    table,
    text,
)
from world import World, set_dns, world

pytestmark = pytest.mark.slow

TABLES = ("plans", "plan_devices", "plan_approvals")
HARMLESS = {
    "plans": {"created_at", "updated_at", "version", "decision_reason", "error_message"},
    "plan_devices": {"created_at", "updated_at", "error_code", "error_message", "started_at", "finished_at"},
    "plan_approvals": {"created_at", "updated_at"},
}
"""Columns that neither say what is done nor who agreed; `position` is exchanged, not set."""
STATUSES = ("draft", "submitted", "applying", "applied", "rejected", "cancelled", "expired", "rolled_back")
T = TypeVar("T")
Rows = dict[str, list[dict[str, Any]]]


class Chance:
    """The same choices at every run."""

    def __init__(self, start: int) -> None:
        self._count = start

    def below(self, limit: int) -> int:
        self._count += 1
        return int.from_bytes(hashlib.sha256(str(self._count).encode()).digest()[:8]) % limit

    def choice(self, among: Sequence[T]) -> T:
        return among[self.below(len(among))]


@contextmanager
def database(w: World) -> Iterator[Connection]:
    with _engine(w.database).begin() as connection:
        yield connection


@cache
def _engine(path: Path) -> Engine:
    return create_engine(f"sqlite:///{path}", poolclass=NullPool)


def rows_of(w: World, plan_id: str) -> Rows:
    """What the database holds of a plan and its approvals, in its own spelling."""
    held: Rows = {}
    with database(w) as connection:
        for name in TABLES:
            names = [found["name"] for found in inspect(connection).get_columns(name)]
            wanted = select(*map(column, names)).select_from(table(name)).where(_of(name, plan_id))
            held[name] = [dict(row) for row in connection.execute(wanted).mappings()]
    return held


def put(w: World, plan_id: str, rows: Rows) -> None:
    """Make the database hold exactly these rows of the plan, whoever else refers to them."""
    with database(w) as connection:
        for name, held in rows.items():
            connection.execute(delete(table(name)).where(_of(name, plan_id)))
            for row in held:
                connection.execute(insert(table(name, *map(column, row))).values(row))


def _of(name: str, plan_id: str) -> ColumnElement[bool]:
    return column("id" if name == "plans" else "plan_id") == plan_id


def copied(rows: Rows) -> Rows:
    return {name: [dict(row) for row in held] for name, held in rows.items()}


async def approved(w: World, server: str) -> str:
    plan_id: str = (await w.plan(set_dns(server)))["plan_id"]
    await w.approve(plan_id)
    return plan_id


async def refused(w: World, plan_id: str) -> str:
    failed = await w.fails("plan_apply", plan_id=plan_id)
    assert [w.sent(name) for name in w.names] == [[]] * len(w.names)
    return failed.code


# -- one field of one row --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alteration:
    table: str
    column: str
    alter: Callable[[Any], Any]

    def of(self, rows: Rows, chance: Chance) -> Rows:
        altered = copied(rows)
        row = chance.choice(altered[self.table])
        row[self.column] = self.alter(row[self.column])
        return altered


def alterations(rows: Rows, chance: Chance) -> Iterator[Alteration]:
    """Endlessly, one field of one row altered in some way; every column comes up."""
    columns = [
        (place, name)
        for place, held in rows.items()
        for name in held[0]
        if name not in HARMLESS[place] | {"id", "plan_id", "position"}
    ]
    columns += [("plan_approvals", "id"), ("plan_approvals", "approver"), ("plan_approvals", "mac")]
    while True:
        for place, name in columns:
            yield Alteration(place, name, _way(name, chance))


def _way(column: str, chance: Chance) -> Callable[[Any], Any]:
    if column == "status":
        return lambda _: chance.choice(STATUSES)
    if column == "risk":
        return lambda held: chance.choice([risk for risk in ("medium", "high", "extreme") if risk != held])
    if column == "state":
        return lambda _: chance.choice(("confirmed", "unknown", "intent"))
    if column in {"baseline", "gate"}:
        return lambda held: json.dumps({**json.loads(held or "{}"), "more": chance.below(99)})
    if column.endswith("_at"):
        return lambda _: f"20{27 + chance.below(70)}-01-01 00:00:00.000000"
    return lambda held: _flipped(held, chance)


def _flipped(held: Any, chance: Chance) -> Any:
    """Another value of the same kind: a list gets an entry, a text another character."""
    spelt = "" if held is None else str(held)
    if spelt[:1] in {"[", "{"}:
        decoded = json.loads(spelt)
        if isinstance(decoded, dict):
            return json.dumps({**decoded, "more": chance.below(99)})
        return json.dumps([*decoded, *decoded[:1]] or ["edge-9"])
    place = chance.below(len(spelt) + 1)
    letter = chance.choice("abcdef0123456789xyz")
    altered = spelt[:place] + letter + spelt[place + chance.below(2) :]
    return altered if altered != spelt else altered + letter


async def try_alterations(count: int, start: int = 0) -> None:
    async with world(2) as w:
        plan_id = await approved(w, "192.0.2.53")
        genuine, chance = rows_of(w, plan_id), Chance(start)
        tries = alterations(genuine, chance)
        codes: dict[str, int] = {}
        for _ in range(count):
            alteration = next(tries)
            put(w, plan_id, alteration.of(genuine, chance))
            code = await refused(w, plan_id)
            assert code in {"not_approved", "expired", "conflict"}, (alteration, code)
            codes[code] = codes.get(code, 0) + 1
        assert codes["not_approved"] > count / 2
        put(w, plan_id, genuine)
        assert (await w.apply_and_wait(plan_id))["status"] == "success"


async def test_no_altered_field_of_a_plan_or_approval_is_accepted() -> None:
    await try_alterations(40)


async def test_of_two_hundred_alterations_none_is_accepted() -> None:
    await try_alterations(200, 1_000_000)


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(4))
async def test_of_a_thousand_alterations_none_is_accepted(part: int) -> None:
    await try_alterations(250, 1_000_000 * (part + 1))


# -- rows taken away, added, exchanged, put back ---------------------------------------------------------


async def test_rows_taken_away_or_exchanged_are_noticed() -> None:
    async with world(2) as w:
        plan_id = await approved(w, "192.0.2.53")
        genuine = rows_of(w, plan_id)
        for name in ("plan_devices", "plan_approvals"):
            fewer = copied(genuine)
            fewer[name].pop()
            put(w, plan_id, fewer)
            assert await refused(w, plan_id) == "not_approved"
        exchanged = copied(genuine)
        one, other = exchanged["plan_devices"]
        one["position"], other["position"] = other["position"], one["position"]
        put(w, plan_id, exchanged)
        assert await refused(w, plan_id) == "not_approved"


async def test_an_approval_forged_in_the_database_is_refused(small_world: World) -> None:
    w = small_world
    plan_id = (await w.plan(set_dns("192.0.2.53")))["plan_id"]
    with database(w) as connection:
        connection.execute(
            text(
                "UPDATE plans SET status='approved', approved_by='user:approver',"
                " approved_at='2026-01-01 00:00:00.000000', approval_expires_at='2099-01-01 00:00:00.000000'"
            )
        )
    assert await refused(w, plan_id) == "not_approved"
    with database(w) as connection:
        connection.execute(
            text(
                "INSERT INTO plan_approvals (id, plan_id, approver, role, digest, policy_digest, approved_at,"
                " expires_at, mac) SELECT 'forged', id, 'user:approver', 'approver', digest, 'built-in',"
                " approved_at, approval_expires_at, 'abcdef' FROM plans"
            )
        )
    assert await refused(w, plan_id) == "not_approved"


async def test_the_approval_of_one_plan_is_worth_nothing_for_another(small_world: World) -> None:
    w = small_world
    first, second = await approved(w, "192.0.2.53"), (await w.plan(set_dns("192.0.2.54")))["plan_id"]
    mine, foreign = rows_of(w, second), rows_of(w, first)
    mine["plan_approvals"] = [
        {**row, "plan_id": second, "id": f"x{row['id']}"} for row in foreign["plan_approvals"]
    ]
    for name in ("status", "approved_by", "approved_at", "approval_expires_at"):
        mine["plans"][0][name] = foreign["plans"][0][name]
    put(w, second, mine)
    assert await refused(w, second) == "not_approved"
    mine["plans"][0]["digest"] = mine["plan_approvals"][0]["digest"] = foreign["plans"][0]["digest"]
    put(w, second, mine)
    assert await refused(w, second) == "not_approved"


async def test_an_approval_kept_beyond_its_time_is_worth_nothing() -> None:
    clock = FakeClock(held=True)
    async with world(1, adapt=lambda ports: replace(ports, clock=clock)) as w:
        plan_id = await approved(w, "192.0.2.53")
        clock.advance(timedelta(minutes=16))
        genuine = rows_of(w, plan_id)
        assert await refused(w, plan_id) == "expired"
        extended = copied(genuine)
        extended["plans"][0]["approval_expires_at"] = "2099-01-01 00:00:00.000000"
        put(w, plan_id, extended)
        assert await refused(w, plan_id) == "expired"
        extended["plan_approvals"][0]["expires_at"] = "2099-01-01 00:00:00.000000"
        put(w, plan_id, extended)
        assert await refused(w, plan_id) == "not_approved"


@pytest.mark.parametrize("tables", [("plans",), ("plans", "plan_approvals"), TABLES], ids=len)
async def test_old_rows_put_back_do_not_make_an_applied_plan_fresh(
    small_world: World, tables: Sequence[str]
) -> None:
    w = small_world
    plan_id = await approved(w, "192.0.2.53")
    before = rows_of(w, plan_id)
    assert (await w.apply_and_wait(plan_id))["status"] == "success"
    after = rows_of(w, plan_id)
    assert after["plan_approvals"][0]["consumed_at"] is not None
    w.router().ledger_clear()
    put(w, plan_id, {**after, **{name: before[name] for name in tables}})
    assert await refused(w, plan_id) == "not_approved"
