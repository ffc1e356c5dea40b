"""What was changed on a router, by whom, and how to take it back: history, undo, safe mode."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MOST_ACTIONS = 100
# Changes that no undo takes back. Source: vendor manual, console: files, certificates; the rest is assumed.
_UNRECORDED = frozenset(
    {
        *("/certificate", "/file", "/ip/dns/cache", "/log", "/safe-mode", "/system/clock"),
        *("/system/device-mode", "/system/history", "/system/script/job", "/user/active"),
    }
)


class Held(Protocol):
    """A row as far as the journal cares."""

    values: dict[str, str]


R = TypeVar("R", bound=Held)


class Holder(Protocol[R]):
    """A table as far as the journal cares."""

    rows: list[R]


class Change(Protocol):
    """One step of an action."""

    def undo(self) -> None: ...

    def redo(self) -> None: ...


class Changed(Generic[R]):
    """A row had these values before and those after; nothing where there was no row."""

    __slots__ = ("_after", "_at", "_before", "_row", "_table")

    def __init__(
        self,
        table: Holder[R],
        row: R,
        before: dict[str, str] | None,
        after: dict[str, str] | None,
        at: int = -1,
    ) -> None:
        self._table = table
        self._row = row
        self._before = before
        self._after = after
        self._at = at

    def undo(self) -> None:
        self._put(self._before)

    def redo(self) -> None:
        self._put(self._after)

    def _put(self, values: dict[str, str] | None) -> None:
        is_there = self._row in self._table.rows
        if values is None:
            if is_there:
                self._table.rows.remove(self._row)
            return
        self._row.values = values
        if not is_there:
            at = self._at if 0 <= self._at <= len(self._table.rows) else len(self._table.rows)
            self._table.rows.insert(at, self._row)


class Reordered(Generic[R]):
    """The rows of a table stood in another order."""

    __slots__ = ("_after", "_before", "_table")

    def __init__(self, table: Holder[R], before: Sequence[R], after: Sequence[R]) -> None:
        self._table = table
        self._before = before
        self._after = after

    def undo(self) -> None:
        self._order(self._before)

    def redo(self) -> None:
        self._order(self._after)

    def _order(self, wanted: Sequence[R]) -> None:
        place = {id(row): at for at, row in enumerate(wanted)}
        self._table.rows.sort(key=lambda row: place.get(id(row), len(place)))


@dataclass(slots=True, eq=False)
class Action:
    """One entry of /system/history: the changes of one command."""

    number: int
    path: str
    text: str
    by: str
    stamp: str
    at: float
    changes: tuple[Change, ...]
    is_floating: bool = False
    is_undone: bool = False

    def undo(self) -> None:
        for change in reversed(self.changes):
            change.undo()
        self.is_undone, self.is_floating = True, False

    def redo(self) -> None:
        for change in self.changes:
            change.redo()
        self.is_undone = False


class Journal:
    """The most recent actions, oldest first. `actor` is who the present command runs for.

    In safe mode every action, whoever does it, is floating: it is taken back unless it is released. When more
    than a hundred float, safe mode ends without a word and nothing is taken back. Source: vendor manual.
    """

    __slots__ = ("_count", "_steps", "actions", "actor", "is_safe")

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.actor = "admin"
        self.is_safe = False
        self._steps: list[Change] = []
        self._count = 0

    def step(self, change: Change) -> None:
        """Enter a change of the command that is under way."""
        self._steps.append(change)

    def commit(self, path: str, text: str, at: float, stamp: str) -> None:
        """Make the steps so far one action."""
        steps, self._steps = tuple(self._steps), []
        if path in _UNRECORDED or not steps:
            return
        self._count += 1
        self.actions = [action for action in self.actions if not action.is_undone]
        self.actions.append(
            Action(self._count, path, text, self.actor, stamp, at, steps, is_floating=self.is_safe)
        )
        if len(self.actions) > MOST_ACTIONS and self.actions.pop(0).is_floating:
            self.release()

    def undo(self) -> Action | None:
        """Take back the last action that is not taken back yet."""
        action = next((a for a in reversed(self.actions) if not a.is_undone), None)
        if action is not None:
            action.undo()
        return action

    def redo(self) -> Action | None:
        action = next((a for a in self.actions if a.is_undone), None)
        if action is not None:
            action.redo()
        return action

    def take(self) -> None:
        self.is_safe = True

    def release(self) -> None:
        """Leave safe mode and keep what was changed."""
        self.is_safe = False
        for action in self.actions:
            action.is_floating = False

    def unroll(self) -> list[Action]:
        """Leave safe mode and take back what was changed in it; return what that was, newest first."""
        undone = [action for action in reversed(self.actions) if action.is_floating]
        for action in undone:
            action.undo()
        self.release()
        return undone

    def unwritten(self, since: float) -> Iterator[Action]:
        """Yield what was done at or after a moment and still stands, newest first."""
        return (action for action in reversed(self.actions) if action.at >= since and not action.is_undone)

    def forget(self) -> None:
        """Start with an empty history, as after a boot."""
        self.actions = []
        self.is_safe = False
        self._steps = []
