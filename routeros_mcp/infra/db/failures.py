"""What a database failure means to the caller: out of reach, or worth another try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from routeros_mcp.domain.errors import DatabaseUnavailable

_SERIALIZATION = {"40001", "40P01", "55P03"}
"""PostgreSQL: serialization failure, deadlock, lock not available."""
_LOCKED = ("database is locked", "database table is locked")


@contextmanager
def connecting(url: str) -> Iterator[None]:
    """Turn what goes wrong while a connection is made into DatabaseUnavailable.

    Drivers let the system's own errors through (refused, no such host), hence OSError.
    """
    try:
        yield
    except (DBAPIError, OSError, PoolTimeout) as error:
        raise _unavailable(url, error, transient=True) from error


@contextmanager
def using(url: str) -> Iterator[None]:
    """Turn a lost connection, a lock that was never free or a full disk into DatabaseUnavailable."""
    try:
        yield
    except DBAPIError as error:
        transient = is_transient(error)
        if not transient and not isinstance(error, OperationalError | InterfaceError):
            raise
        raise _unavailable(url, error, transient=transient) from error


def is_transient(error: DBAPIError) -> bool:
    """Whether the same unit of work may succeed when it is run again from its start."""
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _SERIALIZATION:
        return True
    return any(words in str(error.orig) for words in _LOCKED)


def _unavailable(url: str, error: Exception, *, transient: bool) -> DatabaseUnavailable:
    place = make_url(url).render_as_string(hide_password=True)
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return DatabaseUnavailable(
        f"The database {place} cannot be used: {lines[0].rstrip('.')}.",
        fix="Check ROUTEROS_MCP_DATABASE_URL, then run `routeros-mcp db current`.",
        transient=transient,
    )
