"""Reads ahead: an iterator that runs in a thread of its own, a few items before whoever takes them."""

from __future__ import annotations

import weakref
from collections import deque
from threading import Condition, Thread
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

T = TypeVar("T")

ITEMS = 2
"""How many items wait, where nothing else is said: one that is ready, and one for an item that takes longer."""


class ReadAhead(Generic[T]):
    """Yields what another iterator yields, which runs in a thread of its own and is at most `items` ahead.

    What the iterator raises is raised here, after the items before it. Where this object is closed or dropped, the
    thread ends after the item that it is at and closes the iterator, so that files do not stay open. For readers whose
    work lets go of the interpreter's lock: pyarrow, zlib, kernels.

    Args:
        source: what is iterated, in the thread.
        items: how many items may wait; that many, and one more in the making, are held in memory.

    Raises:
        ValueError: `items` is below 1.

    >>> with ReadAhead(range(3)) as ahead:
    ...     list(ahead)
    [0, 1, 2]
    """

    def __init__(self, source: Iterable[T], *, items: int = ITEMS) -> None:
        """Starts the thread."""
        if items < 1:
            raise ValueError(f"{items} items are to wait; give 1 or more")
        self._shelf: _Shelf[T] = _Shelf(items)
        # The thread knows the shelf alone, or this object would never be dropped.
        self._thread = Thread(target=_fill, args=(source, self._shelf), name="read-ahead", daemon=True)
        self._thread.start()
        self._finalizer = weakref.finalize(self, self._shelf.close)

    def __iter__(self) -> Self:
        """The object itself."""
        return self

    def __next__(self) -> T:
        """The next item; waits for it."""
        return self._shelf.take()

    def close(self) -> None:
        """Ends the thread and waits for it; may be called again."""
        self._finalizer()
        self._thread.join()

    def __enter__(self) -> Self:
        """The object itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()


class _Shelf(Generic[T]):
    """Where items wait between the two threads."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[T] = deque()
        self._changed = Condition()
        self._closed = False
        self._ended = False
        self._error: BaseException | None = None

    def put(self, item: T) -> bool:
        """Lays an item down when there is room; whether anybody still wants one."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._items) < self._room)
            if self._closed:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def take(self) -> T:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended or self._closed)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        if error is not None:
            raise error
        raise StopIteration

    def end(self, error: BaseException | None) -> None:
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()


def _fill(source: Iterable[T], shelf: _Shelf[T]) -> None:
    """What the thread does."""
    error: BaseException | None = None
    try:
        items = iter(source)
        try:
            for item in items:
                if not shelf.put(item):
                    break
        finally:
            stop = getattr(items, "close", None)
            if stop is not None:
                stop()
    except BaseException as raised:  # whoever takes the items raises it
        error = raised
    shelf.end(error)
