"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from source_tree import ROOT, TREES, Source, all_sources, sources

VAGUE = {"base_utils", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
AT_THE_ROOT = {
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "pyproject.toml",
    "uv.lock",
    "alembic.ini",
}
MOST_ADR_LINES = 50
MOST_CONTRIBUTING_LINES = 60


@pytest.mark.parametrize("tree", TREES)
def test_each_module_says_in_one_line_what_it_answers_for(tree: str) -> None:
    silent = [source.name for source in sources(tree) if not opening_sentence(source)]
    assert silent == [], "Open the module with a docstring whose first line is a sentence."


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {
        source.name: {*source.path.parent.relative_to(ROOT).parts, source.path.stem}
        for source in all_sources()
    }
    assert [name for name, words in parts.items() if words & VAGUE] == []


def test_nothing_prints() -> None:
    printing = [
        source.at(node)
        for source in (*sources("routeros_mcp"), *sources("tests"))
        for node in calls(source)
        if isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == [], "Log to stderr, or write to the stream that the command was given."


def test_no_test_sleeps() -> None:
    sleeping = [
        source.at(node) for source in sources("tests") for node in calls(source) if sleeps_for_a_time(node)
    ]
    assert sleeping == [], "Wait for the event, inside asyncio.timeout; time itself is a port."


def test_no_test_mocks() -> None:
    mocking = [
        f"{source.at(node)} imports {name}"
        for source in sources("tests")
        for node, name in source.imports()
        if name == "mock" or name.startswith(("unittest", "pytest_mock"))
    ]
    assert mocking == [], "Use a fake of tests/fakes that passes the contract suite of its port."


def test_each_ruff_exception_says_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    start = lines.index("ignore = [", lines.index("[tool.ruff.lint]"))
    listed = lines[start + 1 : lines.index("]", start)]
    assert [line for line in listed if "#" not in line] == []


def test_the_root_holds_nothing_but_what_it_should() -> None:
    found = {path.name for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")}
    assert found <= AT_THE_ROOT


def test_pages_for_contributors_stay_short() -> None:
    records = {path.name: path.read_text("utf-8").count("\n") for path in (ROOT / "docs/adr").glob("*.md")}
    assert {name: size for name, size in records.items() if size > MOST_ADR_LINES} == {}
    assert (ROOT / "CONTRIBUTING.md").read_text("utf-8").count("\n") <= MOST_CONTRIBUTING_LINES


def test_the_lock_file_names_the_public_index_only() -> None:
    lock = (ROOT / "uv.lock").read_text("utf-8")
    assert set(re.findall(r"https?://[^/\"]+", lock)) == {
        "https://pypi.org",
        "https://files.pythonhosted.org",
    }, "Lock again with `uv lock --default-index https://pypi.org/simple`."


@pytest.mark.parametrize(
    ("code", "sleeps"),
    [
        ("asyncio.sleep(0.1)", True),
        ("time.sleep(wait)", True),
        ("asyncio.sleep(0)", False),
        ("sleep()", False),
    ],
)
def test_a_wait_for_the_clock_is_recognised(code: str, sleeps: bool) -> None:
    (call,) = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    assert sleeps_for_a_time(call) is sleeps


def opening_sentence(source: Source) -> bool:
    first = (ast.get_docstring(source.tree) or "").partition("\n")[0]
    return first.endswith((".", "!", "?", ":"))


def calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def sleeps_for_a_time(call: ast.Call) -> bool:
    """Tell a wait for the clock; `asyncio.sleep(0)` only lets others run."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio" | "time" | "anyio"), attr="sleep")):
            return not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)
        case _:
            return False
