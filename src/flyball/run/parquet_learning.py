"""Learning straight from a Parquet file, labels at once: for years of history, before anything is served.

The loop's own way (`flyball.run.replay`) logs, joins and scores by slice, and is held back by what Python does for each
record. Here rows stay in columns. Where all signals are texts, rows are learned as codes of the file's own dictionaries
(`flyball.run.coded_rows`); otherwise they are encoded and learned in blocks that fit the cache. Every row is still
predicted before it is learned from.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from flyball.events.reducer import LARGEST
from flyball.learn import ftrl
from flyball.learn.lending import Told, loss_of
from flyball.run.coded_rows import CodedRows, Sheet, only_texts, texts_in
from flyball.run.files.leaf_spec import leaf_specs
from flyball.run.files.parquet_chunk import StoredOtherwise
from flyball.run.files.read_ahead import ReadAhead
from flyball.run.files.typed_column import typed_column
from flyball.run.form import Form
from flyball.system.error import FlyballError
from flyball.system.kind import Kind
from flyball.system.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from flyball.learn.column import Column
    from flyball.learn.table import Table
    from flyball.run.files.arrow_array import ArrowArray
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
        rows: how many rows were learned from.
        loss: the mean progressive loss: log loss, or squared error in units of the outcome's scale.
        coded: how many row groups were learned as codes; the same comes out either way.

    >>> from flyball.learn.table import Table
    >>> Learned(table=Table(), rows=0, loss=0.0).coded
    0
    """

    table: Table
    rows: int
    loss: float
    coded: int = 0


