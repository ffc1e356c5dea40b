"""What is generated from the code is as the code is now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GENERATORS = {
    "reference pages": [".ci/generate_reference.py"],
    "tool list": ["-m", "routeros_mcp.mcp.toolspec"],
}


@pytest.mark.parametrize("generated", GENERATORS)
def test_generated_files_are_up_to_date(generated: str) -> None:
    done = subprocess.run(
        [sys.executable, *GENERATORS[generated], "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
