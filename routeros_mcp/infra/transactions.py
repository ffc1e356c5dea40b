"""Whether the running task holds a database transaction; router clients refuse to work while it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)


def transaction_is_open() -> bool:
    return in_transaction.get()


@contextmanager
def marked_transaction() -> Iterator[None]:
    """Mark this task as holding a transaction.

    Raises:
        RuntimeError: it holds one already; a second would wait for the first for ever.
    """
    if in_transaction.get():
        raise RuntimeError("A transaction is open in this task: pass it along instead of opening another.")
    token = in_transaction.set(True)
    try:
        yield
    finally:
        in_transaction.reset(token)
