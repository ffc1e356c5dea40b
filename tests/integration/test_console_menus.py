"""Menus from the console: rows found, read, changed and printed, and who may do it."""

from __future__ import annotations

import pytest
from console_lab import ADMIN, printed, router, session, typed

from routeros_mcp.emulator import commands, console, views
from routeros_mcp.emulator.commands import Call
from routeros_mcp.emulator.console import Console
from routeros_mcp.emulator.errors import Refusal

FILTER = "/ip/firewall/filter"


def comments(path: str, script: str) -> list[str]:
    store = router()
    printed(script, store)
    return [row.get("comment", "") for row in views.rows(store, path)]


@pytest.mark.parametrize(
    "script",
    [
        "/ip/address/add address=10.9.0.1/24 interface=ether1",
        "/ip address add address=10.9.0.1/24 interface=ether1",
        "/ip address\nadd address=10.9.0.1/24 interface=ether1",
        "/ip/address { add address=10.9.0.1/24 interface=ether1 }",
        "/ip { address add address=10.9.0.1/24 interface=ether1 }",
        "/ip/dns\n..\naddress add address=10.9.0.1/24 interface=ether1",
        "/ip dns\n/ip address add address=10.9.0.1/24 interface=ether1",
        ":if (true) do={ /ip/address/add address=10.9.0.1/24 interface=ether1 }",
        '/ip/address/add address=(10.9.0.1 . "/24") interface=[/interface/get ether1 name]',
        "/ip addr add addr=10.9.0.1/24 int=ether1",
    ],
)
def test_every_spelling_of_a_path_reaches_the_menu(script: str) -> None:
    store = router()
    assert printed(script, store) == ""
    assert views.rows(store, "/ip/address")[-1]["address"] == "10.9.0.1/24"


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("[find]", ["first", "second", "chg:1"]),
        ("[find where]", None),
        ('[find comment="chg:1"]', ["chg:1"]),
        ('[find where comment="chg:1"]', ["chg:1"]),
        ('[find where comment~"^(first|second)\\$"]', ["first", "second"]),
        ("[find chain=input action=drop]", ["second"]),
        ("[find where chain=input && action=drop]", ["second"]),
        ("[find where chain=input and !(action=drop)]", ["first"]),
        ('[find where (chain~"for")=true]', ["chg:1"]),
        ("[find where !disabled]", ["first", "second", "chg:1"]),
        ("[find where disabled=yes or dynamic]", []),
        ("[find where .id=*2]", ["second"]),
        (':local c "second"; FIND comment=$c]', ["second"]),
        (':local chain "forward"; FIND where chain=$chain]', ["first", "second", "chg:1"]),
        ("[find nonsense=1]", None),
    ],
)
def test_find_takes_whole_expressions(expression: str, found: list[str] | None) -> None:
    setup, _, rest = expression.rpartition("FIND")
    selection = f"[find {rest.strip()}" if setup else expression
    script = f"{FILTER}\n{setup}:foreach i in={selection} do={{:put [get $i comment]}}"
    shown = printed(script).splitlines()
    assert shown == found if found is not None else "line 2 column" in shown[0]


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("remove [find chain=input]", ["chg:1"]),
        ("remove 0", ["second", "chg:1"]),
        ("remove 0,2", ["second"]),
        ("remove *2", ["first", "chg:1"]),
        ("remove numbers=*2,*1", ["chg:1"]),
        ("remove [find comment=none]", ["first", "second", "chg:1"]),
        ("remove []", ["first", "second", "chg:1"]),
        (":foreach i in=[find] do={remove $i}", []),
        ("add chain=input comment=new place-before=0", ["new", "first", "second", "chg:1"]),
        (
            "add chain=input comment=new place-before=[find comment=second]",
            ["first", "new", "second", "chg:1"],
        ),
        ("add copy-from=[find comment=second] comment=copy", ["first", "second", "chg:1", "copy"]),
        ("move [find comment=second] destination=0", ["second", "first", "chg:1"]),
        ("move 2 0", ["chg:1", "first", "second"]),
        ("set 0 comment=zero", ["zero", "second", "chg:1"]),
        ("set [find] comment=all", ["all", "all", "all"]),
        ('set 0 comment=""', ["", "second", "chg:1"]),
        ("set 0 !comment", ["", "second", "chg:1"]),
        ("unset 0 comment", ["", "second", "chg:1"]),
        ('comment 0 "by hand"', ["by hand", "second", "chg:1"]),
    ],
)
def test_rows_are_named_by_number_id_name_or_filter(script: str, left: list[str]) -> None:
    assert comments(FILTER, f"{FILTER}\n{script}") == left


