"""The wheel alone is the product: it installs, has its migrations inside, and builds a database anywhere."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 240

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed `routeros-mcp`, in an environment that knows nothing of the checkout."""
    home = tmp_path_factory.mktemp("installed")
    uv("venv", "--quiet", "--python", sys.executable, "venv", cwd=home)
    uv("pip", "install", "--quiet", "--python", "venv/bin/python", str(wheel), cwd=home)
    return home / "venv" / "bin" / "routeros-mcp"


def test_the_wheel_holds_the_migrations_and_the_generated_files(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    revisions = {path.name for path in (ROOT / "alembic" / "versions").glob("*.py")}
    assert {f"routeros_mcp/infra/db/alembic/versions/{name}" for name in revisions} <= names
    assert {
        "routeros_mcp/infra/db/alembic/env.py",
        "routeros_mcp/infra/routeros/schema.json.gz",
        "routeros_mcp/mcp/toolspec.json",
        "routeros_mcp/py.typed",
    } <= names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"routeros_mcp"}
    assert [name for name in names if "__pycache__" in name] == []


def test_an_installed_program_builds_an_empty_database(program: Path, tmp_path: Path) -> None:
    run(program, "db", "upgrade", cwd=tmp_path)
    with closing(sqlite3.connect(tmp_path / "data" / "routeros-mcp.db")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"devices", "plans", "audit_events", "alembic_version"} <= tables
    run(program, "db", "verify", cwd=tmp_path)


def test_an_installed_program_explains_itself(program: Path, tmp_path: Path) -> None:
    assert "serve" in run(program, "--help", cwd=tmp_path)
    assert run(program, "--version", cwd=tmp_path).split() == ["routeros-mcp", wheel_version()]


def wheel_version() -> str:
    from routeros_mcp import __version__

    return __version__


def uv(*arguments: str, cwd: Path) -> None:
    program = os.environ.get("UV") or shutil.which("uv")
    assert program, "uv runs these tests: pip install uv"
    command(program, *arguments, cwd=cwd, environment=dict(os.environ))


def run(program: Path, *arguments: str, cwd: Path) -> str:
    """What the installed program prints, with its data below `cwd` and nothing else set."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "ROUTEROS_MCP_DATA_DIR": str(cwd / "data"),
    }
    return command(str(program), *arguments, cwd=cwd, environment=environment)


def command(*words: str, cwd: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
