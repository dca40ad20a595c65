"""Coefficients written down and taken up again."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from flyball.estimators.coefficients import BLOCK
from flyball.estimators.refusal import InputRefused
from flyball.estimators.single import Single
from flyball.learn.features import Features, singles
from flyball.learn.recipe import recipe_of
from flyball.learn.table import TableFull
from flyball.system.learner import FTRL


def some(count: int, seed: int = 1) -> tuple[Features, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Rows of one feature each, and labels."""
    random = np.random.default_rng(seed)
    return singles(random.integers(1, 50, count).astype(np.uint64)), (random.random(count) < 0.3).astype(np.float64)


def part(features: Features, start: int, end: int) -> Features:
    """Some rows of one feature each."""
    return singles(features.keys[start:end])


@pytest.mark.parametrize("learner", [FTRL(), FTRL(alpha=0.1)])
@pytest.mark.parametrize("cut", [1, BLOCK - 1, BLOCK, 1500])
def test_a_learner_that_was_pickled_goes_on_to_the_bit(learner: FTRL, cut: int) -> None:
    """Wherever it was cut, and whatever the batches were."""
    features, labels = some(2_000)
    whole, half = (Single(recipe_of(learner, "logistic"), 1 << 26) for _ in range(2))
    scores = whole.learn(features, labels, np.ones(2_000))
    half.learn(part(features, 0, cut), labels[:cut], np.ones(cut))
    taken: Single = pickle.loads(pickle.dumps(half))  # noqa: S301  # what this test has just written
    rest = [taken.learn_one(features.keys[i : i + 1], np.ones(1), float(labels[i]), 1.0) for i in range(cut, cut + 20)]
    rest += taken.learn(part(features, cut + 20, 2_000), labels[cut + 20 :], np.ones(1_980 - cut)).tolist()

    assert rest == scores[cut:].tolist()
    assert taken.table.digest() == whole.table.digest()
    assert pickle.dumps(taken) == pickle.dumps(whole)


def test_a_state_of_another_format_is_refused() -> None:
    """A newer one is not guessed at."""
    model = Single(recipe_of(FTRL(), "logistic"), 1 << 26)
    state = {**model.__getstate__(), "format": 2}
    with pytest.raises(InputRefused, match="format 2, and this flyball reads format 1"):
        model.__setstate__(state)


def test_a_table_that_is_full_says_how_far_it_came() -> None:
    """What was learned stays, what is known can still be learned, and `memory=` is named."""
    model = Single(recipe_of(FTRL(), "logistic"), 1 << 20)
    keys = np.random.default_rng(5).integers(1, 2**63, 60_000).astype(np.uint64)
    with pytest.raises(TableFull, match=r"memory= of the estimator.*of 60,000 examples are learned"):
        model.learn(singles(keys), np.ones(60_000), np.ones(60_000))

    assert 20_000 < model.seen == len(model.table) < 40_000
    model.learn(singles(keys[:100]), np.ones(100), np.ones(100))
    assert model.predict(singles(keys[:100])).min() > 0.5
