"""The one error hierarchy: what is so, what to do next, and a code that callers may rely on."""

from __future__ import annotations

from collections.abc import Mapping


class RouterosMcpError(Exception):
    """Base of every expected failure; anything else is a bug and is reported as `internal`.

    `message` says what is so, `fix` what to do next. `data` holds figures for machines; it never holds a
    secret, since it reaches results, logs and the audit trail.
    """

    code = "internal"
    retryable = False

    def __init__(self, message: str, *, fix: str = "", **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.data: Mapping[str, object] = data

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class InvalidParams(RouterosMcpError):
    """The caller's arguments do not fit the tool; the message names the valid ones."""

    code = "invalid_params"


class NotFound(RouterosMcpError):
    """No such thing within the caller's sight; the same words whether it exists elsewhere or not."""

    code = "not_found"


class Forbidden(RouterosMcpError):
    """The caller, the device or the environment does not allow it."""

    code = "forbidden"


class RateLimited(RouterosMcpError):
    """Too many calls in too short a time."""

    code = "rate_limited"
    retryable = True


class Conflict(RouterosMcpError):
    """Somebody else changed the same thing meanwhile, or its state does not permit the step."""

    code = "conflict"


class Expired(RouterosMcpError):
    """The plan or its approval is past its time."""

    code = "expired"


class NotApproved(RouterosMcpError):
    """The plan has no valid approval by a second person."""

    code = "not_approved"


class Drifted(RouterosMcpError):
    """The router no longer is what the plan was computed against; nothing was written."""

    code = "drifted"


class DeadlineExceeded(RouterosMcpError):
    """The call ran out of time; reads may be repeated."""

    code = "deadline_exceeded"
    retryable = True


# -- routers ---------------------------------------------------------------------------------------------


class DeviceError(RouterosMcpError):
    """A router could not be reached or refused; `stage` tells where the attempt ended.

    Stages, in order: address, dns, tcp, tls or ssh, pin, http, login, policy, request, answer.
    """

    code = "device_error"
    stage = "request"


class AddressNotAllowed(DeviceError):
    """The device's address is outside the allowed management networks."""

    code = "address_not_allowed"
    stage = "address"


class DeviceUnreachable(DeviceError):
    """No usable connection to the router: name, TCP, TLS, or an answer that never came."""

    code = "device_unreachable"
    retryable = True

    def __init__(self, message: str, *, stage: str = "tcp", fix: str = "", **data: object) -> None:
        super().__init__(message, fix=fix, stage=stage, **data)
        self.stage = stage


class PinMismatch(DeviceError):
    """The router presents another certificate than the one pinned on first use; no login was sent."""

    code = "certificate_changed"
    stage = "pin"


class HostKeyChanged(PinMismatch):
    """The router presents another SSH host key than the one pinned on first use; no login was sent."""

    code = "host_key_changed"


class LoginFailed(DeviceError):
    """The router refused the login."""

    code = "login_failed"
    stage = "login"


class PolicyDenied(DeviceError):
    """The login works but its RouterOS group lacks a policy."""

    code = "policy_denied"
    stage = "policy"


class NoCredential(DeviceError):
    """The registry holds no active login for the device."""

    code = "no_credential"
    stage = "login"


class RouterRefused(DeviceError):
    """The router answered with an error; the message is the router's own words."""

    code = "router_refused"


class UnknownMenu(RouterRefused):
    """The router has no such menu or command."""

    code = "unknown_menu"


class NoSuchItem(RouterRefused):
    """The router has no row with that id."""

    code = "no_such_item"


class SessionCut(DeviceError):
    """The router's 60 s limit ended the request (`Session closed`), or one queued before it did."""

    code = "session_closed"
    retryable = True


class BadAnswer(DeviceError):
    """The router's answer is not what it should be: not JSON, too large, or of another shape."""

    code = "bad_answer"
    stage = "answer"


class WireError(BadAnswer):
    """A RouterOS value that does not read as its type. Never guess."""

    code = "bad_value"


class ExportError(WireError):
    """Text that is no RouterOS export; line and column, from 1, of where it stops being one."""

    code = "bad_export"

    def __init__(self, message: str, *, line: int, column: int) -> None:
        super().__init__(
            f"{message} (line {line} column {column})",
            fix="Compare with /export on the router.",
            line=line,
            column=column,
        )
        self.line = line
        self.column = column


class OutcomeUnknown(DeviceError):
    """A write was sent and its answer lost: it may or may not have happened. Read before anything else."""

    code = "outcome_unknown"
    stage = "answer"


# -- installation ----------------------------------------------------------------------------------------


class SetupError(RouterosMcpError):
    """The installation is not usable as it stands; `fix` is the command to run."""

    code = "setup"


class SchemaBehind(SetupError):
    """The database schema is older than this program."""

    code = "schema_behind"


class DatabaseRestored(SetupError):
    """The database is older than what was kept of its audit trail outside of it."""

    code = "database_restored"


class DatabaseUnavailable(SetupError):
    """The database is missing, locked or out of reach."""

    code = "database_unavailable"
    retryable = True


class WrongKey(SetupError):
    """The master key is missing, or is not the one that sealed the stored secrets."""

    code = "wrong_key"
