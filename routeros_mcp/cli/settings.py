"""Settings as the command line sees them: its options win over environment and file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from routeros_mcp.config import Settings
from routeros_mcp.domain.errors import SetupError

_OPTIONS = {
    "config": "config",
    "data_dir": "data_dir",
    "host": "http_host",
    "port": "http_port",
    "toolsets": "toolsets",
    "read_only": "read_only",
}


def load_settings(chosen: argparse.Namespace, **overrides: Any) -> Settings:
    """Read the settings; `--lab` points at the running lab.

    Raises:
        SetupError: a setting that does not exist or cannot be; names it, never its value.
    """
    given = {setting: getattr(chosen, option, None) for option, setting in _OPTIONS.items()}
    if getattr(chosen, "lab", False) and not given["data_dir"]:
        given["data_dir"] = lab_dir()
    if getattr(chosen, "lab", False):
        overrides = {**_LAB, **overrides}
    wanted = {name: value for name, value in given.items() if value is not None and value is not False}
    try:
        return Settings(**{**wanted, **overrides})
    except ValidationError as error:
        raise SetupError(_problems(error), fix="See docs/reference/settings.md for all settings.") from None


def lab_dir() -> Path:
    """Where the lab keeps its database and key while it runs."""
    return Path(Settings.model_fields["data_dir"].get_default(call_default_factory=True)) / "lab"


_LAB: dict[str, Any] = {"management_networks": ["127.0.0.0/8"], "environment": "lab"}


def _problems(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False)
    return " ".join(
        f"{_name(problem['loc'])}{problem['msg'].removeprefix('Value error, ')}" for problem in found
    )


def _name(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(str(part) for part in location)}: " if location else ""
