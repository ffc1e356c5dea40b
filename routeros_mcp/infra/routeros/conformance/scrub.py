"""Keeps out of reports what identifies a router, its owner or a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

_SHORTEST = 3  # hiding a shorter word would spoil every sentence
_LONGEST_WORDS = 400
_IP4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_IP6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_MAC = re.compile(r"(?<![\w:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![\w:])")
_FINGERPRINT = re.compile(r"\b[0-9a-fA-F]{40,}\b|SHA256:[A-Za-z0-9+/=]{20,}")
# Made for documentation (RFC 5737), and what our own requests hold.
_HARMLESS = [
    ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "127.0.0.0/8")
]


class Scrubber:
    """Replaces the words it was given, and every address, in what is to be published."""

    def __init__(self, words: Iterable[str]) -> None:
        known = sorted({word for word in words if len(word) >= _SHORTEST}, key=len, reverse=True)
        joined = "|".join(map(re.escape, known))
        self._words = re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE) if known else None

    def scrubbed(self, text: str) -> str:
        """Raises nothing: what looks like something that identifies is replaced by what it is."""
        text = _MAC.sub("<mac>", text)
        text = _IP6.sub(lambda found: _address(found[0]), _IP4.sub(lambda found: _address(found[0]), text))
        text = _FINGERPRINT.sub("<fingerprint>", text)
        if self._words is not None:
            text = self._words.sub("<hidden>", text)
        return text if len(text) <= _LONGEST_WORDS else f"{text[: _LONGEST_WORDS - 1]}…"


def _address(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        return "<address>"
    return text if any(address in network for network in _HARMLESS) else "<address>"
