"""Flights, small and made up: a system of every kind of signal, rows of a file, and ways through an engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flyball.events.record import Plan, Record
from flyball.learn.column import Column
from flyball.run.engine import Engine
from flyball.run.ephemeral import Ephemeral
from flyball.run.files.typed_rows import Rows
from flyball.run.replay import Replay
from flyball.run.state import answered
from flyball.system.derivation import bucket, cross, derive, words
from flyball.system.entity import Entity
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from flyball.testing.memory_log import MemoryLog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flyball.events.record import Body
    from flyball.run.batch import Batch
    from flyball.system.signal import Signal

CARRIER = Input("carrier", str)
HOUR = Input("hour", int)
WIND = Input("wind", float)
REMARKS = Input("remarks", str)
PLANE = Entity("plane", int)
SECOND = 1_000_000

LATE = Outcome("late", window="1h")


def half_of(number: float | None) -> float | None:
    """A user's function."""
    return None if number is None else number / 2


def signals() -> list[Signal]:
    """Numbers, names, texts, crosses, buckets and a user's function."""
    by_hour = bucket(HOUR, [6, 12, 18], name="part of day")
    return [
        CARRIER, HOUR, WIND, PLANE, by_hour, cross(CARRIER, by_hour, name="carrier by part of day"), words(REMARKS),
        derive(f"{__name__}:half_of", [WIND], float, version=1, name="half the wind"),
    ]  # fmt: skip  # a list of names


def model(
    name: str = "late_model", *, of: Sequence[Signal] | None = None, outcome: Outcome = LATE, slice_by: object = None
) -> Model:
    """A model of these signals, watched by carrier and by carrier and hour."""
    slices = [CARRIER, (CARRIER, HOUR)] if slice_by is None else slice_by
    return Model(name, signals=signals() if of is None else of, outcome=outcome, slice_by=slices)  # type: ignore[arg-type]  # as a user's file would


def flights(*models: Model) -> System:
    """The system of these models, or of the usual one."""
    return System("flights", models=models or [model()])


def rows(count: int = 160, *, seed: int = 5, delayed: bool = True, answered: float = 0.9) -> Rows:
    """A file's rows, one every ten seconds; outcomes come up to an hour and a half later, some never."""
    random = np.random.default_rng(seed)
    absent = random.random((3, count)) < 0.1
    carriers = [None if absent[0, i] else f"C{random.integers(5)}" for i in range(count)]
    hours = [None if absent[1, i] else int(random.integers(24)) for i in range(count)]
    winds = [None if absent[2, i] else float(random.normal() * 10) for i in range(count)]
    columns = {
        "carrier": Column.of(Kind.STR, carriers),
        "hour": Column.of(Kind.INT, hours),
        "wind": Column.of(Kind.FLOAT, winds),
        "plane": Column.of(Kind.INT, random.integers(0, 40, count).tolist()),
        "remarks": Column.of(Kind.STR, [" ".join(random.choice(["fog", "ice", "ok"], 2)) for _ in range(count)]),
    }
    event_ts = np.arange(count, dtype=np.int64) * 10 * SECOND
    known = random.random(count) < answered
    return Rows(
        row=np.arange(count, dtype=np.int64) + 1,
        columns=columns,
        event_ts=event_ts,
        outcome_ts=event_ts + random.integers(0, 5_400, count) * SECOND if delayed else None,
        has_outcome_ts=known,
        label=(random.random(count) < 0.3).astype(np.float64),
        has_label=known,
        ids=None,
        weight=None,
        scores=None,
        rejections=(),
        ignored=(),
    )


def replay_of(given: Rows, *, logged: bool = True, fingerprint: str = "f") -> Replay:
    """The way of these rows through a system."""
    return Replay(given, outcome="late", name="flights.csv", fingerprint=fingerprint, logged=logged)


def part(given: Rows, start: int, end: int) -> Rows:
    """Some of the rows."""
    chosen = slice(start, end)
    return replace(
        given,
        row=given.row[chosen],
        columns={name: column.part(start, end) for name, column in given.columns.items()},
        event_ts=given.event_ts[chosen],
        outcome_ts=None if given.outcome_ts is None else given.outcome_ts[chosen],
        has_outcome_ts=given.has_outcome_ts[chosen],
        label=given.label[chosen],
        has_label=given.has_label[chosen],
    )


class Recorded(Ephemeral):
    """An engine that keeps its log in memory, answers included, so that it can be folded again."""

    def __init__(self, system: System) -> None:
        self.log = MemoryLog()
        super().__init__(system, self.log)

    def commit(
        self, entries: Sequence[tuple[int, int, Body]], batches: Mapping[str, Batch] | None = None
    ) -> list[Record]:
        """Applies, and logs what was applied."""
        records = super().commit(entries, batches)
        records = records if batches is None else answered(records, batches)
        self.log.append(records)
        return records


def refolded(log: MemoryLog, *, chunk: int = 100, engine: Engine | None = None, through: int | None = None) -> Engine:
    """The engine that has seen this log, in chunks, up to record `through`."""
    made = Engine(log) if engine is None else engine
    records = [record for record in log.read(after=made.seq) if through is None or record.seq <= through]
    for start in range(0, len(records), chunk):
        made.apply(records[start : start + chunk])
    return made


def planned(system: System, versions: dict[str, int] | None = None) -> Plan:
    """The record's body that activates a definition."""
    return Plan(definition=system.to_json(), versions=versions or {each.name: 1 for each in system.models})


def record(seq: int, body: Body, ingest_ts: int = 0, event_ts: int | None = None) -> Record:
    """A record of the log."""
    return Record(seq=seq, event_ts=ingest_ts if event_ts is None else event_ts, ingest_ts=ingest_ts, body=body)
