"""Records and small logs for the tests of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from hypothesis import strategies as st

from flyball.events.record import (
    Body,
    Event,
    Exclusion,
    Origin,
    Outcome,
    Pause,
    Plan,
    Prediction,
    Record,
    Rewind,
    Tick,
    Unlogged,
)
from flyball.events.store import SqliteLog

if TYPE_CHECKING:
    from pathlib import Path

NOON = 1_700_000_000_000_000


def outcomes(first: int, count: int) -> list[Record]:
    """Outcomes with the seqs from `first` on, a microsecond apart."""
    return [
        Record(
            seq=seq,
            event_ts=NOON + seq - 5,
            ingest_ts=NOON + seq,
            body=Outcome(id=f"r{seq}", outcome="click", value=float(seq % 2)),
        )
        for seq in range(first, first + count)
    ]


def names(path: Path) -> list[str]:
    """The segments of a log, without what SQLite keeps beside them."""
    return sorted(entry.name.lstrip("0") for entry in path.iterdir() if entry.suffix in {".sqlite", ".parquet"})


def filled(path: Path, rows: int = 30, *, segment_rows: int = 10, batch: int = 5) -> SqliteLog:
    """A log with some full segments."""
    log = SqliteLog(path, segment_rows=segment_rows, durable=False)
    for first in range(log.last_seq + 1, rows + 1, batch):
        log.append(outcomes(first, batch))
    return log


def seqs(records: list[Record]) -> list[int]:
    """The places of records."""
    return [record.seq for record in records]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
int64s = st.integers(-(2**63), 2**63 - 1)
numbers = st.floats(allow_nan=False)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    int64s,
    numbers,
    texts,
    st.lists(texts, max_size=3),
    st.dictionaries(texts, numbers, max_size=3),
)
maps = st.dictionaries(texts, leaves, max_size=3)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(
        Prediction,
        id=texts,
        model=texts,
        version=int64s,
        definition=texts,
        inputs=st.lists(leaves, max_size=12),
        score=numbers,
        served_by=texts,
        as_of=int64s,
        learned_through=int64s,
        derived=st.lists(leaves, max_size=2),
        unknown=maps,
    ),
    st.builds(Outcome, id=texts, outcome=texts, value=numbers, outcome_id=st.none() | texts, weight=numbers),
    st.builds(Event, type=texts, event_id=texts, prediction_id=st.none() | texts, keys=maps, values=maps),
    st.builds(Tick),
    st.builds(Plan, definition=texts, versions=st.dictionaries(texts, int64s, max_size=3)),
    st.builds(Pause, model=texts, mode=st.sampled_from(["pause", "freeze", "resume"])),
    st.builds(Exclusion, model=texts, from_ts=int64s, to_ts=int64s),
    st.builds(Rewind, model=texts, to_ts=int64s, exclude=st.lists(st.tuples(int64s, int64s), max_size=3)),
    st.builds(Unlogged, model=texts, version=int64s, count=int64s),
    st.builds(Origin, name=texts, fingerprint=texts, rows=int64s),
)
batches = st.lists(st.lists(st.tuples(bodies, int64s, st.integers(0, 2**60)), max_size=5), max_size=6)
"""Batches of (body, event_ts, how far time moves on)."""


def numbered(drawn: list[list[tuple[Body, int, int]]]) -> list[list[Record]]:
    """The batches as records that follow one another."""
    seq, time, made = 0, -(2**62), []
    for batch in drawn:
        records = []
        for body, event_ts, later in batch:
            seq, time = seq + 1, min(time + later, 2**63 - 1)
            records.append(Record(seq=seq, event_ts=event_ts, ingest_ts=time, body=body))
        made.append(records)
    return made


def restamped(record: Record, **changes: int) -> Record:
    """The record with another place or time."""
    return msgspec.structs.replace(record, **changes)
