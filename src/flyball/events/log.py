"""The log: what every implementation promises, and what goes wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flyball.events.record import Record


class LogFull(FlyballError):
    """The disk, or the limit, takes no more; nothing of what was being written is kept."""


class LogForeign(FlyballError):
    """This file or directory is no log of ours, or one of a newer format."""


class LogBusy(FlyballError):
    """Another process, or this one, already writes this log."""


class LogDamaged(FlyballError):
    """What stands on the disk is not what was written there."""


class LogRefused(FlyballError):
    """The records do not follow on those of the log, or cannot be written; nothing of the batch is kept."""


class LogDropped(FlyballError):
    """The records asked for were dropped by retention."""


class LogReader(Protocol):
    """Who may read the log; many at once, also while it is being written."""

    @property
    def first_seq(self) -> int:
        """The first record that remains; 1 unless retention dropped some."""

    @property
    def last_seq(self) -> int:
        """The last record; `first_seq - 1` where there is none."""

    @property
    def last_ingest_ts(self) -> int | None:
        """`ingest_ts` of the last record in microseconds UTC; `None` if there never was one."""

    def read(self, after: int = 0) -> Iterator[Record]:
        """The records with `seq > after`, in order, up to the last at the time of the call.

        Args:
            after: The last seq that the caller has.

        Raises:
            LogDropped: `after + 1` was dropped by retention.
        """

    def get(self, seqs: Sequence[int]) -> list[Record]:
        """The records of these seqs, in the order asked for.

        Raises:
            LogDropped: One was dropped by retention.
            LogRefused: One is not yet in the log.
        """

    def close(self) -> None:
        """Let go of files and locks; more than once does no harm."""


class Log(LogReader, Protocol):
    """The one input of everything that is learned, and its single writer."""

    def append(self, records: Sequence[Record]) -> None:
        """Add these records in one durable commit: when this returns, they survive; when it raises, none is kept.

        Args:
            records: With contiguous seqs from `last_seq + 1` on and an `ingest_ts` that never falls.

        Raises:
            LogRefused: They do not follow on the last record.
            LogFull: There is no room; free some and append again.
        """


def follow(records: Iterable[Record], last_seq: int, last_ingest_ts: int | None) -> Iterator[Record]:
    """The records, each checked to follow on the one before it.

    Args:
        records: What is about to be appended.
        last_seq: The seq of the last record in the log.
        last_ingest_ts: Its `ingest_ts` in microseconds UTC, `None` if there is none.

    Raises:
        LogRefused: A seq is not the next one, or time falls.

    >>> from flyball.events.record import Record, Tick
    >>> list(follow([Record(seq=3, event_ts=0, ingest_ts=0, body=Tick())], 1, None))
    Traceback (most recent call last):
        ...
    flyball.events.log.LogRefused: record with seq 3 does not follow on seq 1; give it seq 2, or read what is missing
    """
    seq, time = last_seq, last_ingest_ts
    for record in records:
        if record.seq != seq + 1:
            raise LogRefused(
                f"record with seq {record.seq} does not follow on seq {seq}; give it seq {seq + 1}, or read what is "
                "missing"
            )
        if time is not None and record.ingest_ts < time:
            raise LogRefused(
                f"record {record.seq} has ingest_ts {record.ingest_ts}, before {time} of record {seq}; the log's time "
                f"never falls: stamp it {time} or later"
            )
        seq, time = record.seq, record.ingest_ts
        yield record


def check_after(after: int, first_seq: int, last_seq: int) -> None:
    """Refuse to read what is not there any more.

    >>> check_after(0, 1, 0)
    >>> check_after(0, 101, 200)
    Traceback (most recent call last):
        ...
    flyball.events.log.LogDropped: record 1 was asked for and retention has dropped it; records 101 to 200 remain: read
    after 100 or later
    """
    if after + 1 < first_seq:
        raise LogDropped(
            f"record {max(after + 1, 1)} was asked for and retention has dropped it; {remaining(first_seq, last_seq)}: "
            f"read after {first_seq - 1} or later"
        )


def check_seqs(seqs: Sequence[int], first_seq: int, last_seq: int) -> None:
    """Refuse seqs outside `[first_seq, last_seq]`.

    >>> check_seqs([2, 7], 1, 5)
    Traceback (most recent call last):
        ...
    flyball.events.log.LogRefused: record 7 was asked for and is not in the log; records 1 to 5 are
    """
    if len(seqs) == 0:
        return
    low, high = min(seqs), max(seqs)
    if high > last_seq or low < 1:
        wrong = high if high > last_seq else low
        there = f"records {first_seq} to {last_seq} are" if last_seq >= first_seq else "it is empty"
        raise LogRefused(f"record {wrong} was asked for and is not in the log; {there}")
    if low < first_seq:
        raise LogDropped(
            f"record {low} was asked for and retention has dropped it; {remaining(first_seq, last_seq)}: keep what is "
            f"still needed by passing its seq to retention"
        )


def remaining(first_seq: int, last_seq: int) -> str:
    """In words, which records the log still holds.

    >>> remaining(101, 200), remaining(101, 100)
    ('records 101 to 200 remain', 'none remains')
    """
    return f"records {first_seq} to {last_seq} remain" if last_seq >= first_seq else "none remains"
