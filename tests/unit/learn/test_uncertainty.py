"""Uncertainty: what the table says of it, whoever asks, and how it falls."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from flyball.learn.encoder import Encoder
from flyball.learn.explanation import explain
from flyball.learn.recipe import recipe_of
from flyball.learn.uncertainty import uncertainty
from flyball.system.learner import FTRL
from tests.unit.learn.test_explanation import PROGRAM, ROWS, taught

LEARNERS = pytest.mark.parametrize("learner", [FTRL(), FTRL(alpha=0.3, l2=2.0)], ids=["lanes", "one"])


@LEARNERS
def test_it_is_what_an_explanation_adds_up(learner: FTRL) -> None:
    """The explanation forms it feature by feature, in NumPy, from rows copied out of the table."""
    recipe = recipe_of(learner, "logistic")
    table, encoder = taught(recipe), Encoder(PROGRAM)
    for leaves in ROWS:
        row = encoder.encode(leaves)
        found = uncertainty(recipe, table.words, row.keys, row.values, prediction=0.25)
        expected = explain(recipe, table, PROGRAM, encoder.evaluate(leaves)).uncertainty
        assert found == pytest.approx(expected * 0.25 * 0.75, rel=1e-6), leaves


def test_one_coefficient_has_the_rate_of_the_paper() -> None:
    """alpha / (beta + sqrt n), with n = 9; 0 divided by 0 counts as alpha, as where it is learned."""
    recipe, ones = recipe_of(FTRL(alpha=0.5, beta=2.0), "squared"), np.ones(1)
    table, keys = recipe.table(), np.array([7], dtype=np.uint64)
    table.put(keys, z=ones, n=9.0 * ones)
    assert uncertainty(recipe, table.words, keys, -4.0 * ones, prediction=3.0) == pytest.approx(0.1 * 4.0)
    bold = recipe_of(FTRL(alpha=0.5, beta=0.0), "squared")
    assert uncertainty(bold, bold.table().words, keys, ones, prediction=3.0) == 0.5


@LEARNERS
@pytest.mark.parametrize(("loss", "unit"), [("logistic", 0.16), ("poisson", 0.2), ("squared", 10.0)])
def test_it_is_told_in_the_units_of_the_prediction(learner: FTRL, loss: str, unit: float) -> None:
    """The slope of the answer by the margin: p (1 - p), the mean itself, or what the model calls 1."""
    recipe = recipe_of(learner, loss)
    keys, ones = np.array([7], dtype=np.uint64), np.ones(1)
    plain = recipe_of(learner, "squared") if loss != "poisson" else recipe
    margin = uncertainty(plain, plain.table().words, keys, ones, prediction=1.0)
    told = uncertainty(recipe, recipe.table().words, keys, ones, prediction=0.2, scale=10.0)
    assert told == pytest.approx(margin * unit)


def test_it_falls_as_more_is_learned() -> None:
    """The rate of a coefficient does; of several lanes also that may rise which is served of them."""
    recipe, row = recipe_of(FTRL(alpha=0.3), "logistic"), Encoder(PROGRAM).encode(ROWS[0])
    tables = [taught(recipe, rounds) for rounds in (1, 8, 64, 512)]
    found = [uncertainty(recipe, table.words, row.keys, row.values, prediction=0.5) for table in tables]
    assert all(later < sooner for sooner, later in pairwise(found)), found


@LEARNERS
def test_what_was_never_seen_is_less_certain(learner: FTRL) -> None:
    """Of such features only the bias is known."""
    recipe, row = recipe_of(learner, "logistic"), Encoder(PROGRAM).encode(ROWS[0])
    words, strange = taught(recipe).words, row.keys.copy()
    strange[1:] ^= np.uint64(1)
    seen, unseen = (uncertainty(recipe, words, keys, row.values, prediction=0.5) for keys in (row.keys, strange))
    assert unseen > seen
