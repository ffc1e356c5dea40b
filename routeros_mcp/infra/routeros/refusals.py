"""What a router's refusal means: the error for each status and wording it answers with."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from http import HTTPStatus

from routeros_mcp.domain.errors import (
    BadAnswer,
    DeviceError,
    LoginFailed,
    NoSuchItem,
    PolicyDenied,
    RouterRefused,
    SessionCut,
    UnknownMenu,
)

LONGEST_WORDS = 300


def clean(words: str, hide: Sequence[str] = ()) -> str:
    """A router's words fit for a log line: no control or direction characters, no secret, not too long."""
    for secret in hide:
        words = words.replace(secret, "***")
    spaced = "".join(" " if char.isspace() else char for char in words[: 20 * LONGEST_WORDS])
    # C: control, format (bidi overrides among them), surrogate, private use, unassigned
    shown = "".join(char for char in spaced if not unicodedata.category(char).startswith("C"))
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST_WORDS else line[: LONGEST_WORDS - 1] + "…"


def refusal(status: int, words: str | None) -> DeviceError:
    """The error for an answer that is not a success.

    `words` is the cleaned `detail` of a RouterOS error, empty when it had none, and None when the body was no
    RouterOS error at all (an HTML page, nothing).
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return _login_failed(status)
    if words is None:
        return _not_rest(status)
    wording = words.lower()
    for known, error in _BY_WORDS:
        if known in wording:
            return error(words, status)
    error = _BY_STATUS.get(status, _refused)
    return error(words or f"HTTP {status}", status)


def is_definite(status: int, error: DeviceError) -> bool:
    """Whether the refusal of a write proves that nothing was changed.

    A cut session may have left the command running; a server error may have come after the change. A policy
    is checked before the command runs.
    """
    if isinstance(error, SessionCut) or "timed out" in error.message.lower():
        return False
    is_client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, PolicyDenied) or (is_client_error and status != HTTPStatus.REQUEST_TIMEOUT)


def _login_failed(status: int) -> LoginFailed:
    return LoginFailed(
        "The router refused the login (401).",
        fix=(
            "Check user name and password, that the user is enabled, that its group has the policy rest-api, "
            "and that this server's address is within the user's `address` list."
        ),
        status=status,
    )


def _not_rest(status: int) -> DeviceError:
    if status == HTTPStatus.FORBIDDEN:
        # vendor manual: /ip/service/webserver switches answer 403 with an HTML page
        return RouterRefused(
            "The router's REST API is switched off (403).",
            fix="Run /ip/service/webserver/set rest-secure=yes on the router.",
            status=status,
        )
    if status == HTTPStatus.NOT_FOUND:
        return RouterRefused(
            "There is no REST API at this address (404).",
            fix="REST needs RouterOS 7.1 or newer and the service www-ssl; check version, address and port.",
            status=status,
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return BadAnswer(
            f"The answer is a redirect (HTTP {status}), which RouterOS never sends.",
            fix="Something else answers at this address; check address and port.",
            status=status,
        )
    return RouterRefused(
        f"The router answered HTTP {status} without saying why.",
        fix="Look into the router's log; repeat when it has recovered.",
        status=status,
    )


def _refused(words: str, status: int) -> DeviceError:
    return RouterRefused(words, fix="Correct the request; the words are the router's own.", status=status)


def _unknown_menu(words: str, status: int) -> DeviceError:
    return UnknownMenu(
        words,
        fix="Check the path; this RouterOS version, board or package set may not have the menu.",
        status=status,
    )


def _no_such_item(words: str, status: int) -> DeviceError:
    return NoSuchItem(words, fix="Read the menu again: the row is gone or has another id.", status=status)


def _session_cut(words: str, status: int) -> DeviceError:
    # vendor manual: a command is cut after 60 s; recorded: so is all that queued behind it
    return SessionCut(
        words,
        fix="The router cut the session at its 60 s limit; ask for less (filter, properties) or repeat.",
        status=status,
    )


def _not_allowed(words: str, status: int) -> DeviceError:
    # recorded on 7.21.4 and 7.23.2: the login works, but `api` or `read` is missing
    return PolicyDenied(
        words, fix="Give the login's group the policies rest-api, api and read.", status=status
    )


def _not_enough(words: str, status: int) -> DeviceError:
    return PolicyDenied(
        words,
        fix=(
            "Give the login's group the policy that the command needs: write for changes, policy for users "
            "and groups, test for ping and file/read, sniff for torch, ftp for files, reboot for restarts."
        ),
        status=status,
    )


def _bad_identifier(words: str, status: int) -> DeviceError:
    # recorded on 7.21.4 and 7.23.2: a user without `write` gets the same words as a bad id
    return RouterRefused(
        words,
        fix="Either the id is not of this menu, or the login's group lacks the policy write.",
        status=status,
    )


def _not_found(words: str, status: int) -> DeviceError:
    return _no_such_item("The router has no such row (404)." if words.startswith("HTTP") else words, status)


def _too_large(_words: str, status: int) -> DeviceError:
    return RouterRefused("The request is too large for the router (413).", fix="Send less.", status=status)


_Refusal = Callable[[str, int], DeviceError]
_BY_WORDS: tuple[tuple[str, _Refusal], ...] = (
    ("session closed", _session_cut),
    ("no such command prefix", _no_such_item),  # recorded: a bad name in the URL of a menu without names
    ("no such command", _unknown_menu),  # 400 since 7.2 or so, 406 in the vendor's 7.1 examples
    ("no such item", _no_such_item),
    ("not allowed (9)", _not_allowed),
    ("not enough permissions", _not_enough),
    ("missing or invalid resource identifier", _bad_identifier),
)
_BY_STATUS: dict[int, _Refusal] = {
    HTTPStatus.NOT_FOUND: _not_found,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _too_large,
}
