"""What a prediction takes on the disk, live and sealed: for `docs/operations.md`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.phone_calls import read_calls
from benchmarks.table import Table
from flyball.events.directory import list_places
from flyball.events.record import Outcome, Prediction, Record
from flyball.events.store import SqliteLog

if TYPE_CHECKING:
    from flyball.events.record import Leaf

AT_ONCE = 100
"""Records in a commit: what a busy loop takes."""


def table(*, quick: bool = False) -> Table:
    """Bytes a record, before and after sealing.

    Args:
        quick: small sizes.
    """
    count = 2_000 if quick else 50_000
    rows = [_measured("predictions of 20 inputs", count, outcomes=False)]
    rows.append(_measured("predictions and an outcome for each", count, outcomes=True))
    return Table(
        name="capacity",
        title="Bytes on the disk for each prediction",
        columns=("", "live segment", "sealed"),
        rows=rows,
        notes=(f"{count:,} rows of the bank_marketing set, ids of 32 letters, {AT_ONCE} records a commit.",),
    )


def _measured(name: str, count: int, *, outcomes: bool) -> list[str]:
    calls = read_calls(count).rows
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog(folder, durable=False, segment_rows=2 * count, segment_bytes=1 << 40)
        bodies: list[Prediction | Outcome] = []
        for i in range(count):
            inputs: list[Leaf] = [*calls[i % len(calls)].values()]
            id = f"{i:032x}"
            bodies.append(
                Prediction(
                    id=id, model="subscribed", version=1, definition="0" * 16, inputs=inputs, score=0.1 + i / count / 9
                )
            )
            if outcomes:
                bodies.append(Outcome(id=id, outcome="subscribed", value=float(i % 9 == 0)))
        for start in range(0, len(bodies), AT_ONCE):
            some = bodies[start : start + AT_ONCE]
            log.append([Record(seq=start + 1 + k, event_ts=start, ingest_ts=start, body=b) for k, b in enumerate(some)])
        log.close()
        live = _size(Path(folder))
        with SqliteLog(folder, durable=False, segment_rows=1) as again:
            again.append([Record(seq=len(bodies) + 1, event_ts=0, ingest_ts=len(bodies), body=bodies[0])])
            again.seal_ready()
            sealed = sum(place.path.stat().st_size for place in list_places(Path(folder)) if place.sealed)
    return [name, f"{live / count:,.0f}", f"{sealed / count:,.0f}"]


def _size(folder: Path) -> int:
    return sum(place.path.stat().st_size for place in list_places(folder))
