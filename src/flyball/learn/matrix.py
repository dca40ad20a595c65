"""Matrices as features: a column is a feature, its number the value; zeros are nothing.

The key of a column is the hash of its name, or of its place where columns have no names. On the grid a column is as a
signal of that seed: a number becomes its grid points (`flyball.learn.grid`), whose keys are hashed with the column's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.features import Features
from flyball.learn.grid import GRIDS, cells_of
from flyball.learn.hash64 import hash_word, number_key, text_key
from flyball.learn.kernel import kernel
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    Keys = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

COLUMN_SEED = 0x6E6D756C6F63
"""'column', read as a little-endian number: columns are no values of any signal."""


def column_key(name: Hashable) -> int:
    """The key of a column with this name: a text, a place, or anything that its `repr` tells apart.

    >>> column_key("3") == column_key(3), column_key(("a", "b")) == column_key(("a", "b"))
    (False, True)
    """
    if isinstance(name, str):
        return text_key(name, COLUMN_SEED)
    if isinstance(name, int) and -(2**63) <= name < 2**63:
        return number_key(name, COLUMN_SEED)
    return text_key(repr(name), COLUMN_SEED + 1)


def column_keys(names: Sequence[Hashable]) -> Keys:
    """The keys of columns, shape (len(names),).

    >>> column_keys(["a", "b"]).dtype
    dtype('uint64')
    """
    return np.array([column_key(name) for name in names], dtype=np.uint64)


@kernel
def _fill_places(seed: int, keys: Keys) -> None:
    for j in range(len(keys)):
        keys[j] = hash_word(j, seed)


def place_keys(count: int) -> Keys:
    """The keys of columns without names, shape (count,).

    >>> bool(place_keys(3)[2] == column_key(2))
    True
    """
    keys = np.empty(count, dtype=np.uint64)
    _fill_places(uint64(COLUMN_SEED), keys)
    return keys


@kernel
def _dense_starts(matrix: Floats, starts: Integers) -> None:
    for i in range(matrix.shape[0]):
        count = 0
        for j in range(matrix.shape[1]):
            count += matrix[i, j] != 0.0
        starts[i + 1] = starts[i] + count


@kernel
def _fill_dense(matrix: Floats, columns: Keys, starts: Integers, keys: Keys, values: Floats) -> None:
    for i in range(matrix.shape[0]):
        at = starts[i]
        for j in range(matrix.shape[1]):
            if matrix[i, j] != 0.0:
                keys[at] = columns[j]
                values[at] = matrix[i, j]
                at += 1


def dense_features(matrix: Floats, columns: Keys) -> Features:
    """A feature for each number that is not 0, without a bias.

    Args:
        matrix: shape (n, d), finite.
        columns: shape (d,), the keys of the columns.

    >>> dense_features(np.array([[0.0, 2.0], [3.0, 4.0]]), np.array([5, 6], np.uint64)).keys.tolist()
    [6, 5, 6]
    """
    starts = np.zeros(len(matrix) + 1, dtype=np.int64)
    _dense_starts(matrix, starts)
    keys, values = np.empty(starts[-1], dtype=np.uint64), np.empty(starts[-1], dtype=np.float64)
    _fill_dense(matrix, columns, starts, keys, values)
    return Features(starts, keys, values)


@kernel
def _fill_sparse(
    indptr: Integers,
    indices: Integers,
    data: Floats,
    columns: Keys,
    seed: int,
    starts: Integers,
    keys: Keys,
    values: Floats,
) -> int:
    at = 0
    for i in range(len(indptr) - 1):
        starts[i] = at
        for k in range(indptr[i], indptr[i + 1]):
            if data[k] != 0.0:
                keys[at] = columns[indices[k]] if len(columns) > 0 else hash_word(indices[k], seed)
                values[at] = data[k]
                at += 1
    starts[len(indptr) - 1] = at
    return at


def sparse_features(indptr: Integers, indices: Integers, data: Floats, columns: Keys | None = None) -> Features:
    """As `dense_features`, of the rows of a matrix in CSR: nothing is made dense.

    Args:
        indptr: shape (n + 1,); row i has the numbers `indptr[i]:indptr[i + 1]`.
        indices: the column of each number, once a row.
        data: the numbers, finite.
        columns: the keys of the columns, where these have names.

    >>> from flyball.learn.hash64 import number_key
    >>> features = sparse_features(np.array([0, 1]), np.array([7]), np.array([0.5]))
    >>> bool(features.keys[0] == column_key(7)), features.values.tolist()
    (True, [0.5])
    """
    starts = np.empty(len(indptr), dtype=np.int64)
    keys, values = np.empty(len(data), dtype=np.uint64), np.empty(len(data), dtype=np.float64)
    named = np.empty(0, dtype=np.uint64) if columns is None else columns
    count = _fill_sparse(indptr, indices, data, named, uint64(COLUMN_SEED), starts, keys, values)
    return Features(starts, keys[:count], values[:count])


@kernel
def _fill_points(
    points: Integers, shares: Floats, weight: float, seeds: Keys, at: Integers, to: Keys, out: Floats
) -> None:
    for k in range(len(seeds)):
        point, share = points[k], shares[k]
        to[at[k]] = hash_word(point, seeds[k])
        out[at[k]] = (1.0 - share) * weight
        at[k] += 1
        if share > 0.0:
            to[at[k]] = hash_word(point + 1 if point > 0 else point - 1, seeds[k])
            out[at[k]] = share * weight
            at[k] += 1


def on_grid(features: Features) -> Features:
    """Columns with linear values, as `dense_features` makes them, taken to the grid.

    >>> one = dense_features(np.array([[0.0, 1.5]]), np.array([5, 6], np.uint64))
    >>> on_grid(one).values.tolist()
    [0.5, 0.5, 0.375]
    """
    numbers = features.values
    points = np.empty((len(GRIDS), len(numbers)), dtype=np.int64)
    shares = np.empty((len(GRIDS), len(numbers)), dtype=np.float64)
    counts = np.zeros(len(numbers), dtype=np.int64)
    for i, grid in enumerate(GRIDS):
        cells_of(numbers, grid.bits, points[i], shares[i])
        counts += 1 + (shares[i] > 0.0)
    ends = np.zeros(len(numbers) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    at, keys, values = ends[:-1].copy(), np.empty(ends[-1], dtype=np.uint64), np.empty(ends[-1], dtype=np.float64)
    for i, grid in enumerate(GRIDS):
        _fill_points(points[i], shares[i], grid.weight, features.keys, at, keys, values)
    return Features(ends[features.starts], keys, values)
