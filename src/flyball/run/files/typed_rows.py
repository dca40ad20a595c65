"""A table as typed rows: what replay reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.column import Column, Words
from flyball.run.files.row_ledger import RowLedger
from flyball.run.files.typed_column import Convert, TypedColumn, typed_column
from flyball.system.error import FlyballError
from flyball.system.kind import Kind
from flyball.system.missing import Missing
from flyball.system.moment import format_duration, format_moment
from flyball.system.value import Value, ValueRefused, coerce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from flyball.run.files.leaf_spec import LeafSpec
    from flyball.run.files.rejection import Rejection
    from flyball.run.files.tabular import Tabular
    from flyball.system.outcome import Outcome
    from flyball.system.source import Source

SYNTHETIC_START_US = 946_684_800_000_000
"""Without a column of times the first row happened at 2000-01-01T00:00:00Z, ..."""
SYNTHETIC_STEP_US = 1_000_000
"""... and each row one second after the row above it."""
SKEW_US = 60_000_000
"""How far two clocks may disagree: an outcome may be known this long before its prediction was asked for."""


class ColumnsUnknown(FlyballError):
    """A system names columns that a file does not have.

    >>> raise ColumnsUnknown("a.csv", ["huor"], ["hour", "late"])
    Traceback (most recent call last):
        ...
    flyball.run.files.typed_rows.ColumnsUnknown: 'a.csv' has no column 'huor' (did you mean 'hour'?); it has: ...
    """

    def __init__(self, path: str, unknown: Sequence[str], names: Sequence[str]) -> None:
        """Names the nearest columns and the first twenty that there are."""
        shown = []
        for name in unknown[:5]:
            near = get_close_matches(name, names, n=1)
            shown.append(f"{name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        there = ", ".join(repr(name) for name in names[:20]) + (", ..." if len(names) > 20 else "")
        super().__init__(f"{path!r} has no column {', '.join(shown)}{more}; it has: {there}")
        self.unknown = tuple(unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Typed rows in the file's order; every row of the file is here or counted in `rejections`.

    Args:
        row: shape (n,), the number of each row in its file; the first row of data is 1.
        columns: the values of each leaf, by name.
        event_ts: shape (n,), when the prediction was asked for, microseconds UTC.
        outcome_ts: shape (n,), when the outcome was known, microseconds UTC; 0 where it never was. None without a
            column of outcome times: then every label was known at once.
        has_outcome_ts: shape (n,), whether the outcome was ever known; never true where there is no label.
        label: shape (n,), the outcome: 0 or 1 for no and yes, or a number; 0 where there is none.
        has_label: shape (n,), whether the file has one.
        ids: the predictions' ids, one a row; None without a column of ids.
        weight: shape (n,), of the examples; None without a column of weights.
        scores: shape (n,), answers already logged, NaN where there is none; None without such a column.
        rejections: the rows that are not here, and why.
        ignored: the columns of the file that nothing reads.
        notes: sentences about what was seen and is worth telling.

    >>> from flyball.run.files.tabular import Tabular
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.source import Source
    >>> table = Tabular(path="a.jsonl", form="json lines", columns={"at": [9, 5], "y": [0, 1]}, row=np.array([1, 2]))
    >>> rows = typed_rows(table, [], Source(time="at", unit="s"), Outcome("y"))
    >>> rows.in_time_order().row.tolist()
    [2, 1]
    """

    row: NDArray[np.int64]
    columns: Mapping[str, Column]
    event_ts: NDArray[np.int64]
    outcome_ts: NDArray[np.int64] | None
    has_outcome_ts: NDArray[np.bool_]
    label: NDArray[np.float64]
    has_label: NDArray[np.bool_]
    ids: Words | None
    weight: NDArray[np.float64] | None
    scores: NDArray[np.float64] | None
    rejections: tuple[Rejection, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """How many rows were taken."""
        return len(self.row)

    @property
    def rows_read(self) -> int:
        """How many rows the file has: those taken and those refused."""
        return self.n + sum(rejection.count for rejection in self.rejections)

    def in_time_order(self) -> Rows:
        """The rows in the order in which their predictions were asked for; equal times keep the file's order."""
        if np.all(self.event_ts[1:] >= self.event_ts[:-1]):
            return self
        return self.take(np.argsort(self.event_ts, kind="stable"))

    def take(self, places: NDArray[np.int64]) -> Rows:
        """The rows at these places, in this order."""
        return replace(
            self,
            row=self.row[places],
            columns={name: column.take(places) for name, column in self.columns.items()},
            event_ts=self.event_ts[places],
            outcome_ts=None if self.outcome_ts is None else self.outcome_ts[places],
            has_outcome_ts=self.has_outcome_ts[places],
            label=self.label[places],
            has_label=self.has_label[places],
            ids=None if self.ids is None else _spread(self.ids, places),
            weight=None if self.weight is None else self.weight[places],
            scores=None if self.scores is None else self.scores[places],
        )


def typed_rows(
    table: Tabular,
    leaves: Sequence[LeafSpec],
    source: Source,
    outcome: Outcome,
    *,
    score_column: str | None = None,
    skew_us: int = SKEW_US,
) -> Rows:
    """The rows of a table, typed as the system declares them.

    A row with a value that cannot be taken, without a time or an id where there is a column of them, or with an outcome
    known more than `skew_us` before its prediction was asked for, is refused whole and counted. A row without a label,
    or with a label but without its time where there is a column of times, is a prediction whose outcome never arrives.

    Args:
        table: as read.
        leaves: the inputs and entities; each is read from the column of its name.
        source: which columns mean what.
        outcome: what the label is an answer to; without `source.label` it is read from the column of its name.
        score_column: answers already logged, to compare with.
        skew_us: how far two clocks may disagree, in microseconds.

    Raises:
        ColumnsUnknown: the system names a column that the file does not have. In sparse text a namespace may be lacking
            if another is there.
        FlyballError: `source.outcome_time` is given without `source.time`.

    >>> import pyarrow as pa
    >>> from flyball.run.files.leaf_spec import LeafSpec
    >>> from flyball.run.files.tabular import Tabular
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.source import Source
    >>> columns = {"hour": pa.chunked_array([["7", "x", "9"]]), "late": pa.chunked_array([["1", "0", ""]])}
    >>> table = Tabular(path="a.csv", form="delimited", columns=columns, row=np.array([1, 2, 3]))
    >>> rows = typed_rows(table, [LeafSpec(name="hour", kind=Kind.INT)], Source(), Outcome("late"))
    >>> rows.row.tolist(), rows.columns["hour"].values.tolist(), rows.has_label.tolist()
    ([1, 3], [7, 9], [True, False])
    >>> print(rows.rejections[0])
    1 row, column 'hour': unparsable, first at row 2: 'x' is not taken as int; accepted: a whole number within int64
    """
    return _Reading(table, source).rows(leaves, outcome, score_column, skew_us)


class _Reading:
    """One table being read."""

    def __init__(self, table: Tabular, source: Source) -> None:
        self.table = table
        self.source = source
        self.ledger = RowLedger(table.row)
        self.read: set[str] = set()
        self.notes = list(table.notes)

    def rows(self, leaves: Sequence[LeafSpec], outcome: Outcome, score: str | None, skew_us: int) -> Rows:
        source, table = self.source, self.table
        label = source.label if source.label is not None else outcome.name
        self._check([leaf.name for leaf in leaves], label, score)
        event_ts = self._times()
        ids = None if source.id is None else self._ids(source.id)
        columns = {leaf.name: self._leaf(leaf) for leaf in leaves}
        labels, has_label = self._labels(label, outcome)
        missed = has_label & (labels != outcome.silent_value)  # silence says the rest
        outcome_ts, has_outcome_ts = self._outcome_times(event_ts, has_label, missed, skew_us)
        weight = None if source.weight is None else self._weights(source.weight)
        scores = None if score is None else self._scores(score, outcome)
        everything = Rows(
            row=table.row,
            columns=columns,
            event_ts=event_ts,
            outcome_ts=outcome_ts,
            has_outcome_ts=has_outcome_ts,
            label=labels,
            has_label=has_label,
            ids=ids,
            weight=weight,
            scores=scores,
            rejections=table.rejections + self.ledger.rejections(),
            ignored=tuple(name for name in table.names if name not in self.read),
            notes=tuple(self.notes),
        )
        return everything if self.ledger.taken.all() else everything.take(np.flatnonzero(self.ledger.taken))

    def _check(self, leaves: Sequence[str], label: str, score: str | None) -> None:
        source = self.source
        if source.outcome_time is not None and source.time is None:
            raise FlyballError(
                f"outcome_time={source.outcome_time!r} is given without time=; "
                "name the column that says when the prediction was asked for"
            )
        roles = (source.time, source.id, source.outcome_time, source.weight, score)
        absent = [name for name in leaves if name not in self.table.columns]
        if self.table.sparse and len(absent) < len(leaves):
            self.notes += [f"no line has a feature of {name!r}: it is missing in all" for name in absent]
            leaves = [name for name in leaves if name not in absent]
        named = dict.fromkeys([*leaves, label, *(role for role in roles if role is not None)])
        unknown = [name for name in named if name not in self.table.columns]
        if unknown:
            raise ColumnsUnknown(self.table.path, unknown, self.table.names)

    def _typed(
        self, name: str, kind: Kind, *, unit: str | None, tz: str | None, convert: Convert | None
    ) -> TypedColumn:
        self.read.add(name)
        missing = tuple(self.source.missing)
        return typed_column(self.table.columns[name], kind, unit=unit, tz=tz, missing=missing, convert=convert)

    def _column(self, name: str, kind: Kind, *, convert: Convert | None = None, needed: str | None = None) -> Column:
        """The values of one column; `needed` is the reason under which rows without a value are refused."""
        typed = self._typed(name, kind, unit=self.source.unit, tz=self.source.tz, convert=convert)
        self.ledger.refuse_values(name, typed)
        if needed is not None:
            self.ledger.refuse(typed.column.missing, needed, name, lambda _: "there is no value")
        return typed.column

    def _leaf(self, leaf: LeafSpec) -> Column:
        unit = leaf.unit if leaf.unit is not None else self.source.unit
        tz = leaf.tz if leaf.tz is not None else self.source.tz
        if leaf.name not in self.table.columns:
            return Column.of(leaf.kind, [None] * self.table.rows)
        typed = self._typed(leaf.name, leaf.kind, unit=unit, tz=tz, convert=None)
        self.ledger.refuse_values(leaf.name, typed)
        return typed.column

    def _times(self) -> NDArray[np.int64]:
        if self.source.time is None:
            return SYNTHETIC_START_US + (self.table.row - 1) * SYNTHETIC_STEP_US
        return self._column(self.source.time, Kind.TIMESTAMP, needed="missing_time").values.astype(np.int64)

    def _ids(self, name: str) -> Words:
        column = self._column(name, Kind.STR, convert=_id_of, needed="missing_id")
        words = column.words if column.words is not None and len(column.words) else Words.of([""])
        return _spread(words, column.values.astype(np.int64))

    def _labels(self, name: str, outcome: Outcome) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        if self.table.sparse and outcome.labels is None and outcome.kind is Kind.BOOL:
            column = self._column(name, Kind.BOOL, convert=signed_truth)
        elif outcome.labels is None:
            column = self._column(name, outcome.kind)
        else:
            column = self._column(name, Kind.FLOAT, convert=outcome.value_of)
        return column.values.astype(np.float64), ~column.missing

    def _outcome_times(
        self, event_ts: NDArray[np.int64], has_label: NDArray[np.bool_], missed: NDArray[np.bool_], skew_us: int
    ) -> tuple[NDArray[np.int64] | None, NDArray[np.bool_]]:
        name = self.source.outcome_time
        if name is None:
            return None, has_label
        column = self._column(name, Kind.TIMESTAMP)
        outcome_ts, known = column.values.astype(np.int64), ~column.missing

        def explain(place: int) -> str:
            early = format_duration(int(event_ts[place] - outcome_ts[place]))
            return f"{format_moment(int(outcome_ts[place]))} is {early} before the prediction was asked for"

        self.ledger.refuse(known & (outcome_ts < event_ts - skew_us), "before_event", name, explain)
        timeless = int(np.count_nonzero(self.ledger.taken & missed & ~known))
        if timeless:
            self.notes.append(
                f"{timeless:,} rows have a label but no time in {name!r}: it is taken that their outcome never arrived"
            )
        arrives = known & has_label
        return np.where(arrives, outcome_ts, 0), arrives

    def _weights(self, name: str) -> NDArray[np.float64]:
        column = self._column(name, Kind.FLOAT)
        weights = column.values.astype(np.float64)
        self.ledger.refuse(weights < 0, "out_of_range", name, lambda place: f"{weights[place]} is a weight below 0")
        return np.where(column.missing, 1.0, weights)

    def _scores(self, name: str, outcome: Outcome) -> NDArray[np.float64]:
        column = self._column(name, Kind.FLOAT)
        scores = column.values.astype(np.float64)
        if outcome.kind is Kind.BOOL:
            outside = (scores < 0) | (scores > 1)
            self.ledger.refuse(outside, "out_of_range", name, lambda place: f"{scores[place]} is no probability")
        return np.where(column.missing, np.nan, scores)


def signed_truth(raw: object) -> Value:
    """A truth; -1 is no, as sparse text has it.

    >>> signed_truth(-1.0), signed_truth(1.0), signed_truth(0)
    (False, True, False)
    """
    return False if raw == -1 else coerce(Kind.BOOL, raw)


def _id_of(raw: object) -> Value:
    """An id is text; a whole number stands for its digits."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    value = coerce(Kind.STR, raw)
    if not isinstance(value, Missing) and value == "":
        raise ValueRefused("missing_id", "an id is a text of one character or more")
    return value


def _spread(words: Words, places: NDArray[np.int64]) -> Words:
    """The texts at these places."""
    begins, ends = words.offsets[places], words.offsets[places + 1]
    offsets = np.zeros(len(places) + 1, dtype=np.int64)
    np.cumsum(ends - begins, out=offsets[1:])
    return Words(words.data[np.repeat(begins - offsets[:-1], ends - begins) + np.arange(offsets[-1])], offsets)
