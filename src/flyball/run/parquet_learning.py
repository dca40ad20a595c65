"""Learning straight from a Parquet file, labels at once: for years of history, before anything is served.

The loop's own way (`flyball.run.replay`) logs, joins and scores by slice, and is held back by what Python does for each
record. Here rows stay in columns: each dictionary of a row group is hashed once, and rows are encoded and learned in
blocks that fit the cache. Every row is still predicted before it is learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from flyball.learn import ftrl
from flyball.learn.column import Column
from flyball.learn.kernel import kernel
from flyball.learn.maths import log
from flyball.learn.table import Table
from flyball.run.form import Form
from flyball.run.typed_column import words_of
from flyball.system.error import FlyballError
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from flyball.run.arrow_array import ArrowArray
    from flyball.system.program import Node
    from flyball.system.system import System

BLOCK = 2048
"""Rows encoded at once: with 40 signals their keys and values take 1.3 MB."""


class LearningRefused(FlyballError):
    """This file cannot be learned from so; `flyball replay` may still read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What was learned from a file.

    Args:
        table: the coefficients.
        rows: how many rows had a label.
        loss: the mean progressive loss: log loss, or squared error in units of the outcome's scale.

    >>> Learned(table=Table(), rows=0, loss=0.0).rows
    0
    """

    table: Table
    rows: int
    loss: float


@kernel
def loss_of(margins: NDArray[np.float64], labels: NDArray[np.float64], squared: bool) -> float:  # noqa: FBT001  # kernels take no keywords
    """The sum of the losses of these margins; labels are 0 or 1, or numbers."""
    total = 0.0
    for i in range(len(margins)):
        p = ftrl.answer(margins[i], squared)
        if squared:
            total += (p - labels[i]) ** 2
        else:
            p = min(max(p, 1e-15), 1.0 - 1e-15)
            total -= log(p) if labels[i] > 0.5 else log(1.0 - p)
    return total


def learn_parquet(
    system: System, path: Path, *, model: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Learned:
    """Learns one model from a Parquet file, row after row in the file's order.

    Args:
        system: the definition.
        path: the file; its text columns are read as dictionaries.
        model: the model's name; may be left out where the system has one.
        progress: called with the row groups done and their number.

    Raises:
        LearningRefused: a signal is of a type that is not read so, or a column is missing.
        TableFull: there are more features than a table holds.

    >>> import pathlib, tempfile
    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("route", str)], outcome=Outcome("late"))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.parquet"
    >>> parquet.write_table(pa.table({"route": ["SEA-SFO", "SEA-LAX"] * 50, "late": [1, 0] * 50}), path)
    >>> learned = learn_parquet(System("flights", models=[late]), path)
    >>> learned.rows, len(learned.table), learned.loss < 0.4
    (100, 3, True)
    """
    form = Form(system, system.models[0].name if model is None else model, 1)
    nodes = [form.program.nodes[place] for place in form.program.leaves]
    source = system.source
    label = form.outcome.name if source is None or source.label is None else source.label
    file = parquet.ParquetFile(path, read_dictionary=[node.name for node in nodes if node.kind is Kind.STR])
    lost = [name for name in (label, *(node.name for node in nodes)) if name not in file.schema_arrow.names]
    if lost:
        msg = f"{path} has no column {', '.join(map(repr, lost))}; it has {', '.join(file.schema_arrow.names)}"
        raise LearningRefused(msg)
    table, rows, loss = Table(), 0, 0.0
    for group in range(file.num_row_groups):
        part = file.read_row_group(group, columns=[label, *form.names], use_threads=False)
        part = part.filter(part.column(label).is_valid()) if part.column(label).null_count > 0 else part
        columns = [_column(node, part.column(node.name)) for node in nodes]
        labels = part.column(label).cast(pa.float64()).to_numpy() / form.scale
        loss += _learn(form, table, columns, labels, first=rows)
        rows += part.num_rows
        if progress is not None:
            progress(group + 1, file.num_row_groups)
    return Learned(table=table, rows=rows, loss=loss / rows if rows > 0 else 0.0)


def _column(node: Node, column: ArrowArray) -> Column:
    """A column of a row group, without copying its texts."""
    if node.kind is Kind.STR:
        array: ArrowArray = column.unify_dictionaries().combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        indices = array.indices.fill_null(0) if array.null_count > 0 else array.indices
        missing = array.is_null().to_numpy(zero_copy_only=False)
        return Column(Kind.STR, indices.to_numpy().astype(np.int32, copy=False), missing, words_of(array.dictionary))
    if node.kind in (Kind.INT, Kind.FLOAT, Kind.BOOL):
        kind = pa.float64() if node.kind is Kind.FLOAT else pa.int64()
        missing = column.is_null().to_numpy()
        return Column(node.kind, column.cast(kind).fill_null(0).to_numpy(), missing)
    msg = f"signal {node.name!r} is a {node.kind}; texts, numbers and truths are read straight from Parquet"
    raise LearningRefused(msg)


def _learn(form: Form, table: Table, columns: list[Column], labels: NDArray[np.float64], *, first: int) -> float:
    """Predicts and learns the rows of a row group; the sum of their losses."""
    derived = form.derive(columns, len(labels))
    todo = np.full(BLOCK, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8)
    told = np.zeros((BLOCK, 4))
    told[:, 1] = 1.0
    margins, noises = np.empty(BLOCK), np.empty(BLOCK, dtype=np.uint64)
    loss = 0.0
    for start in range(0, len(labels), BLOCK):
        end = min(start + BLOCK, len(labels))
        count = end - start
        features = form.bulk.encode([c.part(start, end) for c in columns], [c.part(start, end) for c in derived], count)
        told[:count, 0] = labels[start:end]
        seqs = np.arange(first + start + 1, first + end + 1, dtype=np.int64)
        ftrl.noise_of(seqs, np.zeros(count, dtype=np.int64), noises)
        steps = (features.starts, features.keys, features.values, todo[:count], told[:count], noises, margins)
        if ftrl.run(table.words, form.hyper, form.squared, *steps) < count:
            raise table.full()
        loss += loss_of(margins[:count], labels[start:end], form.squared)
    return loss
