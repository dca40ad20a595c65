"""Examples that were checked, whatever they came in: features are made of as many at once as are learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import Features, pick, side_by_side
from flyball.learn.matrix import dense_features, on_grid, place_keys, sparse_features

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

    class Rows(Protocol):
        """Rows whose features can be had, some at a time."""

        def __len__(self) -> int: ...

        def features(self, rows: slice | Integers) -> Features:
            """The features of these rows, the bias first."""
            ...


AT_ONCE = 8_192
"""So many rows are encoded and learned at once."""


class MatrixRows:
    """The rows of a matrix: columns are features.

    Args:
        matrix: finite numbers, dense, or sparse as CSR whose columns stand once in a row.
        columns: the keys of its columns, where they have names.
        grid: whether numbers are taken to the grid.

    >>> rows = MatrixRows(np.array([[0.0, 2.0], [1.0, 3.0]]), None, grid=False)
    >>> rows.features(slice(0, 2)).values.tolist()
    [1.0, 2.0, 1.0, 1.0, 3.0]
    """

    def __init__(self, matrix: Any, columns: NDArray[np.uint64] | None, *, grid: bool) -> None:  # noqa: ANN401  # scipy ships no types
        self._matrix, self._columns, self._grid = matrix, columns, grid

    def __len__(self) -> int:
        return int(self._matrix.shape[0])

    def features(self, rows: slice | Integers) -> Features:
        """The features of these rows, the bias first."""
        part = self._matrix[rows]
        if isinstance(part, np.ndarray):
            columns = place_keys(part.shape[1]) if self._columns is None else self._columns
            # Kernels are compiled for what may be written; a memory map may not.
            found = dense_features(part if part.flags.writeable else part.copy(), columns)
        else:
            indptr, indices = part.indptr.astype(np.int64), part.indices.astype(np.int64)
            found = sparse_features(indptr, indices, part.data, self._columns)
        return side_by_side([on_grid(found) if self._grid else found], BIAS_KEY)


class EncodedRows:
    """Rows that are encoded already.

    Args:
        parts: their features in parts, without the bias.

    >>> from flyball.learn.features import singles
    >>> len(EncodedRows([singles(np.array([5, 6], np.uint64))]))
    2
    """

    def __init__(self, parts: list[Features]) -> None:
        self._all = side_by_side(parts, BIAS_KEY)

    def __len__(self) -> int:
        return self._all.rows

    def features(self, rows: slice | Integers) -> Features:
        """The features of these rows, the bias first."""
        return pick(self._all, np.arange(len(self))[rows])


def parts_of(
    rows: Rows, order: Integers | None = None, *, start: int = 0, count: int | None = None
) -> Iterator[tuple[slice | Integers, Features]]:
    """Rows some at a time: which they are, and their features.

    Args:
        rows: all of them.
        order: the order in which they are wanted; as they are, without.
        start: the first of them; which they are is counted from here on.
        count: how many from there on; None: to the end.

    >>> rows = MatrixRows(np.array([[2.0], [3.0]]), None, grid=False)
    >>> [features.values.tolist() for _, features in parts_of(rows, np.array([1, 0]))]
    [[1.0, 3.0, 1.0, 2.0]]
    """
    total = len(rows) - start if count is None else count
    for first in range(0, total, AT_ONCE):
        here = slice(first, min(first + AT_ONCE, total))
        if order is None:
            yield here, rows.features(slice(start + here.start, start + here.stop))
        else:
            yield order[here], rows.features(order[here])
