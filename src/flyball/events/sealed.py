"""Sealed segments: Parquet files, written once, read by row group."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from contextlib import contextmanager
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from flyball.events import footer
from flyball.events.directory import VERSION
from flyball.events.log import LogDamaged, LogForeign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from flyball.events.archive import FullRow, Row

_FORMAT_KEY = b"flyball.log.format"
_FIELDS: list[pa.Field[pa.DataType]] = [
    pa.field("seq", pa.int64(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("event_ts", pa.int64(), nullable=False),
    pa.field("ingest_ts", pa.int64(), nullable=False),
    pa.field("id", pa.string()),
    pa.field("body", pa.binary(), nullable=False),
]
_SCHEMA = pa.schema(_FIELDS, metadata={_FORMAT_KEY: str(VERSION).encode()})
_SEQ = 0
_INGEST_TS = 3
_READ = ["seq", "event_ts", "ingest_ts", "body"]
_ENCODINGS = dict.fromkeys(("seq", "event_ts", "ingest_ts"), "DELTA_BINARY_PACKED") | {"id": "PLAIN", "body": "PLAIN"}

Group: TypeAlias = "pa.Table"


class ParquetArchive:
    """Writes and opens sealed segments, and holds some of their row groups in memory.

    Args:
        group_rows: Rows in a row group, at most: what a random read has to decompress.
        group_bytes: Bytes of bodies in a row group, at most (one body may be more).
        cache_bytes: Bytes of row groups held in memory, at most, the least recently used given up first; one group is
            always held.

    >>> import io
    >>> target = io.BytesIO()
    >>> ParquetArchive(group_rows=2).write(target, [(seq, "tick", 0, 0, None, b"") for seq in (1, 2, 3)])
    3
    >>> pq.ParquetFile(target).num_row_groups
    2
    """

    def __init__(self, *, group_rows: int = 8_192, group_bytes: int = 16 << 20, cache_bytes: int = 64 << 20) -> None:
        self._group_rows = group_rows
        self._group_bytes = group_bytes
        self._cache_bytes = cache_bytes
        self._held: OrderedDict[tuple[Path, int], Group] = OrderedDict()
        self._held_bytes = 0
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of row groups in memory."""
        return self._held_bytes

    def write(self, target: BinaryIO, rows: Iterable[FullRow]) -> int:
        """Write rows of contiguous seqs to an empty file that can be read too; returns how many.

        The caller makes the file durable.
        """
        count = 0
        with pq.ParquetWriter(
            target,
            _SCHEMA,
            compression="zstd",
            use_dictionary=["kind"],  # type: ignore[arg-type]  # the stubs know of no list
            column_encoding=_ENCODINGS,
            write_statistics=["seq", "event_ts", "ingest_ts"],
            write_page_checksum=True,
        ) as writer:
            for batch in self._batches(rows):
                columns = [
                    pa.array(column, field.type)
                    for column, field in zip(zip(*batch, strict=True), _SCHEMA, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA), row_group_size=len(batch))
                count += len(batch)
        footer.protect(target)
        return count

    def _batches(self, rows: Iterable[FullRow]) -> Iterator[list[FullRow]]:
        batch: list[FullRow] = []
        size = 0
        for row in rows:
            if batch and (len(batch) >= self._group_rows or size + len(row[5]) > self._group_bytes):
                yield batch
                batch, size = [], 0
            batch.append(row)
            size += len(row[5])
        if batch:
            yield batch

    def open(self, path: Path) -> ParquetSegment:
        """Open a sealed segment; raises LogDamaged or LogForeign."""
        return ParquetSegment(path, self)

    def close(self) -> None:
        """Let go of what is cached."""
        with self._lock:
            self._held.clear()
            self._held_bytes = 0

    def group(self, segment: ParquetSegment, index: int) -> Group:
        """One row group of a segment, from memory where it is held."""
        key = (segment.path, index)
        with self._lock:
            table = self._held.get(key)
            if table is not None:
                self._held.move_to_end(key)
                return table
        table = segment.load(index)
        with self._lock:
            if key not in self._held:
                self._held[key] = table
                self._held_bytes += table.nbytes
            while self._held_bytes > self._cache_bytes and len(self._held) > 1:
                self._held_bytes -= self._held.popitem(last=False)[1].nbytes
        return table


