"""Importing without garbage collection."""

from __future__ import annotations

import gc

import pytest

from routeros_mcp.mcp.startup import imports_uncollected


def test_collection_is_off_while_importing_and_on_again_after_a_failure() -> None:
    with pytest.raises(ModuleNotFoundError):
        _import_in_vain()
    assert gc.isenabled()
    gc.unfreeze()


@imports_uncollected()
def _import_in_vain() -> None:
    assert not gc.isenabled()
    raise ModuleNotFoundError
