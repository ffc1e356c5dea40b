"""A process of emulated routers for the benchmarks; prints their addresses as JSON, ends with its input."""

from __future__ import annotations

import asyncio
import json
import sys

from routeros_mcp.emulator import Fleet, branch_fleet


async def main(count: int) -> None:
    async with Fleet.running(branch_fleet(count)) as fleet:
        routers = [
            {
                "name": r.spec.name,
                "address": r.address,
                "ssh_port": r.ssh.port,
                "username": r.username,
                "password": r.password,
            }
            for r in fleet
        ]
        print(json.dumps(routers), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
