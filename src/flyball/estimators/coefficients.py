"""Coefficients of an estimator: a table, how it learns, and how far it has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.estimators.refusal import InputRefused
from flyball.learn.factors import Factors
from flyball.learn.ftrl import noise_of
from flyball.learn.recipe import Recipe
from flyball.learn.table import TableFull

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
"""Of what is pickled."""
SEGMENT = 1 << 20
"""Bytes in one segment of a table."""
BLOCK = 1024
"""So many examples get their random bits at once."""


class Coefficients:
    """The table of a recipe. Pickled, it is its keys and rows, in the order of the keys; loaded, it goes on to the bit.

    Args:
        recipe: how it learns.
        memory: how large the table may grow, in bytes.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> Coefficients(recipe_of(FTRL(), "logistic"), 1 << 30).seen
    0
    """

    def __init__(self, recipe: Recipe, memory: int) -> None:
        self.recipe = recipe
        self.table = recipe.table(max_segments=max(1, memory // SEGMENT))
        self.seen = 0
        """How many examples it has learned, each as often as it was given."""
        self._block = np.empty(BLOCK, dtype=np.uint64)
        self._begins = -1

    def noises(self, count: int) -> NDArray[np.uint64]:
        """The random bits with which the next examples are rounded: a hash of how many were seen before."""
        begins = self.seen - self.seen % BLOCK
        if self.seen + count > begins + BLOCK:
            return _noises(self.seen, count)
        if begins != self._begins:
            self._block, self._begins = _noises(begins, BLOCK), begins
        return self._block[self.seen - begins : self.seen - begins + count]

    def done(self, count: int, given: int) -> None:
        """Counts what was learned.

        Raises:
            TableFull: that is less than was given.
        """
        self.seen += count
        if count < given:
            raise TableFull(
                f"{self.table.full()} (memory= of the estimator); the first {count:,} of {given:,} examples are learned"
            )

    def __getstate__(self) -> dict[str, Any]:
        keys, rows = self.table.entries()
        order = np.argsort(keys)
        rows = rows.reshape(len(keys), self.table.layout.row_words)[order]
        return {
            "format": FORMAT,
            "kind": self.recipe.kind,
            "hyper": self.recipe.hyper,
            "factors": None if self.recipe.factors is None else tuple(self.recipe.factors),
            "segments": self.table.layout.max_segments,
            "seen": self.seen,
            "keys": keys[order].tobytes(),
            "rows": rows.tobytes(),
            "common": self.table.common.tobytes(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        written = state.get("format")
        if written != FORMAT:
            raise InputRefused(
                f"the state of this estimator has format {written!r}, and this flyball reads format {FORMAT}: "
                "load it with the version that wrote it, or install a newer flyball"
            )
        factors = state["factors"]
        recipe = Recipe(state["kind"], state["hyper"], None if factors is None else Factors(*factors))
        Coefficients.__init__(self, recipe, state["segments"] * SEGMENT)
        keys, rows = np.frombuffer(state["keys"], dtype=np.uint64), np.frombuffer(state["rows"], dtype=np.uint64)
        self.table.load(keys, rows)
        self.table.common = np.frombuffer(state["common"], dtype=np.uint64)
        self.seen = state["seen"]


def _noises(first: int, count: int) -> NDArray[np.uint64]:
    noises = np.empty(count, dtype=np.uint64)
    noise_of(np.arange(first, first + count), np.zeros(count, dtype=np.int64), noises)
    return noises
