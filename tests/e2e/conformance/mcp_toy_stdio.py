"""The toy server on standard input and output."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

# The Inspector starts its servers with an environment of its own, without PYTHONPATH.
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[3])]


def main() -> None:
    from mcp_toy import toy_server

    from routeros_mcp.mcp.stdio import serve_stdio

    asyncio.run(serve_stdio(toy_server()))


if __name__ == "__main__":
    main()
