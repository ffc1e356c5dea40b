"""Queries as REST requests, answers as rows."""

from __future__ import annotations

import json

import pytest

from routeros_mcp.domain.errors import BadAnswer, InvalidParams, NoSuchItem, RouterRefused, UnknownMenu
from routeros_mcp.domain.ports import Query
from routeros_mcp.infra.routeros.wire import (
    command,
    count_request,
    counted,
    decode,
    detail_of,
    matches,
    narrowed,
    printed,
    query_words,
    read_request,
    returned,
    rows,
)


def body(query: Query) -> object:
    sent = read_request(query).body
    assert sent is not None
    return json.loads(sent)


# -- requests --------------------------------------------------------------------------------------------


def test_a_whole_menu_is_a_get() -> None:
    request = read_request(Query(path="/ip/address"))
    assert (request.method, request.target, request.body) == ("GET", "/rest/ip/address", None)


def test_a_filter_and_properties_are_a_print_that_asks_for_the_id_too() -> None:
    query = Query(path="/ip/address", where={"interface": "ether1"}, fields=("address",))
    assert read_request(query).target == "/rest/ip/address/print"
    assert body(query) == {
        ".query": ["interface=ether1"],
        ".proplist": [".id", "address", "interface"],
    }


@pytest.mark.parametrize(
    ("item", "target"),
    [
        ("*1A", "/rest/interface/*1A"),
        ("ether 1/2", "/rest/interface/ether%201%2F2"),
        ("../user", "/rest/interface/..%2Fuser"),
        ("büro?#", "/rest/interface/b%C3%BCro%3F%23"),
    ],
)
def test_an_item_is_named_in_the_url_with_its_star_raw(item: str, target: str) -> None:
    assert read_request(Query(path="/interface", item=item)).target == target


def test_properties_of_an_item_include_its_id() -> None:
    query = Query(path="/interface", item="*1", fields=("name", "mtu"))
    assert read_request(query).target == "/rest/interface/*1?.proplist=.id,name,mtu"


def test_an_empty_item_is_not_the_whole_menu() -> None:
    with pytest.raises(NoSuchItem):
        read_request(Query(path="/interface", item=""))


@pytest.mark.parametrize(
    "path", ["", "/", "ip/address", "/ip address", "/ip/../user", "/ip/address/", "/ip?x"]
)
def test_what_is_no_path_is_never_sent(path: str) -> None:
    with pytest.raises(UnknownMenu):
        read_request(Query(path=path))


@pytest.mark.parametrize("name", ["", "-comment", "#|", ">mtu", "a=b", "a b", "a,b"])
def test_what_is_no_property_is_never_sent(name: str) -> None:
    with pytest.raises(InvalidParams):
        read_request(Query(path="/interface", where={name: "x"}))
    with pytest.raises(InvalidParams):
        read_request(Query(path="/interface", item="*1", fields=(name,)))


def test_several_matches_are_joined_by_and() -> None:
    assert query_words({"a": "1", "b": "#|", "c": ""}) == ["a=1", "b=#|", "c="]


def test_false_also_takes_rows_without_the_property() -> None:
    assert query_words({"disabled": "false"}) == ["disabled=false", "-disabled", "#|"]
    assert query_words({"list": "x", "disabled": "false", "dynamic": "false"}) == [
        "list=x",
        *["disabled=false", "-disabled", "#|", "#&"],
        *["dynamic=false", "-dynamic", "#|", "#&"],
    ]


def test_counting_asks_for_the_count_only() -> None:
    request = count_request(Query(path="/log", where={"topics": "system"}))
    assert json.loads(request.body or b"") == {"count-only": "", ".query": ["topics=system"]}


def test_a_value_that_is_no_text_becomes_text_instead_of_failing() -> None:
    assert b"?" in (command("/ip/address", "add", {"comment": "\ud800"}).body or b"")


def test_the_query_is_applied_to_the_answer_again() -> None:
    found = [{".id": "*1", "a": "1", "b": "2"}, {".id": "*2", "a": "1", "disabled": "true"}, {".id": "*3"}]
    query = Query(path="/x", where={"a": "1", "disabled": "false"}, fields=("b",))
    assert narrowed(found, query) == [{".id": "*1", "b": "2"}]
    assert matches({}, {"disabled": "false"})
    assert not matches({}, {"disabled": "true"})
    assert not matches({}, {"comment": ""})


