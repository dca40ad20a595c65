"""The log on SQLite: a directory of segments, one writer, every append one durable commit."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Self

from flyball.events import segment
from flyball.events.archive import NO_ARCHIVE, SEALED_SUFFIX, default_archive
from flyball.events.directory import claim, full_disk, list_places, mark, prepare, segment_path, sync_directory
from flyball.events.log import LogDamaged, LogRefused, check_after, check_seqs
from flyball.events.reader import SqliteReader
from flyball.events.recovery import discard, last_of, recover
from flyball.events.retention import Extent, plan_retention
from flyball.events.sealing import write_sealed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from flyball.events.archive import Archive
    from flyball.events.directory import Place
    from flyball.events.record import Record
    from flyball.events.retention import RetentionPlan

MAX_UNSEALED = 8
"""Full segments whose connection waits for `seal_ready`; past that the oldest is closed, which checkpoints it."""


class SqliteLog:
    """The log in a directory; see `flyball.events.log.Log` for what it promises.

    A segment is one SQLite file, named by its first seq; when it is full the next append begins another. `seal_ready`,
    a chore for any other thread, turns full ones into Parquet. While this object lives nobody else can open the
    directory for writing; readers use `open_reader`.

    Args:
        path: The directory; made if it is not there.
        segment_rows: A segment with this many rows is full.
        segment_bytes: One with this many bytes is; a write-ahead log of twice as many is checkpointed by the next
            append.
        durable: Whether an append waits for the disk. `False` is for temporary logs: they survive the process, and not
            the loss of power.
        seal: Whether `seal_ready` seals.
        archive: What seals; where it is `None`, the Parquet archive, if pyarrow is installed.
        sealer: Writes the sealed file beside a full segment, which is checkpointed and closed, in a process of its own;
            where it is `None`, this process does.

    Raises:
        LogForeign: The path is something else, or a log of a newer format.
        LogBusy: Somebody writes it.
        LogDamaged: Records are missing.
        LogFull: There is no room to open it.

    >>> import tempfile
    >>> from flyball.events.record import Outcome, Record
    >>> body = Outcome(id="r1", outcome="click", value=1.0)
    >>> with tempfile.TemporaryDirectory() as name, SqliteLog(name) as log:
    ...     log.append([Record(seq=1, event_ts=0, ingest_ts=0, body=body)])
    ...     log.last_seq, [record.body.id for record in log.read()]
    (1, ['r1'])
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        segment_rows: int = 1_000_000,
        segment_bytes: int = 64 << 20,
        durable: bool = True,
        seal: bool = True,
        archive: Archive | None = None,
        sealer: Callable[[Path], None] | None = None,
    ) -> None:
        self._directory = Path(path).absolute()
        self._segment_rows = segment_rows
        self._segment_bytes = segment_bytes
        self._durable = durable
        self._seal = seal
        self._archive = default_archive() if archive is None else archive
        self._sealer = sealer
        self._lock = RLock()
        self._chores = Lock()
        self._suspect = False
        self._live: sqlite3.Connection | None = None
        self._live_place: Place | None = None
        self._full: dict[int, sqlite3.Connection] = {}
        self._segments = 0
        with full_disk(f"opening {str(path)!r}"):
            prepare(self._directory, durable=durable)
            self._descriptor: int | None = claim(self._directory)
            try:
                mark(self._directory, durable=durable)
                self._start(recover(self._directory, self._archive))
            except BaseException:  # whatever it was, Ctrl-C too, the lock is given back
                os.close(self._descriptor)
                raise

    def _start(self, places: list[Place]) -> None:
        self._first_seq = places[0].first_seq if places else 1
        self._last_seq = self._first_seq - 1
        self._last_ingest_ts: int | None = None
        self._next_checkpoint = 2 * self._segment_bytes
        if places:
            last = places[-1]
            found = last_of(last, self._archive)
            if found is None:
                raise LogRefused(f"the last segment of {str(self._directory)!r} is sealed, and {NO_ARCHIVE}")
            self._last_seq, self._last_ingest_ts = found
            if not last.sealed:
                self._live = self._connect(last.path)
                self._live_place = last
        self._reader = SqliteReader(self._directory, self._archive)

    @property
    def first_seq(self) -> int:
        """The first record that remains; 1 unless retention dropped some."""
        return self._first_seq

    @property
    def last_seq(self) -> int:
        """The last record; `first_seq - 1` where there is none."""
        return self._last_seq

    @property
    def last_ingest_ts(self) -> int | None:
        """`ingest_ts` of the last record in microseconds UTC; `None` if there never was one."""
        return self._last_ingest_ts

    def append(self, records: Sequence[Record]) -> None:
        """Add these records in one durable commit: when this returns, they survive; when it raises, none is kept."""
        if len(records) == 0:
            return
        with self._lock, full_disk(f"appending to {str(self._directory)!r}"):
            connection, path = self._writable()
            new = segment.rows(records, self._last_seq, self._last_ingest_ts)
            self._suspect = True
            segment.insert(connection, path, new)
            self._suspect = False
            self._last_seq, self._last_ingest_ts = records[-1].seq, records[-1].ingest_ts

    def read(self, after: int = 0) -> Iterator[Record]:
        """The records with `seq > after`, in order, up to the last at the time of the call."""
        self._check_open()
        check_after(after, self._first_seq, self._last_seq)
        return self._reader.stream(after, self._last_seq)

    def get(self, seqs: Sequence[int]) -> list[Record]:
        """The records of these seqs, in the order asked for."""
        self._check_open()
        check_seqs(seqs, self._first_seq, self._last_seq)
        return self._reader.pick(seqs)

    def seal_ready(self, limit: int | None = None) -> list[int]:
        """Seal segments that are full; a chore, to be called from any thread but never between outcome and answer.

        Args:
            limit: How many at most.

        Returns:
            The first seqs of the segments sealed; one that a reader holds back waits for the next call. Where pyarrow
            is not installed, or sealing switched off, full segments are checkpointed and closed, and none is returned.

        Raises:
            LogFull: No room; the segment stays as it is.
        """
        done: list[int] = []
        with self._chores:
            self._check_open()
            for place in self._resting():
                if limit is not None and len(done) >= limit:
                    break
                if not place.sealed and self._rest(place):
                    done.append(place.first_seq)
        return done

    def retain(self, *, max_disk_bytes: int, keep_from_seq: int) -> RetentionPlan:
        """Drop whole segments, the oldest first, until the log takes at most `max_disk_bytes`; a chore.

        The last segment stays, and so do those that are needed: then `excess_bytes` of what is returned is not 0.

        Args:
            max_disk_bytes: The limit.
            keep_from_seq: The first record that a pending prediction or a checkpoint still needs.

        Returns:
            What was dropped, and what that leaves.

        Raises:
            LogFull: The disk failed while a segment was removed.
        """
        with self._chores, self._lock:
            self._check_open()
            sizes: dict[int, int] = {}
            for place in self._resting():
                sizes[place.first_seq] = sizes.get(place.first_seq, 0) + _size(place.path)
            ends = [*sizes, self._live_first()][1:]
            extents = [
                Extent(first_seq=first, last_seq=end - 1, size_bytes=size)
                for (first, size), end in zip(sizes.items(), ends, strict=True)
            ]
            if self._live_place is None:  # all are sealed, as in a copy: the last one says where the log goes on
                del extents[-1:]
            plan = plan_retention(
                extents,
                live_bytes=self.disk_bytes() - sum(extent.size_bytes for extent in extents),
                first_seq=self._first_seq,
                max_disk_bytes=max_disk_bytes,
                keep_from_seq=keep_from_seq,
            )
            self._drop([place for place in self._resting() if place.first_seq in plan.drop])
        return plan

    @property
    def segments(self) -> int:
        """How many segments this object has begun or found: when it rises, another one is full."""
        return self._segments

    def disk_bytes(self) -> int:
        """Bytes that the segments take on the disk."""
        return sum(_size(place.path) for place in list_places(self._directory))

    def close(self) -> None:
        """Close all files and give the lock back; more than once does no harm.

        Raises:
            LogFull: The last append raised, and what SQLite may have kept of it cannot be taken back now; the log is
                closed all the same.
        """
        with self._chores, self._lock:
            if self._descriptor is None:
                return
            try:
                if self._suspect:
                    self._mend()
            finally:
                self._let_go(self._descriptor)
                self._descriptor = None

    def _let_go(self, descriptor: int) -> None:
        self._reader.close()
        for connection in self._full.values():
            connection.close()
        self._full.clear()
        if self._live is not None:
            self._live.close()
            self._live = None
        os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._descriptor is None:
            raise LogRefused(f"the log in {str(self._directory)!r} is closed; open it again")

    def _writable(self) -> tuple[sqlite3.Connection, Path]:
        self._check_open()
        if self._suspect:
            self._mend()
        if self._live is None or self._live_place is None or self._is_full(self._live):
            return self._roll()
        path = self._live_place.path
        wal = _bytes(path.with_name(path.name + "-wal"))
        if wal >= self._next_checkpoint:
            # A reader in the middle of a read keeps it from shrinking: then not before it has grown as much again.
            done = segment.checkpoint(self._live, path)
            self._next_checkpoint = 2 * self._segment_bytes + (0 if done else wal)
        return self._live, path

    def _is_full(self, connection: sqlite3.Connection) -> bool:
        if self._last_seq - self._live_first() + 1 >= self._segment_rows:
            return True
        return segment.size_bytes(connection) >= self._segment_bytes

    def _live_first(self) -> int:
        return self._last_seq + 1 if self._live_place is None else self._live_place.first_seq

    def _roll(self) -> tuple[sqlite3.Connection, Path]:
        first = self._last_seq + 1
        path = segment_path(self._directory, first)
        if not path.exists():  # it is there if connecting failed: another in its place would leave readers behind
            segment.create(self._directory, first, self._last_ingest_ts, durable=self._durable)
        connection = self._connect(path)
        self._segments += 1
        if self._live is not None and self._live_place is not None:
            self._full[self._live_place.first_seq] = self._live
        while len(self._full) > MAX_UNSEALED:
            self._full.pop(min(self._full)).close()
        self._reader.refresh()
        self._live = connection
        self._live_place = next(place for place in list_places(self._directory) if place.first_seq == first)
        self._next_checkpoint = 2 * self._segment_bytes
        return connection, path

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = segment.connect(path, write=True, durable=self._durable)
        try:
            # The WAL is there by now. SQLite syncs its name with the first commit and ignores it when that fails.
            if self._durable:
                sync_directory(self._directory)
        except BaseException:  # whatever it was, Ctrl-C too, leaves nothing open
            connection.close()
            raise
        return connection

    def _mend(self) -> None:
        """After an append that raised: make sure that none of it is there, whatever SQLite made of it."""
        if self._live is None or self._live_place is None:
            self._suspect = False
            return
        path = self._live_place.path
        last = segment.bounds(self._live, path)[1]
        if last > self._last_seq:
            with segment.translating(path, "mending"):
                self._live.execute("DELETE FROM record WHERE seq > ?", (self._last_seq,))
        elif last < self._last_seq:
            raise LogDamaged(
                f"{str(path)!r} ends with record {last}, and {self._last_seq} was acknowledged; open the log again"
            )
        self._suspect = False

    def _resting(self) -> list[Place]:
        live = self._live_first()
        return [place for place in list_places(self._directory) if place.first_seq < live]

    def _rest(self, place: Place) -> bool:
        with self._lock:
            connection = self._full.pop(place.first_seq, None)
        if connection is None:
            if self._archive is None or not self._seal:
                return False
            connection = segment.connect(place.path, write=True, durable=self._durable)
        try:
            if not segment.checkpoint(connection, place.path):
                return False
            if self._archive is None or not self._seal:
                return False
            if self._sealer is None:
                write_sealed(connection, place.path, self._archive, durable=self._durable)
        finally:
            connection.close()
        if self._sealer is not None:
            self._sealer(place.path)
            if not segment_path(self._directory, place.first_seq, SEALED_SUFFIX).exists():
                return False
        with self._lock:
            self._remove(place)
        return True

    def _drop(self, places: list[Place]) -> None:
        # Oldest first, each durably: after power loss in between, what remains is still without a gap.
        for place in places:
            connection = self._full.pop(place.first_seq, None)
            if connection is not None:
                connection.close()
            self._remove(place)
            self._first_seq = next(left.first_seq for left in list_places(self._directory))

    def _remove(self, place: Place) -> None:
        self._reader.refresh()  # lets go of the live segment where the sealed one is there
        try:
            with full_disk(f"removing {str(place.path)!r}"):
                discard(place.path)
                if self._durable:
                    sync_directory(self._directory)
        finally:
            self._reader.refresh()


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _size(path: Path) -> int:
    return _bytes(path) + _bytes(path.with_name(path.name + "-wal"))
