"""Columns of scored examples, in the one memory layout that the compiled loop knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Examples by column; see `Board.add` for their meaning.

    >>> Chunk.of([0.5], [1], [1], [1], [0], [[2]], dimensions=1).slices.shape
    (1, 1)
    """

    scores: NDArray[np.float64]
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    signs: NDArray[np.int8]
    event_ts: NDArray[np.int64]
    slices: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        scores: ArrayLike,
        values: ArrayLike,
        weights: ArrayLike,
        signs: ArrayLike,
        event_ts: ArrayLike,
        slices: ArrayLike,
        *,
        dimensions: int,
    ) -> Chunk:
        """The columns, copied only where their layout asks for it.

        Raises:
            FlyballError: where lengths differ, or `slices` has not shape (n, dimensions).
        """
        chunk = cls(
            scores=_column(scores, np.float64),
            values=_column(values, np.float64),
            weights=_column(weights, np.float64),
            signs=_column(signs, np.int8),
            event_ts=_column(event_ts, np.int64),
            slices=_column(slices, np.int32),
        )
        count = len(chunk.scores)
        lengths = [a.size for a in (chunk.scores, chunk.values, chunk.weights, chunk.signs, chunk.event_ts)]
        empty = chunk.slices.size == 0 == count * dimensions
        if lengths != [count] * 5 or not (empty or chunk.slices.shape == (count, dimensions)):
            raise FlyballError(
                f"columns of lengths {lengths} and slices of shape {chunk.slices.shape} do not fit together; give"
                f" columns of one length n and slices of shape (n, {dimensions})"
            )
        if empty:
            object.__setattr__(chunk, "slices", np.zeros((count, dimensions), np.int32))
        return chunk

    def example(self, at: int) -> str:
        """One example in words, for a refusal.

        >>> Chunk.of([0.5], [1], [1], [1], [0], [[2]], dimensions=1).example(0)
        'example 0 (score 0.5, value 1.0, weight 1.0, sign 1, slices [2])'
        """
        return (
            f"example {at} (score {float(self.scores[at])!r}, value {float(self.values[at])!r}, weight"
            f" {float(self.weights[at])!r}, sign {int(self.signs[at])!r}, slices {self.slices[at].tolist()!r})"
        )


def _column(values: ArrayLike, dtype: type[T]) -> NDArray[T]:
    """A C-ordered array that may be written: the loop is compiled for one layout."""
    column: NDArray[T] = np.ascontiguousarray(values, dtype)
    return column if column.flags.writeable else column.copy()