class ParquetSegment:
    """A sealed segment, open for reading; its footer is held, its rows are read when asked for.

    Args:
        path: Its file.
        archive: What holds its row groups.

    >>> import pathlib, tempfile
    >>> archive = ParquetArchive()
    >>> with tempfile.TemporaryDirectory() as name:
    ...     path = pathlib.Path(name) / "a.parquet"
    ...     with path.open("w+b") as file:
    ...         _ = archive.write(file, [(seq, "tick", 0, seq * 10, None, b"x") for seq in (4, 5, 6)])
    ...     segment = ParquetSegment(path, archive)
    ...     segment.first_seq, segment.last_seq, segment.last_ingest_ts, segment.rows(5), segment.pick([4])
    (4, 6, 60, [(6, 0, 60, b'x')], [(4, 0, 40, b'x')])
    """

    def __init__(self, path: Path, archive: ParquetArchive) -> None:
        self.path = path
        self._archive = archive
        footer.verify(path)
        with _reading(path), pq.ParquetFile(path) as file:
            self._footer = file.metadata
            self._check_format(file.schema_arrow)
        counts = [self._footer.row_group(index).num_rows for index in range(self._footer.num_row_groups)]
        if sum(counts) == 0:
            raise LogDamaged(f"{str(path)!r} holds no records; restore it from a copy of the log")
        self.first_seq = self._range(0, _SEQ)[0]
        self.last_seq = self._range(len(counts) - 1, _SEQ)[1]
        self.last_ingest_ts = self._range(len(counts) - 1, _INGEST_TS)[1]
        if self.last_seq - self.first_seq + 1 != sum(counts):
            raise LogDamaged(
                f"{str(path)!r} holds {sum(counts)} records where {self.first_seq} to {self.last_seq} should be; "
                "restore it from a copy of the log"
            )
        self._starts = [self.first_seq + before for before in accumulate(counts[:-1], initial=0)]

    def _range(self, group: int, column: int) -> tuple[int, int]:
        statistics = self._footer.row_group(group).column(column).statistics
        if statistics is None or statistics.min is None or statistics.max is None:
            raise LogForeign(
                f"{str(self.path)!r} has no statistics of its rows, so it was not written by flyball; take it out of "
                "the log's directory"
            )
        return int(statistics.min), int(statistics.max)

    def _check_format(self, schema: pa.Schema) -> None:
        version = (schema.metadata or {}).get(_FORMAT_KEY, b"").decode("ascii", "replace")
        if not version.isdigit() or schema.names != _SCHEMA.names:
            raise LogForeign(
                f"{str(self.path)!r} has the columns {schema.names}; a segment has {_SCHEMA.names} and the "
                "number of its format; take it out of the log's directory"
            )
        if int(version) > VERSION:
            raise LogForeign(
                f"{str(self.path)!r} is a segment of format {version}; this flyball opens formats 1 to {VERSION}: "
                "install the flyball that wrote it, or a newer one"
            )

    def load(self, index: int) -> Group:
        """Read one row group from the disk."""
        with (
            _reading(self.path),
            pq.ParquetFile(self.path, metadata=self._footer, page_checksum_verification=True) as file,
        ):
            return file.read_row_group(index, columns=_READ, use_threads=False)

    def rows(self, after: int) -> list[Row]:
        """The rows from `after + 1` to the end of its row group."""
        if after >= self.last_seq:
            return []
        index = max(bisect_right(self._starts, after + 1) - 1, 0)
        table = self._archive.group(self, index)
        return _rows(table.slice(max(after + 1 - self._starts[index], 0)))

    def pick(self, seqs: Sequence[int]) -> list[Row]:
        """The rows of these seqs, grouped by row group."""
        wanted: dict[int, list[int]] = {}
        for seq in seqs:
            index = bisect_right(self._starts, seq) - 1
            wanted.setdefault(index, []).append(seq - self._starts[index])
        found: list[Row] = []
        for index, offsets in wanted.items():
            table = self._archive.group(self, index)
            found.extend(_rows(table.take(pa.array(offsets, pa.int64()))))
        return found


def _rows(table: Group) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Tell what stands on the disk from what the system refuses at present, which has a number and passes through."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
            raise
        raise LogDamaged(
            f"{str(path)!r} cannot be read ({' '.join(str(error).split())}); restore it from a copy of the log"
        ) from error
