"""RouterOS strings: how text is written so that the console takes it as text, and how it is read back."""

from __future__ import annotations

import re

from routeros_mcp.domain.errors import InvalidParams, WireError

_ESCAPE = re.compile(r"(?:\\[0-9A-F]{2})+|\\(.?)", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NAMED = {
    '"': '"', "\\": "\\", "$": "$", "?": "?", "_": " ", "a": "\a", "b": "\b", "f": "\f", "n": "\n",
    "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#%&'*+,-./:<=>@^_`|~")
"""What stands for itself in quotes; brackets, braces, `;` and `?` would too, and are not left to chance."""

_SPELLED = [
    chr(byte) if chr(byte) in _PLAIN else f"\\{chr(byte)}" if chr(byte) in '"\\$' else f"\\{byte:02X}"
    for byte in range(256)
]
_MENU = re.compile(r"(?:/[a-z0-9][a-z0-9_-]*)+")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*")


def quote(text: str | bytes) -> str:
    r"""Write text as one word of a console command, of which nothing is evaluated.

    Printable ASCII stays readable; all else becomes the bytes of its UTF-8 as `\XX`, bytes as they are.

    Raises:
        WireError: a lone surrogate that stands for no byte.
    """
    raw = text if isinstance(text, bytes) else _encoded(text)
    return '"' + "".join(map(_SPELLED.__getitem__, raw)) + '"'


def hexadecimal(text: str) -> str:
    r"""Write the bytes of the text as `\XX`.

    Raises:
        WireError: a lone surrogate that stands for no byte.
    """
    return "".join(f"\\{byte:02X}" for byte in _encoded(text))


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise WireError(f"{text[:80]!r} cannot be written: half of a character.") from error


def unquote(word: str) -> str:
    """Read a quoted word. Bytes that are no UTF-8 become surrogates, as `os.fsdecode` makes them.

    Raises:
        WireError: no quotes around it, or an escape that RouterOS does not know.
    """
    if not _QUOTED.fullmatch(word):
        raise WireError(f"{word[:80]!r} is not one quoted word.")
    return unescape(word[1:-1])


def unescape(text: str) -> str:
    """Read what stands between quotes.

    Raises:
        WireError: an escape that RouterOS does not know.
    """
    return _ESCAPE.sub(_read, text) if "\\" in text else text


def _read(match: re.Match[str]) -> str:
    if match[1] is None:
        return bytes.fromhex(match[0].replace("\\", "")).decode("utf-8", "surrogateescape")
    if match[1] not in _NAMED:
        raise WireError(f"{match[0]!r} is no escape of RouterOS.")
    return _NAMED[match[1]]


def menu_words(path: str) -> str:
    """Check a menu path that is to stand in a command; paths are never quoted.

    Raises:
        InvalidParams: it is not of the form `/ip/firewall/filter`.
    """
    if not _MENU.fullmatch(path):
        raise InvalidParams(f"{path[:80]!r} is no menu path.", fix="Give it such as /ip/firewall/filter.")
    return path


def property_word(name: str) -> str:
    """Check a property name that is to stand in a command.

    Raises:
        InvalidParams: it is not of the form `dst-address` or `configuration.mode`.
    """
    if not _NAME.fullmatch(name):
        raise InvalidParams(f"{name[:80]!r} is no property name.", fix="Ask routeros_describe for the names.")
    return name