def test_switches_and_flags() -> None:
    store = router()
    printed(f"{FILTER} disable [find comment=first]; {FILTER}/enable 1; /routing/table/add fib name=x", store)
    assert (
        printed(f":put [{FILTER}/get 0 disabled]; :put [{FILTER}/get 1 disabled]", store) == "true\nfalse\n"
    )
    assert {"name": "x", "fib": ""}.items() <= views.rows(store, "/routing/table")[-1].items()


def test_a_prefix_goes_on_behind_a_dot() -> None:
    store = router(board="hAP ax^2")
    line = "/interface wifi set [ find default-name=wifi1 ] configuration.mode=ap .ssid=x disabled=no"
    assert printed(line, store) == ""
    assert printed(":put [/interface/wifi/get wifi1 configuration.ssid]", store) == "x\n"
    assert "bad parameter .ssid" in printed(line.replace("configuration.mode=ap ", ""), store)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("/ip/address/add no-such-arg=x", "bad parameter no-such-arg (line 1 column 28)"),
        (":put one; /ip/address/add a1=x", "one\nbad parameter a1 (line 1 column 29)"),
        ("/ip/address/add address=1.1.1.1/24 interface=none",
         "input does not match any value of interface (/ip/address/add (interface); line 1)"),
        ("/ip/address/add comment=x",
         "Script Error: missing value(s) of argument(s) address interface (/ip/address/add; line 1)"),
        ("/ip/address/add address=x interface=ether1",
         "invalid value for argument address (/ip/address/add; line 1)"),
        ("/ip/address/remove *99", "no such item (/ip/address/remove; line 1)"),
        ("/ip/address/remove 7", "no such item (/ip/address/remove; line 1)"),
        ("/ip/address/remove office", "expected item id (/ip/address/remove; line 1)"),
        ("/ip/pool/remove nope", "no such item (/ip/pool/remove; line 1)"),
        ("/ip/address/set",
         "Script Error: missing value(s) of argument(s) numbers (/ip/address/set; line 1)"),
        ("/ip/address/get 0 nope",
         "input does not match any value of value-name (/ip/address/get (value-name); line 1)"),
        ("/ip address add address = 1.1.1.1", "expected end of command (line 1 column 17)"),
        ("/ip/address/print foo", "expected end of command (line 1 column 19)"),
        ("/ip/address/edit 0", "bad command name edit (line 1 column 13)"),
        ("/ip/address/bogus", "bad command name bogus (line 1 column 13)"),
        ("/ip//address", "syntax error (line 1 column 5)"),
        ("/ping", "Script Error: missing value(s) of argument(s) address (/ping; line 1)"),
        ("/system/routerboard print", "syntax error (line 1 column 9)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(script: str, output: str) -> None:
    expected = output if "routerboard" not in script else "bad command name routerboard (line 1 column 9)"
    assert printed(script) == expected + "\n"


def test_a_terminal_is_not_told_the_place() -> None:
    script = "/ip/address/add address=1.1.1.1/24 interface=none"
    assert typed(script) == "input does not match any value of interface\n"
    assert typed("/ip/address/add comment=x") == "missing value(s) of argument(s) address interface\n"
    assert typed(':error "x"') == "x (:error; line 1)\n"


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("/ip/address/print count-only", "2\n"),
        (":put [/ip/address/print count-only where disabled=yes]", "1\n"),
        ("/ip/address/print as-value", ""),
        ("/system/identity/print", "  name: core\n"),
        ("/ip/address/find", ""),
        ("/ip/address/get 0 address", ""),
        (":put [/ip/address/find]", "*1;*2\n"),
        (":put [/ip/address/add address=10.9.0.1/24 interface=ether1]", "*3\n"),
        (':put ([/ip/address/print as-value]->0->"comment")', "office\n"),
        (':put ([/system/identity/print as-value]->"name")', "core\n"),
        (":put [:typeof [/ip/address/get 0 disabled]]", "bool\n"),
        (":put [:typeof [/ip/address/get 0 address]]", "str\n"),
        (":put [:typeof ([/ip/address/find]->0)]", "id\n"),
        ("/ip/address/print terse proplist=address where interface=ether1", " 0    address=10.0.0.1/24\n"),
        (":put [/ip/address/print as-value proplist=address where interface=ether1]",
         ".id=*1;address=10.0.0.1/24\n"),
        ("/ip dhcp-server lease print detail proplist=address,mac-address",
         " 0    ;;; nvr\n      address=10.0.0.9 mac-address=02:00:00:00:00:01 \n"),
    ],
)  # fmt: skip
def test_what_is_read_is_printed_or_returned(script: str, output: str) -> None:
    assert printed(script) == output


