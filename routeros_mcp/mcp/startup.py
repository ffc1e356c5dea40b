"""Keeps the start short."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def imports_uncollected() -> Iterator[None]:
    """Import without garbage collection, then leave out of later collections what was imported.

    A fifth of the start is otherwise spent on looking for garbage among classes that live for ever.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
