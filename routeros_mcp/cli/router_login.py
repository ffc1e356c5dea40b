"""A router's login, from a person or from a private file; never an argument."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from routeros_mcp.cli.installation import ROUTER_PASSWORD
from routeros_mcp.cli.terminal import controlling_terminal
from routeros_mcp.domain.errors import InvalidParams, SetupError
from routeros_mcp.domain.models import Login, Secret

_OTHERS_MAY = 0o077
_LONGEST_SECRET = 64 * 1024


def login_of(chosen: argparse.Namespace, router: str) -> Login:
    """The login that the options, the environment or the person at the terminal give.

    Raises:
        Forbidden: something is missing, and there is no terminal to ask on.
        SetupError: the password file cannot be read, or others may read it.
    """
    username, password = chosen.username, _given_password(chosen.password_file)
    if not username or password is None:
        with controlling_terminal(f"ask for the login of {router}") as terminal:
            username = username or terminal.ask(f"User on {router}: ")
            if password is None:
                password = terminal.ask_secret(f"Password of {username} on {router}: ")
    if not username or not password:
        raise InvalidParams("A login has a user and a password.", fix="Give both.")
    return Login(username=username, password=Secret(password))


def key_of(chosen: argparse.Namespace, router: str) -> Login:
    """The user and the private key that the options name.

    Raises:
        SetupError: the key file cannot be read, or others may read it.
    """
    username, key = chosen.username, _private_text(chosen.ssh_key, "key file")
    if not username:
        with controlling_terminal(f"ask for the login of {router}") as terminal:
            username = terminal.ask(f"User on {router}: ")
    if not username or "PRIVATE KEY" not in key:
        raise InvalidParams("A key login has a user and a private key.", fix="Give both.")
    return Login(username=username, password=Secret(key))


def _given_password(file: Path | None) -> str | None:
    return _read_private(file) if file else os.environ.get(ROUTER_PASSWORD)


def _read_private(path: Path) -> str:
    return _private_text(path, "password file").partition("\n")[0].rstrip("\r")


def _private_text(path: Path, what: str) -> str:
    try:
        with path.open() as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS_MAY:
                raise SetupError(f"Others may read the {what} {path}.", fix=f"chmod 600 {path}")
            return file.read(_LONGEST_SECRET)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SetupError(f"The {what} {path} cannot be read: {reason}.", fix="Check it.") from error
