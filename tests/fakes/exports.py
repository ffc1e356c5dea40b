"""Exports for tests: those of emulated routers, and random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from routeros_mcp.domain.export import Argument, Command, Comment, Export, Find, Heading
from routeros_mcp.emulator import Clock, RouterSpec, branch_fleet
from routeros_mcp.emulator.export import Options, export
from routeros_mcp.emulator.store import Store

NOON = Clock(wall=lambda: 1_741_609_000.0)
SPECS = branch_fleet(12)


def emulated(spec: RouterSpec, *, is_terse: bool = False, is_verbose: bool = False) -> str:
    return export(Store(spec, NOON), Options(is_terse=is_terse, is_verbose=is_verbose, shows_secrets=True))


_menus = st.sampled_from(["/ip/address", "/ip/firewall/filter", "/system/script", "/interface/wifi"])
_prefixed = st.sampled_from(["configuration.mode", "configuration.ssid", "channel.width", "a.b.c", "a.b.d"])
names = st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True) | _prefixed
values = (
    st.text(max_size=200)
    | st.text('"\\$?[]{};= \n\r\t\x00é', max_size=120)
    | st.text("ab1.:/!", max_size=90)
    | st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)
_arguments = (
    st.builds(Argument, names, values)
    | st.builds(Argument, names)
    | st.builds(Argument, names, st.none(), st.just(True))
    | st.builds(
        Argument, names, st.sampled_from(["[/ip x find]", '($a . "b c")', "$x"]), is_expression=st.just(True)
    )
)
_finds = st.just(Find("default=yes", (("default", "yes"),))) | st.sampled_from(
    [Find(""), Find('name~"^a b"')]
)


@st.composite
def commands(draw: st.DrawFn) -> Command:
    verb = draw(st.sampled_from(["add", "set", "remove"]))
    arguments = tuple(draw(st.lists(_arguments, max_size=6)))
    target = None if verb == "add" else draw(_finds | values)
    return Command(
        menu=draw(_menus), verb=verb, target=target, arguments=arguments, is_terse=draw(st.booleans())
    )


_comments = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=60)
_entries = (
    commands()
    | st.builds(Heading, menu=_menus)
    | st.builds(Comment, text=_comments.map(lambda text: f"# {text}") | st.just(""))
)
exports = st.lists(_entries, max_size=6).map(lambda entries: Export(entries=tuple(entries)))
