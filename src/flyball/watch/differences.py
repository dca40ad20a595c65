"""Sums of paired differences: how much more each variant of a model loses than the model, by part and by slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.kernel import inner, kernel
from flyball.watch.interval import ALPHA, Interval, interval_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PARTS = 64
"""The examples are cut into at most so many parts of equal size."""
FIRST_PART = 64
"""How many examples a part has at first; whenever there are too many parts, two become one."""
MOST_CELLS = 1_000
"""A dimension has at most so many slices; the values that come later share one."""
OTHERS = "(others)"
"""The name of the slice that they share."""


@kernel
def add_rows(losses: Floats, labels: Floats, cells: NDArray[np.int32], means: Floats, sums: Floats) -> None:
    """Adds examples to their cells.

    Args:
        losses: shape (n, lanes), those of the model first.
        labels: shape (n, 4), of which column 1 is the weight and column 3 the weight taken back.
        cells: shape (n, k), the cells of each example.
        means: shape (cells, 3): examples, their weight, and the loss of the model.
        sums: shape (cells, 2, lanes): of the differences and of their squares.
    """
    for i in range(len(losses)):
        for k in range(cells.shape[1]):
            cell = cells[i, k]
            means[cell, 0] += 1.0 if labels[i, 3] == 0.0 else 0.0
            means[cell, 1] += labels[i, 1] - labels[i, 3]
            means[cell, 2] += losses[i, 0]
            add_row(losses[i], sums[cell, 0], sums[cell, 1])


@inner
def add_row(losses: Floats, totals: Floats, squares: Floats) -> None:
    """Adds one example's differences."""
    base = losses[0]
    for lane in range(len(losses)):
        d = losses[lane] - base
        totals[lane] += d
        squares[lane] += d * d


class Differences:
    """The sums, by part of the stream and by slice.

    Args:
        lanes: how many losses an example has, that of the model first.
        dimensions: the names of the dimensions of slices.

    >>> sums = Differences(2, ["country"])
    >>> cells = np.full((200, 1), sums.cell(0, "DE"), np.int32)
    >>> sums.add(np.tile([1.0, 1.5], (200, 1)), np.tile([1.0, 1.0, 0.0, 0.0], (200, 1)), cells)
    >>> sums.interval(1)
    Interval(low=0.5, mean=0.5, high=0.5)
    >>> sums.slices(0), sums.interval(1, cell=sums.cell(0, "DE")).mean
    (['DE'], 0.5)
    """

    def __init__(self, lanes: int, dimensions: list[str]) -> None:
        self.lanes = lanes
        self.dimensions = dimensions
        self._cells: list[dict[str | None, int]] = [{} for _ in dimensions]
        self._used = PARTS
        self._means = np.zeros((2 * PARTS, 3))
        self._sums = np.zeros((2 * PARTS, 2, lanes))
        self._rows, self._width = 0, FIRST_PART

    def cell(self, dimension: int, text: str | None) -> int:
        """The number of a slice, new or known."""
        known = self._cells[dimension]
        if text not in known and len(known) >= MOST_CELLS:
            text = OTHERS
        if text not in known:
            known[text] = self._used
            self._used += 1
            if self._used > len(self._means):
                self._means = np.concatenate([self._means, np.zeros_like(self._means)])
                self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
        return known[text]

    def slices(self, dimension: int) -> list[str | None]:
        """The values of a dimension, the heaviest first; `None` is a missing one."""
        known = self._cells[dimension]
        return sorted(known, key=lambda text: -float(self._means[known[text], 1]))

    def add(self, losses: Floats, labels: Floats, cells: NDArray[np.int32]) -> None:
        """Adds n examples.

        Args:
            losses: shape (n, lanes), times the weights.
            labels: shape (n, 4): value, weight, the value learned before, and its weight.
            cells: shape (n, dimensions), the slices of each, as `cell` numbered them.
        """
        start = 0
        while start < len(losses):
            if self._rows == PARTS * self._width:
                self._halve()
            part = self._rows // self._width
            end = min(len(losses), start + (part + 1) * self._width - self._rows)
            here = np.full((end - start, 1), part, dtype=np.int32)
            places = np.concatenate([here, cells[start:end]], axis=1)
            add_rows(losses[start:end], labels[start:end], places, self._means, self._sums)
            self._rows += end - start
            start = end

    def _halve(self) -> None:
        """Joins each part with the next."""
        for array in (self._means, self._sums):
            array[: PARTS // 2] = array[:PARTS:2] + array[1:PARTS:2]
            array[PARTS // 2 : PARTS] = 0.0
        self._width *= 2

    @property
    def examples(self) -> int:
        """How many examples were added."""
        return int(self._means[:PARTS, 0].sum())

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-self._rows // self._width)

    def loss(self, cell: int | None = None) -> float:
        """The mean loss of the model; 0 where there is no example."""
        means = self._means[:PARTS].sum(0) if cell is None else self._means[cell]
        return float(means[2] / means[1]) if means[1] > 0.0 else 0.0

    def weight(self, cell: int) -> float:
        """The weight of the examples of a slice."""
        return float(self._means[cell, 1])

    def interval(
        self, lane: int, *, cell: int | None = None, parts: slice = slice(PARTS), alpha: float = ALPHA
    ) -> Interval | None:
        """How much a variant loses more than the model, for one unit of weight; `None` while that cannot be said.

        Args:
            lane: of the variant.
            cell: only of this slice.
            parts: only of these parts of the stream.
            alpha: the probability that the interval ever misses it.
        """
        chosen = slice(cell, cell + 1) if cell is not None else slice(*parts.indices(PARTS))
        count, weight, _ = self._means[chosen].sum(0).tolist()
        total, squares = self._sums[chosen, :, lane].sum(0).tolist()
        found = interval_of(count, total, squares, alpha=alpha)
        return None if found is None or weight <= 0.0 else found.times(count / weight)
