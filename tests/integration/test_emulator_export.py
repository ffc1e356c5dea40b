"""The text of an export: order, quoting, wrapping, secrets."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routeros_mcp.emulator import Clock, RouterSpec, branch_fleet
from routeros_mcp.emulator.export import Options, export, quoted
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.store import Store
from routeros_mcp.emulator.wrapping import WIDTH, unwrap, wrap

NOON = Clock(wall=lambda: 1_741_609_000.0)
SPECS = branch_fleet(6)


def text_of(
    spec: RouterSpec, *, is_terse: bool = False, is_verbose: bool = False, shows_secrets: bool = False
) -> str:
    options = Options(is_terse=is_terse, is_verbose=is_verbose, shows_secrets=shows_secrets)
    return export(Store(spec, NOON), options)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_no_line_passes_79_columns_and_wrapping_again_changes_nothing(spec: RouterSpec) -> None:
    for is_verbose in (False, True):
        lines = [
            line for line in text_of(spec, is_verbose=is_verbose).splitlines() if not line.startswith("#")
        ]
        assert max(map(len, lines)) <= WIDTH
        assert [part for line in unwrap(lines) for part in wrap(line)] == lines


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_arguments_are_alphabetical_and_sections_keep_the_measured_order(spec: RouterSpec) -> None:
    order = registry.section_order()
    logical = unwrap(text_of(spec).splitlines())
    sections = [line for line in logical if line.startswith("/")]
    known = [order.index(section) for section in sections if section in order]
    assert known == sorted(known)
    for line in logical:
        names = [word.partition("=")[0] for word in line.split(" ") if "=" in word and '"' not in line]
        plain = [name for name in names if not name.startswith(".") and name != "default-name"]
        assert plain == sorted(plain) or line.startswith("#")


def test_the_header_names_the_board_only_on_a_board() -> None:
    board = next(spec for spec in SPECS if spec.board == "RB750Gr3")
    chr_ = next(spec for spec in SPECS if spec.board == "CHR")
    assert text_of(board).startswith(f"# 2025-03-10 12:16:40 by RouterOS {board.version}\n# software id = ")
    assert f"# model = RB750Gr3\n# serial number = {board.serial}\n" in text_of(board)
    assert "# model" not in text_of(chr_)
    assert text_of(RouterSpec(name="old", version="7.4")).startswith(
        "# mar/10/2025 12:16:40 by RouterOS 7.4\n"
    )


def test_secrets_are_left_out_unless_asked_for() -> None:
    spec = next(spec for spec in SPECS if "wifi" in spec.features)
    assert "passphrase" not in text_of(spec)
    assert "passphrase" in text_of(spec, shows_secrets=True)


def test_terse_lines_carry_their_section_and_are_never_broken() -> None:
    lines = text_of(SPECS[0], is_terse=True).splitlines()
    assert all(line.startswith(("/", "#")) for line in lines)
    assert max(map(len, lines)) > WIDTH


def test_dynamic_rows_and_untouched_defaults_stay_out() -> None:
    text = text_of(SPECS[0])
    assert "192.0.2.66" not in text
    assert "set telnet" not in text
    assert "set www-ssl certificate=rest disabled=no\n" in text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain-1.2/3:4,5!@*+>", "plain-1.2/3:4,5!@*+>"),
        ("", '""'),
        ("two words", '"two words"'),
        ('a"b\\c$d?e', '"a\\"b\\\\c\\$d\\?e"'),
        ("line\r\nnext", '"line\\r\\nnext"'),
        ("caf\u00e9", '"caf\\C3\\A9"'),
        ("x" * 73, "x" * 73),
        ("x" * 79, '"' + "x" * 79 + '"'),
    ],
)
def test_a_value_is_quoted_by_its_characters_and_its_length(value: str, written: str) -> None:
    assert quoted(value) == written


VALUES = st.text(alphabet=string.ascii_letters + string.digits + ' .,"\\$?\n\r-é', max_size=220)
NAMES = st.text(alphabet=string.ascii_lowercase + "-", min_size=1, max_size=30).filter(
    lambda name: name[0] != "-"
)


@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_line_survives_wrapping_and_joining(pairs: list[tuple[str, str]]) -> None:
    line = " ".join(["add", *(f"{name}={quoted(value)}" for name, value in pairs)])
    broken = wrap(line)
    assert unwrap(broken) == [line]
    assert max(map(len, broken)) <= WIDTH