# -- answers ---------------------------------------------------------------------------------------------


def test_values_stay_as_they_were_written() -> None:
    assert rows(decode(b'[{"a":"01","b":"","c":"true"}]')) == [{"a": "01", "b": "", "c": "true"}]


def test_numbers_and_booleans_of_a_strange_router_become_their_text() -> None:
    text = b'{"a":1.50,"b":true,"c":null,"d":[1,"x"],"e":-0,"f":1e99,"g":' + b"9" * 5000 + b"}"
    found = rows(decode(text))[0]
    assert {name: found[name] for name in "abdef"} == {
        "a": "1.50", "b": "true", "d": '["1", "x"]', "e": "-0", "f": "1e99",
    }  # fmt: skip
    assert "c" not in found
    assert found["g"] == "9" * 5000


def test_control_characters_and_foreign_bytes_are_no_error() -> None:
    assert rows(decode(b'[{"source":":log info x\r\n\x07"}]')) == [{"source": ":log info x\r\n\x07"}]
    assert rows(decode(b'[{"comment":"caf\xe9"}]')) == [{"comment": "café"}]
    assert rows(decode('\ufeff[{"comment":"büro"}]'.encode())) == [{"comment": "büro"}]


def test_half_a_surrogate_pair_is_replaced() -> None:
    found = rows(decode(b'[{"a":"x\\ud800","b":"\\ud83d\\ude00"}]'))
    assert found == [{"a": "x\ufffd", "b": "😀"}]


@pytest.mark.parametrize("text", [b"<html>", b"{", b'{"a":"b"', b"[1,]", b"[" * 100_000, b"\x1f\x8b\x08"])
def test_what_is_no_json_is_a_bad_answer(text: bytes) -> None:
    with pytest.raises(BadAnswer):
        decode(text)


def test_one_property_with_two_values_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="'a' two values"):
        decode(b'[{"a":"1","a":"2"}]')
    assert rows(decode(b'[{"a":"1","a":"1"}]')) == [{"a": "1"}]


@pytest.mark.parametrize("text", [b'["x"]', b"[[]]", b'"x"', b"7", b"[null]", b"true"])
def test_a_row_that_is_no_object_is_a_bad_answer(text: bytes) -> None:
    with pytest.raises(BadAnswer):
        rows(decode(text))


@pytest.mark.parametrize("text", [b"", b" \r\n", b"[]", b"[{}]", b"{}", b'{"ret":""}'])
def test_every_way_to_say_nothing_is_no_rows(text: bytes) -> None:
    assert printed(decode(text)) == []


def test_of_progress_frames_the_last_one_counts() -> None:
    frames = b'[{".section":"0","status":"ERROR: early"},{".section":"1","a":"1"},{".section":"1","a":"2"}]'
    assert rows(decode(frames)) == [{"a": "1"}, {"a": "2"}]


def test_a_progress_frame_with_an_error_is_a_refusal() -> None:
    with pytest.raises(RouterRefused, match="could not resolve"):
        rows(decode(b'[{".section":"0"},{".section":"1","status":"ERROR: could not resolve"}]'))


def test_the_result_of_a_command_is_its_ret() -> None:
    assert returned(decode(b'{"ret":"*2"}')) == "*2"
    assert returned(decode(b'[{"ret":"*2"}]')) == "*2"
    for text in (b"[]", b"{}", b'{"x":"y"}', b'[{"ret":"1"},{"ret":"2"}]'):
        with pytest.raises(BadAnswer):
            returned(decode(text))


def test_a_count_is_a_number() -> None:
    assert counted(decode(b'{"ret":"7"}')) == 7
    for text in (b'{"ret":""}', b'{"ret":"-1"}', '{"ret":"٣"}'.encode()):
        with pytest.raises(BadAnswer):
            counted(decode(text))


def test_only_a_routeros_error_has_words() -> None:
    assert (
        detail_of(b'{"error":400,"message":"Bad Request","detail":"no such\\ncommand"}') == "no such command"
    )
    assert detail_of(b'{"error":404,"message":"Not Found"}') == ""
    for text in (b"<html>403</html>", b"", b"[]", b'{"detail":"x"}'):
        assert detail_of(text) is None
