"""What all repositories share: reading, pages, inserting, replacing, and the words for conflicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from routeros_mcp.domain.errors import Conflict, InvalidParams, NotFound
from routeros_mcp.domain.models import Environment
from routeros_mcp.domain.pagination import Page, Position, decode_position, encode_position
from routeros_mcp.infra.db.columns import UtcDateTime, UtcNow
from routeros_mcp.infra.db.mapping import attributes_of, from_values, to_values
from routeros_mcp.infra.db.models import Base, Device

E = TypeVar("E")

MAX_PAGE_SIZE = 100
_KEPT_BY_DATABASE = ("created_at", "updated_at")


class ReadRepository(Generic[E]):
    """Finds the records of one table. It selects columns, so that nothing lags in an identity map."""

    row: type[Base]
    record: type[E]
    noun: ClassVar[str]
    order: ClassVar[str] = "id"
    moment: ClassVar[str] = "created_at"

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get_by_id(self, key: str) -> E | None:
        return await self._first(self._select().where(self.row.id == key))

    async def get(self, key: str) -> E:
        """Raise NotFound when there is no such row."""
        found = await self.get_by_id(key)
        if found is None:
            raise NotFound(f"There is no {self.noun} {key}.")
        return found

    async def list_by_environment(self, environment: Environment | str) -> Sequence[E]:
        statement = self._select().where(self._in_environment(str(environment)))
        return await self._all(statement.order_by(self._column(self.order)))

    async def list_paginated(
        self, page: int = 1, page_size: int = 20, environment: Environment | str | None = None
    ) -> tuple[Sequence[E], int]:
        """Return one page, counted from 1, and the number of records on all of them."""
        size = min(max(page_size, 1), MAX_PAGE_SIZE)
        wanted = [] if environment is None else [self._in_environment(str(environment))]
        total = await self._session.scalar(select(func.count()).select_from(self.row).where(*wanted))
        statement = self._select().where(*wanted).order_by(self._column(self.order))
        return await self._all(statement.limit(size).offset((max(page, 1) - 1) * size)), total or 0

    def _in_environment(self, environment: str) -> ColumnElement[bool]:
        """Tell the table's share of an environment: by default, what hangs on a device of it."""
        devices = select(Device.id).where(Device.environment == environment)
        owner: ColumnElement[str] = self._column("device_id")
        return owner.in_(devices)

    def _names_device_in(self, environment: str) -> ColumnElement[bool]:
        """Tell records whose list `device_ids` names a device of the environment."""
        elements = func.jsonb_array_elements_text if self._on_postgresql else func.json_each
        each = elements(self._column("device_ids")).table_valued("value")
        return (
            select(literal(1))
            .select_from(each)
            .join(Device, Device.id == each.c.value)
            .where(Device.environment == environment)
            .exists()
        )

    @property
    def _on_postgresql(self) -> bool:
        return self._session.get_bind().dialect.name == "postgresql"

    def _column(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def _columns(self) -> list[Any]:
        return [self._column(name) for name in attributes_of(self.record)]

    def _select(self) -> Select[Any]:
        record: Any = self.record
        return _selection(self.row, record)

    async def _all(self, statement: Select[Any]) -> tuple[E, ...]:
        return tuple(from_values(row, self.record) for row in await self._session.execute(statement))

    async def _first(self, statement: Any) -> E | None:
        row = (await self._session.execute(statement)).first()
        return None if row is None else from_values(row, self.record)

    async def _page(self, statement: Select[Any], *, limit: int, cursor: str | None) -> Page[E]:
        """Return the newest records after the cursor's; rows that arrive meanwhile shift nothing."""
        keys = self._column(self.moment), self.row.id
        if cursor is not None:
            statement = statement.where(tuple_(*keys) < _row_value(cursor))
        size = max(limit, 1)
        found = await self._all(statement.order_by(*(key.desc() for key in keys)).limit(size + 1))
        more = len(found) > size
        return Page(items=found[:size], next_cursor=self._cursor_after(found[size - 1]) if more else None)

    def _cursor_after(self, last: Any) -> str:
        return encode_position(Position(getattr(last, self.moment), last.id))


class Repository(ReadRepository[E]):
    """Adds writing. Records without a version are replaced as they come."""

    taken: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Columns of each unique constraint, joined by `_`, and what to say when a record with them exists."""

    async def add(self, entity: E) -> E:
        """Insert a new record.

        Raises:
            Conflict: its id or another unique property is taken.
        """
        statement = insert(self.row).values(**self._values(entity)).returning(*self._columns)
        return await self._stored(statement, entity)

    async def save(self, entity: E) -> E:
        """Insert the record or replace the one with its id."""
        statement, cells = self._upsert(entity)
        record: Any = self.record
        with self._conflicts(entity):
            stored = await self._session.execute(_returning(statement, self.row, record), cells)
        return from_values(stored.one(), self.record)

    async def put(self, entity: E) -> None:
        """As `save`, where nobody asks what is stored."""
        statement, cells = self._upsert(entity)
        with self._conflicts(entity):
            await self._session.execute(statement, cells)

    def _upsert(self, entity: E) -> tuple[Any, dict[str, Any]]:
        cells = {self._name(name): value for name, value in self._values(entity).items()}
        insert_into = postgresql.insert if self._on_postgresql else sqlite.insert
        return _upsert(insert_into, self.row.__table__, tuple(cells)), cells

    async def delete(self, key: str) -> bool:
        statement = delete(self.row).where(self.row.id == key).returning(self.row.id)
        return await self._session.scalar(statement) is not None

    def _insert(self) -> Any:
        return self._inserter(self.row)

    def _inserter(self, row: type[Base]) -> Any:
        return postgresql.insert(row) if self._on_postgresql else sqlite.insert(row)

    def _name(self, attribute: str) -> str:
        return str(self.row.__mapper__.attrs[attribute].columns[0].name)

    def _values(self, entity: Any) -> dict[str, Any]:
        """Return the record's values; the two moments are left to the database unless the record has them."""
        values = to_values(entity)
        return {k: v for k, v in values.items() if v is not None or k not in _KEPT_BY_DATABASE}

    async def _stored(self, statement: Any, entity: Any) -> E:
        with self._conflicts(entity):
            stored = await self._first(statement)
        if stored is None:
            raise self._changed_meanwhile(entity)
        return stored

    def _changed_meanwhile(self, entity: Any) -> Conflict:
        return Conflict(
            f"Somebody else changed {self.noun} {entity.id} meanwhile.",
            fix="Read it again and repeat the change.",
        )

    @contextmanager
    def _conflicts(self, entity: Any) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            reason = str(error.orig)
            if "unique" in reason.lower():
                raise self._duplicate(entity, reason) from error
            if "foreign key" in reason.lower():
                raise NotFound(f"The {self.noun} belongs to something that does not exist.") from error
            raise

    def _duplicate(self, entity: Any, reason: str) -> Conflict:
        # PostgreSQL names the constraint, SQLite the columns: `uq_users_name`, `users.name`.
        words = reason.replace(f"{self.row.__tablename__}.", "").replace(", ", "_")
        for columns, message in self.taken:
            if columns in words:
                return Conflict(message.format(entity), fix="Use another one, or change the existing one.")
        return Conflict(f"The {self.noun} {entity.id} exists already.", fix="Use a new id.")


class VersionedRepository(Repository[E]):
    """Refuses to replace a record that was changed since it was read."""

    async def save(self, entity: E) -> E:
        """Insert a first version, or replace the version that the record was read from.

        Returns:
            The record as stored, with the next version where it replaced one.

        Raises:
            Conflict: the stored record has another version, or a unique property is taken.
        """
        with self._conflicts(entity):
            stored = await self._replace(entity)
        # Only a first version may be new: a later one was read, and has been deleted since.
        if stored is not None or self._version(entity) != 1:
            return self._or_changed(stored, entity)
        statement = (
            self._insert().values(**self._values(entity)).on_conflict_do_nothing(index_elements=["id"])
        )
        return await self._stored(statement.returning(*self._columns), entity)

    async def _replace(self, entity: Any, *also: ColumnElement[bool]) -> E | None:
        """Update the row if it still has the record's version."""
        values = self._values(entity) | {"version": self._version(entity) + 1, "updated_at": UtcNow()}
        same = self.row.id == values.pop("id"), self._column("version") == self._version(entity)
        values.pop("created_at", None)
        statement = update(self.row).where(*same, *also).values(**values).returning(*self._columns)
        return await self._first(statement)

    def _or_changed(self, stored: E | None, entity: E) -> E:
        if stored is None:
            raise self._changed_meanwhile(entity)
        return stored

    @staticmethod
    def _version(entity: Any) -> int:
        return int(entity.version)


@cache
def _selection(row: Any, record: Any) -> Select[Any]:
    return select(*(getattr(row, name) for name in attributes_of(record)))


@cache
def _upsert(insert_into: Any, table: Any, names: tuple[str, ...]) -> Any:
    """Built once for each table: SQLAlchemy takes longer to build it than SQLite to carry it out."""
    statement = insert_into(table)
    changed = {name: statement.excluded[name] for name in names if name not in {"id", *_KEPT_BY_DATABASE}}
    return statement.on_conflict_do_update(index_elements=["id"], set_={**changed, "updated_at": UtcNow()})


@cache
def _returning(statement: Any, row: Any, record: Any) -> Any:
    mapped = row.__mapper__.attrs
    return statement.returning(*(mapped[name].columns[0] for name in attributes_of(record)))


def _row_value(cursor: str) -> Any:
    position = decode_position(cursor)
    if position.moment.tzinfo is None:
        raise InvalidParams("The cursor is not one of ours.", fix="Pass next_cursor back unchanged.")
    return tuple_(literal(position.moment, UtcDateTime()), literal(position.id))
