"""Which installation a command is about."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from routeros_mcp.cli.settings import load_settings
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
            return load_settings(chosen)
    except ValueError as error:
        # From reading the sources, before there is anything to validate; names a place, never a value.
        raise SetupError(str(error), fix="Correct the environment or the settings file.") from None


@contextmanager
def _without(variable: str) -> Iterator[None]:
    held = os.environ.pop(variable, None)
    try:
        yield
    finally:
        if held is not None:
            os.environ[variable] = held
