"""Text quoted for the console, read by the emulated console: it arrives whole, and nothing of it runs."""

from __future__ import annotations

import pytest
from fakes.exports import NOON, SPECS
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.domain.errors import InvalidParams, WireError
from routeros_mcp.domain.export import menu_words, property_word, quote, unquote
from routeros_mcp.emulator import console
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.console.catalogue import Catalogue
from routeros_mcp.emulator.console.parser import parse
from routeros_mcp.emulator.console.tree import Command, Literal
from routeros_mcp.emulator.store import Store

STORE = Store(SPECS[0], NOON)
CATALOGUE = Catalogue(STORE, ())
SESSION = Session("admin", frozenset({"read", "write", "test", "policy", "reboot"}), 1e12)
EXECUTABLE = st.text('"\\$[]{}();:#\n\r\t ?_n/=,.x\x00é€', max_size=60)
TEXTS = st.text(max_size=60) | EXECUTABLE | EXECUTABLE.map(lambda text: f"[/system/reboot];{text}")


def as_bytes(shown: str) -> set[bytes]:
    """The bytes of a text that a console gives out, one character for a byte or one for a character."""
    views = {shown.encode("utf-8", "surrogateescape")}
    return views | ({shown.encode("latin-1")} if all(ord(c) < 256 for c in shown) else set())


@settings(max_examples=3000, deadline=None)
@given(TEXTS | st.binary(max_size=60))
def test_any_text_and_any_bytes_are_one_word_of_one_command(text: str | bytes) -> None:
    raw = text.encode() if isinstance(text, str) else text
    (command,) = parse(f":put {quote(text)}", CATALOGUE).statements
    assert isinstance(command, Command)
    assert command.shown == ":put"
    (word,) = command.arguments.values()
    assert isinstance(word, Literal)
    assert raw in as_bytes(word.text)
    assert quote(text).isascii()
    assert quote(text).isprintable()
    assert unquote(quote(text)).encode("utf-8", "surrogateescape") == raw


@settings(max_examples=1000, deadline=None)
@given(TEXTS | st.binary(max_size=60))
def test_the_console_prints_it_and_runs_nothing_of_it(text: str | bytes) -> None:
    raw = text.encode() if isinstance(text, str) else text
    printed = console.run(STORE, SESSION, f":put {quote(text)}").removesuffix("\r\n")
    assert raw.replace(b"\n", b"\r\n") in as_bytes(printed)


@pytest.mark.parametrize("text", ["a", b"a", "", 'a"b', "$x", "[x]", "a;b", "}\n"])
def test_a_quoted_word_is_quoted_always(text: str | bytes) -> None:
    assert quote(text).startswith('"')
    assert quote(text).endswith('"')


def test_what_stays_readable_and_what_does_not() -> None:
    assert quote('Büro "A" $1 \\ [;?}\n') == r'"B\C3\BCro \"A\" \$1 \\ \5B\3B\3F\7D\0A"'


@pytest.mark.parametrize(
    "word", ["", '"', "a", '"a', 'a"', '"a"b"', '"a" "b"', r'"\q"', r'"\4"', r'"\e4"', '"\\"']
)
def test_what_is_no_quoted_word_is_refused(word: str) -> None:
    with pytest.raises(WireError):
        unquote(word)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(WireError, match="half of a character"):
        quote("\ud800")


@pytest.mark.parametrize(
    "text", ["", "/", "ip", "/ip; x", "/ip address", "/ip/[x]", "/IP", "/ip/address\n", "/ip//x"]
)
def test_paths_are_checked_never_quoted(text: str) -> None:
    assert menu_words("/ip/dhcp-server/lease") == "/ip/dhcp-server/lease"
    with pytest.raises(InvalidParams):
        menu_words(text)


@pytest.mark.parametrize("text", ["", "a=b", "a b", "a;", "$a", ".a", "a\n", "A"])
def test_names_are_checked_never_quoted(text: str) -> None:
    assert property_word("configuration.mode") == "configuration.mode"
    with pytest.raises(InvalidParams):
        property_word(text)
