"""What is said over SSH: commands that are constants, a mark behind each, and what an answer means."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from routeros_mcp.domain.errors import (
    BadAnswer,
    DeviceError,
    NoSuchItem,
    PolicyDenied,
    RouterRefused,
    UnknownMenu,
)
from routeros_mcp.infra.routeros.export import decoded, looks_like_export
from routeros_mcp.infra.routeros.refusals import clean

_NONCE = re.compile(r"[0-9a-f]{8,64}")


class Command(StrEnum):
    """All that is ever sent. None has a place for a name or a value: those travel over REST."""

    EXPORT = "/export"
    EXPORT_TERSE = "/export terse"
    EXPORT_VERBOSE = "/export verbose"
    IDENTITY = ":put [/system/identity/get name]"


def framed(command: Command, nonce: str) -> str:
    """The line to send: the command, then a mark that the router prints only if the command has succeeded.

    Errors come on stdout with exit status 0 (seen on 7.23.1), and a chain stops at the first command that
    fails: a missing mark is the one sure sign of failure.

    Raises:
        TypeError: a text that is no `Command`. ValueError: a nonce that is not hexadecimal.
    """
    if not isinstance(command, Command):
        raise TypeError("only constants are sent over SSH")
    return f'{command.value}; :put "{mark(nonce)}"'


def mark(nonce: str) -> str:
    if not _NONCE.fullmatch(nonce):
        raise ValueError("the nonce of a mark is hexadecimal")
    return f"OK#{nonce}"


def unframed(answer: bytes, nonce: str) -> str:
    """What the command printed, with LF line ends and without the mark. The exit status tells nothing.

    Raises:
        DeviceError: the mark is missing; the message holds the router's words, unless they may be
            configuration.
    """
    text = decoded(answer).replace("\r\n", "\n").replace("\r", "\n").rstrip()
    expected = mark(nonce)
    if text.rpartition("\n")[2] != expected:
        raise _failure(text)
    return text.removesuffix(expected)


def _failure(text: str) -> DeviceError:
    last = clean(text.rpartition("\n")[2])
    for known, error in _BY_WORDS:
        if known in last.lower():
            return error(last)
    if not last or looks_like_export(text):
        return BadAnswer(
            "The router's answer over SSH ends before the command did.",
            fix="Try again; if it stays so, look into the router's log.",
        )
    return _refused(last)


def _refused(words: str) -> DeviceError:
    return RouterRefused(words, fix="The words are the router's own.")


def _unknown(words: str) -> DeviceError:
    return UnknownMenu(words, fix="This RouterOS version, board or package set may not have the command.")


def _no_item(words: str) -> DeviceError:
    return NoSuchItem(words, fix="Read the menu again: the row is gone or has another id.")


def _denied(words: str) -> DeviceError:
    return PolicyDenied(
        words, fix="Give the login's group the policies ssh and read, and what else the command needs."
    )


_BY_WORDS: tuple[tuple[str, Callable[[str], DeviceError]], ...] = (
    ("bad command name", _unknown),
    ("no such command", _unknown),
    ("no such item", _no_item),
    ("not enough permissions", _denied),
    ("not allowed (9)", _denied),
    ("expected end of command", _refused),
    ("syntax error", _refused),
    ("failure:", _refused),
)
