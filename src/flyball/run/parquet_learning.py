"""Learning straight from a Parquet file, labels at once: for years of history, before anything is served.

The loop's own way (`flyball.run.replay`) logs, joins and scores by slice, and is held back by what Python does for each
record. Here rows stay in columns. Where all signals are texts, rows are learned as codes of the file's own dictionaries
(`flyball.run.coded_rows`); otherwise they are encoded and learned in blocks that fit the cache. Every row is still
predicted before it is learned from.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from flyball.learn import ftrl
from flyball.learn.kernel import kernel
from flyball.learn.lending import Told
from flyball.learn.table import Table
from flyball.run.coded_rows import CodedRows, only_texts, texts_in
from flyball.run.files.leaf_spec import leaf_specs
from flyball.run.files.parquet_chunk import StoredOtherwise
from flyball.run.files.typed_column import typed_column
from flyball.run.form import Form
from flyball.system.error import FlyballError
from flyball.system.kind import Kind
from flyball.system.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.learn.column import Column
    from flyball.run.files.typed_column import Convert
    from flyball.system.system import System

BLOCK = 512
"""Rows encoded at once: with 40 signals their keys and values take 320 kB."""


class LearningRefused(FlyballError):
    """This file cannot be learned from so; `flyball replay` counts what it refuses, and goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What was learned from a file.

    Args:
        table: the coefficients.
        rows: how many rows had a label.
        loss: the mean progressive loss: log loss, or squared error in units of the outcome's scale.
        coded: how many row groups were learned as codes of their dictionaries; the same comes out either way.

    >>> Learned(table=Table(), rows=0, loss=0.0).coded
    0
    """

    table: Table
    rows: int
    loss: float
    coded: int = 0


@kernel
def loss_of(told: Told, squared: bool) -> float:  # noqa: FBT001  # kernels take no keywords
    """The weighted sum of the losses of these margins; labels are 0 or 1, or numbers."""
    total = 0.0
    for i in range(len(told.margins)):
        if told.known[i] != 0:
            total += told.weights[i] * ftrl.loss(ftrl.answer(told.margins[i], squared), told.labels[i], squared)
    return total


def learn_parquet(
    system: System, path: Path, *, model: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Learned:
    """Learns one model from a Parquet file, row after row in the file's order.

    The rows with a label are numbered from 1 on, and these numbers stand for their places in a log when coefficients
    are rounded: a replay of the same rows, whose log holds other records too, rounds otherwise.

    Args:
        system: the definition.
        path: the file.
        model: the model's name; may be left out where the system has one.
        progress: called with the row groups done and their number.

    Raises:
        LearningRefused: it is no Parquet file, a column is missing, or a value cannot be taken.
        TableFull: there are more features than a table holds.

    >>> import pathlib, tempfile
    >>> import pyarrow as pa
    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("route", str)], outcome=Outcome("late"))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.parquet"
    >>> parquet.write_table(pa.table({"route": ["SEA-SFO", "SEA-LAX"] * 50, "late": [1, 0] * 50}), path)
    >>> learned = learn_parquet(System("flights", models=[late]), path)
    >>> learned.rows, len(learned.table), learned.loss < 0.4
    (100, 3, True)
    """
    form = Form(system, system.models[0].name if model is None else model, 1)
    texts = {leaf.name for leaf in leaf_specs(form.program) if leaf.kind is Kind.STR}
    try:
        there = [name for name in parquet.read_schema(path).names if name in texts]
        with parquet.ParquetFile(path, read_dictionary=there) as file:
            return _Learning(system, form, path, file).run(progress)
    except (pa.ArrowException, OSError) as error:
        raise LearningRefused(f"{str(path)!r} is no whole Parquet file ({error}); copy or write it again") from error


class _Learning:
    """One file being learned from."""

    def __init__(self, system: System, form: Form, path: Path, file: parquet.ParquetFile) -> None:
        self._source = Source() if system.source is None else system.source
        self._form, self._path, self._file = form, path, file
        self._leaves = leaf_specs(form.program)
        self._label = form.outcome.name if self._source.label is None else self._source.label
        roles = [self._label] if self._source.weight is None else [self._label, self._source.weight]
        names = file.schema_arrow.names
        lost = [name for name in (*roles, *form.names) if name not in names]
        if lost:
            msg = f"{path} has no column {', '.join(map(repr, lost))}; it has {', '.join(map(repr, names))}"
            raise LearningRefused(msg)
        self._table = Table()
        self._rows, self._coded = 0, 0

    def run(self, progress: Callable[[int, int], None] | None) -> Learned:
        """Learns all row groups."""
        coded = None
        if only_texts(self._form.program) and texts_in(self._file.schema_arrow, self._form.names):
            coded = CodedRows(str(self._path), self._file, self._form, self._source.missing)
        loss, weight = 0.0, 0.0
        groups = self._file.num_row_groups
        try:
            for group in range(groups):
                told = self._told(group)
                loss += self._learn(group, told, coded)
                weight += float(told.weights[told.known != 0].sum())
                self._rows += int(told.known.sum())
                if progress is not None:
                    progress(group + 1, groups)
        finally:
            if coded is not None:
                coded.close()
        mean = loss / weight if weight > 0.0 else 0.0
        return Learned(table=self._table, rows=self._rows, loss=mean, coded=self._coded)

    def _learn(self, group: int, told: Told, coded: CodedRows | None) -> float:
        """Learns one row group; the weighted sum of its losses."""
        if coded is not None:
            with suppress(StoredOtherwise):
                loss = coded.learn(group, self._table, told)
                self._coded += 1
                return loss
        self._learn_columns(group, told)
        return loss_of(told, self._form.squared)

    def _told(self, group: int) -> Told:
        """The labels of a row group, and room for its margins."""
        outcome, weight = self._form.outcome, self._source.weight
        part = self._file.read_row_group(group, columns=[self._label] + ([] if weight is None else [weight]))
        if outcome.labels is None:
            labels = self._column(part, self._label, outcome.kind)
        else:
            labels = self._column(part, self._label, Kind.FLOAT, convert=outcome.value_of)
        known = (~labels.missing).astype(np.uint8)
        weights = np.ones(len(known))
        if weight is not None:
            given = self._column(part, weight, Kind.FLOAT)
            weights = np.where(given.missing, 1.0, given.values)
            if (weights < 0).any():
                raise LearningRefused(f"{self._path}, column {weight!r}: {weights.min()} is a weight below 0")
        noises = np.empty(len(known), dtype=np.uint64)
        seqs = self._rows + np.cumsum(known, dtype=np.int64)
        ftrl.noise_of(seqs, np.zeros(len(known), dtype=np.int64), noises)
        return Told(labels.values / self._form.scale, weights, known, noises, np.empty(len(known)))

    def _column(
        self,
        part: pa.Table,
        name: str,
        kind: Kind,
        *,
        unit: str | None = None,
        tz: str | None = None,
        convert: Convert | None = None,
    ) -> Column:
        """One column, typed as a replay would; a value that it would refuse is refused here with the file."""
        missing = tuple(self._source.missing)
        typed = typed_column(part.column(name), kind, unit=unit, tz=tz, missing=missing, convert=convert)
        refused = np.flatnonzero(typed.refused >= 0)
        if len(refused) > 0:
            raise LearningRefused(f"{self._path}, column {name!r}: {typed.explain(int(refused[0]))}")
        return typed.column

    def _learn_columns(self, group: int, told: Told) -> None:
        """Predicts and learns the rows of a row group, encoded as in a replay."""
        part = self._file.read_row_group(group, columns=list(self._form.names))
        source = self._source
        columns = [
            self._column(part, leaf.name, leaf.kind, unit=leaf.unit or source.unit, tz=leaf.tz or source.tz)
            for leaf in self._leaves
        ]
        derived = self._form.derive(columns, len(told.margins))
        for start in range(0, len(told.margins), BLOCK):
            self._learn_block(columns, derived, told, slice(start, min(start + BLOCK, len(told.margins))))

    def _learn_block(self, columns: list[Column], derived: list[Column], told: Told, rows: slice) -> None:
        count = rows.stop - rows.start
        parts = [[column.part(rows.start, rows.stop) for column in given] for given in (columns, derived)]
        features = self._form.bulk.encode(parts[0], parts[1], count)
        labels = np.zeros((count, 4))
        labels[:, 0], labels[:, 1] = told.labels[rows], told.weights[rows]
        todo = (ftrl.PREDICT | ftrl.LEARN * told.known[rows]).astype(np.uint8)
        steps = (features.starts, features.keys, features.values, todo, labels, told.noises[rows], told.margins[rows])
        if ftrl.run(self._table.words, self._form.hyper, self._form.squared, *steps) < count:
            raise self._table.full()
