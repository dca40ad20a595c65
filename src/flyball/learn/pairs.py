"""What each feature of an example brings together with the others: the pairs of a factorisation machine, shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.factor_reader import factors_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.learn.recipe import Recipe
    from flyball.learn.table import Table

    Floats = NDArray[np.float64]


def brought_together(recipe: Recipe, table: Table, keys: Sequence[int], values: Sequence[float]) -> Floats:
    """Half of what all pairs bring that each feature is in, shape (n,): they sum to what pairs bring to the margin.

    Of feature i that is x_i v_i (sum of v_j x_j - v_i x_i) / 2. Only while nobody writes the table.

    Args:
        recipe: how it is learned; without factors nothing is brought.
        table: of the recipe.
        keys: of the features.
        values: of the features.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FM
    >>> recipe = recipe_of(FM(), "logistic")
    >>> brought_together(recipe, recipe.table(), [7, 8], [1.0, 1.0]).tolist()
    [0.0, 0.0]
    """
    if recipe.factors is None:
        return np.zeros(len(keys))
    vectors = np.empty((len(keys), recipe.factors.k))
    factors_of(table.words, recipe.lanes, recipe.factors, np.array(keys, dtype=np.uint64), vectors)
    moved = vectors * np.asarray(values, dtype=np.float64)[:, None]
    shares: Floats = 0.5 * (moved * (moved.sum(0) - moved)).sum(1)
    return shares
