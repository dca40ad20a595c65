"""Ways to give a number to a linear learner: grids that are fixed for good, and what is estimated as rows come.

What is estimated is so from all rows before, never from the row itself or later ones, and exactly: quantiles are those
of all values so far, which a sketch (KLL, P2) could only come near to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.features import Features, cell_features, single_numbers
from flyball.learn.grid import GRIDS, Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Make = Callable[[Floats, Flags, int], Features]

WARM = 1000
"""Buckets that are fixed are those of so many rows."""
FIRST = 32
"""Buckets that are renewed are made after so many rows, and whenever there are twice as many."""
FARTHEST = 3.0
"""Standardised numbers are cut at so many deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One way.

    Args:
        name: what a table calls it.
        makers: each makes features of all numbers of a signal, given which are missing and a seed for their keys.
        kept: what it must know of each signal; nothing of a grid.
    """

    name: str
    makers: Sequence[Make]
    kept: str = "-"

    def features(self, numbers: Floats, missing: Flags, seed: int) -> list[Features]:
        """Those of a signal; each maker's keys are its own."""
        return [make(numbers, missing, seed + place) for place, make in enumerate(self.makers)]


def shared(points: Integers, values: Floats, missing: Flags, seed: int) -> Features:
    """Features of points with values, both of shape (n, k); those of value 0 are left out, what is missing is one."""
    keys = np.column_stack([single_numbers(column.copy(), missing, seed).keys for column in points.T])
    values = np.where(missing[:, np.newaxis], np.arange(values.shape[1]) == 0, values)
    kept = values != 0.0
    starts = np.zeros(len(missing) + 1, dtype=np.int64)
    np.cumsum(kept.sum(axis=1), out=starts[1:])
    return Features(starts, keys[kept], values[kept])


def on_grids(grids: Sequence[Grid], numbers: Floats, missing: Flags, seed: int) -> Features:
    """The points around each number on every grid."""
    return cell_features(numbers, missing, seed, grids)


