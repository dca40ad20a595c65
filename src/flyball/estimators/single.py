"""One score an example: the probability of the second of two classes, a number, or the mean of a count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.estimators.coefficients import Coefficients
from flyball.learn.features import Features
from flyball.learn.ftrl import LEARN, PREDICT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Single(Coefficients):
    """A learner of one score, in the units of its loss.

    >>> from flyball.learn.recipe import recipe_of
    >>> from flyball.learn.features import singles
    >>> from flyball.system.learner import FTRL
    >>> model, ones = Single(recipe_of(FTRL(), "logistic"), 1 << 30), singles(np.full(50, 7, np.uint64))
    >>> model.learn(ones, np.ones(50), np.ones(50))[:1].tolist()
    [0.5]
    >>> bool(model.predict(ones)[0] > 0.9)
    True
    """

    def learn(self, features: Features, targets: Floats, weights: Floats) -> Floats:
        """Learns examples in their order; their scores as they were before, shape (n,).

        Raises:
            TableFull: the examples before the one that did not fit are learned.
        """
        count = features.rows
        labels, scores = np.zeros((count, 4)), np.empty(count)
        labels[:, 0], labels[:, 1] = targets, weights
        todo = np.full(count, PREDICT | LEARN, dtype=np.uint8)
        noises = self.noises(count)
        done = self.recipe.run(self.table, features, todo=todo, labels=labels, noises=noises, scores=scores)
        self.done(done, count)
        return scores

    def learn_one(self, keys: NDArray[np.uint64], values: Floats, target: float, weight: float) -> float:
        """As `learn`, for one example with these features; its score before."""
        features = Features(np.array([0, len(keys)]), keys, values)
        return float(self.learn(features, np.array([target]), np.array([weight]))[0])

    def predict(self, features: Features) -> Floats:
        """The scores of examples, shape (n,)."""
        scores = np.empty(features.rows)
        self.recipe.predict(self.table.words, features, scores)
        return scores

    def predict_one(self, keys: NDArray[np.uint64], values: Floats) -> float:
        """The score of the example with these features."""
        words: NDArray[Any] = self.table.words
        return self.recipe.score(words, keys, values, len(keys))
