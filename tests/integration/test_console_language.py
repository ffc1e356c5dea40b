"""The console language: what scripts print, value by value and command by command."""

from __future__ import annotations

import math

import pytest
from console_lab import paused, printed, router

from routeros_mcp.emulator import Fleet, RouterSpec

LEXING = [
    (":put one; :put two", "one\ntwo\n"),
    (":put one\n\n  :put two\r\n:put three", "one\ntwo\nthree\n"),
    ('# a comment\n:put 1 # another\n:put "# none"', "1\n# none\n"),
    (":put (1 + \\\n    2)", "3\n"),
    (':put "broken \\\n    line\\_end"', "broken line end\n"),
    (r':put "\48\45\4C\4C\4F"', "HELLO\n"),
    (r':put "a\"b\\c\$d\?e\tf\_g"', 'a"b\\c$d?e\tf g\n'),
    (r':put "\C3\A9"', "é\n"),
    (r':put [:len "\C3\A9"]', "2\n"),
    (r':put "bad \q"', "syntax error (line 1 column 11)\n"),
    (r':put "bad \e2"', "syntax error (line 1 column 11)\n"),
    (r':put "bad \4"', "syntax error (line 1 column 11)\n"),
    (':local "a b" 5; :put $"a b"', "5\n"),
    (':local x 5; :put "x=$x $[:len "abc"] $($x * 2) 3$"', "x=5 3 10 3$\n"),
    (':put "a" ;;; :put "b";', "a\nb\n"),
    (":if (true \\\n and true) do={ :put yes }", "true\n"),
    (":local my-var 1", "syntax error (line 1 column 10)\n"),
    (":if (true \\ # bad\n and true) do={}", "syntax error (line 1 column 11)\n"),
]
VALUES = [
    (":put [:typeof 4]", "num\n"),
    (":put [:typeof 0x1F]", "num\n"),
    (":put [:typeof yes]", "bool\n"),
    (':put [:typeof "yes"]', "str\n"),
    (":put [:typeof 192.168.2.6]", "ip\n"),
    (":put [:typeof 10.0.0.0/8]", "ip-prefix\n"),
    (":put [:typeof fe80::1]", "ip6\n"),
    (":put [:typeof fe80::/10]", "ip6-prefix\n"),
    (":put [:typeof *1A]", "id\n"),
    (":put [:typeof 1d2h]", "time\n"),
    (":put [:typeof {1;2}]", "array\n"),
    (":put [:typeof a,b]", "array\n"),
    (":global x; :put [:typeof $x]", "nothing\n"),
    (':put [:typeof [:find "abc" "z"]]', "nil\n"),
    (':put [:typeof [:parse ":put 1"]]', "code\n"),
    (":global f do={}; :put [:typeof $f]", "array\n"),
    (":put $undeclared", "\n"),
    (":put 100ms", "00:00:00.100\n"),
    (":put 453us", "00:00:00.000453\n"),
    (":put 36h", "1d12:00:00\n"),
    (":put 2735w1d21:41:43.481891543", "2735w1d21:41:43.481891543\n"),
    (":put 0x0A", "10\n"),
    (":put 10.1", "10.0.0.1\n"),
    (":put {1;2;{3;4}}", "1;2;3;4\n"),
    (':put {2; "aX"=1; y=2; 5}', "2;5;aX=1;y=2\n"),
]
OPERATORS = [
    (":put (3+4)", "7\n"),
    (":put (10 / 3)", "3\n"),
    (":put (-7 / 2)", "-3\n"),
    (":put (5 % 3)", "2\n"),
    (":put (1 / 0)", "division by zero (:put; line 1)\n"),
    (":put (9223372036854775807 + 1)", "-9223372036854775808\n"),
    (':put ("5" + 10)', "15\n"),
    (':put ("5" . 10)', "510\n"),
    (":put (10+1-6*2=11-12=2+(-3)=-1)", "false\n"),
    (":put (10+1-6*2=11-12=(2+(-3)=-1))", "true\n"),
    (":put (60s,1d!=1m,3600s)", "true\n"),
    (":put (100000s>27h)", "true\n"),
    (":put (10.0.2.3<=2.0.3.10)", "false\n"),
    (":put (!(2>3))", "true\n"),
    (":put (true&&false || true)", "true\n"),
    (":put (yes=false)", "false\n"),
    (":put (3ms + 5s)", "00:00:05.003\n"),
    (":put (12s * 4)", "00:00:48\n"),
    (":put (23:00:00 + 3:00:00)", "1d02:00:00\n"),
    (":put (10.0.0.15 + 10)", "10.0.0.25\n"),
    (":put (10.0.0.15 - 10.0.0.3)", "12\n"),
    (":put (10.0.0.15 + 0.0.10.0)", "cannot add ip address to ip address (:put; line 1)\n"),
    (":put (~255.255.0.0)", "0.0.255.255\n"),
    (":put (192.168.88.77&255.255.255.0)", "192.168.88.0\n"),
    (":put (192.168.88.0|0.0.0.255)", "192.168.88.255\n"),
    (":put (1.1.1.1^255.255.0.0)", "254.254.1.1\n"),
    (":put (192.168.88.77>>24)", "0.0.0.192\n"),
    (":put (1.1.1.1/32 in 1.0.0.0/8)", "true\n"),
    (":put (2001::1 in 2001::/16)", "true\n"),
    (':put ("abc" ~ "^a.c\\$")', "true\n"),
    (':put ("ab1" ~ "^[[:alpha:]]+\\$")', "false\n"),
    (':put ("abc" ~ "(a|b){2}c")', "true\n"),
    (':put ("a" ~ "(")', "bad regular expression (:put; line 1)\n"),
    (':put ("abc" < "xyz")', "cannot compare if string is less than string (:put; line 1)\n"),
    (":put ({1;2;3} , 5)", "1;2;3;5\n"),
    (':local a {x=1}; :put ($a->"x"); :put [:typeof ($a->"y")]', "1\nnothing\n"),
    (':local a {x={1;2}}; :set ($a->"x"->1) 9; :put $a', "x=1;9\n"),
    (":put [:typeof ({1;2}->9)]", "nothing\n"),
    (":global n 0; :global f do={:global n; :set n 1; :return 1}; :if (1=1 || [$f]=1) do={}; :put $n", "1\n"),
]
CONTROL = [
    (":for i from=1 to=3 do={:put $i}", "1\n2\n3\n"),
    (":for i from=3 to=1 do={:put $i}", "3\n2\n1\n"),
    (":for i from= 1 to= 5 step=2 do={:put $i}", "1\n3\n5\n"),
    (":for i from = 1 to = 2 do = { :put $i }", "syntax error (line 1 column 13)\n"),
    (':foreach k,v in={2; "aX"=1; y=2; 5} do={:put ("$k=$v")}', "0=2\n1=5\naX=1\ny=2\n"),
    (':foreach i in=[:toarray "1,2"] do={:put ($i + 1)}', "2\n3\n"),
    (":local i 0; :while ($i < 2) do={:set i ($i + 1); :put $i}", "1\n2\n"),
    (":local i 0; :do {:set i ($i + 1)} while=($i < 5); :put $i", "5\n"),
    (":if (1 = 2) do={:put a} else={:put b}", "b\n"),
    (':if ("text") do={}', "conditional not boolean (:if; line 1)\n"),
    (":for i from=1 to=9 do={:if ($i = 3) do={:break}; :put $i}", "1\n2\n"),
    (":for i from=1 to=3 do={:if ($i = 2) do={:continue}; :put $i}", "1\n3\n"),
    ('{ :local x "inner" }\n:put $x', "\n"),
    ("{ :local a 3; { :global b 4 }; :global b; :put ($a + $b) }", "7\n"),
    (":set y 1", "syntax error (line 1 column 6)\n"),
    (":global v 1; :set v; :put [:typeof $v]", "nothing\n"),
]
SHADOWED = """:global my2 "123"
:global f do={:global my2; :put $my2; :set my2 "lala"; :put $my2}
$f my2=1234
:put "global $my2"
"""
FUNCTIONS = [
    (':global f do={:put "a=$a 1=$1"}\n$f a="x y" "one"', "a=x y 1=one\n"),
    (":global f do={:return ($a + $b)}; :put [$f a=6 b=2]", "8\n"),
    (":global a do={:return 5}; :global b do={:global a; :return ([$a] + 4)}; :put [$b]", "9\n"),
    (SHADOWED, "1234\nlala\nglobal 123\n"),
    (':local outer 1; :global f do={:put "[$outer]"}; $f', "[]\n"),
    (":global f do={:return}; $f", "missing value(s) of argument(s) value (:return; line 1)\n"),
    (
        ":global f do={:global f; :if ($1 < 1) do={:return 0}; :return ($1 + [$f ($1 - 1)])}; :put [$f 100]",
        "5050\n",
    ),
    (':local f [:parse ":put \\$1"]; $f hello', "hello\n"),
    (':put [:len "length=8"]', "8\n"),
    (':put [:pick "abcde" 1 3]', "bc\n"),
    (":put [:pick {1;2;3} 1]", "2\n"),
    (':put [:find "abc" "a" -1]', "0\n"),
    (":put [:find {1;2;3} 3]", "2\n"),
    (':put [:typeof [:tonum "23.8"]]', "nil\n"),
    (':put [:tonum "100"]', "100\n"),
    (':put [:typeof [:tobool "yes"]] ; :put [:tobool 1]', "nil\ntrue\n"),
    (':put [:toip "1.2.3.4"]; :put [:typeof [:toip "x"]]', "1.2.3.4\nnil\n"),
    (":put [:tonsec value=10:00]", "36000000000000\n"),
    (':put [:totime "90"]', "00:01:30\n"),
    (":put [:range 2 8]", "2;3;4;5;6;7;8\n"),
    (":put [:convert 001 to=hex ]", "31\n"),
    (':put [:convert "user:pass" to=base64]', "dXNlcjpwYXNz\n"),
    (':put [:convert transform=lc "AAA"]', "aaa\n"),
    (":put [:serialize value=a,b,c to=json]", '["a","b","c"]\n'),
    (
        ':global var ({ "string"="1234"; "number"=1234 }); :put [:serialize to=json value=$var]',
        '{"number":1234,"string":1234.000000}\n',
    ),
    (
        ':put [:serialize to=json value={a="1";b=true} options=json.no-string-conversion]',
        '{"a":"1","b":true}\n',
    ),
    (':put ([:deserialize "{\\"a\\":[1,2]}" from=json]->"a"->1)', "2\n"),
    (':put [:execute ":put 3" as-string]', "3\n\n"),
    (':onerror e in={:put [:execute ":error \\"x\\"" as-string]} do={:put caught}', "x (:error; line 1)\n\n"),
    (":put [:time {:delay 3s}]", "00:00:03\n"),
    (":put [:len [:rndstr length=7]]", "7\n"),
    (":put ([:rndnum from=5 to=5])", "5\n"),
]
ERRORS = [
    (':error "boom"', "boom (:error; line 1)\n"),
    (':put 1\n:error "boom"\n:put 2', "1\nboom (:error; line 2)\n"),
    (':onerror e in={ :error "failure" } do={ :put "Critical $e" }', "Critical failure (:error; line 1)\n"),
    (":put [:onerror e in={:put 1} do={}]; :put [:onerror e in={:error x} do={}]", "1\nfalse\ntrue\n"),
    (':onerror e {:retry command={abc} delay=1 max=2} do={:put "got error"}', "got error\n"),
    (":do {:error x; :put no} on-error={:put caught}", "caught\n"),
    (":onerror a in={:onerror b in={:error x} do={:error again}} do={:put $a}", "again (:error; line 1)\n"),
    (":global f do={:onerror e in={:return 1} do={}; :return 2}; :put [$f]", "2\n"),
    (":do {:quit} on-error={:put no}; :put no", ""),
    ("foo", "bad command name foo (line 1 column 1)\n"),
    (":foo bar", "bad command name foo (line 1 column 2)\n"),
    (":put a b", "expected end of command (line 1 column 8)\n"),
    (':put "a"b', "expected end of command (line 1 column 9)\n"),
    (':put "é"; :put a b', "expected end of command (line 1 column 19)\n"),
    (":put one\n/ip bogus", "one\nbad command name bogus (line 2 column 5)\n"),
    (":put one; /zerotier/print", "syntax error (line 1 column 20)\n"),
    (":put one; /zerotier print", "one\nbad command name zerotier (line 1 column 12)\n"),
    ("{ :put 1", "missing closing brace (line 1 column 9)\n"),
    (":put 1 }", "syntax error (line 1 column 8)\n"),
    (":put (1", "syntax error (line 1 column 8)\n"),
]
PARSED = [
    (':put [:parse ":put hello"]', "(evl /putmessage=hello)\n"),
    (':put [:parse ":put yes"]', "(evl /putmessage=true)\n"),
    (':put [:parse ":local x 42"]', "(evl /localname=$x;value=42)\n"),
    (':put [:parse ":local x 200ms"]', "(evl /localname=$x;value=00:00:00.200)\n"),
    (
        ':put [:parse ":if (1=1) do={:put yes} else={:put no}"]',
        "(evl /ifcondition=(= 1 1);do=;(evl (evl /putmessage=true));else=;(evl (evl /putmessage=false)))\n",
    ),
    (':put [:parse "/ip address print"]', "(evl /ip/address/print)\n"),
    (':put [:parse "/int eth print"]', "(evl /interface/ethernet/print)\n"),
    (
        ':put [:parse "this is not a command"]',
        "(<%% bad command name this (line 1 column 1) this;is;not;a;command)\n",
    ),
    (
        ':put [:parse "/ip/address/add no-such-arg=x"]',
        "(evl bad parameter no-such-arg (line 1 column 28) /ip/address/add)\n",
    ),
    (':put [:parse "/zerotier/print"]', "syntax error (line 1 column 10)\n"),
    (':put [:tostr [:parse ":put 1"]]', "(code)\n"),
    (':global fn do={:put "$1 $2"}; :put $fn', ";(evl (evl /putmessage=(. $1   $2)))\n"),
]


