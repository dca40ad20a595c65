"""What rewinds have left out of one model's learning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from flyball.events.record import Record, Rewind


class Omission(msgspec.Struct, frozen=True, array_like=True):
    """All that rewinds have left out of one model's learning, as if it had never been learned from.

    What one rewind left out stays left out, whatever the next one says.

    Args:
        exclude: predictions made in these stretches `[from_ts, to_ts)` of event time, microseconds.
        stretches: `(to_ts, seq)`: the records that could be seen at `to_ts` or later, before the rewind at `seq`.

    >>> from flyball.events.record import Record, Rewind, Tick
    >>> omission = Omission().plus(9, Rewind(model="ctr", to_ts=60))
    >>> told = [Record(seq=seq, event_ts=0, ingest_ts=time, body=Tick()) for seq, time in ((7, 59), (8, 60), (9, 61))]
    >>> [omission.leaves_out(record) for record in told]
    [False, True, False]
    """

    exclude: list[tuple[int, int]] = []
    stretches: list[tuple[int, int]] = []

    def plus(self, seq: int, body: Rewind) -> Omission:
        """With what the rewind at `seq` leaves out."""
        if body.exclude:
            return Omission([*self.exclude, *body.exclude], self.stretches)
        return Omission(self.exclude, [*self.stretches, (body.to_ts, seq)])

    def leaves_out(self, record: Record) -> bool:
        """Whether nothing is learned from this record.

        >>> from flyball.events.record import Record, Tick
        >>> Omission().leaves_out(Record(seq=1, event_ts=0, ingest_ts=0, body=Tick()))
        False
        """
        return any(to_ts <= record.ingest_ts and record.seq < seq for to_ts, seq in self.stretches)
