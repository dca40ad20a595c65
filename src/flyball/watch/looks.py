"""Looks: what the guard sees of the inputs of rows, beside what is learned from them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """The inputs of n rows.

    Attributes:
        keyed: the inputs that have one value a row.
        keys: what stands for that value, shape (inputs, n), int64: equal for equal values, 0 for a missing one.
        counted: the inputs that are numbers.
        numbers: these, shape (inputs, n); of a map the largest by size; NaN for a missing one.

    >>> Looks(("hour",), np.array([[7, 8]]), (), np.empty((0, 2))).part(np.array([1])).keys.tolist()
    [[8]]
    """

    keyed: tuple[str, ...]
    keys: NDArray[np.int64]
    counted: tuple[str, ...]
    numbers: NDArray[np.float64]

    def part(self, rows: NDArray[np.int64]) -> Looks:
        """These rows, in this order."""
        return Looks(self.keyed, self.keys[:, rows], self.counted, self.numbers[:, rows])


def in_order(seqs: Sequence[NDArray[np.int64]]) -> list[tuple[int, NDArray[np.int64]]]:
    """The stretches in which rows of several batches take turns in the log: which batch, and which of its rows.

    Args:
        seqs: of each batch the places of its rows in the log, increasing.

    >>> [(batch, rows.tolist()) for batch, rows in in_order([np.array([1, 2, 5]), np.array([3, 4])])]
    [(0, [0, 1]), (1, [0, 1]), (0, [2])]
    """
    whose = np.repeat(np.arange(len(seqs)), [len(each) for each in seqs])
    rows = np.concatenate([np.arange(len(each)) for each in seqs])
    order = np.argsort(np.concatenate(list(seqs)), kind="stable")
    whose, rows = whose[order], rows[order]
    starts = np.flatnonzero(np.diff(whose, prepend=-1)).tolist()
    return [(int(whose[start]), rows[start:end]) for start, end in pairwise([*starts, len(rows)])]
