"""Who may log in, over REST or SSH, and what the login may do."""

import ipaddress
from dataclasses import dataclass

from routeros_mcp.emulator import policies
from routeros_mcp.emulator.errors import Refusal, no_permission, not_allowed, unauthorized
from routeros_mcp.emulator.store import Row, Store

# A login is kept for ten minutes; a group that changes bites only after. Source: vendor manual, REST API.
LOGIN_KEPT_S = 600.0
_LOG_LINES = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """One cached login; an unattended one is a script's, with nobody to answer a question."""

    user: str
    granted: frozenset[str]
    until: float
    is_unattended: bool = False

    def need(self, *wanted: str) -> None:
        if not self.granted.issuperset(wanted):
            raise no_permission()

    @property
    def sees_secrets(self) -> bool:
        return "sensitive" in self.granted


class Access:
    """Logins of one router. Password, disabling and address bite at once, group policies after the cache."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sessions: dict[tuple[str, str], Session] = {}
        self.keeps_logins = True

    def forget(self) -> None:
        """Keep no login, as after a boot."""
        self._sessions.clear()

    def login(self, user: str, password: str, source: str) -> Session:
        """Return the session of a valid login.

        Raises:
            Refusal: 401 for a wrong login, a source the user may not come from, or no `rest-api`; 500 without
                `api` or `read`.
        """
        try:
            self._check(user, password, source)
        except Refusal:
            self._record_failure(user, source)
            raise
        key, now = (user, source), self._store.clock.steady()
        session = self._sessions.get(key)
        if session is None or session.until <= now or not self.keeps_logins:
            session = self._open(user, source, now)
            self._sessions[key] = session
        if not session.granted.issuperset({"api", "read"}):
            raise not_allowed()
        return session

    def _check(self, user: str, password: str, source: str) -> None:
        row = known(self._store, user, source)
        if row is None or row.values.get("password", "") != password:
            raise unauthorized()

    def _open(self, user: str, source: str, now: float) -> Session:
        group, granted = group_of(self._store, user)
        if "rest-api" not in granted:
            raise unauthorized()
        self._record(user, group, source)
        return Session(user, granted, now + LOGIN_KEPT_S)

    def _record_failure(self, user: str, source: str) -> None:
        log(self._store, "system,error,critical", f"login failure for user {user} from {source} via rest-api")

    def _record(self, user: str, group: str, source: str) -> None:
        """Leave two rows in /user/active that never go, and a line in the log. Source: live 7.16 to 7.24."""
        when = self._store.stamp()
        common = {"by-romon": "false", "group": group, "name": user, "radius": "false", "when": when}
        active = self._store.table("/user/active")
        for extra in ({"address": source, "via": "rest-api"}, {"via": "api"}):
            active.rows.append(Row(self._store.next_number("/user/active"), common | extra))
        log(self._store, "system,info,account", f"user {user} logged in from {source} via rest-api")


def known(store: Store, user: str, source: str) -> Row | None:
    """Return the user's row if the user is enabled and may come from there."""
    row = store.table("/user").find(user)
    if row is None or row.values.get("disabled") == "true":
        return None
    return row if _may_come_from(source, row.values.get("address", "")) else None


def group_of(store: Store, user: str) -> tuple[str, frozenset[str]]:
    """Return the name of the user's group and the policies it grants."""
    row = store.table("/user").find(user)
    group = "" if row is None else row.values["group"]
    held = store.table("/user/group").find(group)
    own = policies.granted(held.values.get("policy", "")) if held is not None else frozenset[str]()
    return group, own - store.lost_policies


def log(store: Store, topics: str, message: str) -> None:
    values = {"extra-info": "", "message": message, "time": store.stamp(), "topics": topics}
    rows = store.table("/log").rows
    rows.append(Row(store.next_number("/log"), values))
    del rows[: max(0, len(rows) - _log_lines(store))]


def _log_lines(store: Store) -> int:
    """Return how many lines the memory keeps. Source: vendor manual, log: 1,000 unless set."""
    actions = "/system/logging/action"
    memory = store.table(actions).find("memory") if store.is_touched(actions) else None
    return _LOG_LINES if memory is None else int(memory.values.get("memory-lines", _LOG_LINES))


def _may_come_from(source: str, allowed: str) -> bool:
    networks = [ipaddress.ip_network(part) for part in allowed.split(",") if part]
    return not networks or any(ipaddress.ip_address(source) in network for network in networks)
