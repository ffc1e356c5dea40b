"""Processes under measurement and the smallest possible clients for them."""

from __future__ import annotations

import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}
MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def hello(*arguments: str) -> list[str]:
    return [sys.executable, str(HERE / "hello.py"), *arguments]


def ours(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "routeros_mcp", *arguments]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class StdioPeer:
    """A server on pipes; requests go one after another."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        self._number = 0

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while True:
            assert self.process.stdout
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self._number:
                return answer

    def initialize(self) -> None:
        self.ask("initialize", INITIALIZE)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return checked(self.ask("tools/call", {"name": tool, "arguments": arguments}))

    def renew(self) -> None:
        """Pipes do not go stale."""

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()


class HttpPeer:
    """A server on HTTP, one kept-alive connection, protocol 2026-07-28."""

    def __init__(self, command: list[str], port: int, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._number = 0
        self._wait(port, command)

    def _wait(self, port: int, command: list[str]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
        raise SystemExit(f"{command} does not listen")

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        params = {"name": tool, "arguments": arguments, "_meta": MODERN}
        body = json.dumps({"jsonrpc": "2.0", "id": self._number, "method": "tools/call", "params": params})
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        self._connection.request("POST", "/mcp", body, headers)
        answer = self._connection.getresponse().read()
        return checked(json.loads(answer))

    def renew(self) -> None:
        """The server has closed a connection that was idle while its rival was measured."""
        self._connection.close()
        self._connection.connect()

    def close(self) -> None:
        self._connection.close()
        self.process.terminate()
        self.process.wait(60)


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer or answer["result"].get("isError"):
        raise SystemExit(f"the measured call failed: {json.dumps(answer)[:500]}")
    return answer
