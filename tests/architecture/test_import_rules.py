"""Who may import whom: import-linter's contracts, and what it cannot express."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable

from source_tree import ENVIRONMENT, PACKAGE, ROOT, Source, sources

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DOMAIN = "routeros_mcp.domain"
EMULATOR = "routeros_mcp.emulator"

# SQLAlchemy loads a driver by the name in the URL; uvicorn and the others are imported as they are called.
NAMED_IN_URLS = {"aiosqlite", "asyncpg", "psycopg"}
DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "pydantic_core": "pydantic",
    "pydantic_settings": "pydantic-settings",
    "yaml": "pyyaml",
}

# A client waits for its first list of tools: that takes the SDK, and of ours nothing that opens anything.
HEAVY = {"sqlalchemy", "alembic", "argon2", "dbos", "h11", "httpx", "asyncssh", "asyncpg", "psycopg"}
LATER = ("app", "emulator", "infra", "tools", "worker", "domain.plans", "domain.services")


def test_the_contracts_are_kept() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo'])"
    checked = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_contract_has_exceptions() -> None:
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    excepting = [one["name"] for one in contracts if {"ignore_imports", "exhaustive_ignores"} & one.keys()]
    assert excepting == [], "Move the code instead of excusing the import."


def test_each_layers_contract_is_exhaustive() -> None:
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    open_ended = [one["name"] for one in contracts if one["type"] == "layers" and not one.get("exhaustive")]
    assert open_ended == []


def test_the_domain_imports_only_the_standard_library() -> None:
    assert foreign(sources("routeros_mcp/domain"), sys.stdlib_module_names, DOMAIN) == [], (
        "The domain does no I/O and knows no library: take a port of domain/ports instead."
    )


def test_the_emulator_imports_nothing_of_ours() -> None:
    allowed = {*sys.stdlib_module_names, "asyncssh", "cryptography", "h11"}
    assert foreign(sources("routeros_mcp/emulator"), allowed, EMULATOR) == [], (
        "The emulator is the oracle: code it shares with us would be wrong on both sides of a test."
    )


def test_what_we_import_is_declared_and_what_we_declare_is_imported() -> None:
    used = {
        name.partition(".")[0]
        for tree in ("routeros_mcp", "alembic")
        for source in sources(tree)
        for _, name in source.imports()
    }
    third_party = used - sys.stdlib_module_names - {"routeros_mcp"}
    declared = {re.split(r"[\[<>=]", line)[0] for line in PYPROJECT["project"]["dependencies"]}
    assert {DISTRIBUTIONS.get(name, name) for name in third_party} == declared - NAMED_IN_URLS


def test_the_command_line_starts_with_the_standard_library_alone() -> None:
    loaded = modules_after("import routeros_mcp.cli, routeros_mcp.__main__")
    assert {name for name in loaded if name.startswith("routeros_mcp.")} == {
        "routeros_mcp.cli",
        "routeros_mcp.__main__",
    }
    assert loaded & {"pydantic", "mcp", "rich", *HEAVY} == set()


def test_the_mcp_server_starts_with_the_sdk_alone() -> None:
    loaded = modules_after("import routeros_mcp.mcp.server, routeros_mcp.mcp.stdio")
    ours = [name.removeprefix("routeros_mcp.") for name in loaded if name.startswith("routeros_mcp.")]
    assert loaded & HEAVY == set(), "Import it where it is used: clients wait for the first list of tools."
    assert [name for name in ours if name.startswith(LATER)] == []


def foreign(files: Iterable[Source], allowed: Iterable[str], own: str) -> list[str]:
    """The imports that are neither allowed nor from the package itself."""
    known = frozenset(allowed)
    return [
        f"{source.at(node)} imports {name}"
        for source in files
        for node, name in source.imports()
        if name.partition(".")[0] not in known and name != own and not name.startswith(f"{own}.")
    ]


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after a statement."""
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(told.stdout))