@pytest.mark.parametrize(
    ("script", "output"),
    [*LEXING, *VALUES, *OPERATORS, *CONTROL, *FUNCTIONS, *ERRORS, *PARSED],
)
def test_a_script_prints_what_a_router_prints(script: str, output: str) -> None:
    assert printed(script) == output


@pytest.mark.parametrize(
    ("command", "since"),
    [
        (":onerror e in={} do={}", "7.13"),
        (":put [:serialize value=1 to=json]", "7.13"),
        (":put [:convert 1 to=hex]", "7.11"),
        (":retry command={} max=1", "7.4"),
        (":for i from=1 to=1 do={:break}", "7.22"),
    ],
)
def test_a_command_is_unknown_before_its_version(command: str, since: str) -> None:
    before = f"7.{int(since[2:]) - 1}.1"
    assert "bad command name" in printed(command, router(before))
    assert "bad command name" not in printed(command, router(since + ".1"))


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        (":delay 2s; :delay 500ms; :delay 1", 3.5),
        (":for i from=1 to=3 do={:delay 1s}", 3.0),
        (":put [:len [:time {:delay 4s}]]", 4.0),
        (":retry command={:error x} delay=2 max=3 on-error={}", 4.0),
        ("/ping 192.0.2.1", math.inf),
    ],
)
def test_pauses_are_handed_to_whoever_runs_the_script(script: str, seconds: float) -> None:
    assert paused(script) == seconds


