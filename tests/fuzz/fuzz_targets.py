"""What strangers' bytes are thrown at: each target passes, or fails with the one error that it may."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Callable
from contextlib import suppress

import h11

from routeros_mcp.domain.errors import BadAnswer, DeviceError, ExportError, RouterRefused, WireError
from routeros_mcp.domain.export import parse_export, readable_lines, serialise, words_of
from routeros_mcp.domain.values import (
    canonical,
    clean_text,
    parse_bool,
    parse_datetime,
    parse_duration,
    parse_gmt_offset,
    parse_rate,
    parse_size,
    property_spec,
    typed_row,
)
from routeros_mcp.infra.routeros.connection import Connection, Inbox, Lost
from routeros_mcp.infra.routeros.export import decoded
from routeros_mcp.infra.routeros.plain_answer import plain_answer
from routeros_mcp.infra.routeros.ssh_words import mark, unframed
from routeros_mcp.infra.routeros.wire import Request, counted, decode, detail_of, frames, returned, rows

NONCE = "0123456789abcdef"
CAP_BYTES = 4096
_UNSEEN = ("Cc", "Cs")
NAMES = ("address", "uptime", "disabled", "last-seen", "rx-byte", "max-limit", "src-address", "mac-address")
_READERS: tuple[Callable[[str], object], ...] = (
    parse_bool,
    parse_datetime,
    parse_duration,
    parse_gmt_offset,
    parse_rate,
    parse_size,
)
_ANSWERS: tuple[Callable[[object], object], ...] = (rows, frames, returned, counted)


def exports(data: bytes) -> None:
    """An export comes back as it was, or is refused at a place that exists."""
    text = decoded(data)
    for line in readable_lines(text):
        assert line.number >= 1
    words_of(text)
    try:
        parsed = parse_export(text)
    except ExportError as error:
        line, column = error.line, error.column
    else:
        assert serialise(parsed) == text
        return
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1


def answers(data: bytes) -> None:
    """A body becomes rows of text that can be stored and sent on, or a bad answer."""
    assert_plain(detail_of(data) or "")
    try:
        answer = decode(data)
    except BadAnswer:
        return
    for read in _ANSWERS:
        try:
            found = read(answer)
        except (BadAnswer, RouterRefused) as error:
            assert_plain(error.message)
        else:
            json.dumps(found, ensure_ascii=False).encode()


def responses(data: bytes) -> None:
    """Bytes on a connection are a whole answer within the cap, or the connection is given up."""
    asyncio.run(_answered(data))


def plain_answers(data: bytes) -> None:
    """What is taken for a plain answer is what h11 reads there, to the last byte, and keeps open."""
    found = plain_answer(data, CAP_BYTES)
    if found is None:
        return
    judge = h11.Connection(h11.CLIENT)
    judge.send(h11.Request(method="GET", target="/", headers=[("Host", "router")]))
    judge.send(h11.EndOfMessage())
    judge.receive_data(data)
    head = judge.next_event()
    assert isinstance(head, h11.Response)
    assert (head.status_code, list(head.headers)) == (found.status, list(found.headers))
    body = b""
    while isinstance(event := judge.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert body == found.body
    assert (judge.our_state, judge.their_state) == (h11.DONE, h11.DONE)
    assert not judge.trailing_data[0]


def transcripts(data: bytes) -> None:
    """What SSH printed is the output before the mark, or an error in words that fit a log line."""
    for answer in (data, data + b"\r\n" + mark(NONCE).encode() + b"\r\n"):
        try:
            text = unframed(answer, NONCE)
        except DeviceError as error:
            assert answer is data
            assert_plain(error.message)
        else:
            assert "\r" not in text


def values(data: bytes) -> None:
    """A value reads as its type, or says that it does not; its one spelling stays what it is."""
    text = data.decode("utf-8", "replace")
    for read in _READERS:
        with suppress(WireError):
            str(read(text))
    shown = clean_text(text)
    assert clean_text(shown) == shown
    assert not any(unicodedata.category(char) in _UNSEEN or is_bidi_control(char) for char in shown)
    json.dumps(typed_row(dict.fromkeys(NAMES, text), None))
    for name in NAMES:
        spec = property_spec(None, name)
        assert canonical(canonical(text, spec), spec) == canonical(text, spec)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "exports": exports,
    "answers": answers,
    "responses": responses,
    "plain_answers": plain_answers,
    "transcripts": transcripts,
    "values": values,
}


def assert_plain(text: str) -> None:
    """No control or direction characters, and nothing that cannot be written down."""
    assert not any(unicodedata.category(char) in {*_UNSEEN, "Cf"} for char in text)
    text.encode()


def is_bidi_control(char: str) -> bool:
    """Whether it turns the direction of what follows, as embeddings, overrides and isolates do."""
    return unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class _Pipe(asyncio.Transport):
    """The other end of a connection that has said all it will ever say."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def write(self, _data: object) -> None:
        """Nobody reads it."""

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted

    def pause_reading(self) -> None:
        """There is no stopping it."""

    def resume_reading(self) -> None:
        """There is no stopping it."""


async def _answered(data: bytes) -> None:
    inbox, pipe = Inbox(), _Pipe()
    inbox.connection_made(pipe)
    connection = Connection(pipe, inbox, device_id="d1", fingerprint="")
    loop = asyncio.get_running_loop()
    loop.call_soon(inbox.data_received, data)
    loop.call_soon(inbox.eof_received)
    request = Request(method="GET", target="/rest/x")
    try:
        answer = await connection.exchange(
            request, [("Host", "router")], cap=CAP_BYTES, deadline=loop.time() + 20
        )
    except (Lost, BadAnswer):
        assert pipe.aborted
    else:
        assert len(answer.body) <= CAP_BYTES + 64 * 1024
        assert not connection.is_usable  # the router has ended it
