"""Signals as columns of numbers, which is what decision trees take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.features import text_keys
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.column import Column
    from flyball.system.program import Node

    Matrix = NDArray[np.float32]

FREQUENT = 254
"""The most frequent values of a signal whose values are names are categories; all others are one more."""
BUCKETS = 16
"""The items of a list or map fall into so many columns by their hash."""
NUMBERS = frozenset({Kind.INT, Kind.FLOAT, Kind.TIMESTAMP})


@dataclass(frozen=True, slots=True, eq=False)
class TreeColumns:
    """Signals as columns.

    Args:
        matrix: shape (n, columns); missing values are NaN.
        names: the places of the columns that are categories.
        signal_of: shape (columns,), the place of each column's signal among those given.

    >>> TreeColumns(np.zeros((2, 1), np.float32), [], np.zeros(1, np.int64)).matrix.shape
    (2, 1)
    """

    matrix: NDArray[np.float32]
    names: list[int]
    signal_of: NDArray[np.int64]


def tree_columns(nodes: Sequence[Node], columns: Sequence[Column], first: int) -> TreeColumns:
    """Signals as columns: numbers as they are, names by frequency, lists and maps by the hash of their items.

    Args:
        nodes: the signals.
        columns: their values for n rows.
        first: how many of the rows, from the first on, decide which names are frequent.

    >>> from flyball.learn.column import Column
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> to = Column.of(Kind.STR, ["SFO", "LAX", "LAX", None])
    >>> made = tree_columns(compile_program([Input("to", str)]).nodes, [to], 4)
    >>> made.matrix[:, 0].tolist(), made.names
    ([1.0, 0.0, 0.0, nan], [0])
    """
    parts: list[Matrix] = []
    names: list[int] = []
    signal_of: list[int] = []
    for signal, (node, column) in enumerate(zip(nodes, columns, strict=True)):
        if column.offsets is not None:
            part = _items(column)
        elif column.kind in NUMBERS and not node.categorical:
            part = column.values.astype(np.float32)[:, None]
            part[column.missing] = np.nan
        else:
            names.append(len(signal_of))
            part = _by_frequency(column, first)[:, None]
        parts.append(part)
        signal_of += [signal] * part.shape[1]
    rows = columns[0].rows if columns else 0
    matrix = np.concatenate(parts, axis=1) if parts else np.empty((rows, 0), dtype=np.float32)
    return TreeColumns(matrix, names, np.array(signal_of, dtype=np.int64))


def _by_frequency(column: Column, first: int) -> Any:  # noqa: ANN401  # NumPy's `where` forgets the type
    """The place of each name by its frequency among the first rows; `FREQUENT` for all that are rare there."""
    values, codes = np.unique(column.values, return_inverse=True)
    counts = np.bincount(codes[:first][~column.missing[:first]], minlength=len(values))
    rank = np.empty(len(values), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(values))
    rank = np.where(counts > 0, np.minimum(rank, FREQUENT), FREQUENT)
    return np.where(column.missing, np.nan, rank[codes]).astype(np.float32)


def _items(column: Column) -> Matrix:
    """How many items of each row fall into each bucket, or the sum of their numbers."""
    assert column.offsets is not None  # noqa: S101  # a column of lists or maps has offsets
    assert column.words is not None  # noqa: S101  # and words
    lengths = np.diff(column.offsets)
    rows = np.repeat(np.arange(column.rows), lengths)
    codes = column.values[column.offsets[0] : column.offsets[-1]]
    numbers = 1.0 if column.numbers is None else column.numbers[column.offsets[0] : column.offsets[-1]]
    buckets = (text_keys(column.words, 0) % np.uint64(BUCKETS)).astype(np.int64)[codes] if len(codes) else codes
    found = np.zeros((column.rows, BUCKETS), dtype=np.float32)
    np.add.at(found, (rows, buckets), numbers)
    found[column.missing] = np.nan
    return found
