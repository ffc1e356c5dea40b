"""Which installation a command is about."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from routeros_mcp.cli.settings import lab_dir, load_settings
from routeros_mcp.config import PREFIX, Settings
from routeros_mcp.domain.errors import SetupError

ROUTER_PASSWORD = f"{PREFIX}ROUTER_PASSWORD"


def settings_of(chosen: argparse.Namespace) -> Settings:
    """The installation's settings; the variable with a router's password is none of them.

    Raises:
        SetupError: a setting that does not exist or cannot be, or a settings file that cannot be read.
    """
    try:
        with _without(ROUTER_PASSWORD):
            return load_settings(chosen, **_lab_places(chosen))
    except ValueError as error:
        # From reading the sources, before there is anything to validate; names a place, never a value.
        raise SetupError(str(error), fix="Correct the environment or the settings file.") from None


def _lab_places(chosen: argparse.Namespace) -> dict[str, Any]:
    """Where the lab is, whatever database and key the environment names for the real installation.

    Raises:
        SetupError: there is no lab.
    """
    if not chosen.lab:
        return {}
    directory = chosen.data_dir or lab_dir()
    database = directory / "routeros-mcp.db"
    if not database.exists():
        raise SetupError(f"There is no lab in {directory}.", fix="Start one: `routeros-mcp lab`.")
    return {
        "database_url": f"sqlite:///{database}",
        "master_key": None,
        "master_key_file": directory / "master.key",
    }


@contextmanager
def _without(variable: str) -> Iterator[None]:
    held = os.environ.pop(variable, None)
    try:
        yield
    finally:
        if held is not None:
            os.environ[variable] = held
