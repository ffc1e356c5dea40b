"""What a failed command says, and the code it leaves with."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

from routeros_mcp.domain.errors import RouterosMcpError, SetupError

FAILED, NOT_UNDERSTOOD, NOT_USABLE, INTERRUPTED = 1, 2, 3, 130

_CODES = {"invalid_params": NOT_UNDERSTOOD} | dict.fromkeys(
    ("setup", "schema_behind", "database_restored", "database_unavailable", "wrong_key"), NOT_USABLE
)
_LONGEST = 2_000


class Refused(RouterosMcpError):
    """What the pipeline answered instead of a result."""

    def __init__(self, code: str, message: str, *, fix: str, **data: object) -> None:
        super().__init__(message, fix=fix, **data)
        self.code = code


class Stopped(RouterosMcpError):
    """The person at the terminal did not go on."""

    code = "stopped"


class _Interrupted(RouterosMcpError):
    code = "interrupted"


def reported(run: Callable[[], int], *, as_json: bool) -> int:
    """Run a command; what keeps it from ending well becomes one line, or one JSON object, and an exit code.

    A bug is not caught: its traceback is the report.
    """
    try:
        code = run()
        sys.stdout.flush()
    except RouterosMcpError as error:
        return _report(error, as_json=as_json)
    except BaseExceptionGroup as group:
        return _report(_expected(group), as_json=as_json)
    except ValueError as error:
        return _report(_setting(error), as_json=as_json)
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt:
        _report(_Interrupted("Interrupted."), as_json=as_json)
        return INTERRUPTED
    return code


def _report(error: RouterosMcpError, *, as_json: bool) -> int:
    if as_json:
        told = {"code": error.code, "message": error.message, "fix": error.fix}
        sys.stdout.write(json.dumps({"error": told}) + "\n")
    else:
        from routeros_mcp.cli.output import complain

        # A router's own words may be in it: nothing hidden, no line breaks.
        complain(str(error)[:_LONGEST])
    return _CODES.get(error.code, FAILED)


def _expected(group: BaseExceptionGroup[BaseException]) -> RouterosMcpError:
    """The first expected failure of a group that holds nothing else; a group with a bug goes on as it is."""
    _, bugs = group.split(RouterosMcpError)
    if bugs is not None:
        raise group
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, RouterosMcpError) else RouterosMcpError(str(first))


def _setting(error: ValueError) -> SetupError:
    """A setting that cannot be, by name; never its value, which may be a secret."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    if isinstance(error, ValidationError) and error.title == "Settings":
        found = error.errors(include_input=False, include_url=False, include_context=False)
        text = " ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}." for one in found)
    elif isinstance(error, SettingsError):
        text = f"{error}."
    else:
        raise error
    return SetupError(text, fix="Correct the environment or the settings file.")


def _reader_left() -> int:
    """`routeros-mcp … | head`: nobody reads on, and flushing at exit must not complain about it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return FAILED
