"""What is logged, where to, and what never is."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from cli_person import ROOT
from cli_shell import Shell, logging_restored, shell

from routeros_mcp.cli.logs import configure_logging
from routeros_mcp.config import Settings

__all__ = ["shell"]


@pytest.fixture
def lines(shell: Shell, capsys: pytest.CaptureFixture[str]) -> Iterator[io.StringIO]:
    """What goes to standard error as JSON; standard output stays empty."""
    held = io.StringIO()
    with logging_restored(), contextlib.redirect_stderr(held):
        configure_logging(Settings(log_format="json"))
        yield held
    structlog.reset_defaults()
    assert capsys.readouterr().out == ""


def events(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_both_kinds_of_loggers_say_the_same_to_standard_error(lines: io.StringIO) -> None:
    logging.getLogger("one").warning("happened", extra={"device": "edge-1"})
    structlog.get_logger("two").warning("happened", device="edge-1")
    first, second = ({**event, "timestamp": ""} for event in events(lines))
    wanted = {"event": "happened", "device": "edge-1", "level": "warning", "timestamp": ""}
    assert (first, second) == ({**wanted, "logger": "one"}, {**wanted, "logger": "two"})


def test_values_under_secret_names_are_masked_at_any_depth(lines: io.StringIO) -> None:
    logging.getLogger("one").warning(
        "login", extra={"password": "s3cret", "sent": {"wpa2-passphrase": "s3cret"}}
    )
    structlog.get_logger("two").warning("login", api_token="s3cret")
    assert "s3cret" not in lines.getvalue()
    assert [event.get("sent") for event in events(lines)] == [{"wpa2-passphrase": "***"}, None]


def test_what_libraries_tell_of_their_traffic_is_left_out(lines: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://router/rest")
    logging.getLogger("routeros_mcp").debug("too fine")
    assert events(lines) == []


def test_an_exception_is_logged_with_its_traceback(lines: io.StringIO) -> None:
    try:
        json.loads("{")
    except ValueError:
        logging.getLogger("one").exception("failed")
    (event,) = events(lines)
    assert "JSONDecodeError" in event["exception"]


def test_structlog_is_not_imported_before_there_is_something_to_log() -> None:
    program = (
        "import sys; from routeros_mcp.cli import main; from routeros_mcp.cli.arguments import parse;"
        "from routeros_mcp.cli import errors, logs; from routeros_mcp.config import Settings;"
        "parse(['serve']); logs.configure_logging(Settings());"
        "print({'structlog', 'rich', 'sqlalchemy'} & set(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "set()\n"