async def test_globals_are_the_router_s_until_it_reboots() -> None:
    store = router()
    printed(":global seen {a=1}; :local unseen 2", store)
    assert printed(":global seen; :put $seen", store) == "a=1\n"
    assert printed(":put [$seen]", store) == "\n"
    assert (
        printed("/system/script/environment/print terse", store) == " 0    name=seen user=admin value=a=1\n"
    )
    printed("/system/script/environment/remove [find name=seen]", store)
    assert printed(":global seen; :put [:typeof $seen]", store) == "nothing\n"
    async with Fleet.running([RouterSpec(name="core")]) as fleet:
        powered = fleet["core"]
        printed(":global seen 1; /system/reboot", powered.store)
        await powered.advance(60)
        assert printed(":global seen; :put [:typeof $seen]", powered.store) == "nothing\n"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (":while (true) do={}", "takes too long"),
        (":while (true) do={:do {:while (true) do={}} on-error={}}", "takes too long"),
        (":while (true) do={:delay 1h}", "takes too long"),
        (':while (true) do={:put "' + "x" * 5000 + '"}', "too much output"),
        (':local a "x"; :while (true) do={:set a ($a.$a)}', "out of memory"),
        (":local a {1}; :while (true) do={:set a {$a;$a}}", "out of memory"),
        (":local a {1}; :while (true) do={:set a {$a}}", "out of memory"),
        (":global f do={:global f; :return [$f]}; $f", "nested too deeply"),
        (":put " + "(" * 5000, "nested too deeply"),
        ("{" * 5000, "nested too deeply"),
        (':put "' + "$[" * 5000, "syntax error"),
        (':put ("x" ~ "((a{250}){250}){250}")', "too large"),
    ],
    ids=lambda text: text[:30],
)
def test_no_script_runs_away(script: str, told: str) -> None:
    assert told in printed(script)[-100:]


def test_a_pattern_that_others_choke_on_is_matched_at_once() -> None:
    assert printed(':put ("' + "a" * 3000 + '" ~ "^(a+)+\\$x")') == "false\n"
