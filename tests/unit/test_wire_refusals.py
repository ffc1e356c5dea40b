"""What each recorded refusal of a router means."""

from __future__ import annotations

import pytest

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
from routeros_mcp.infra.routeros.refusals import LONGEST_WORDS, clean, is_definite, refusal

UNDECIDED = "timed out while waiting"

RECORDED: list[tuple[int, str | None, type[DeviceError], bool]] = [
    (401, "", LoginFailed, True),
    (401, None, LoginFailed, True),
    (403, None, RouterRefused, True),
    (404, "", NoSuchItem, True),
    (404, None, RouterRefused, True),
    (406, "no such command or directory (remove)", UnknownMenu, True),
    (413, None, RouterRefused, True),
    (413, "", RouterRefused, True),
    (415, None, RouterRefused, True),
    (500, "std failure: not allowed (9)", PolicyDenied, True),
    (500, "not enough permissions (9)", PolicyDenied, True),
    (500, "something broke", RouterRefused, False),
    (501, "", RouterRefused, False),
    (503, None, RouterRefused, False),
    (302, None, BadAnswer, False),
    (408, None, RouterRefused, False),
    (400, "Session closed", SessionCut, False),
    (400, UNDECIDED, RouterRefused, False),
    (400, "no such command or directory (nonexistent)", UnknownMenu, True),
    (400, "no such command", UnknownMenu, True),
    (400, "no such command prefix", NoSuchItem, True),
    (400, "no such item", NoSuchItem, True),
    (400, "missing or invalid resource identifier", RouterRefused, True),
    (400, "unknown parameter foo", RouterRefused, True),
    (400, "input does not match any value of interface", RouterRefused, True),
    (400, "value of priority out of range (1..254)", RouterRefused, True),
    (400, "invalid value for argument address", RouterRefused, True),
    (400, "missing =list=", RouterRefused, True),
    (400, "Failed to parse json", RouterRefused, True),
    (400, "failure: already have such entry", RouterRefused, True),
    (400, "failure: chunk out of file bounds", RouterRefused, True),
    (400, "update canceled", RouterRefused, True),
]


@pytest.mark.parametrize(("status", "words", "kind", "definite"), RECORDED)
def test_a_refusal_has_its_own_error(
    status: int, words: str | None, kind: type[DeviceError], definite: bool
) -> None:
    error = refusal(status, words)
    assert type(error) is kind
    assert error.data["status"] == status
    assert error.fix
    assert is_definite(status, error) is definite


def test_the_routers_own_words_are_the_message() -> None:
    assert refusal(400, "failure: bad MX data").message == "failure: bad MX data"
    assert refusal(406, "no such command or directory (x)").message == "no such command or directory (x)"


@pytest.mark.parametrize(
    ("status", "words", "advice"),
    [
        (401, "", "rest-api"),
        (403, None, "rest-secure=yes"),
        (404, None, "7.1"),
        (500, "std failure: not allowed (9)", "rest-api, api and read"),
        (500, "not enough permissions (9)", "write for changes"),
        (400, "missing or invalid resource identifier", "policy write"),
        (400, "Session closed", "60 s"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, words: str | None, advice: str) -> None:
    assert advice in refusal(status, words).fix


def test_words_are_stripped_of_what_does_not_belong_into_a_log_line() -> None:
    assert clean("a\x00b\x1b[31m\u202ec\u2066d\r\n\te\u2028f\ud800") == "ab[31mcd e f"
    assert clean("say hunter2 twice: hunter2", ["hunter2"]) == "say *** twice: ***"
    assert len(clean("x" * 1000)) == LONGEST_WORDS
    assert clean("x" * LONGEST_WORDS) == "x" * LONGEST_WORDS
