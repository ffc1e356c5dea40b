"""The project's own source as the architecture tests see it: files, syntax trees, functions, imports."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "routeros_mcp"
TREES = ("routeros_mcp", "tests", "alembic", "benchmarks", ".ci")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def at(self, node: ast.AST) -> str:
        """Where the node is, as an editor opens it."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """Each import statement and the dotted name of what it imports from."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    yield from ((node, alias.name) for alias in names)
                case ast.ImportFrom(module=str(module), level=0):
                    yield node, module


@cache
def sources(tree: str) -> tuple[Source, ...]:
    """The Python files below a folder of the checkout, in order of their paths."""
    files = sorted((ROOT / tree).rglob("*.py"))
    return tuple(Source(file, text := file.read_text("utf-8"), ast.parse(text)) for file in files)


def all_sources() -> Iterator[Source]:
    return (source for tree in TREES for source in sources(tree))


def length(function: Function) -> int:
    """Lines from `def` to the last statement."""
    return (function.end_lineno or function.lineno) - function.lineno + 1
