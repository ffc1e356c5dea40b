"""Which answers are plain enough to be read without h11."""

from __future__ import annotations

import pytest

from routeros_mcp.infra.routeros.plain_answer import plain_answer

HEAD = (
    b"HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n"
    b"Content-Type: application/json\r\nExpires: 0\r\n\r\n"
)


def test_an_answer_as_routers_give_it_is_plain() -> None:
    answer = plain_answer(HEAD + b"[]", cap=10)
    assert answer is not None
    assert (answer.status, answer.body) == (200, b"[]")
    assert (b"content-type", b"application/json") in answer.headers


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD,
        HEAD + b"[",
        HEAD + b"[] ",
        HEAD.replace(b"/1.1", b"/1.0") + b"[]",
        HEAD.replace(b"200", b"204") + b"[]",
        HEAD.replace(b"200", b"100") + b"[]",
        HEAD.replace(b"Keep-Alive", b"close") + b"[]",
        HEAD.replace(b"Expires: 0", b"Content-Length: 2") + b"[]",
        HEAD.replace(b"Expires: 0", b"Transfer-Encoding: chunked") + b"[]",
        HEAD.replace(b"Expires: 0", b"Expires: \xff") + b"[]",
        HEAD.replace(b"Expires: 0", b" folded") + b"[]",
        HEAD.replace(b": 2", b": +2") + b"[]",
        HEAD.replace(b": 2", b": 99999999999") + b"[]",
        HEAD.replace(b"\r\n", b"\n") + b"[]",
        HEAD.replace(b": 2", b": 11") + b"x" * 11,
    ],
)
def test_everything_else_is_left_to_h11(data: bytes) -> None:
    assert plain_answer(data, cap=10) is None