def standardised(cut: float, weight: float, numbers: Floats, missing: Flags, seed: int) -> Features:
    """One feature whose value is the distance from the mean so far, in deviations so far."""
    known = numbers[~missing]
    origin = known[0] if len(known) > 0 else 0.0
    moved = np.where(missing, 0.0, numbers - origin)
    before: Integers = np.cumsum(~missing) - ~missing
    count = np.maximum(before, 1)
    mean = (np.cumsum(moved) - moved) / count
    square = (np.cumsum(moved**2) - moved**2) / count
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    some = deviation > 1e-12 * np.maximum(1.0, np.abs(mean))
    value = np.where(some, (moved - mean) / np.where(some, deviation, 1.0), 0.0)
    value = np.clip(value, -cut, cut) * weight
    return shared(np.zeros((len(numbers), 1), dtype=np.int64), value[:, np.newaxis], missing, seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Buckets between the quantiles of the rows so far.

    Args:
        buckets: how many.
        weight: what the values of a number's features sum to.
        renewed: whether the buckets are made again whenever rows have doubled; else they stay those of the first.
        soft: whether a number is shared by the two quantiles around it; else it is in one bucket.
    """

    buckets: int
    weight: float = 1.0
    renewed: bool = True
    soft: bool = True

    def __call__(self, numbers: Floats, missing: Flags, seed: int) -> Features:
        """The features of all numbers."""
        rows = len(numbers)
        points = np.full((rows, 2), -1, dtype=np.int64)
        values = np.column_stack([np.full(rows, self.weight), np.zeros(rows)])
        times = [FIRST << k for k in range(40) if FIRST << k < rows] if self.renewed else [min(WARM, rows)]
        for start, end in pairwise([*times, rows]):
            seen = numbers[:start][~missing[:start]]
            if len(seen) > 0:
                points[start:end], values[start:end] = self._placed(seen, numbers[start:end])
        return shared(points, values, missing, seed)

    def _placed(self, seen: Floats, numbers: Floats) -> tuple[Integers, Floats]:
        """The two quantiles of `seen` around each number, and their values, both of shape (n, 2)."""
        edges = np.quantile(seen, np.linspace(0.0, 1.0, self.buckets + 1), method="inverted_cdf")
        edges, place = np.unique(edges, return_index=True)
        inside = np.clip(numbers, edges[0], edges[-1])
        left = np.searchsorted(edges, inside, side="right") - 1
        right, share = left, np.zeros(len(numbers))
        if self.soft and len(edges) > 1:
            left = np.minimum(left, len(edges) - 2)
            right = left + 1
            share = (inside - edges[left]) / (edges[right] - edges[left])
        points = np.column_stack([place[left], place[right]])
        return points, np.column_stack([1.0 - share, share]) * self.weight


def as_names(weight: float, numbers: Floats, missing: Flags, seed: int) -> Features:
    """Each number by itself, nothing shared."""
    bits = (numbers + 0.0).view(np.int64)[:, np.newaxis]
    return shared(bits, np.full((len(numbers), 1), weight), missing, seed)


def grids(name: str, *pairs: tuple[int, float]) -> Encoding:
    """One or several grids: of each the cells an octave, a power of two, and its weight."""
    made = tuple(Grid(cells.bit_length() - 1, weight) for cells, weight in pairs)
    return Encoding(name=name, makers=[partial(on_grids, made)])


FOUR = Grid(2, 1.0)
BUCKETS = "a sketch and edges"
MOMENTS = "3 numbers"

ENCODINGS = (
    grids("grid, 4 cells an octave (until now)", (4, 1.0)),
    grids("grid, 1 cell", (1, 1.0)),
    grids("grid, 2 cells", (2, 1.0)),
    grids("grid, 8 cells", (8, 1.0)),
    grids("grid, 16 cells", (16, 1.0)),
    grids("1 cell and 4, alike", (1, 1.0), (4, 1.0)),
    grids("1 cell, and 8 of weight 0.5", (1, 1.0), (8, 0.5)),
    grids("1 cell, and 16 of weight 0.25", (1, 1.0), (16, 0.25)),
    Encoding(name="1 cell, and 16 of weight 0.375 (the default)", makers=[partial(on_grids, GRIDS)]),
    grids("1 cell, and 16 of weight 0.5", (1, 1.0), (16, 0.5)),
    grids("1 cell, 4 of weight 0.5, 16 of weight 0.25", (1, 1.0), (4, 0.5), (16, 0.25)),
    Encoding(
        name="the default, and each number a name, weight 0.25",
        makers=[partial(on_grids, GRIDS), partial(as_names, 0.25)],
    ),
    *(
        Encoding(name=f"{count} quantiles, shared", makers=[Quantiles(buckets=count)], kept=BUCKETS)
        for count in (8, 16, 32, 64)
    ),
    Encoding(name="16 quantiles, not shared", makers=[Quantiles(buckets=16, soft=False)], kept=BUCKETS),
    Encoding(name="32 quantiles, not shared", makers=[Quantiles(buckets=32, soft=False)], kept=BUCKETS),
    Encoding(
        name="16 quantiles of the first 1,000, shared",
        makers=[Quantiles(buckets=16, renewed=False)],
        kept=BUCKETS,
    ),
    Encoding(
        name="8 quantiles, and 32 of weight 0.5, shared",
        makers=[Quantiles(buckets=8), Quantiles(buckets=32, weight=0.5)],
        kept=BUCKETS,
    ),
    Encoding(name="standardised", makers=[partial(standardised, np.inf, 1.0)], kept=MOMENTS),
    Encoding(name="standardised, cut at 3", makers=[partial(standardised, FARTHEST, 1.0)], kept=MOMENTS),
    Encoding(
        name="grid, 4 cells, and standardised, weight 0.3",
        makers=[partial(on_grids, (FOUR,)), partial(standardised, FARTHEST, 0.3)],
        kept=MOMENTS,
    ),
    Encoding(
        name="the default, and standardised, weight 0.3",
        makers=[partial(on_grids, GRIDS), partial(standardised, FARTHEST, 0.3)],
        kept=MOMENTS,
    ),
)
"""The first is what the others are compared with."""
