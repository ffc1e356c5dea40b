"""Whatever is typed, the console answers, and within its limits."""

from __future__ import annotations

import math
import re

import pytest
from console_lab import ADMIN, router
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.emulator import console
from routeros_mcp.emulator.console import Console, Screen, catalogue, machine, patterns
from routeros_mcp.emulator.console.errors import ScriptError, Stopped
from routeros_mcp.emulator.console.parser import parse

STORE = router()
WORDS = re.split(
    r"\s+",
    """:put :local :global :set :if :for :foreach :while :do :onerror :error :return :retry :parse :execute
    :len :typeof :pick :find :tostr :tonum :toarray :serialize :deserialize :convert :delay :time :range
    /ip/address /ip address /interface /system/script /ip/firewall/filter /log info /ping /import ..
    add set remove get find print where move enable unset comment monitor run as-value count-only detail
    x y $x $y $1 name comment= disabled= chain= numbers= place-before= do={ else={ on-error={ in= from= to=
    command= file-name= value= to=json max= 0 1 -1 9223372036854775807 1.1.1.1 10.0.0.0/8 fe80::1 1d 10:00
    *1 *FF true no ether1 "a_b" "$x" [find] {1;2} {a=1} (1+2) && || and or in -> ~ ! == != <= << , . + /""",
)
MARKS = [*' \n\t;"$[](){}\\=#-', "\\\n", "\\41", "\\_", "\\q", "é", "\udcc3", "\ud800", "\x00", "\r\n"]
SOUP = st.lists(st.sampled_from([*WORDS, *MARKS]), max_size=40).map(" ".join) | st.lists(
    st.sampled_from([*WORDS, *MARKS]), max_size=40
).map("".join)
GOOD = [
    ':foreach i in=[/ip/address/find where interface~"e"] do={:put [/ip/address/get $i address]}',
    ':local a {x=1; y={1;2}}; :set ($a->"x") 5; :put ($a->"y"->1)',
    ':onerror e in={ :error "x" } do={ :put "failed: $e" }',
    ":global f do={:return ($1 . $a)}; :put [$f 3 a=4]",
    '/ip/firewall/filter\nadd chain=input action=drop place-before=0 comment="x y"; remove [find chain=x]',
    ":put [:serialize to=json value=[/ip/address print as-value]]",
    ":for i from=1 to=5 do={:if ($i > 3) do={:put $i} else={:delay 1s}}",
    '/interface set [ find default-name=ether1 ] comment="a\\\n    b" \\\n    disabled=no',
    "/system/script/add name=s source={:put 1}; /system/script/run s; /system/script/remove s",
    ':put ("abc" ~ "^(a|b)+[[:alpha:]]\\$")',
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good script with pieces taken out, put in, and put elsewhere."""
    text = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        first, second = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        piece = draw(st.sampled_from([*WORDS, *MARKS, ""]) | st.just(text[first:second]))
        text = text[:first] + piece + (text[second:] if draw(st.booleans()) else text[first:])
    return text


def run_within_limits(text: str) -> str:
    """Run a script; whatever it is, it ends, has a pause that is one, and takes no more than the limits."""
    at = Console(router(), ADMIN, Screen(is_terminal=len(text) % 2 == 0))
    program = console.start(at, text)
    while True:
        try:
            pause = next(program)
        except StopIteration as end:
            return str(end.value.output)
        assert not math.isnan(pause)
        assert pause >= 0


@settings(max_examples=600, deadline=None)
@given(SOUP | mutated() | st.text(max_size=60))
def test_any_input_is_answered(text: str) -> None:
    run_within_limits(text)


@settings(max_examples=300, deadline=None)
@given(SOUP | mutated())
def test_reading_is_all_or_nothing_and_its_place_is_in_the_text(text: str) -> None:
    menus = catalogue.Catalogue(STORE, ("/ping",))
    try:
        parse(text, menus)
    except Stopped as stopped:
        found = re.search(r"\(line (\d+) column (\d+)\)$", str(stopped))
        assert found is not None
        lines = text.split("\n")
        assert 1 <= int(found[1]) <= len(lines)
        width = len(lines[int(found[1]) - 1].encode("utf-8", "surrogatepass"))
        assert 1 <= int(found[2]) <= width + 1


PATTERNS = st.from_regex(r"\^?[ab.](\([ab]\|[ab]{1,2}\))?[*+?]?[ab]{0,3}\$?", fullmatch=True)


@settings(max_examples=200, deadline=None)
@given(st.text("ab", max_size=12), PATTERNS)
def test_patterns_match_what_another_engine_matches(text: str, pattern: str) -> None:
    assert patterns.search(pattern, text) == (re.search(pattern.replace("$", r"\Z"), text) is not None)


@settings(max_examples=500, deadline=None)
@given(st.text("ab()[]{}|*+?^$.\\1,-:", max_size=20), st.text("ab1", max_size=20))
def test_any_pattern_is_matched_or_refused(pattern: str, text: str) -> None:
    try:
        patterns.search(pattern, text)
    except (ScriptError, Stopped):
        return


@pytest.mark.slow
@settings(max_examples=8_000, deadline=None)
@given(SOUP | mutated())
def test_any_input_is_answered_for_long(text: str) -> None:
    run_within_limits(text)


def test_the_limit_is_on_steps_not_on_time() -> None:
    at = Console(STORE, ADMIN)
    ran = console.perform(at, ":local i 0; :while (true) do={:set i ($i + 1)}")
    assert ran.has_failed
    assert machine.STEPS_MAX < 1_000_000
