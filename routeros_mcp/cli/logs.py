"""Log lines: to standard error, as text or JSON, without secrets."""

from __future__ import annotations

import logging
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # structlog is slow to import: nothing of it is needed until there is something to log.
    from structlog.stdlib import ProcessorFormatter
    from structlog.typing import EventDict, Processor, WrappedLogger

    from routeros_mcp.config import Settings

_TALKATIVE = (
    "aiosqlite",
    "alembic",
    "asyncio",
    "asyncssh",
    "dbos",
    "h11",
    "httpcore",
    "httpx",
    "mcp",
    "uvicorn",
)
"""Libraries that log what they send and receive: only their warnings are let through."""


def configure_logging(settings: Settings, *, quiet: bool = False) -> None:
    """Send log records to standard error; `quiet` leaves out what is no warning, for one-off commands.

    Cheap: structlog is imported when the first record is formatted, or set up here if it is loaded already.
    Call it again once the program is opened: structlog's own loggers print to standard output until then.
    """
    level = logging.WARNING if quiet and settings.log_level == "info" else settings.log_level.upper()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LateFormatter(settings.log_format))
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, LateFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    if "structlog" in sys.modules:
        _route_structlog()


class LateFormatter(logging.Formatter):
    """structlog's formatter, made when the first record comes."""

    def __init__(self, style: Literal["console", "json"]) -> None:
        super().__init__()
        self._wanted = style

    def format(self, record: logging.LogRecord) -> str:
        return self._made.format(record)

    @cached_property
    def _made(self) -> ProcessorFormatter:
        import structlog

        _route_structlog()
        ending: list[Processor] = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if self._wanted == "json":
            ending = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_shared(), structlog.stdlib.ExtraAdder(), _without_leftovers],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask_secrets,
                *ending,
            ],
        )


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of fields whose names look secret, at any depth."""
    from routeros_mcp.domain.redaction import redact_mapping

    plain = {name: value for name, value in event.items() if name != "exc_info"}
    return {**event, **redact_mapping(plain)}


def _without_leftovers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop what the formatter of another handler has left in the record; nobody may log under these names."""
    return {name: value for name, value in event.items() if name not in {"message", "asctime"}}


def _route_structlog() -> None:
    """Hand what structlog's loggers say to the handlers of the standard library."""
    import structlog

    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _shared() -> list[Processor]:
    import structlog

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
