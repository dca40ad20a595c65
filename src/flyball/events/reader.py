"""Reads a log, live and sealed segments alike, also while it is being written."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Self

import msgspec

from flyball.events.archive import NO_ARCHIVE, default_archive
from flyball.events.directory import check, list_places
from flyball.events.live import LiveSegment
from flyball.events.log import LogDamaged, LogRefused, check_after, check_seqs
from flyball.events.record import Record, decode

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from flyball.events.archive import Archive, Row, SealedSegment
    from flyball.events.directory import Place

MAX_OPEN = 16
"""Segments held open at once."""

_TRIES = 3


def open_reader(path: str | os.PathLike[str], *, archive: Archive | None = None) -> SqliteReader:
    """Open a log for reading; any number of processes may, and none of them disturbs the writer.

    Args:
        path: The directory of the log.
        archive: What opens sealed segments; where it is `None`, the Parquet archive, if pyarrow is installed.

    Raises:
        LogForeign: It is no log, or one of a newer format.

    >>> import tempfile
    >>> from flyball.events.record import Record, Tick
    >>> from flyball.events.store import SqliteLog
    >>> with tempfile.TemporaryDirectory() as name, SqliteLog(name, durable=False) as log:
    ...     log.append([Record(seq=1, event_ts=0, ingest_ts=5, body=Tick())])
    ...     reader = open_reader(name)
    ...     list(reader.read()), reader.last_seq
    ...     reader.close()
    ([Record(seq=1, event_ts=0, ingest_ts=5, body=Tick())], 1)
    """
    directory = Path(path).absolute()
    check(directory)
    return SqliteReader(directory, default_archive() if archive is None else archive)


class SqliteReader:
    """A reader of a directory of segments; `open_reader` makes one.

    Args:
        directory: Of the log.
        archive: What opens sealed segments, `None` where there is none.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name, SqliteReader(Path(name), None) as reader:
    ...     reader.first_seq, reader.last_seq
    (1, 0)
    """

    def __init__(self, directory: Path, archive: Archive | None) -> None:
        self._directory = directory
        self._archive = archive
        self._lock = RLock()
        self._open: OrderedDict[tuple[int, bool], LiveSegment | SealedSegment] = OrderedDict()
        self._places: list[Place] = []
        self._firsts: list[int] = []
        self._closed = False
        self.refresh()

    @property
    def first_seq(self) -> int:
        """The first record that remains; 1 unless retention dropped some."""
        return self._bounds()[0]

    @property
    def last_seq(self) -> int:
        """The last record, as of now; `first_seq - 1` where there is none."""
        return self._bounds()[1]

    @property
    def last_ingest_ts(self) -> int | None:
        """`ingest_ts` of the last record in microseconds UTC; `None` if there never was one."""
        return self._bounds()[2]

    def read(self, after: int = 0) -> Iterator[Record]:
        """The records with `seq > after`, in order, up to the last at the time of the call."""
        first, last, _ = self._bounds()
        check_after(after, first, last)
        return self.stream(after, last)

    def get(self, seqs: Sequence[int]) -> list[Record]:
        """The records of these seqs, in the order asked for."""
        first, last, _ = self._bounds()
        check_seqs(seqs, first, last)
        return self.pick(seqs)

    def close(self) -> None:
        """Close all files; what iterators have not read by then is refused."""
        with self._lock:
            self._closed = True
            while self._open:
                self._forget(next(iter(self._open)))
            if self._archive is not None:
                self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def refresh(self) -> None:
        """Look again which segments there are."""
        with self._lock:
            places: dict[int, Place] = {}
            for place in list_places(self._directory):
                if not place.sealed or self._archive is not None or place.first_seq not in places:
                    places[place.first_seq] = place
            self._places = [places[first] for first in sorted(places)]
            self._firsts = [place.first_seq for place in self._places]
            there = {(place.first_seq, place.sealed) for place in self._places}
            for gone in [key for key in self._open if key not in there]:
                self._forget(gone)

    def stream(self, after: int, last: int) -> Iterator[Record]:
        """The records after `after` up to `last`, both known to be there."""
        while after < last:
            rows = self._next(after, last)
            yield from map(_record, rows)
            after = rows[-1][0]

    def pick(self, seqs: Sequence[int]) -> list[Record]:
        """The records of these seqs, all known to be there."""
        found: dict[int, Record] = {}
        missing = list(seqs)
        for _ in range(_TRIES):
            with self._lock:
                for place, wanted in self._by_place(missing):
                    try:
                        rows = self._segment(place).pick(wanted)
                    except FileNotFoundError:  # sealed or dropped since: look again
                        continue
                    found.update((row[0], _record(row)) for row in rows)
                missing = [seq for seq in missing if seq not in found]
                if not missing:
                    return [found[seq] for seq in seqs]
                self.refresh()
                check_seqs(missing, self._firsts[0] if self._firsts else 1, max(missing))
        raise LogDamaged(
            f"record {missing[0]} is missing from {str(self._directory)!r}; restore its segments from a copy of the log"
        )

    def _bounds(self) -> tuple[int, int, int | None]:
        for _ in range(_TRIES):
            with self._lock:
                self.refresh()
                if not self._places:
                    return 1, 0, None
                try:
                    segment = self._segment(self._places[-1])
                except FileNotFoundError:  # sealed since: look again
                    continue
                if isinstance(segment, LiveSegment):
                    _, last, time = segment.bounds()
                else:
                    last, time = segment.last_seq, segment.last_ingest_ts
                return self._firsts[0], last, time
        raise LogDamaged(
            f"the segments of {str(self._directory)!r} vanish while they are opened; let nothing but flyball change it"
        )

    def _next(self, after: int, last: int) -> list[Row]:
        for _ in range(_TRIES):
            with self._lock:
                at = bisect_right(self._firsts, after + 1) - 1
                if at >= 0:
                    try:
                        rows = self._segment(self._places[at]).rows(after)
                    except FileNotFoundError:  # sealed or dropped since: look again
                        rows = []
                    if rows:
                        return self._contiguous(rows, after, last)
                self.refresh()
                check_after(after, self._firsts[0] if self._firsts else 1, last)
        raise LogDamaged(
            f"record {after + 1} is missing from {str(self._directory)!r}; restore its segments from a copy of the log"
        )

    def _contiguous(self, rows: list[Row], after: int, last: int) -> list[Row]:
        if rows[0][0] != after + 1 or rows[-1][0] - after != len(rows):
            raise LogDamaged(
                f"records after {after} have gaps in {str(self._directory)!r}; restore its segments from a copy of the "
                "log"
            )
        return rows if rows[-1][0] <= last else rows[: last - after]

    def _by_place(self, seqs: list[int]) -> list[tuple[Place, list[int]]]:
        wanted: dict[int, list[int]] = {}
        for seq in seqs:
            wanted.setdefault(bisect_right(self._firsts, seq) - 1, []).append(seq)
        return [(self._places[at], some) for at, some in wanted.items() if at >= 0]

    def _segment(self, place: Place) -> LiveSegment | SealedSegment:
        if self._closed:
            raise LogRefused(f"the log in {str(self._directory)!r} is closed; open it again")
        key = (place.first_seq, place.sealed)
        segment = self._open.get(key)
        if segment is not None:
            self._open.move_to_end(key)
            return segment
        if not place.sealed:
            segment = LiveSegment(place.path)
        elif self._archive is None:
            raise LogRefused(f"{str(place.path)!r} is a sealed segment, and {NO_ARCHIVE}")
        else:
            segment = self._archive.open(place.path)
        self._open[key] = segment
        if len(self._open) > MAX_OPEN:
            self._forget(next(iter(self._open)))
        return segment

    def _forget(self, key: tuple[int, bool]) -> None:
        segment = self._open.pop(key)
        if isinstance(segment, LiveSegment):
            segment.close()


def _record(row: Row) -> Record:
    seq, event_ts, ingest_ts, body = row
    try:
        return Record(seq=seq, event_ts=event_ts, ingest_ts=ingest_ts, body=decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogDamaged(
            f"the body of record {seq} cannot be read ({error}); restore its segment from a copy of the log"
        ) from error
