"""The plainest of HTTP answers, which is nearly every one: whole at once, counted, kept open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HEAD = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [ -~]*\r\n((?:[A-Za-z-]+: ?[!-~](?:[ -~]*[!-~])?\r\n)+)\r\n")
_LENGTH = re.compile(rb"[0-9]{1,9}")
_WITHOUT_BODY = frozenset({b"204", b"304"})
# What changes how the rest is to be read; none of it is plain.
_SPECIAL = frozenset({b"transfer-encoding", b"upgrade", b"trailer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    """Names in lower case."""


def plain_answer(data: bytes, cap: int) -> Answer | None:
    """The answer if `data` is one and nothing else, with at most `cap` bytes of body; None for h11 to judge.

    A kept connection carries a request a minute for each router: h11, which judges everything else, takes
    most of the time of such a read.
    """
    head = _HEAD.match(data)
    if head is None or head[1][:1] == b"1" or head[1] in _WITHOUT_BODY:
        return None
    headers = [_header(line) for line in head[2].split(b"\r\n")[:-1]]
    length = _length(headers)
    if length is None or length > cap or len(data) != head.end() + length:
        return None
    return Answer(status=int(head[1]), body=data[head.end() :], headers=headers)


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.lower(), value.lstrip(b" ")


def _length(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    """The one length that is given, unless something else has a say in it or in keeping the connection."""
    lengths = [value for name, value in headers if name == b"content-length"]
    if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
        return None
    for name, value in headers:
        if name in _SPECIAL or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
    return int(lengths[0])
