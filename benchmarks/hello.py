"""The yardstick: the SDK's own server with one trivial tool, on stdio or HTTP."""

import sys

from mcp.server import MCPServer

server = MCPServer("hello", log_level="ERROR")


@server.tool()
async def echo(message: str, count: int = 1) -> dict[str, str | int]:
    """Echo the message."""
    return {"message": message, "count": count}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
