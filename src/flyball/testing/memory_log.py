"""The log in memory, for tests and for systems that keep nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.log import LogRefused, check_after, check_seqs, follow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flyball.events.record import Record


class MemoryLog:
    """Keeps the promises of `flyball.events.log.Log` for as long as the process lives, with no limit on its size.

    >>> from flyball.events.record import Record, Tick
    >>> log = MemoryLog()
    >>> log.append([Record(seq=1, event_ts=0, ingest_ts=5, body=Tick())])
    >>> log.last_seq, log.last_ingest_ts
    (1, 5)
    """

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._closed = False

    @property
    def first_seq(self) -> int:
        """Always 1: nothing is dropped."""
        return 1

    @property
    def last_seq(self) -> int:
        """The last record; 0 where there is none."""
        return len(self._records)

    @property
    def last_ingest_ts(self) -> int | None:
        """`ingest_ts` of the last record in microseconds UTC; `None` if there is none."""
        return self._records[-1].ingest_ts if self._records else None

    def append(self, records: Sequence[Record]) -> None:
        """Add these records, all or none."""
        self._check_open()
        self._records.extend(list(follow(records, self.last_seq, self.last_ingest_ts)))

    def read(self, after: int = 0) -> Iterator[Record]:
        """The records with `seq > after`, in order, up to the last at the time of the call."""
        self._check_open()
        check_after(after, 1, self.last_seq)
        return iter(self._records[max(after, 0) :])

    def get(self, seqs: Sequence[int]) -> list[Record]:
        """The records of these seqs, in the order asked for."""
        self._check_open()
        check_seqs(seqs, 1, self.last_seq)
        return [self._records[seq - 1] for seq in seqs]

    def close(self) -> None:
        """Refuse all further use."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise LogRefused("the log is closed; open another")
