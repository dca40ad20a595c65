"""Room for so many connections at once."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from threading import Lock


class Places:
    """A semaphore that lets threads in, in the order in which they came.

    That of the standard library lets whoever has just given a place back take it again before those who wait, some of
    whom then wait for seconds.

    Args:
        count: how many places there are.

    >>> places = Places(1)
    >>> places.take(0.0), places.take(0.0)
    (True, False)
    >>> places.give_back()
    >>> places.take(0.0)
    True
    """

    def __init__(self, count: int) -> None:
        self._lock = Lock()
        self._free = count
        self._waiting: deque[Lock] = deque()

    def take(self, seconds: float) -> bool:
        """Waits for a place; whether there was one in time."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            came = turn.acquire(timeout=max(0.0, seconds))
        except BaseException:  # interrupted: the place that may have been handed over goes to the next
            if not self._leave(turn):
                self.give_back()
            raise
        # A turn that came just after the time was up is no longer in the queue: it is taken all the same.
        return came or not self._leave(turn)

    def give_back(self) -> None:
        """Hands the place to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _leave(self, turn: Lock) -> bool:
        with self._lock, suppress(ValueError):
            self._waiting.remove(turn)
            return True
        return False
