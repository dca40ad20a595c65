"""A journal of predictions as a careful team would add it: a queue, and a thread that writes batches to SQLite."""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
import time

PAUSE_SECONDS = 0.02
"""Between two commits, as in flyball where nobody waits."""


class Journal:
    """Writes predictions down, durably, some milliseconds after they were answered.

    Args:
        path: of the database.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[tuple[float, str, float]] = queue.SimpleQueue()
        self.add = self._queue.put
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self) -> None:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE predictions (at REAL, inputs TEXT, answer REAL)")
        while True:
            some = [self._queue.get()]
            while not self._queue.empty():
                some.append(self._queue.get())
            with connection:
                connection.executemany("INSERT INTO predictions VALUES (?, ?, ?)", some)
            time.sleep(PAUSE_SECONDS)


def journal() -> Journal | None:
    """The journal that the environment asks for."""
    path = os.environ.get("PEER_JOURNAL")
    return Journal(path) if path else None
