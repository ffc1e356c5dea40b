"""`:convert`: values between text, hexadecimal, base64 and URLs."""

import binascii
import codecs
import hashlib
from base64 import b32decode, b32encode, b64decode, b64encode
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote_to_bytes

from routeros_mcp.emulator.console import octets
from routeros_mcp.emulator.console.errors import ScriptError
from routeros_mcp.emulator.console.values import Array, Value, text_of


def _hex(raw: bytes) -> Value:
    return raw.hex()


def _number(raw: bytes) -> Value:
    return int.from_bytes(raw[:8])


def _bytes(raw: bytes) -> Value:
    return Array(raw)


_TO: Mapping[str, Callable[[bytes], Value]] = {
    "base32": lambda raw: b32encode(raw).decode(),
    "base64": lambda raw: b64encode(raw).decode(),
    "byte-array": _bytes,
    "hex": _hex,
    "num": _number,
    "raw": octets.text,
    "url": lambda raw: quote(raw, safe="-._~"),
}
_FROM: Mapping[str, Callable[[bytes], bytes]] = {
    "base32": b32decode,
    "base64": lambda raw: b64decode(raw, validate=True),
    "hex": binascii.unhexlify,
    "raw": bytes,
    "url": unquote_to_bytes,
}
_TRANSFORMS: Mapping[str, Callable[[str], str]] = {
    "none": str,
    "lc": str.lower,
    "uc": str.upper,
    "lcfirst": lambda text: text[:1].lower() + text[1:],
    "ucfirst": lambda text: text[:1].upper() + text[1:],
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reverse": lambda text: octets.text(octets.of(text)[::-1]),
    "md5": lambda text: hashlib.md5(octets.of(text), usedforsecurity=False).hexdigest(),
    "sha512": lambda text: hashlib.sha512(octets.of(text)).hexdigest(),
}


def convert(given: Mapping[str, Value]) -> Value:
    """Read a value by one format and write it by another.

    Source: vendor manual, Scripting; the formats of bit arrays and keys are not there.

    Raises:
        ScriptError: no such format, or the value is not of it.
    """
    if "value" not in given:
        raise ScriptError("missing value(s) of argument(s) value")
    source, target = text_of(given.get("from", "raw")), text_of(given.get("to", "raw"))
    transform = text_of(given.get("transform", "none"))
    for name, word, known in (
        ("from", source, _FROM),
        ("to", target, _TO),
        ("transform", transform, _TRANSFORMS),
    ):
        if word not in known:
            raise ScriptError(f"input does not match any value of {name}")
    try:
        raw = _FROM[source](octets.of(text_of(given["value"])))
    except (binascii.Error, ValueError):
        raise ScriptError("invalid value for argument value") from None
    return _TO[target](octets.of(_TRANSFORMS[transform](octets.text(raw))))
