"""The log as tables for analysis: predictions, and the examples that were joined from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from flyball.events.joiner import Joiner
from flyball.events.record import Plan, Prediction
from flyball.run.engine import rules_of
from flyball.run.joining import Joining
from flyball.system.kind import Kind
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flyball.events.example import Example
    from flyball.events.log import LogReader
    from flyball.events.record import Record
    from flyball.run.files.arrow_array import ArrowArray

ArrowType: TypeAlias = Any
"""A type of Arrow's: the stubs give each one a class of its own."""

TYPES: dict[Kind, ArrowType] = {
    Kind.BOOL: pa.bool_(),
    Kind.INT: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.STR: pa.string(),
    Kind.LIST: pa.list_(pa.string()),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    Kind.MAP: pa.map_(pa.string(), pa.float64()),
}
"""The Arrow type of each kind of value."""


class Layouts:
    """The names and types of the leaves of every definition in a log.

    Args:
        definitions: canonical JSON of definitions whose records may have left the log.

    >>> Layouts().columns
    {}
    """

    def __init__(self, definitions: Iterable[str] = ()) -> None:
        self._leaves: dict[tuple[str, str], list[str]] = {}
        self._systems: dict[str, System] = {}
        self.columns: dict[str, Kind] = {}
        for definition in definitions:
            self.learn(definition)

    def learn(self, definition: str) -> System:
        """Takes in a definition, canonical JSON."""
        system = System.from_json(definition)
        self._systems[system.digest[:16]] = system
        for model in system.models:
            program = system.program(model.name)
            nodes = [program.nodes[place] for place in program.leaves]
            self._leaves[system.digest[:16], model.name] = [node.name for node in nodes]
            # A signal whose type changed is shown in its newest type, and not shown where it had another.
            self.columns.update({node.name: node.kind for node in nodes})
        return system

    def first(self, log: LogReader) -> System | None:
        """The definition that held where the log begins; `None` where it begins with one, or holds nothing."""
        for record in log.read(after=log.first_seq - 1):
            if isinstance(record.body, Plan):
                return None
            if isinstance(record.body, Prediction):
                return self._systems[record.body.definition]
        return None

    def values(self, body: Prediction) -> dict[str, object]:
        """The inputs of a prediction by name, as Arrow takes them."""
        names = self._leaves[body.definition, body.model]
        return {
            name: list(leaf.items()) if isinstance(leaf, dict) else leaf
            for name, leaf in zip(names, body.inputs, strict=True)
        }


def _array(values: Sequence[object], kind: ArrowType) -> ArrowArray:
    return pa.array(values, kind)


def _fits(value: object, kind: Kind) -> bool:
    try:
        _array([value], TYPES[kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True


def _table(rows: Sequence[dict[str, object]], own: dict[str, ArrowType], inputs: dict[str, Kind]) -> pa.Table:
    """The rows as a table: what every row has first, then the inputs, whose columns are named `input:NAME`."""
    arrays = {name: _array([row[name] for row in rows], kind) for name, kind in own.items()}
    for name, kind in inputs.items():
        values = [row.get(f"input:{name}") for row in rows]
        try:
            arrays[f"input:{name}"] = _array(values, TYPES[kind])
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            # An older definition had another type here.
            arrays[f"input:{name}"] = _array([v if _fits(v, kind) else None for v in values], TYPES[kind])
    return pa.table(arrays)


_PREDICTION: dict[str, ArrowType] = {
    "seq": pa.int64(),
    "id": pa.string(),
    "model": pa.string(),
    "version": pa.int32(),
    "event_ts": TYPES[Kind.TIMESTAMP],
    "score": pa.float64(),
    "served_by": pa.string(),
    "learned_through": pa.int64(),
}
_EXAMPLE: dict[str, ArrowType] = _PREDICTION | {
    "revision": pa.int32(),
    "value": pa.float64(),
    "weight": pa.float64(),
    "learned": pa.bool_(),
    "joined_ts": TYPES[Kind.TIMESTAMP],
}


def _row(record: Record, layouts: Layouts) -> dict[str, object]:
    body = record.body
    assert isinstance(body, Prediction)  # noqa: S101  # examples are of predictions
    row: dict[str, object] = {
        "seq": record.seq,
        "id": body.id,
        "model": body.model,
        "version": body.version,
        "event_ts": record.event_ts,
        "score": body.score,
        "served_by": body.served_by,
        "learned_through": body.learned_through,
    }
    return row | {f"input:{name}": value for name, value in layouts.values(body).items()}


def predictions(log: LogReader, definitions: Iterable[str] = ()) -> pa.Table:
    """Every prediction of a log, in order.

    Columns: seq, id, model, version, event_ts, score, served_by, learned_through, and `input:NAME` for each input.

    Args:
        log: the log, from the first record that it still holds.
        definitions: canonical JSON of definitions whose records may have left it.

    >>> from flyball.testing.memory_log import MemoryLog
    >>> predictions(MemoryLog()).num_rows
    0
    """
    layouts = Layouts(definitions)
    rows: list[dict[str, object]] = []
    for record in log.read(after=log.first_seq - 1):
        if isinstance(record.body, Plan):
            layouts.learn(record.body.definition)
        elif isinstance(record.body, Prediction):
            rows.append(_row(record, layouts))
    return _table(rows, _PREDICTION, layouts.columns)


def _joined(log: LogReader, layouts: Layouts) -> Iterator[tuple[Example, int]]:
    """The examples of a log with the time at which each was joined."""
    first = layouts.first(log)
    joiner = Joiner(*(({}, {}) if first is None else rules_of(first)))
    joining = Joining(log if log.first_seq == 1 else None, joiner)
    for record in log.read(after=log.first_seq - 1):
        for example in joining.take(record):
            yield example, record.ingest_ts
        if isinstance(record.body, Plan):
            layouts.learn(record.body.definition)


def examples(log: LogReader, definitions: Iterable[str] = ()) -> pa.Table:
    """Every example of a log, in the order in which they were joined; of predictions that have left it there are none.

    Columns: those of `predictions`, and revision, value, weight, learned (whether it was learned from; what a pause
    holds back is not yet) and joined_ts. A rewind takes back what was learned, and revisions then count on from there.

    Args:
        log: as for `predictions`.
        definitions: as for `predictions`.

    >>> from flyball.testing.memory_log import MemoryLog
    >>> examples(MemoryLog()).num_rows
    0
    """
    layouts = Layouts(definitions)
    rows: list[dict[str, object]] = []
    asked: dict[int, dict[str, object]] = {}
    held: dict[tuple[int, int, float, float], dict[str, object]] = {}
    for example, joined_ts in _joined(log, layouts):
        its = (example.seq, example.revision, example.value, example.weight)
        if example.learn and not example.score and its in held:  # a pause held it back, and has ended
            held.pop(its)["learned"] = True
            continue
        if example.seq not in asked:
            asked[example.seq] = _row(log.get([example.seq])[0], layouts)
        rows.append(
            asked[example.seq]
            | {
                "revision": example.revision,
                "value": example.value,
                "weight": example.weight,
                "learned": example.learn,
                "joined_ts": joined_ts,
            }
        )
        if not example.learn:
            held[its] = rows[-1]
    return _table(rows, _EXAMPLE, layouts.columns)
