"""Duplicated code: runs of equal tokens that occur more than once, as a share of all lines of code."""

from __future__ import annotations

import io
import tokenize
from collections import defaultdict

import pytest
from source_tree import Source, sources

WINDOW = 50  # tokens, the figure that jscpd calls a clone by default
MOST_SHARE = 0.03
SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}

Token = tuple[str, int]


@pytest.mark.slow
@pytest.mark.parametrize("tree", ["routeros_mcp", "tests"])
def test_hardly_any_code_is_duplicated(tree: str) -> None:
    tokens = {source.name: code_tokens(source) for source in sources(tree)}
    lines = {(name, line) for name, found in tokens.items() for _, line in found}
    twice = repeated_lines(tokens)
    assert len(twice) / len(lines) <= MOST_SHARE, places(twice)


def test_a_copied_function_counts_as_duplicated() -> None:
    body = [(f"name{number}", number // 5) for number in range(WINDOW + 10)]
    assert repeated_lines({"one": body, "two": body, "three": body[: WINDOW - 1]}) == {
        (name, line) for name in ("one", "two") for _, line in body
    }


def code_tokens(source: Source) -> list[Token]:
    """The words of the code and their lines; imports are alike by nature and do not count."""
    imported = {
        line for node, _ in source.imports() for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    read = tokenize.generate_tokens(io.StringIO(source.text).readline)
    return [
        (token.string, token.start[0])
        for token in read
        if token.type not in SILENT and token.start[0] not in imported
    ]


def repeated_lines(tokens: dict[str, list[Token]]) -> set[tuple[str, int]]:
    """The lines inside windows of tokens that occur more than once."""
    seen: defaultdict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for name, found in tokens.items():
        words = [word for word, _ in found]
        for start in range(len(words) - WINDOW + 1):
            seen[tuple(words[start : start + WINDOW])].append((name, start))
    return {
        (name, line)
        for spots in seen.values()
        if len(spots) > 1
        for name, start in spots
        for _, line in tokens[name][start : start + WINDOW]
    }


def places(lines: set[tuple[str, int]]) -> list[str]:
    return [f"{name}:{line}" for name, line in sorted(lines)]
