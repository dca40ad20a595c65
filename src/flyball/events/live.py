"""A segment that is still an SQLite file, open for reading."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flyball.events import segment
from flyball.events.checksum import checked
from flyball.events.log import LogBusy, LogDamaged, LogFull

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flyball.events.archive import Row

CHUNK_ROWS = 4_096
"""Rows of one SELECT: no statement stays open between two, so readers never hold back a checkpoint for long."""


class LiveSegment:
    """Reads one SQLite segment, also while it is being written.

    Args:
        path: Its file.

    Raises:
        FileNotFoundError: It is not there (any more); so do its methods, where they notice.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     live = LiveSegment(segment.create(pathlib.Path(name), 1, None, durable=False))
    ...     live.rows(after=0), live.bounds()
    ...     live.close()
    ([], (1, 0, None))
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._vanishing():
            self._connection = segment.connect(path, write=False)

    def bounds(self) -> tuple[int, int, int | None]:
        """`(first_seq, last_seq, last_ingest_ts)` as committed now."""
        with self._vanishing():
            return segment.bounds(self._connection, self._path)

    def rows(self, after: int) -> list[Row]:
        """Up to `CHUNK_ROWS` rows from `after + 1` on, in order."""
        with self._vanishing(), segment.translating(self._path, "reading"):
            return checked(self._connection.execute(segment.SELECT_NEXT, (after, CHUNK_ROWS)), self._path)

    def pick(self, seqs: Sequence[int]) -> list[Row]:
        """Those rows of these seqs that it holds."""
        wanted = "[" + ",".join(map(str, seqs)) + "]"
        with self._vanishing(), segment.translating(self._path, "reading"):
            return checked(self._connection.execute(segment.SELECT_THESE, (wanted,)), self._path)

    @contextmanager
    def _vanishing(self) -> Iterator[None]:
        # SQLite has several errors for a file that is unlinked, because it was sealed, while it is being opened.
        try:
            yield
        except (LogFull, LogDamaged, LogBusy) as error:
            if self._path.exists():
                raise
            raise FileNotFoundError(errno.ENOENT, "No such segment", str(self._path)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
