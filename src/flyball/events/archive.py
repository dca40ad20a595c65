"""The port through which full segments are sealed, so that the log itself needs no columnar library."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import BinaryIO

Row: TypeAlias = tuple[int, int, int, bytes]
"""`(seq, event_ts, ingest_ts, body)`: what is needed to make a record again."""

FullRow: TypeAlias = tuple[int, str, int, int, str | None, bytes]
"""`(seq, kind, event_ts, ingest_ts, id, body)`: a row as it stands in a segment."""


class SealedSegment(Protocol):
    """A sealed segment, open for reading."""

    @property
    def first_seq(self) -> int:
        """Its first record."""

    @property
    def last_seq(self) -> int:
        """Its last record."""

    @property
    def last_ingest_ts(self) -> int:
        """`ingest_ts` of the last record in microseconds UTC."""

    def rows(self, after: int) -> list[Row]:
        """Some rows from `after + 1` on, in order; none only if `after >= last_seq`."""

    def pick(self, seqs: Sequence[int]) -> list[Row]:
        """The rows of these seqs, all of which it holds, in any order."""


class Archive(Protocol):
    """Writes and opens sealed segments."""

    def write(self, target: BinaryIO, rows: Iterable[FullRow]) -> int:
        """Write rows of contiguous seqs to an empty file that can be read too; returns how many.

        The caller makes the file durable.
        """

    def open(self, path: Path) -> SealedSegment:
        """Open a sealed segment.

        Raises:
            LogDamaged: It is truncated or not whole.
            LogForeign: It is something else.
            OSError: It cannot be read at present, which says nothing of what stands in it.
        """

    def close(self) -> None:
        """Let go of what is cached."""


SEALED_SUFFIX = ".parquet"
"""The ending of a sealed segment's name."""

NO_ARCHIVE = "pyarrow is not installed, so full segments stay SQLite files: pip install 'flyball[offline]' to seal them"


def default_archive(cache_bytes: int = 64 << 20) -> Archive | None:
    """The Parquet archive, or `None` where pyarrow is not installed; pyarrow is loaded with the first sealed segment.

    Args:
        cache_bytes: How much of sealed segments may be held in memory.

    >>> archive = default_archive()
    >>> if archive is not None:
    ...     archive.close()
    """
    return None if importlib.util.find_spec("pyarrow") is None else _Parquet(cache_bytes)


class _Parquet:
    """Stands for the Parquet archive until it is needed: a log that seals nothing loads no columnar library."""

    def __init__(self, cache_bytes: int) -> None:
        self._cache_bytes = cache_bytes
        self._loaded: Archive | None = None

    def write(self, target: BinaryIO, rows: Iterable[FullRow]) -> int:
        return self._archive().write(target, rows)

    def open(self, path: Path) -> SealedSegment:
        return self._archive().open(path)

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()

    def _archive(self) -> Archive:
        if self._loaded is None:
            from flyball.events.sealed import ParquetArchive  # noqa: PLC0415  # pyarrow is an extra, and heavy

            self._loaded = ParquetArchive(cache_bytes=self._cache_bytes)
        return self._loaded
