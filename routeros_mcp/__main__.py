"""`python -m routeros_mcp`."""

import sys

from routeros_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
