"""Make text from routers and from the network safe to hand on: visible characters only, bounded length."""

from __future__ import annotations

import re

TEXT_LIMIT = 500

_BLANKS = re.compile("\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls, escape among them
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidi marks, embeddings, overrides and isolates
    "\u2800\u3164\uffa0\ufe00-\ufe0f\ufeff\ufff0-\ufffb"  # blanks, variation selectors, BOM, annotations
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # format controls, tags, more selectors
    "]"
)
_UNSENDABLE = re.compile("[\ud800-\udfff\ue000-\uf8ff\ufffe\uffff\U000f0000-\U0010ffff]")


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Drop control, bidi, zero-width and tag characters; line breaks and tabs become one space each.

    Lone surrogates and private characters become U+FFFD. Longer texts end in `… (+N characters)`, which
    counts towards `limit`; cleaning twice changes nothing more.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    cleaned = _UNSENDABLE.sub("\ufffd", _INVISIBLE.sub("", _BLANKS.sub(" ", text)))
    return cleaned if len(cleaned) <= limit else _shortened(cleaned, limit)


def _shortened(text: str, limit: int) -> str:
    room = limit - len(f"… (+{len(text)} characters)")
    if room <= 0:
        return text[:limit]
    return f"{text[:room]}… (+{len(text) - room} characters)"
