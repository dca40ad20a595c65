"""The loop's thread for chores: it starts them, one after the other, and waits for them; the loop does not."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING = 16
"""How many may wait; one that finds no room is asked for again later anyway."""


class ChoreThread:
    """Does what it is given, in order.

    Args:
        told: called with a sentence when one failed.

    >>> thread = ChoreThread(told=print)
    >>> thread.give(lambda: print("done"))
    True
    >>> thread.close()
    done
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._todo: queue.Queue[Callable[[], object] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)
        self._thread.start()

    def give(self, work: Callable[[], object]) -> bool:
        """Takes some work; `False` where too much is waiting."""
        try:
            self._todo.put_nowait(work)
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Ends when what was given is done."""
        self._todo.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._todo.get()) is not None:
            try:
                work()
            except Exception as error:  # a chore is tried again later; the thread must live
                self._told(f"{type(error).__name__}: {error}")