def learn_parquet(
    system: System, path: Path, *, model: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Learned:
    """Learns one model from a Parquet file, row after row in the file's order.

    A row without a label is silent, its window long closed: it has the value and the weight that the joiner would give
    it, `if_silent` and 1, or is predicted and not learned from. The rows that are learned from are numbered from 1 on,
    and these numbers stand for their places in a log when coefficients are rounded: a replay of the same rows, whose
    log holds other records too, rounds otherwise.

    Args:
        system: the definition.
        path: the file.
        model: the model's name; may be left out where the system has one.
        progress: called with the row groups done and their number.

    Raises:
        LearningRefused: it is no Parquet file, a column is missing, a value cannot be taken, or labels at once cannot
            tell what the outcome waits for.
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
    form = _form_of(system, model)
    if not path.is_file():
        raise LearningRefused(f"{str(path)!r} is no file; give the path of a Parquet file")
    try:
        with parquet.ParquetFile(path, read_dictionary=_texts(path, form)) as file:
            return _Learning(system, form, path, file).run(progress)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise LearningRefused(f"{str(path)!r} is no whole Parquet file ({error}); copy or write it again") from error


def _texts(path: Path, form: Form) -> list[str]:
    """The columns of texts, which are read as codes and dictionaries."""
    wanted = {leaf.name for leaf in leaf_specs(form.program) if leaf.kind is Kind.STR}
    fields = [field for field in parquet.read_schema(path) if field.name in wanted]
    return [field.name for field in fields if not pa.types.is_nested(field.type)]


def _form_of(system: System, model: str | None) -> Form:
    """The model to be learned, if a file can tell all that its outcome waits for."""
    names = [each.name for each in system.models]
    if model is None and len(names) != 1:
        raise LearningRefused(f"the system has {len(names)} models, {_shown(names)}; say which with model=")
    form = Form(system, names[0] if model is None else model, 1)
    outcome = form.outcome
    if form.correction is not None:
        raise LearningRefused(
            f"model {form.model!r} is calibrated, or {outcome.name!r} has negatives_kept; here only coefficients are "
            "learned: replay the file, or leave out calibrate= and negatives_kept="
        )
    if outcome.keep_silent < 1.0:
        raise LearningRefused(
            f"outcome {outcome.name!r} keeps {outcome.keep_silent:g} of the negatives, chosen by their ids, and labels "
            "at once have none; give keep_silent=1, or replay the file"
        )
    if outcome.silent_value is not None and outcome.counts_from is not None:
        raise LearningRefused(
            f"outcome {outcome.name!r} counts from the event {outcome.counts_from_name!r}, and a file holds no such "
            "events: a row without a label may be silent, or was never shown; give the outcome no counts_from or no "
            "if_silent"
        )
    return form


class Columns(NamedTuple):
    """The rows of a row group by column.

    Attributes:
        leaves: those of the file.
        derived: what the users' functions made of them.

    >>> Columns([], []).leaves
    []
    """

    leaves: Sequence[Column]
    derived: Sequence[Column]


class _Learning:
    """One file being learned from."""

    def __init__(self, system: System, form: Form, path: Path, file: parquet.ParquetFile) -> None:
        self._source = Source() if system.source is None else system.source
        self._form, self._path, self._file = form, path, file
        self._leaves = leaf_specs(form.program)
        self._label = form.outcome.name if self._source.label is None else self._source.label
        self._check(file.schema_arrow.names)
        self._table = form.table()
        self._rows, self._coded = 0, 0

    def _check(self, names: Sequence[str]) -> None:
        """That every column that is read is there, once."""
        roles = [self._label] if self._source.weight is None else [self._label, self._source.weight]
        wanted = dict.fromkeys([*roles, *self._form.names])
        lost = [name for name in wanted if name not in names]
        if lost:
            msg = f"{self._path} has no column {_shown(lost)}; it has {_shown(names)}"
            raise LearningRefused(msg)
        twice = [name for name in wanted if names.count(name) > 1]
        if twice:
            msg = f"{self._path} has more than one column named {_shown(twice)}; give each a name of its own"
            raise LearningRefused(msg)

    def run(self, progress: Callable[[int, int], None] | None) -> Learned:
        """Learns all row groups."""
        coded = None
        if (
            self._form.recipe.lends
            and only_texts(self._form.program)
            and texts_in(self._file.schema_arrow, self._form.names)
        ):
            coded = CodedRows(str(self._path), self._file, self._form, self._source.missing)
        loss, weight = 0.0, 0.0
        groups = self._file.num_row_groups
        try:
            with ReadAhead(self._read(coded), items=1) as ahead:
                for group, (told, read) in enumerate(ahead):
                    loss += self._learn(told, coded, read)
                    weight += float(told.weights[told.known != 0].sum())
                    if progress is not None:
                        progress(group + 1, groups)
        finally:
            if coded is not None:
                coded.close()
        mean = loss / weight if weight > 0.0 else 0.0
        return Learned(table=self._table, rows=self._rows, loss=mean, coded=self._coded)

    def _read(self, coded: CodedRows | None) -> Iterator[tuple[Told, Sheet | Columns]]:
        """What is told of each row group, and its rows; read while the one before is learned."""
        for group in range(self._file.num_row_groups):
            told = self._told(group)
            self._rows += int(told.known.sum())
            read: Sheet | None = None
            if coded is not None:
                with suppress(StoredOtherwise):
                    read = coded.read(group, told.known)
            yield told, self._columns(group) if read is None else read

    def _learn(self, told: Told, coded: CodedRows | None, read: Sheet | Columns) -> float:
        """Learns one row group; the weighted sum of its losses."""
        if isinstance(read, Sheet):
            assert coded is not None  # noqa: S101  # whoever read it
            self._coded += 1
            return coded.learn(read, self._table, told)
        for start in range(0, len(told.scores), BLOCK):
            self._learn_block(read, told, slice(start, min(start + BLOCK, len(told.scores))))
        return loss_of(told, self._form.recipe.kind)

    def _told(self, group: int) -> Told:
        """The labels of a row group, and room for its predictions."""
        outcome, weight = self._form.outcome, self._source.weight
        part = self._part(group, [self._label] + ([] if weight is None else [weight]))
        if outcome.labels is None:
            given = self._column(part, self._label, outcome.kind)
        else:
            given = self._column(part, self._label, Kind.FLOAT, convert=outcome.value_of)
        labels, weights = given.values.astype(np.float64), np.ones(part.num_rows)
        self._limit(self._label, labels, -LARGEST, "a value")
        if weight is not None:
            column = self._column(part, weight, Kind.FLOAT)
            self._limit(weight, column.values, 0.0, "a weight")
            # As when it is joined: a weight belongs to an answer that came.
            weights = np.where(column.missing | given.missing, 1.0, column.values)
        known = (~given.missing).astype(np.uint8)
        if outcome.silent_value is not None:
            labels[given.missing] = outcome.silent_value
            known[:] = 1
        noises = np.empty(len(known), dtype=np.uint64)
        seqs = self._rows + np.cumsum(known, dtype=np.int64)
        ftrl.noise_of(seqs, np.zeros(len(known), dtype=np.int64), noises)
        return Told(labels / self._form.scale, weights, known, noises, np.empty(len(known)))

    def _part(self, group: int, names: Sequence[str]) -> pa.Table:
        """These columns of a row group."""
        part = self._file.read_row_group(group, columns=list(dict.fromkeys(names)))
        rows = self._file.metadata.row_group(group).num_rows
        if part.num_rows != rows:
            raise LearningRefused(
                f"{self._path}, columns {_shown(names)}: row group {group} has {part.num_rows:,} values and is said to "
                f"have {rows:,} rows; copy or write the file again"
            )
        return part

    def _limit(self, name: str, numbers: NDArray[np.float64], least: float, what: str) -> None:
        """Refuses what the joiner refuses."""
        beyond = np.flatnonzero(~((numbers >= least) & (numbers <= LARGEST)))
        if len(beyond) > 0:
            given = float(numbers[beyond[0]])
            raise LearningRefused(
                f"{self._path}, column {name!r}: {given!r} is not taken as {what}; accepted: {least:g} to {LARGEST:g}"
            )

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
        raw = part.column(name)
        _check_codes(raw)
        typed = typed_column(raw, kind, unit=unit, tz=tz, missing=missing, convert=convert)
        refused = np.flatnonzero(typed.refused >= 0)
        if len(refused) > 0:
            raise LearningRefused(f"{self._path}, column {name!r}: {typed.explain(int(refused[0]))}")
        return typed.column

    def _columns(self, group: int) -> Columns:
        """The rows of a row group, typed as in a replay."""
        part, source = self._part(group, self._form.names), self._source
        leaves = [
            self._column(part, leaf.name, leaf.kind, unit=leaf.unit or source.unit, tz=leaf.tz or source.tz)
            for leaf in self._leaves
        ]
        return Columns(leaves, self._form.derive(leaves, part.num_rows))

    def _learn_block(self, columns: Columns, told: Told, rows: slice) -> None:
        count = rows.stop - rows.start
        parts = [[column.part(rows.start, rows.stop) for column in given] for given in columns]
        features = self._form.bulk.encode(parts[0], parts[1], count)
        labels = np.zeros((count, 4))
        labels[:, 0], labels[:, 1] = told.labels[rows], told.weights[rows]
        todo = (ftrl.PREDICT | ftrl.LEARN * told.known[rows]).astype(np.uint8)
        recipe, noises, scores = self._form.recipe, told.noises[rows], told.scores[rows]
        if recipe.run(self._table, features, todo=todo, labels=labels, noises=noises, scores=scores) < count:
            raise self._table.full()


def _shown(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _check_codes(column: ArrowArray) -> None:
    """That codes lie within their dictionary, which pyarrow does not check when it reads them."""
    if pa.types.is_dictionary(column.type):
        for chunk in column.chunks:
            pa.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary)
