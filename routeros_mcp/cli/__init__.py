"""The command line: `serve` and `lab` for machines, the rest for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 1 refused or failed, 2 not understood, 3 the installation is not usable as it stands.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    from routeros_mcp.cli.arguments import parse

    chosen = parse(words)
    from routeros_mcp.cli.errors import reported

    return reported(lambda: chosen.run(chosen), as_json=chosen.json)
