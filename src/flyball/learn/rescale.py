"""A table of coefficients in other units: every prediction stays what it was, times a factor.

For learners of numbers whose scale turns out to be another than it was taken for. It is exact up to the rounding of the
table's single precision; with l1, a coefficient of 0 stays one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.factor_reader import factors_of
from flyball.learn.factors import factor_halves
from flyball.learn.ftrl import LARGEST
from flyball.learn.mixture import STACKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.recipe import Recipe
    from flyball.learn.table import Table

BARELY = 1e-30
"""An n that says that factors are stored, and is nothing beside beta."""


def rescale(table: Table, recipe: Recipe, factor: float) -> None:
    """Multiplies every coefficient, and what the counts and losses were measured in, by a factor.

    Gradients grow by the factor, so counts of their squares and squared losses do by its square.

    Args:
        table: of the recipe, whose loss is the squared error.
        recipe: how it learns.
        factor: above 0; a power of two where nothing shall be rounded in the losses.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.system.learner import FTRL
    >>> recipe, keys = recipe_of(FTRL(), "squared"), np.array([7], np.uint64)
    >>> table = recipe.table()
    >>> recipe.begin(table, 7, 3.0)
    >>> rescale(table, recipe, 0.5)
    >>> round(recipe.score(table.words, keys, np.ones(1), 1), 6)
    1.5
    """
    keys, rows = table.learned()
    halves = rows.view(np.float32).reshape(len(keys), 2 * table.layout.row_words).astype(np.float64)
    root = np.sqrt(halves[:, 1])
    for lane, (alpha, beta, l1, l2) in enumerate(recipe.hyper.tolist()):
        place = lane + 1 if lane > 0 else 0
        z = halves[:, place]
        beyond = np.sign(z) * np.maximum(np.abs(z) - l1, 0.0)
        before, after = beta + alpha * l2 + root, beta + alpha * l2 + root * factor
        # beyond * alpha / below is the coefficient, whatever its sign.
        grown = beyond * factor * after / np.where(before > 0.0, before, 1.0)
        halves[:, place] = np.where(beyond == 0.0, z, grown + np.sign(z) * l1)
    halves[:, 1] *= factor**2
    if recipe.factors is not None:
        _rescale_factors(table, recipe, factor, keys, halves)
    packed = np.clip(halves, -LARGEST, LARGEST).astype(np.float32)
    table.load(keys, packed.view(np.uint64).ravel())
    common = table.common
    if common.any():
        # Where the model began, the weight of the examples, and the losses (`flyball.learn.mixture`).
        common.view(np.float64)[0] *= factor
        common.view(np.float64)[2 : recipe.lanes + STACKS + 3] *= factor**2
        table.common = common


def _rescale_factors(
    table: Table, recipe: Recipe, factor: float, keys: NDArray[np.uint64], halves: NDArray[np.float64]
) -> None:
    """Multiplies factors by the root, since pairs are products of two; gradients of factors grow by factor^1.5."""
    settings = recipe.factors
    assert settings is not None  # noqa: S101  # whoever asks
    held = np.empty((len(keys), settings.k))
    factors_of(table.words, recipe.lanes, settings, keys, held)
    places, at = factor_halves(recipe.lanes, settings.k)
    shown = (held != 0.0).any(axis=1)
    grown = np.where(shown, np.maximum(halves[:, at] * factor**3, BARELY), halves[:, at])
    below = settings.beta + settings.alpha * settings.l2 + np.sqrt(grown)[:, None]
    moved = -held * np.sqrt(factor) * below / settings.alpha - np.sign(held) * settings.l1
    halves[:, places] = np.where(held != 0.0, moved, halves[:, places])
    halves[:, at] = grown
