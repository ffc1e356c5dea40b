"""Column types and defaults that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, Text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

ID_LENGTH = 64


class UtcDateTime(TypeDecorator[datetime]):
    """Aware moments in, aware UTC out; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value.isoformat()} has no time zone: store aware moments only.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UtcNow(FunctionElement[datetime]):
    """The database's own clock, in the very form in which `UtcDateTime` stores moments."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(UtcNow)
def _now(element: UtcNow, compiler: Any, **options: Any) -> str:
    del element, compiler, options
    return "now()"


@compiles(UtcNow, "sqlite")
def _now_on_sqlite(element: UtcNow, compiler: Any, **options: Any) -> str:
    # CURRENT_TIMESTAMP has whole seconds and would sort before the fractions of the same second.
    del element, compiler, options
    return "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"


class UtcClock(FunctionElement[datetime]):
    """The database's clock at this very moment; on PostgreSQL, `UtcNow` is the transaction's start."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(UtcClock)
def _clock(element: UtcClock, compiler: Any, **options: Any) -> str:
    del element, compiler, options
    return "clock_timestamp()"


@compiles(UtcClock, "sqlite")
def _clock_on_sqlite(element: UtcClock, compiler: Any, **options: Any) -> str:
    del element, compiler, options
    return "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""Stored and replaced as a whole: a value changed in place is not noticed."""

SortedName = String(255).with_variant(String(255, collation="C"), "postgresql")
"""Sorted by code point on every database, so that a page ends where the next begins whatever the locale."""

Words = Text().with_variant(TSVECTOR(), "postgresql")
"""A set of words: on SQLite in one text, with blanks between."""