def test_a_table_has_a_legend_columns_and_comments() -> None:
    assert printed("/ip/address/print proplist=address,interface") == (
        "Flags: X - DISABLED\n"
        "Columns: ADDRESS, INTERFACE\n"
        "#   ADDRESS      INTERFACE\n"
        ";;; office\n"
        "0   10.0.0.1/24  ether1   \n"
        "1 X 10.0.1.1/24  ether2   \n"
    )


def test_a_record_is_one_line_of_pairs_that_begins_with_its_id() -> None:
    line = printed(":put [/ip/address print detail as-value]")
    assert line.startswith(".id=*1;actual-interface=ether1;address=10.0.0.1/24;comment=office;")
    assert ";.id=*2;" in line
    assert line.count("\n") == 1


def test_a_print_can_go_into_a_file() -> None:
    store = router()
    printed("/ip/address/print file=list", store)
    assert "10.0.0.1/24" in printed(":put [/file/get list.txt contents]", store)


@pytest.mark.parametrize(
    ("script", "needed"),
    [
        ("/ip/address/print", "read"),
        ("/ip/address/remove [find]", "write"),
        ("/ip/address/remove [find comment=none]", "write"),
        ("/ip/address/add address=10.9.0.1/24 interface=ether1", "write"),
        ("/user/add name=x group=read", "policy"),
        ("/ping 192.0.2.1 count=1", "test"),
        ("/system/reboot", "reboot"),
        ("/export show-sensitive", "sensitive"),
        ("/export file=x", "ftp"),
        ("/file/add name=x contents=y", "ftp"),
    ],
)
def test_each_command_needs_its_policies(script: str, needed: str) -> None:
    held = {"read", "write", "policy", "test", "reboot", "sensitive", "ftp"}
    assert "not enough permissions (9)" in printed(script, None, session(*(held - {needed})))
    assert "not enough permissions" not in printed(script, None, session(*held))


def test_secrets_show_to_those_who_may_see_them() -> None:
    store = router()
    printed("/ppp/secret/add name=vpn password=of-the-tunnel", store)
    for script in (
        ":put [/ppp/secret/get vpn password]",
        ":put [/ppp/secret/print as-value]",
        "/ppp secret print",
    ):
        assert "of-the-tunnel" in printed(script, store)
        assert "of-the-tunnel" not in printed(script, store, session("read", "write"))
    assert printed(":put [/ppp/secret/find password=of-the-tunnel]", store, session("read")) == "\n"


def test_a_script_runs_with_the_rights_of_its_caller_or_its_own() -> None:
    store = router()
    printed("/system/script/add name=s policy=read source={/ip/address/remove [find]; :put done}", store)
    refused = printed("/system/script/run s use-script-permissions", store)
    assert refused == "not enough permissions (9) (/ip/address/remove; line 1)\n"
    assert (
        printed("/system script run s", store, session("write"))
        == "not enough permissions (9) (/system/script/run; line 1)\n"
    )
    assert printed("/system script run s", store) == "done\n"
    assert printed(":put [/system/script/get s run-count]", store) == "2\n"
    assert views.rows(store, "/ip/address") == []


def test_an_action_is_the_same_from_rest_and_from_the_console() -> None:
    store = router()
    frames = commands.perform(
        Call(store=store, session=ADMIN, path="/", arguments={"address": "192.0.2.1", "count": "1"}), "ping"
    )
    (frame,) = frames.content if isinstance(frames.content, list) else []
    shown = printed(':put ([/ping 192.0.2.1 count=1 as-value]->0->"host")', store)
    assert shown == frame["host"] + "\n"


def test_a_file_is_imported_over_rest_too() -> None:
    store = router()
    printed('/file/add name=x.rsc contents="/system identity set name=edge"', store)
    call = Call(store=store, session=ADMIN, path="/", arguments={"file-name": "x.rsc"})
    assert commands.perform(call, "import").content == []
    assert views.single(store, "/system/identity")["name"] == "edge"
    wrong = Call(store=store, session=ADMIN, path="/", arguments={"file-name": "none.rsc"})
    with pytest.raises(Refusal, match="Cannot open import file"):
        commands.perform(wrong, "import")


def test_a_conversation_keeps_its_menu_and_its_globals() -> None:
    at = Console(router(), ADMIN)
    lines = ["/ip address", ":global seen 5", ":put $seen; print count-only", "..", "dns print", "/"]
    shown = [console.perform(at, line).output for line in lines]
    assert shown[2] == "5\r\n2\r\n"
    assert "servers:" in shown[4]
    assert at.place.menu == ""
