"""A stdio server that tells on standard error what was imported when the first list had gone out."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from routeros_mcp.domain.errors import SchemaBehind
from routeros_mcp.domain.models import Principal, Role, Scope
from routeros_mcp.mcp.startup import imports_uncollected

with imports_uncollected():
    from routeros_mcp.mcp.backend import Calls
    from routeros_mcp.mcp.server import build_server
    from routeros_mcp.mcp.stdio import serve_stdio


class ColdBackend:
    async def pipeline(self) -> Calls:
        sys.stdout.write("a stray print\n")
        sys.stdout.flush()
        child = await asyncio.create_subprocess_exec("sh", "-c", "echo a stray child; cat")
        await child.wait()
        raise SchemaBehind("The database is older.", fix="Upgrade it.")

    async def next_mark(self, principal: Principal, kind: str, key: str, known: str | None) -> None:
        """Nothing opens, so nothing changes."""

    def warm(self) -> None:
        sys.stderr.write(f"MODULES {json.dumps(sorted(sys.modules))}\n")
        sys.stderr.flush()

    def principal(self, claims: Mapping[str, Any] | None) -> Principal:
        return Principal(subject="cold", role=Role.ADMIN, scopes=frozenset(Scope))


asyncio.run(serve_stdio(build_server(ColdBackend())))
sys.stderr.write("ENDED\n")
