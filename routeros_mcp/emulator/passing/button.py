"""The button on the device: changing device-mode needs somebody who presses it."""

from collections.abc import Callable, Mapping

from routeros_mcp.emulator.agenda import Event
from routeros_mcp.emulator.device_mode import FEATURES, MENU
from routeros_mcp.emulator.store import Store


class Button:
    """A change of the mode that waits for somebody at the device; nothing else is answered meanwhile.

    Source: live 7.21.4: the update blocks all of REST; vendor manual: a press or a cold start confirms.
    """

    __slots__ = ("_event", "_released", "_store", "_wanted")

    def __init__(self, store: Store, released: Callable[[], None]) -> None:
        self._store = store
        self._released = released
        self._wanted: Mapping[str, str] | None = None
        self._event: Event | None = None

    @property
    def is_awaited(self) -> bool:
        return self._wanted is not None

    def await_press(self, wanted: Mapping[str, str], within_s: float) -> None:
        """Wait for the button; a second change while one waits cancels both. Source: vendor manual."""
        if self.is_awaited:
            self.cancel()
            return
        held = self._store.single(MENU).values
        held["attempt-count"] = str(int(held.get("attempt-count", "0")) + 1)
        self._wanted = wanted
        self._event = self._store.agenda.at(self._store.clock.steady() + within_s, self.cancel)

    def cancel(self) -> None:
        """Give up waiting; what was held back runs."""
        self._end()
        self._released()

    def drop(self) -> None:
        """Give up waiting as the machine goes down."""
        self._end()

    def confirm(self) -> bool:
        """Put the awaited change in force; say whether there was one."""
        wanted = self._wanted
        if wanted is None:
            return False
        held = self._store.single(MENU).values
        if "mode" in wanted:
            for name in FEATURES:
                held.pop(name, None)
        held |= {**wanted, "attempt-count": "0"}
        self._end()
        return True

    def _end(self) -> None:
        if self._event is not None:
            self._event.cancel()
        self._wanted = self._event = None
