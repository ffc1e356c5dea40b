"""Bytes from strangers: hundreds of them each time, thousands in the slow suite."""

from __future__ import annotations

import json

import pytest
from fuzz_targets import NONCE, TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SOME, MANY = 300, 3_000

_KEYS = st.sampled_from([".id", "ret", ".section", "status", "detail", "error", "comment"]) | st.text(
    max_size=6
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_BODIES = _JSON.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
_HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"{}",
    ]
)
_FIELDS = st.sampled_from(
    [
        b"Content-Type: application/json",
        b"Content-Length: 2",
        b"content-length:2",
        b"Content-Length: 0",
        b"Content-Length: 02",
        b"Content-Length: 2, 2",
        b"Content-Length : 2",
        b"Connection: keep-alive",
        b"Connection: close",
        b"Connection: Keep-Alive, x",
        b"Transfer-Encoding: identity",
        b"X: a  b ",
        b"X:  a",
        b" folded",
        b"X-Y: \xff",
        b"X:",
    ]
)


@st.composite
def _nearly_plain(draw: st.DrawFn) -> bytes:
    """An answer as routers give it, most of the time."""
    status = draw(
        st.sampled_from([b"200 OK", b"204 No Content", b"304 x", b"100 Continue", b"401 ", b"20 OK"])
    )
    fields = draw(st.lists(_FIELDS | st.binary(max_size=6), max_size=4))
    if draw(st.booleans()):
        fields.append(b"Content-Length: 2")
    end = draw(st.sampled_from([b"\r\n", b"\n"]) | st.just(b"\r\n"))
    body = draw(st.sampled_from([b"[]", b"", b"[", b"[]x"]) | st.just(b"[]"))
    return end.join([b"HTTP/1.1 " + status, *fields, b"", b""]) + body


_EXPORT_PARTS = st.sampled_from(
    [
        b"# 2025-03-10 12:16:25 by RouterOS 7.18.2\n",
        b"/ip address\n",
        b"/interface bridge port\n",
        b"add address=10.0.0.1/24 interface=ether1\n",
        b"set [ find default-name=ether1 ] name=wan",
        b' comment="a\\\n    b"',
        b' comment="a\\_\\22$x"',
        b"\\\n    ",
        b" .width=20mhz",
        b'"',
        b"[",
        b"]",
        b"#error exporting\n",
        b"\r\n",
    ]
)
_VALUES = """1w 2d 3h 00:00:10 - 5s 453us 10M /2M KiB 0x8100 +01:00 10.0.0.1 /24 sep/29/2022 2025-11-27
08:17:04 99999999999999999999 true no never ! , fe80::1%a"""
_VALUE_PARTS = st.sampled_from([" ", *_VALUES.split()])
_PRINTED = st.sampled_from(
    [
        b"OK#" + NONCE.encode(),
        b"\r\n",
        b"\n",
        b"# ",
        b"by RouterOS",
        b"failure: x",
        b"\x1b[2J",
        b"no such item",
    ]
)


def _mixed(parts: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """What is nearly right, among what is anything."""
    return st.lists(parts | st.binary(max_size=8), max_size=12).map(b"".join)


INPUTS: dict[str, st.SearchStrategy[bytes]] = {
    "exports": _mixed(_EXPORT_PARTS),
    "answers": st.binary(max_size=200) | _BODIES | _BODIES.map(lambda body: body[: len(body) // 2]),
    "responses": _mixed(_HEADS) | _nearly_plain(),
    "plain_answers": _nearly_plain() | _mixed(_HEADS),
    "transcripts": _mixed(_PRINTED),
    "values": st.lists(_VALUE_PARTS | st.text(max_size=4), max_size=6).map(
        lambda parts: "".join(parts).encode()
    ),
}


def _throw(name: str, examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(INPUTS[name])
    def run(data: bytes) -> None:
        TARGETS[name](data)

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_bytes_from_strangers_break_nothing(name: str) -> None:
    _throw(name, SOME)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_many_bytes_from_strangers_break_nothing(name: str) -> None:
    _throw(name, MANY)


# What has been found this way.
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("exports", b"\\\n    # 2025-03-10 12:16:25 by RouterOS 7.18.2\n"),
        ("exports", b"  \\\n  \n"),
        ("answers", b'{"ret":' + b"9" * 5000 + b"}"),
        ("values", b"9" * 5000 + b"Mbps"),
        ("values", "\u0604 is a sign that is seen".encode()),
        ("answers", b'[{"\\ud800":"\\udfff"}]'),
    ],
)
def test_what_broke_once_breaks_nothing_any_more(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("depth", [10, 10_000, 200_000])
@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_deep_nesting_is_a_bad_answer_and_no_crash(bracket: bytes, depth: int) -> None:
    TARGETS["answers"](bracket * depth)
    TARGETS["exports"](bracket * depth)


@pytest.mark.parametrize("size", [10, 4_000, 5_000, 100_000])
def test_huge_numbers_are_kept_or_refused(size: int) -> None:
    digits = b"9" * size
    TARGETS["answers"](b'{"ret":' + digits + b"}")
    TARGETS["answers"](b'[{"x":1e' + digits + b"}]")
    TARGETS["values"](digits)
    TARGETS["values"](digits + b"w")


@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_a_response_without_an_end_is_given_up_at_the_cap(size: int) -> None:
    TARGETS["responses"](b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * size)
    TARGETS["responses"](b"HTTP/1.1 200 OK\r\nX: " + b"x" * size)
    TARGETS["responses"](b"x" * size)
