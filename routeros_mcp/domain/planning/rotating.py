"""Rotating the manager's own login: a second user takes over, and the first is switched off."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import Change, ChangeOp, Login, Secret
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import Operation
from routeros_mcp.domain.planning.wishes import Wish

USERS = "/user"
MARK = "login of routeros-mcp"
_OFF = frozenset({"yes", "true"})
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLogin(Operation):
    """The wish for a new login of our own; which users it concerns, each router's login tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The user that goes, and the login that takes over."""

    old: str
    new: Login

    def is_takeover(self, change: Change) -> bool:
        """Whether the change switches the old user off: it is for the new login to make."""
        return _switches_off(change) and change.key.get("name") == self.old

    def is_return(self, change: Change) -> bool:
        """Whether the change removes the new user: it is for the old login to make."""
        is_removal = change.path == USERS and change.op is ChangeOp.REMOVE
        return is_removal and change.key.get("name") == self.new.username


def rotation_of(changes: Sequence[Change]) -> Rotation | None:
    """The rotation that a device's changes are, secrets opened; None when they are something else."""
    added = [c.after or {} for c in changes if c.path == USERS and c.op is ChangeOp.ADD]
    named = [after for after in added if after.get("comment") == MARK]
    gone = [change.key.get("name", "") for change in changes if _switches_off(change)]
    if len(named) != 1 or len(gone) != 1:
        return None
    name, password = named[0].get("name") or "", named[0].get("password") or ""
    return Rotation(old=gone[0], new=Login(username=name, password=Secret(password)))


def for_login(wishes: Sequence[Wish], username: str, users: Sequence[Row], password: str) -> list[Wish]:
    """The wishes with those for an own login made out for this router's.

    Raises:
        Conflict: the router has no such user of its own.
    """
    made: list[Wish] = []
    for wish in wishes:
        made += _rotated(username, users, password) if isinstance(wish, OwnLogin) else [wish]
    return made


def stand_in(users: Sequence[Row], changes: Sequence[Change]) -> list[Row]:
    """The users as they are once the new login is proven: only then is the old one touched."""
    added = [c.after or {} for c in changes if c.path == USERS and c.op is ChangeOp.ADD]
    shown: list[Mapping[str, str]] = [
        {name: text for name, text in after.items() if text is not None and name != "password"}
        for after in added
    ]
    return [*users, *shown]


def _rotated(username: str, users: Sequence[Row], password: str) -> list[Wish]:
    own = next((row for row in users if row.get("name") == username), None)
    if own is None:
        raise Conflict(
            f"The router has no user {username} of its own: its login is kept elsewhere.",
            fix="Rotate it there, and store it with: routeros-mcp device login.",
        )
    kept = {name: own[name] for name in ("group", "address") if own.get(name)}
    base = _base(username) if own.get("comment") == MARK else username
    new = _free_name(base, {row.get("name", "") for row in users})
    values = {"name": new, **kept, "password": password, "comment": MARK}
    return [
        Operation(op=ChangeOp.ADD, path=USERS, values=values),
        Operation(op=ChangeOp.SET, path=USERS, match={"name": username}, values={"disabled": "yes"}),
    ]


def _base(username: str) -> str:
    """The name that a rotation has numbered."""
    head, _, tail = username.rpartition("-")
    return head if head and tail.isdecimal() else username


def _free_name(base: str, taken: Collection[str]) -> str:
    """`base`, `base-2`, `base-3`: the first that no user of the router has."""
    names = (base, *(f"{base}-{number}" for number in range(2, _MOST)))
    free = next((name for name in names if name not in taken), None)
    if free is None:
        raise Conflict(f"The router has {_MOST} users like {base}.", fix="Remove those that are disabled.")
    return free


def _switches_off(change: Change) -> bool:
    after = change.after or {}
    is_set = change.path == USERS and change.op is ChangeOp.SET
    return is_set and set(after) == {"disabled"} and after["disabled"] in _OFF
