"""What is to happen on one router, and when on its steady clock."""

import heapq
from collections.abc import Callable

Act = Callable[[], None]


class Event:
    """Something due at a moment; cancelling it leaves it in the heap until its time."""

    __slots__ = ("act", "due", "number")

    def __init__(self, due: float, number: int, act: Act) -> None:
        self.due = due
        self.number = number
        self.act: Act | None = act

    def cancel(self) -> None:
        self.act = None

    def __lt__(self, other: "Event") -> bool:
        return (self.due, self.number) < (other.due, other.number)


class Agenda:
    """Events in order of time; those of one moment run in the order they were entered.

    `told` is called whenever an event was entered, so that whoever drives the agenda may wake earlier.
    """

    __slots__ = ("_count", "_events", "told")

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._count = 0
        self.told: Act | None = None

    def at(self, due: float, act: Act) -> Event:
        self._count += 1
        event = Event(due, self._count, act)
        heapq.heappush(self._events, event)
        if self.told is not None:
            self.told()
        return event

    def clear(self) -> None:
        self._events.clear()

    def next_due(self) -> float | None:
        """Return when the next event is due, or nothing when there is none."""
        while self._events and self._events[0].act is None:
            heapq.heappop(self._events)
        return self._events[0].due if self._events else None

    def run_next(self) -> None:
        """Run the event that is due first."""
        act = heapq.heappop(self._events).act
        if act is not None:
            act()
