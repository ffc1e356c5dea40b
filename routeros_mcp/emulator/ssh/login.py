"""Who gets in over SSH: passwords, keys, policies, and the options after the user name."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import asyncssh

from routeros_mcp.emulator import access, ssh_keys
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.store import Row, Store

_OPTIONS = re.compile(r"(?:[cetp]|[0-9]+[wh])*")
_WIDTH = re.compile(r"([0-9]+)w")
_ACTIVE = "/user/active"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshLogin:
    """Who is logged in, and how wide they said their terminal is."""

    session: Session
    width: int | None = None


def parted(name: str) -> tuple[str, int | None]:
    """Split `admin+ct511w4098h` into the user and the width, nothing when none is given.

    Source: vendor manual, console login options; what scripts of the field send.
    """
    user, plus, options = name.partition("+")
    if not plus or not _OPTIONS.fullmatch(options):
        return name, None
    found = _WIDTH.search(options)
    return user, int(found[1]) if found else None


class Gatekeeper(asyncssh.SSHServer):
    """Lets one connection in. `attempts` lists what was tried, never a secret."""

    def __init__(
        self,
        store: Store,
        attempts: list[str],
        opened: Callable[[asyncssh.SSHServerConnection], None],
        closed: Callable[[asyncssh.SSHServerConnection], None],
    ) -> None:
        self._store = store
        self._attempts = attempts
        self._opened = opened
        self._closed = closed
        self._active: Row | None = None
        self._conn: asyncssh.SSHServerConnection | None = None
        self._source = store.spec.manager_address

    def abort(self) -> None:
        if self._conn is not None:
            self._conn.abort()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self._opened(conn)

    def connection_lost(self, _exc: Exception | None) -> None:
        rows = self._store.table(_ACTIVE).rows
        if self._active in rows:
            rows.remove(self._active)
            self._log("system,info,account", f"user {self._user} logged out from {self._source} via ssh")
            self._store.machine.changed(_ACTIVE)
        if self._conn is not None:
            self._closed(self._conn)

    def begin_auth(self, username: str) -> bool:
        self._user, self._width = parted(username)
        return True

    def password_auth_supported(self) -> bool:
        """Refuse passwords once the user has a key (`password-authentication=yes-if-no-key`).

        Source: vendor manual, SSH.
        """
        return not ssh_keys.has_keys(self._store, self._user)

    def validate_password(self, _username: str, password: str) -> bool:
        self._attempts.append(f"{self._user} password")
        row = access.known(self._store, self._user, self._source)
        is_right = row is not None and row.values.get("password", "") == password
        return self._admitted(is_right=is_right)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, _username: str, key: asyncssh.SSHKey) -> bool:
        self._attempts.append(f"{self._user} key")
        is_known = access.known(self._store, self._user, self._source) is not None
        return self._admitted(is_right=is_known and ssh_keys.accepts(self._store, self._user, key))

    def auth_completed(self) -> None:
        group, granted = access.group_of(self._store, self._user)
        session = Session(self._user, granted, math.inf)
        if self._conn is not None:
            self._conn.set_extra_info(routeros_login=SshLogin(session=session, width=self._width))
        values = {
            "address": self._source,
            "by-romon": "false",
            "group": group,
            "name": self._user,
            "radius": "false",
            "via": "ssh",
            "when": self._store.stamp(),
        }
        self._active = Row(self._store.next_number(_ACTIVE), values)
        self._store.table(_ACTIVE).rows.append(self._active)
        self._log("system,info,account", f"user {self._user} logged in from {self._source} via ssh")

    def _admitted(self, *, is_right: bool) -> bool:
        """Check the policy `ssh` beside the secret; the refusal does not tell which was missing."""
        if is_right and "ssh" in access.group_of(self._store, self._user)[1]:
            return True
        words = f"login failure for user {self._user} from {self._source} via ssh"
        self._log("system,error,critical", words)
        return False

    def _log(self, topics: str, message: str) -> None:
        access.log(self._store, topics, message)
