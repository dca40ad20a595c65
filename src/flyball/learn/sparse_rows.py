"""Rows of a sparse matrix as features: the key of a value is that of its column; zeros are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.features import Features
from flyball.learn.grid import GRIDS, cells_of
from flyball.learn.hash64 import hash_word
from flyball.learn.kernel import inner, kernel
from flyball.learn.slots import ZERO_KEY
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@inner
def sound(key: int) -> int:
    """A key that the table can hold: 0 is not one."""
    return key if key != uint64(0) else uint64(ZERO_KEY)


@inner
def column_key(columns: Words, seed: int, column: int) -> int:
    """The key of a column: the one given for it, or else the hash of its number."""
    return columns[column] if len(columns) > 0 else hash_word(int64(column), seed)


@kernel
def _fill_linear(
    indptr: Integers,
    indices: Integers,
    data: Floats,
    columns: Words,
    seed: int,
    bias: int,
    starts: Integers,
    keys: Words,
    values: Floats,
) -> int:
    at = 0
    for i in range(len(indptr) - 1):
        starts[i] = at
        keys[at] = uint64(bias)
        values[at] = 1.0
        at += 1
        for j in range(indptr[i], indptr[i + 1]):
            keys[at] = sound(column_key(columns, seed, indices[j]))
            values[at] = data[j]
            at += data[j] != 0.0
    starts[len(indptr) - 1] = at
    return at


def linear_rows(indptr: Integers, indices: Integers, data: Floats, columns: Words, *, seed: int, bias: int) -> Features:
    """Each value by itself, after a bias of 1.

    Args:
        indptr: shape (n + 1,), int64: row i is `indptr[i]:indptr[i + 1]` of `indices` and `data`.
        indices: the column of each value, int32 or int64.
        data: float64.
        columns: the key of each column, uint64; empty: column j has the hash of j.
        seed: of that hash.
        bias: the key of the bias.

    >>> rows = np.array([0, 2]), np.array([0, 1]), np.array([0.5, 0.0])
    >>> linear_rows(*rows, np.array([7, 8], np.uint64), seed=0, bias=1).keys.tolist()
    [1, 7]
    """
    most = int(indptr[-1] - indptr[0]) + len(indptr)
    starts, keys, values = np.empty(len(indptr), np.int64), np.empty(most, np.uint64), np.empty(most)
    count = _fill_linear(indptr, indices, data, columns, uint64(seed), uint64(bias), starts, keys, values)
    return Features(starts, keys[:count], values[:count])


@kernel
def _fill_grid(
    indptr: Integers,
    indices: Integers,
    data: Floats,
    points: Integers,
    shares: Floats,
    weights: Floats,
    columns: Words,
    seeds: Words,
    features: tuple[Integers, Words, Floats],
) -> int:
    starts, keys, values = features
    at = 0
    for i in range(len(indptr) - 1):
        starts[i] = at
        keys[at] = seeds[1]
        values[at] = 1.0
        at += 1
        for j in range(indptr[i], indptr[i + 1]):
            if data[j] == 0.0:
                continue
            seed = column_key(columns, seeds[0], indices[j])
            for grid in range(len(weights)):
                point, share = points[grid, j], shares[grid, j]
                keys[at] = sound(hash_word(point, seed))
                values[at] = (1.0 - share) * weights[grid]
                at += 1
                keys[at] = sound(hash_word(point + 1 if point > 0 else point - 1, seed))
                values[at] = share * weights[grid]
                at += share > 0.0
    starts[len(indptr) - 1] = at
    return at


def grid_rows(indptr: Integers, indices: Integers, data: Floats, columns: Words, *, seed: int, bias: int) -> Features:
    """Each value as points of the grids of `flyball.learn.grid`, after a bias of 1; arguments as for `linear_rows`.

    >>> rows = np.array([0, 2]), np.array([0, 1]), np.array([0.75, 0.0])
    >>> grid_rows(*rows, np.array([7, 8], np.uint64), seed=0, bias=1).values.tolist()
    [1.0, 0.5, 0.5, 0.375]
    """
    points, shares = np.empty((len(GRIDS), len(data)), np.int64), np.empty((len(GRIDS), len(data)))
    for i, grid in enumerate(GRIDS):
        cells_of(data, grid.bits, points[i], shares[i])
    most = 2 * len(GRIDS) * int(indptr[-1] - indptr[0]) + len(indptr)
    made = np.empty(len(indptr), np.int64), np.empty(most, np.uint64), np.empty(most)
    weights, seeds = np.array([grid.weight for grid in GRIDS]), np.array([seed, bias], np.uint64)
    count = _fill_grid(indptr, indices, data, points, shares, weights, columns, seeds, made)
    return Features(made[0], made[1][:count], made[2][:count])
