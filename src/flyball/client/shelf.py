"""Connections that wait for their next request."""

from __future__ import annotations

from threading import Lock
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """Whatever can be closed at once, without waiting."""

    def close(self) -> None:
        """Closes it; more than once does no harm."""


C = TypeVar("C", bound=Closable)


class Shelf(Generic[C]):
    """Idle connections, the last one used on top; threads may share it.

    >>> shelf = Shelf[Closable]()
    >>> shelf.take() is None
    True
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: list[C] = []
        self._open = True

    @property
    def is_open(self) -> bool:
        """Whether it was not closed."""
        return self._open

    def take(self) -> C | None:
        """A connection that nobody else has, if there is one."""
        with self._lock:
            return self._idle.pop() if self._idle else None

    def put(self, connection: C) -> None:
        """Takes a connection back; closes it where the shelf is closed."""
        with self._lock:
            if self._open:
                self._idle.append(connection)
                return
        connection.close()

    def clear(self) -> None:
        """Closes all that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def abandon(self) -> None:
        """Closes all that wait without asking for the lock, for a process in which nobody else can hold it."""
        for connection in self._idle:
            connection.close()
        self._idle = []

    def close(self) -> None:
        """Closes all that wait, and whatever is put here later."""
        with self._lock:
            self._open = False
        self.clear()
