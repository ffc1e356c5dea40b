"""What may be sent over SSH at all, and how an answer is told from an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import BadAnswer, DeviceError, NoSuchItem, RouterRefused, UnknownMenu
from routeros_mcp.infra.routeros.ssh_words import Command, framed, unframed

NONCE = "0123456789abcdef"
LINES = {f'{command.value}; :put "OK#{NONCE}"' for command in Command}


def test_commands_are_constants_without_a_place_for_values() -> None:
    assert {command.value for command in Command} == {
        "/export",
        "/export terse",
        "/export verbose",
        ":put [/system/identity/get name]",
    }
    assert not any(mark in command.value for command in Command for mark in (";", "$", "{", '"', "\n", "%"))


@given(st.one_of(st.text(), st.sampled_from([command.value for command in Command])))
def test_no_text_becomes_a_command(text: str) -> None:
    with pytest.raises(TypeError):
        framed(text, NONCE)  # the type checker refuses it too


@given(st.sampled_from(list(Command)), st.text())
def test_no_nonce_brings_text_into_a_command(command: Command, nonce: str) -> None:
    try:
        line = framed(command, nonce)
    except ValueError:
        return
    assert line == f'{command.value}; :put "OK#{nonce}"'
    assert set(nonce) <= set("0123456789abcdef")


@pytest.mark.parametrize("command", list(Command))
def test_a_command_is_framed_by_its_mark(command: Command) -> None:
    assert framed(command, NONCE) in LINES


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")))
def test_what_was_printed_comes_back_without_the_mark(text: str) -> None:
    answer = f"{text}\r\nOK#{NONCE}\r\n".encode()
    assert unframed(answer, NONCE) == f"{text}\n"


@given(st.binary())
def test_an_answer_without_the_mark_is_always_an_error(answer: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        unframed(answer, NONCE)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) <= 300


@pytest.mark.parametrize(
    ("printed", "error"),
    [
        ("bad command name x (line 1 column 5)", UnknownMenu),
        ("expected end of command (line 1 column 9)", RouterRefused),
        ("syntax error (line 1 column 5)", RouterRefused),
        ("no such item", NoSuchItem),
        ("failure: item is in use", RouterRefused),
        ("", BadAnswer),
        ("# 2026-01-01 00:00:00 by RouterOS 7.20\r\n/ip dns\r\nset servers=192.0.2.1", BadAnswer),
        (f"OK#{NONCE[::-1]}", RouterRefused),
    ],
)
def test_an_error_has_the_routers_words_or_none(printed: str, error: type[DeviceError]) -> None:
    with pytest.raises(error) as caught:
        unframed(printed.encode(), NONCE)
    assert type(caught.value) is error
    assert "192.0.2.1" not in caught.value.message
