"""Pages and opaque cursors that stay stable while rows arrive."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from routeros_mcp.domain.errors import InvalidParams

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A slice of a growing list, newest first; `next_cursor` is None on the last page."""

    items: tuple[T, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the moment and the id of its last row."""

    moment: datetime
    id: str


def encode_position(position: Position) -> str:
    return encode_cursor([position.moment.isoformat(), position.id])


def decode_position(cursor: str) -> Position:
    """Read a cursor made by `encode_position`.

    Raises:
        InvalidParams: the text is no such cursor.
    """
    match decode_cursor(cursor):
        case [str() as moment, str() as row_id]:
            try:
                return Position(_moment(moment), row_id)
            except (ValueError, OverflowError) as error:
                raise _bad_cursor() from error
        case _:
            raise _bad_cursor()


def _moment(text: str) -> datetime:
    """An aware moment; one without a zone cannot be compared with ours."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(UTC)


def encode_cursor(parts: Sequence[object]) -> str:
    text = json.dumps(list(parts), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[object]:
    """Read the parts of a cursor.

    Raises:
        InvalidParams: the text is no cursor of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _bad_cursor() from error
    if not isinstance(parts, list):
        raise _bad_cursor()
    return parts


def _bad_cursor() -> InvalidParams:
    return InvalidParams(
        "The cursor is not one of ours.", fix="Pass next_cursor back unchanged, or leave it out."
    )
