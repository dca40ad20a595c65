"""Copies the files of a state: each durable before the next, and counted for whoever waits."""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import TYPE_CHECKING, Final

from flyball.events import segment
from flyball.events.directory import sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNK: Final = 8 << 20
"""Bytes between two calls of `progress`."""
_NOT_LINKED = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES}


class Transfer:
    """Copies files, and knows how many bytes it has copied.

    Args:
        total: bytes to expect; for `progress`, may turn out wrong.
        progress: called with the bytes copied and the total.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a").write_bytes(b"abc")
    >>> transfer = Transfer(3)
    >>> transfer.copy(folder / "a", folder / "b")
    >>> transfer.done, (folder / "b").read_bytes()
    (3, b'abc')
    """

    def __init__(self, total: int, progress: Callable[[int, int], None] | None = None) -> None:
        self.done = 0
        self.linked = 0
        """Bytes that were not copied, since the target is another name of the same file."""
        self._total = total
        self._progress = progress

    def copy(self, source: Path, target: Path) -> None:
        """Copies a file that nobody writes.

        Raises:
            FileNotFoundError: it is not there (any more).
        """
        with source.open("rb") as read, target.open("xb") as written:
            while chunk := read.read(CHUNK):
                written.write(chunk)
                self._count(len(chunk))
            written.flush()
            os.fsync(written.fileno())

    def link(self, source: Path, target: Path) -> None:
        """Gives a file that never changes a second name, or copies it where that is not possible.

        Raises:
            FileNotFoundError: it is not there (any more).
        """
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NOT_LINKED:
                raise
            self.copy(source, target)
            return
        size = target.stat().st_size
        self.linked += size
        self._count(size)

    def segment(self, source: Path, target: Path) -> None:
        """Copies a live segment as it is at one moment, also while it is being written.

        Raises:
            FileNotFoundError: it is not there (any more).
        """
        reading = segment.connect(source, write=False)
        try:
            writing = sqlite3.connect(target, isolation_level=None)
            try:
                with segment.translating(source, "copying"):
                    reading.backup(writing)  # in one step: the writer's next commit would make it begin again
            finally:
                writing.close()
        finally:
            reading.close()
        with target.open("rb") as file:
            os.fsync(file.fileno())
        self._count(target.stat().st_size)

    def _count(self, size: int) -> None:
        self.done += size
        if self._progress is not None:
            self._progress(self.done, max(self._total, self.done))


def make_folder(folder: Path) -> None:
    """Makes a folder, durably.

    >>> import pathlib, tempfile
    >>> make_folder(pathlib.Path(tempfile.mkdtemp()) / "a")
    """
    folder.mkdir()
    sync_directory(folder.parent)
