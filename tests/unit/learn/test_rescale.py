"""A table in other units answers the same, times a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn import ftrl
from flyball.learn.factors import Factors
from flyball.learn.features import Features
from flyball.learn.loss import SQUARED
from flyball.learn.recipe import LANES, Recipe
from flyball.learn.rescale import rescale
from tests.unit.learn.ads_rows import keys_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.table import Table

    Floats = NDArray[np.float64]

RECIPES = [
    Recipe(SQUARED, np.array([[0.2, 1.0, 0.3, 0.1]])),
    Recipe(SQUARED, np.array([[0.2, 0.0, 0.0, 0.0]])),
    Recipe(SQUARED, np.array([(*lane, 0.0) for lane in LANES])),
    Recipe(SQUARED, np.array([[0.2, 1.0, 0.0, 0.1]]), Factors(4, 0.5, 0.3, 0.02, 0.1, 0.3)),
]
COUNT = 400


def rows() -> tuple[Features, Floats]:
    """Rows of four ids, and numbers that depend on them."""
    random = np.random.default_rng(8)
    ids = random.integers(0, 20, (COUNT, 4)) + np.arange(4) * 20
    keys = keys_of(ids)
    numbers = random.normal(size=80)[ids].sum(axis=1) + 0.1 * random.normal(size=COUNT)
    return Features(np.arange(COUNT + 1) * 5, keys.ravel(), np.ones(keys.size)), numbers


def learn(table: Table, recipe: Recipe, scale: float) -> Floats:
    """The predictions before learning, in units of `scale`."""
    features, numbers = rows()
    labels, scores = np.zeros((COUNT, 4)), np.empty(COUNT)
    labels[:, 0], labels[:, 1] = numbers / scale, 1.0
    todo, noises = np.full(COUNT, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8), np.zeros(COUNT, dtype=np.uint64)
    recipe.run(table, features, todo=todo, labels=labels, noises=noises, scores=scores)
    return scores


@pytest.mark.parametrize("recipe", RECIPES, ids=["single", "bare", "lanes", "factors"])
@pytest.mark.parametrize("factor", [0.25, 8.0])
def test_every_prediction_stays_what_it_was_times_the_factor(recipe: Recipe, factor: float) -> None:
    """Up to single precision."""
    table = recipe.table()
    learn(table, recipe, 1.0)
    features, _ = rows()
    before, after = np.empty(COUNT), np.empty(COUNT)
    recipe.predict(table.words, features, before)
    rescale(table, recipe, factor)
    recipe.predict(table.words, features, after)

    assert np.abs(after / factor - before).max() < 1e-5


def test_the_mixture_goes_on_with_its_losses_in_the_new_unit() -> None:
    """Shares are as they were; losses are squares."""
    recipe = RECIPES[2]
    table = recipe.table()
    learn(table, recipe, 1.0)
    before = table.common.view(np.float64)
    rescale(table, recipe, 0.5)
    after = table.common.view(np.float64)

    assert after[2:11].tolist() == (before[2:11] / 4.0).tolist()
    assert after[11:].tolist() == before[11:].tolist()
    assert after[1] == before[1] > 0.0


def test_an_empty_table_has_nothing_to_rescale() -> None:
    """And stays one."""
    table = RECIPES[2].table()
    rescale(table, RECIPES[2], 2.0)

    assert len(table) == 0
    assert table.digest() == RECIPES[2].table().digest()
