"""Safe mode: one session holds it, and what is changed meanwhile is undone unless it is released."""

from collections.abc import Callable

from routeros_mcp.emulator.agenda import Event
from routeros_mcp.emulator.store import Store

_NEW_TEXTS = (7, 21)
TAKEN_FROM_YOU = "[Safe mode released by another user]"


class Session:
    """A shell that may hold safe mode; `tell` writes a line to it."""

    __slots__ = ("tell", "user")

    def __init__(self, user: str, tell: Callable[[str], None]) -> None:
        self.user = user
        self.tell = tell


class SafeMode:
    """The one safe mode of a router. The journal ends it silently when too much was changed."""

    __slots__ = ("_event", "_holder", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._holder: Session | None = None
        self._event: Event | None = None

    @property
    def holder(self) -> Session | None:
        return self._holder if self._store.journal.is_safe else None

    def take(self, session: Session) -> str:
        """Give safe mode to a session and return what the router says. Source: public transcripts."""
        self._let_go(session)
        self._holder = session
        self._store.journal.take()
        is_new = self._store.spec.release >= _NEW_TEXTS
        return "Taking Safe Mode session... Success!" if is_new else "[Safe Mode taken]"

    def release(self, session: Session | None = None) -> str:
        """Keep what was changed."""
        self._let_go(session)
        self._store.journal.release()
        return "[Safe Mode released]"

    def unroll(self, session: Session | None = None) -> str:
        """Undo what was changed."""
        self._let_go(session)
        undone = self._store.journal.unroll()
        for path in {action.path for action in undone}:
            self._store.machine.changed(path)
        return "[Safe Mode unrolled]"

    def question(self, session: Session) -> str:
        """Ask a second taker what to do. Source: vendor manual up to 7.20; public measurement of 7.24.4."""
        if self._store.spec.release < _NEW_TEXTS:
            return "Hijacking Safe Mode from someone - unroll/release/don't take it [u/r/d]: "
        held = self.holder
        whose = "current user" if held is not None and held.user == session.user else "another user"
        return f"Safe Mode is taken by {whose} in another session. Unroll, release or abort [u/r]? "

    def ended(self, session: Session, *, is_cut: bool) -> None:
        """Undo when the holder's session ends, or when a cut one has timed out. Source: vendor manual."""
        if self.holder is not session:
            return
        if not is_cut:
            self.unroll(session)
            return
        due = self._store.clock.steady() + self._store.spec.session_timeout_s
        self._event = self._store.agenda.at(due, lambda: self._timed_out(session))

    def forget(self) -> None:
        """Lose the session with a reboot; what was changed stays, as the history is gone."""
        self._holder = None
        self._event = None

    def _timed_out(self, session: Session) -> None:
        if self.holder is session:
            self.unroll(session)

    def _let_go(self, by: Session | None) -> None:
        held, self._holder = self.holder, None
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if held is not None and held is not by:
            held.tell(TAKEN_FROM_YOU)
