"""`routeros-mcp keys`: the master key that seals secrets at rest."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.console import Console

from routeros_mcp.cli.installation import settings_of
from routeros_mcp.cli.output import say, show
from routeros_mcp.domain.errors import SetupError
from routeros_mcp.infra.crypto import MasterKey, load_or_create_master_key


def generate(chosen: argparse.Namespace) -> int:
    key = MasterKey.generate()
    if chosen.file:
        _write_private(chosen.file, key.to_text() + "\n")
        told = {"key_id": key.kid, "file": str(chosen.file)}
        show(chosen, told, lambda console, held: _line(console, f"Key {held['key_id']}: {held['file']}"))
        return 0
    show(chosen, {"key_id": key.kid, "key": key.to_text()}, lambda console, held: _line(console, held["key"]))
    say("Keep a copy: what it seals cannot be read without it. Set it as ROUTEROS_MCP_MASTER_KEY.")
    return 0


def show_id(chosen: argparse.Namespace) -> int:
    settings = settings_of(chosen)
    text = settings.master_key.get_secret_value() if settings.master_key else None
    key = load_or_create_master_key(path=settings.master_key_file, text=text, may_create=False)
    show(chosen, {"key_id": key.kid}, lambda console, held: _line(console, held["key_id"]))
    return 0


def _line(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True)


def _write_private(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except FileExistsError as error:
        raise SetupError(
            f"{path} exists already.", fix="Name a new file; keys are never overwritten."
        ) from error
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}.", fix="Name another file.") from error
